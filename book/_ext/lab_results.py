"""What a lab states, as its page shows it: claims in a table, reported numbers in a list.

Each keeps the name that addresses lead to, and says there which sentences quote it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from html import escape
from typing import Any

from pipeline.claims import Claim
from pipeline.quotes import mark, reported, typeset

Record = tuple[dict[str, Any], Any]  # what was written down, and the output of the cell
Back = Callable[[str], str]  # from the name of a result to links to what quotes it

HEAD = "".join(
    f'<th scope="col">{text}</th>' for text in ("Claim", "Expected", "Measured", "Apart")
)


def results(found: list[tuple[str, dict[str, Any], Any]], lab: str, back: Back) -> str:
    """HTML of claims and reports that a cell puts out one behind the other, numbers first."""
    reports = [(record, output) for kind, record, output in found if kind == "report"]
    claims = [Claim(lab, record) for kind, record, _ in found if kind == "claim"]
    return (_list(reports, back) if reports else "") + (_table(claims, back) if claims else "")


def quoted_by(links: str, tag: str) -> str:
    """HTML that shows where a result is quoted once a link has led to it."""
    return f'<{tag} class="quoted">{links}</{tag}>' if links else ""


LONG = 40  # letters of words that stand below what they are and not beside it


def _list(reports: Iterable[Record], back: Back) -> str:
    found = [(record, reported(record, output)) for record, output in reports]
    rows = (
        f'<div class="report{" long" * (len(text) > LONG)}" id="report-{record["name"]}">'
        f"<dt>{_typeset(record['what'])}</dt>"
        f"<dd>{escape(text)}</dd>{quoted_by(back(record['name']), 'dd')}</div>"
        for record, text in found
    )
    return f'<dl class="reports">{"".join(rows)}</dl>'


def _table(claims: list[Claim], back: Back) -> str:
    sources = {claim.record["source"] for claim in claims}
    said_once = sources.pop() if len(sources) == 1 else ""
    rows = "".join(_row(claim, said_once, back) for claim in claims)
    foot = f'<tfoot><tr><td colspan="4">{_source(said_once)}</td></tr></tfoot>' if said_once else ""
    head = f"<thead><tr>{HEAD}</tr></thead>"
    return f'<table class="table claims">{head}<tbody>{rows}</tbody>{foot}</table>'


def _row(claim: Claim, said_once: str, back: Back) -> str:
    record, (expected, *measured) = claim.record, claim.compared()
    failed = "" if record["holds"] else " claim-failed"
    statement = f'<span class="claim-mark">{escape(mark(record))}</span> '
    statement += _typeset(record["statement"])
    source = "" if said_once else f'<span class="note">{_source(record["source"])}</span>'
    cells = [
        f"<span><span>{statement}</span>{source}{quoted_by(back(record['name']), 'span')}</span>",
        escape(expected),
        _noted(*measured),
        _noted(*claim.apart()),
    ]
    row = "".join(f"<td>{cell}</td>" for cell in cells)
    return f'<tr class="claim{failed}" id="claim-{record["name"]}">{row}</tr>'


def _noted(text: str, note: str) -> str:
    return escape(text) + (f' <span class="note">{escape(note)}</span>' if note else "")


def _source(source: str) -> str:
    return f"Source: {_typeset(source)}."


def _typeset(text: str) -> str:
    return escape(typeset(text).rstrip("."))
