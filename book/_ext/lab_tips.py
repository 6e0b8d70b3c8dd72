"""A link to a result of a lab, with a tip that says what the link leads to.

The tip stands right behind its link. ``course.css`` shows it to the mouse and to the keyboard,
without a script too; ``course.js`` puts it where there is room, closes it and opens it to a finger.
"""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx


@dataclass(frozen=True)
class Line:
    """A result, as a tip tells it.

    Attributes
    ----------
    title, found : str
        What the result is, and what was found.
    mark : str
        What the line begins with, such as a tick.
    uri : str
        Where the title leads, if it is a link.
    """

    title: str
    found: str
    mark: str = ""
    uri: str = ""

    def html(self) -> str:
        failed = ' class="failed"' if self.mark == "✗" else ""
        mark = f"<b{failed}>{escape(self.mark)}</b> " if self.mark else ""
        title = escape(self.title)
        if self.uri:  # no stop of the Tab key: the arrow keys lead here
            title = f'<a href="{escape(self.uri)}" tabindex="-1">{title}</a>'
        return f"<span>{mark}{title}: {escape(self.found)}</span>"


class result_link(nodes.reference):  # noqa: N801, as docutils names its nodes
    """A link with the lines ``tip``, its ``tip_id``, a name ``says``, and the id ``place``."""


def visit(translator: Any, node: result_link) -> None:
    says = f' aria-label="{node["says"]}"' if node["says"] else ""
    translator.body.append(
        f'<span class="lab-ref" id="{node["place"]}"><a class="{" ".join(node["classes"])}" '
        f'href="{escape(node["refuri"])}"{says} aria-describedby="{node["tip_id"]}">'
    )


def depart(translator: Any, node: result_link) -> None:
    lines = "".join(line.html() for line in node["tip"])
    translator.body.append(
        f'</a><span class="lab-tip" role="tooltip" id="{node["tip_id"]}">{lines}</span></span>'
    )


def setup(app: Sphinx) -> dict[str, Any]:
    app.add_node(result_link, html=(visit, depart))
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
