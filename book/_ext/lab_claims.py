"""Directives that show what the labs claim.

``{claims-summary}``
    how many claims held, of each kind, with pictures of how close they came to failing.
``{claims-held}`claims```
    in words how many claims held, as a link to the page of that name.
``{claims-table}``
    every claim of every lab, a section and a table for each, with the pages that quote it. The
    box that picks some of them appears where scripts run.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

from claim_pictures import figures
from docutils import nodes
from lab_quotes import EVERY_LAB, LAB_DOCS, link, quotes_lab, quoting, text_pages
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective, SphinxRole

from pipeline.claims import Claim, by_section, claims
from pipeline.exercises import lab_title
from pipeline.labs import LABS
from pipeline.quotes import executed, mark, typeset

KINDS = {  # what the button says, and the line at the head of the page
    "errors": (
        "equal within standard errors",
        "say that two values are equal, and are judged by a standard error",
    ),
    "tolerance": (
        "equal within a tolerance",
        "say that two values are equal, within a tolerance that the lab states",
    ),
    "order": ("one above the other", "say only which of two values is above the other"),
}
SHARED = 5  # rows with the same source: it is said once


class ClaimsSummary(SphinxDirective):
    """How many claims held, and how close they came to failing."""

    def run(self) -> list[nodes.Node]:
        quotes_lab(self.env, EVERY_LAB)
        every = _every()
        head = nodes.paragraph("", "", nodes.strong("", _held(every)))
        head += nodes.Text(" when this book was built.")
        of_kind = Counter(claim.kind for claim in every)
        kinds = nodes.bullet_list()
        for kind, (_, does) in KINDS.items():
            kinds += nodes.list_item("", nodes.paragraph("", f"{of_kind[kind]} {does}."))
        return [head, kinds, nodes.raw("", figures(every), format="html")]


class ClaimsHeld(SphinxRole):
    """How many claims held."""

    def run(self) -> tuple[list[nodes.Node], list[nodes.system_message]]:
        quotes_lab(self.env, EVERY_LAB)
        page = self.env.relfn2path(self.text)[0]
        uri = self.env.app.builder.get_relative_uri(self.env.docname, page)
        return [nodes.reference("", _held(_every()), internal=True, refuri=uri)], []


def _every() -> list[Claim]:
    return [claim for of_lab in claims().values() for claim in of_lab]


def _held(every: list[Claim]) -> str:
    held = sum(claim.record["holds"] for claim in every)
    return f"{_counted(every)}, {'all' if held == len(every) else held} held"


def _counted(found: list[Claim]) -> str:
    return f"{len(found)} claim{'' if len(found) == 1 else 's'}"


FILTER = (
    '<div class="claims-filter" role="search" aria-label="Claims" hidden>'
    '<label>Find in the claims <input type="search" autocomplete="off"></label>'
    '<div role="group" aria-label="Kinds of claims">{}</div><p role="status"></p></div>'
)


class ClaimsTable(SphinxDirective):
    """Every claim of every lab, its exercises aside."""

    def run(self) -> list[nodes.Node]:
        quotes_lab(self.env, EVERY_LAB)
        self.quoted = quoting(self.env)
        for page in text_pages(self.env):  # this one is read again when one is edited
            self.env.note_dependency(str(page))
        buttons = "".join(
            f'<button type="button" aria-pressed="false" value="{kind}">{text}</button>'
            for kind, (text, _) in KINDS.items()
        )
        box = nodes.raw("", FILTER.format(buttons), format="html")
        return [box, *(self._section(lab, found) for lab, found in claims().items() if found)]

    def _section(self, lab: str, found: list[Claim]) -> nodes.section:
        number, title = lab_title(executed(LABS / f"{lab}.ipynb"))
        section = nodes.section(ids=[nodes.make_id(f"lab-{number}")], classes=["claims-of"])
        section += nodes.title("", f"{number} {title} · {_counted(found)}")
        uri = self.env.app.builder.get_relative_uri(self.env.docname, LAB_DOCS + lab)
        says = nodes.paragraph("", "Checked in ")
        says += [nodes.reference("", f"lab {number}", internal=True, refuri=uri), nodes.Text(".")]
        source, rows = Counter(claim.record["source"] for claim in found).most_common(1)[0]
        if rows >= SHARED:
            says += nodes.Text(f" Where no source is named, it is: {typeset(source)}.")
        said_once = source if rows >= SHARED else ""
        group = nodes.tgroup("", cols=4)
        group += [nodes.colspec(colwidth=1) for _ in range(4)]
        head = nodes.row("", *map(_cell, ("Claim", "Expected", "Measured", "Apart")))
        group += nodes.thead("", head)
        group += nodes.tbody("", *(self._row(claim, said_once) for claim in found))
        section += [says, nodes.table("", group, classes=["claims"])]
        return section

    def _row(self, claim: Claim, said_once: str) -> nodes.row:
        record, holds = claim.record, claim.record["holds"]
        tick = nodes.inline("", mark(record), classes=["claim-mark"])
        statement = nodes.reference("", "", tick, internal=True)
        statement += nodes.Text(f" {typeset(record['statement'])}")
        statement["refuri"] = link(self.env, claim.lab, "claim", record["name"])
        statement["classes"] += [] if holds else ["failed"]
        note = nodes.inline("", "", classes=["note"])
        if record["source"] != said_once:
            note += nodes.Text(f"Source: {typeset(record['source'])}. ")
        note += self._used(claim)
        expected, *measured = claim.compared()
        row = nodes.row(ids=[claim.name], classes=[claim.kind])
        row += _cell(nodes.inline("", "", statement, *[note] * bool(note.children)))
        row += [_cell(expected), _cell(*_noted(*measured)), _cell(*_noted(*claim.apart()))]
        return row

    def _used(self, claim: Claim) -> list[nodes.Node]:
        """Links to where pages quote a claim, one a section."""
        links: list[nodes.Node] = []
        said: set[str] = set()
        for section in by_section(self.quoted[claim.name]):
            place = section[0]
            document = self.env.path2doc(str(place.page))
            uri = self.env.app.builder.get_relative_uri(self.env.docname, document)
            own = place.page.stem == claim.lab
            text = place.heading if own and place.heading else place.title
            uri += f"#{place.anchor}"
            if text in said:  # one link a page that is none of the chapter's
                continue
            said.add(text)
            links += [nodes.Text(", "), nodes.reference("", text, internal=True, refuri=uri)]
        return [nodes.Text("Used in: "), *links[1:]] if links else []


def _cell(*content: nodes.Node | str) -> nodes.entry:
    return nodes.entry("", *(nodes.Text(c) if isinstance(c, str) else c for c in content))


def _noted(text: str, note: str) -> tuple[nodes.Node | str, ...]:
    return (text, nodes.inline("", note, classes=["note"])) if note else (text,)


def setup(app: Sphinx) -> dict[str, Any]:
    app.add_directive("claims-summary", ClaimsSummary)
    app.add_directive("claims-table", ClaimsTable)
    app.add_role("claims-held", ClaimsHeld())
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
