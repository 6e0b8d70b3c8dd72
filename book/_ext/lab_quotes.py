"""Roles and directives that bring what the labs found into the text.

``{num}`02_gaussian::half-life:.0f```
    the number that the lab reports under that name, as a link to the cell that made it;
    for a claim, ``{num}`02_gaussian::mean-variance.measured:.3f``` (also ``expected``, ``se``,
    ``z``; ``measured[2]`` for one element).
``{words}`08_neural_names::rare-letters```
    the words that the lab reports under that name, several as "f, q and x"; ``rare-letters[0]``
    for one of them.
``{claim}`02_gaussian::mean-variance```
    a tick, as a link to the claim, with a tip that says what was compared: ``✓`` of equal values,
    ``✓<`` and ``✓>`` of an order, ``✓≈`` within a tolerance. Several addresses with commas or
    blanks between them share one mark. Where a claim failed, a cross that says so.
``{run-times}``, ``{versions-table}``
    how long each lab took; what is installed.
``{failed-claims}``
    which claims failed when the labs were executed; nothing where all held.
"""

from __future__ import annotations

import importlib.metadata
import platform
import re
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any

from docutils import nodes
from lab_tips import Line, result_link
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.util.docutils import SphinxDirective, SphinxRole

from pipeline import quotes
from pipeline.claims import Place, anchor, places
from pipeline.dependencies import dependencies
from pipeline.labs import heading, labs
from pipeline.quotes import Found, LabQuoteError, compared, executed, executed_with

LAB_DOCS = "notebooks/"
EVERY_LAB = "*"
ID = {"figure": "figure-{}", "living": "figure-{}", "play": "figure-{}"} | {
    "claim": "claim-{}",
    "report": "report-{}",
}


def quoted(env: BuildEnvironment) -> dict[str, set[str]]:
    """Which labs each page quotes."""
    if not hasattr(env, "labs_quoted"):
        env.labs_quoted = {}
    return env.labs_quoted


def quotes_lab(env: BuildEnvironment, lab: str) -> None:
    """Note that the page being read quotes a lab."""
    quoted(env).setdefault(env.docname, set()).add(lab)


def text_pages(env: BuildEnvironment) -> list[Path]:
    """The pages of the book that are no labs."""
    pages = [Path(env.doc2path(document)) for document in sorted(env.found_docs)]
    return [page for page in pages if page.suffix == ".md"]


def quoting(env: BuildEnvironment) -> dict[str, list[Place]]:
    """The sentences that quote each result of a lab, by names as `Claim.name`."""
    found: dict[str, list[Place]] = defaultdict(list)
    for page in text_pages(env):
        for name, place in places(page):
            found[name].append(place)
    return found


def quote_id(env: BuildEnvironment, lab: str, name: str) -> str:
    """What the next quotation of a result on the page being read is called."""
    return anchor(lab, name, env.new_serialno(anchor(lab, name, 0)))


def link(env: BuildEnvironment, lab: str, kind: str, name: str) -> str:
    """Address of a result on its lab's page, as seen from the page being read."""
    page = env.app.builder.get_relative_uri(env.docname, LAB_DOCS + lab)
    return f"{page}#{ID[kind].format(name)}"


class Role(SphinxRole):
    """A role that shows a link to what a lab hands on."""

    def run(self) -> tuple[list[nodes.Node], list[nodes.system_message]]:
        try:
            return [self.link()], []
        except (LabQuoteError, ValueError) as error:
            message = self.inliner.reporter.error(str(error), line=self.lineno)
            return [self.inliner.problematic(self.rawtext, self.rawtext, message)], [message]

    def link(self) -> result_link:
        raise NotImplementedError

    def uri(self, found: Found) -> str:
        return link(self.env, found.lab, found.kind, found.name)

    def with_tip(
        self, text: str, found: Found, uri: str, tip: list[Line], kind: str = "", says: str = ""
    ) -> result_link:
        node = result_link("", text, refuri=uri, internal=True, tip=tip, says=says)
        node["tip_id"] = f"tip-{self.env.new_serialno('tip')}"
        node["place"] = quote_id(self.env, found.lab, found.name)
        node["classes"] = ["from-lab", kind] if kind else ["from-lab"]
        return node


ENDING = re.compile(r"(?<!\w)-(?=\S)")  # such as -ia, which no line may break


class Quote(Role):
    """A number or words, linked to where they were made."""

    def __init__(self, shown: Callable[[str], tuple[str, Found]]) -> None:
        self.shown = shown

    def link(self) -> result_link:
        quotes_lab(self.env, self.text.partition("::")[0])
        text, found = self.shown(self.text)
        text = ENDING.sub("-\N{WORD JOINER}", text)
        tip = [Line(quotes.title(found), quotes.told(found))]
        return self.with_tip(text, found, self.uri(found), tip)


class ClaimMark(Role):
    """The mark of a checked statement, linked to the claim, or to the first of several."""

    def link(self) -> result_link:
        claims = quotes.claims(self.text)
        for one in claims:
            quotes_lab(self.env, one.lab)
        tip = [
            Line(quotes.title(one), quotes.told(one), quotes.mark(one.record), self.uri(one))
            for one in claims
        ]
        if failed := [one for one in claims if not one.record["holds"]]:
            uri = self.uri(failed[0])
            return self.with_tip("✗ does not hold here", claims[0], uri, tip, "failed")
        marks = "".join(dict.fromkeys(quotes.mark(one.record) for one in claims))
        says = "; ".join(dict.fromkeys(quotes.said(one.record) for one in claims))
        return self.with_tip(marks, claims[0], self.uri(claims[0]), tip, "checked", says)


class FailedClaims(SphinxDirective):
    """The claims that failed when the labs were executed, or nothing."""

    def run(self) -> list[nodes.Node]:
        quotes_lab(self.env, EVERY_LAB)
        rows = nodes.bullet_list()
        for path in labs():
            for record in quotes.failed(executed(path)):
                uri = link(self.env, path.stem, "claim", record["name"])
                statement = nodes.reference("", record["statement"], internal=True, refuri=uri)
                rest = nodes.Text(f": {compared(record)} ({executed_with(path.stem)}).")
                rows += nodes.list_item("", nodes.paragraph("", "", statement, rest))
        if not rows.children:
            return []
        many = len(rows.children)
        title = f"{many} claim{'s' if many > 1 else ''} failed when this book was built"
        box = nodes.admonition(classes=["warning", "failed-claims"])
        box += [nodes.title("", title), rows]
        return [box]


class RunTimes(SphinxDirective):
    """How long each lab took."""

    def run(self) -> list[nodes.Node]:
        quotes_lab(self.env, EVERY_LAB)
        rows: list[list[nodes.Node | str]] = []
        for path in labs():
            notebook = executed(path)
            uri = self.env.app.builder.get_relative_uri(self.env.docname, LAB_DOCS + path.stem)
            title = nodes.reference("", heading(notebook), internal=True, refuri=uri)
            spent = notebook.metadata["execution"]
            rows.append([title, f"{spent['cpu_seconds']:.0f} s", f"{spent['seconds']:.0f} s"])
        head = ["Lab", "Processor time, one thread", "Time by the clock"]
        return [table(head, rows, "run-times")]


class VersionsTable(SphinxDirective):
    """What the labs were executed with."""

    def run(self) -> list[nodes.Node]:
        quotes_lab(self.env, EVERY_LAB)
        versions: dict[str, str] = {}
        for path in labs():
            versions |= dependencies(path)[1]
        rows: list[list[nodes.Node | str]] = [["Python", platform.python_version()]]
        rows += [["jupyter-book", importlib.metadata.version("jupyter-book")]]
        rows += [[name, versions[name]] for name in sorted(versions)]
        return [table(["Distribution", "Version"], rows, "versions")]


def table(head: list[str], rows: list[list[nodes.Node | str]], name: str) -> nodes.Node:
    def row(cells: list[nodes.Node | str]) -> nodes.row:
        entries = [
            nodes.entry("", nodes.paragraph("", "", nodes.Text(c) if isinstance(c, str) else c))
            for c in cells
        ]
        return nodes.row("", *entries)

    group = nodes.tgroup("", cols=len(head))
    group += [nodes.colspec(colwidth=1) for _ in head]
    group += nodes.thead("", row(list(head)))
    group += nodes.tbody("", *[row(cells) for cells in rows])
    return nodes.table("", group, classes=[name])


def setup(app: Sphinx) -> dict[str, Any]:
    app.add_role("num", Quote(quotes.number))
    app.add_role("words", Quote(quotes.words))
    app.add_role("claim", ClaimMark())
    app.add_directive("failed-claims", FailedClaims)
    app.add_directive("run-times", RunTimes)
    app.add_directive("versions-table", VersionsTable)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
