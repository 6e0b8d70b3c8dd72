"""Looks up what labs hand on to the pages: numbers, words, claims, figures.

What an answer or a check computes is not handed on: no page quotes it. So the coursework edition,
in which answers and checks have no outputs and answers no solutions, has the same numbers and
figures.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nbformat import NotebookNode

from pipeline import execution
from pipeline.labs import LABS, heading, records

EXERCISES = {"answer", "check"}  # tags of cells that compute for the reader alone
NUMBER = re.compile(
    r"(?P<lab>\w+)::(?P<name>[\w-]+)(\.(?P<field>\w+)(\[(?P<index>\d+)\])?)?(:(?P<format>.+))?$"
)
#: The mark of each kind of comparison: equal but for chance, within a tolerance, an order.
MARKS = {
    "=": ("✓", "checked"),
    "≈": ("✓≈", "checked within a tolerance"),
    "<": ("✓<", "order checked"),
    ">": ("✓>", "order checked"),
}
SIGNS = {
    r"mu\b": "μ",
    r"chi\b": "χ",
    r"chi2\b": "χ²",
    r"alpha\b": "α",
    r"beta\b": "β",
    r"gamma\b": "γ",
    r"delta\b": "δ",
    r"kappa\b": "κ",
    r"lambda\b": "λ",
    r"rho\b": "ρ",
    r"sigma\b": "σ",
    r"mle\b": "MLE",
    "sqrt ": "√",
    r"W2\b": "W₂",
    r"1e\+0*": "10^",
}
RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
WORDS = re.compile(r"(?P<lab>\w+)::(?P<name>[\w-]+)(\[(?P<index>\d+)\])?$")


class LabQuoteError(Exception):
    """A page asks a lab for something it does not have."""


@dataclass(frozen=True)
class Found:
    """Something that a lab hands on.

    Attributes
    ----------
    lab, name : str
        The lab's stem, and the name in it.
    kind : str
        Such as ``"claim"`` or ``"figure"``.
    record : dict
        What `modelcollapse.claims` or `modelcollapse.plots` wrote down.
    output : NotebookNode
        The output of the cell.
    """

    lab: str
    name: str
    kind: str
    record: dict[str, Any]
    output: Any


_read: dict[Path, tuple[str, NotebookNode]] = {}


def executed(path: Path) -> NotebookNode:
    """The executed lab, read once for each execution."""
    digest = execution.digest(path)
    if path not in _read or _read[path][0] != digest:
        _read[path] = digest, execution.executed(path)
    return _read[path][1]


def find(address: str) -> Found:
    """Look up ``lab::name``."""
    lab, _, name = address.partition("::")
    path = LABS / f"{lab}.ipynb"
    if not path.exists():
        raise LabQuoteError(f"there is no lab {lab!r}")
    notebook = executed(path)
    for kind, record, output in handed_on(notebook):
        if record["name"] == name:
            return Found(lab, name, kind, record, output)
    if name in {record["name"] for _, record, _ in records(notebook)}:
        raise LabQuoteError(
            f"lab {lab!r} makes {name!r} in an answer or a check: no page may quote what these "
            "compute"
        )
    raise LabQuoteError(f"lab {lab!r} has no figure, claim or number called {name!r}")


def number(text: str) -> tuple[str, Found]:
    """What ``lab::name``, ``lab::claim.field[index]`` or either with ``:format`` shows."""
    match = NUMBER.match(text)
    if not match:
        raise LabQuoteError(
            f"{text!r} is not lab::name, lab::claim.field or with a format behind a colon"
        )
    address = f"{match['lab']}::{match['name']}"
    found = find(address)
    field = match["field"] or "value"
    if not isinstance(found.record.get(field), int | float | list):
        raise LabQuoteError(f"{found.kind} {address!r} has no number called {field!r}")
    value = found.record[field]
    if match["index"]:
        value = value[int(match["index"])]
    if isinstance(value, list):
        raise LabQuoteError(
            f"{address}.{field} has {len(value)} elements: name one, as in {field}[0]"
        )
    return written(format(value, match["format"] or ".3g")), found


def words(text: str) -> tuple[str, Found]:
    """What ``lab::name`` or ``lab::name[index]`` shows: words, several as a sentence has them."""
    match = WORDS.match(text)
    if not match:
        raise LabQuoteError(f"{text!r} is not lab::name or lab::name[index]")
    address = f"{match['lab']}::{match['name']}"
    found = find(address)
    value = found.record.get("value")
    if not isinstance(value, str | list):
        raise LabQuoteError(f"{found.kind} {address!r} has no words")
    if match["index"]:
        if not isinstance(value, list) or int(match["index"]) >= len(value):
            raise LabQuoteError(f"{address!r} has no word {match['index']}: {value!r}")
        value = value[int(match["index"])]
    return in_a_row(value), found


def in_a_row(words: str | list[str]) -> str:
    """Several words as a sentence has them: one, one and two, one, two and three."""
    if isinstance(words, str):
        return words
    *others, last = words
    return f"{', '.join(others)} and {last}" if others else last


def handed_on(notebook: NotebookNode) -> Iterator[tuple[str, dict, Any]]:
    """The records of an executed lab that pages may quote: not those of its exercises."""
    cells = [cell for cell in notebook.cells if not set(cell.metadata.get("tags", [])) & EXERCISES]
    return records(NotebookNode(cells=cells))


def failed(notebook: NotebookNode) -> list[dict[str, Any]]:
    """Records of the claims of an executed lab that do not hold, its exercises aside."""
    return [r for kind, r, _ in handed_on(notebook) if kind == "claim" and not r["holds"]]


def claims(text: str) -> list[Found]:
    """The claims that ``lab::name``, or several such with commas or blanks between them, name."""
    found = [find(address) for address in text.replace(",", " ").split()]
    for one in found:
        if one.kind != "claim":
            raise LabQuoteError(f"'{one.lab}::{one.name}' is a {one.kind}, not a claim")
    return found


def mark(record: dict[str, Any]) -> str:
    """The mark of a claim: what kind of comparison holds, or that it does not."""
    return MARKS[_kind(record)][0] if record["holds"] else "✗"


def said(record: dict[str, Any]) -> str:
    """What the mark of a claim that holds says to those who do not see it."""
    return MARKS[_kind(record)][1]


def _kind(record: dict[str, Any]) -> str:
    within = record["relation"] == "=" and record["tolerance"] is not None
    return "≈" if within else record["relation"]


def title(found: Found) -> str:
    """What a lab says that a result is."""
    return typeset(found.record.get("statement") or found.record["what"]).rstrip(".")


def told(found: Found) -> str:
    """What was found, and in which lab."""
    if found.kind == "claim":
        text = compared(found.record)
        if not found.record["holds"]:
            text += f" ({executed_with(found.lab)})"
    elif isinstance(found.record["value"], str | list):
        text = in_a_row(found.record["value"])
    else:
        text = f"{short(found.record['value'])} {found.record['unit']}".rstrip()
    lab = heading(executed(LABS / f"{found.lab}.ipynb")).partition(":")[0]
    return f"{text} · {lab.replace(' ', chr(160))}"


def compared(record: dict[str, Any]) -> str:
    """What a claim measured and expected, how far apart, and how far it may or must be.

    Of several values it is the closest call.
    """
    measured, expected = (list(_flatten(record[key])) for key in ("measured", "expected"))
    judged = record["se"] is not None
    se = list(_flatten(record["se"])) if judged else [1.0] * len(measured)
    order = {"=": 0, "<": -1, ">": 1}[record["relation"]]
    apart = [(m - e) / s for m, e, s in zip(measured, expected, se, strict=True)]
    room = [order * distance if order else -abs(distance) for distance in apart]
    worst = room.index(min(room))
    shown, against = short(measured[worst]), short(expected[worst])
    if judged:
        shown, against = with_error(measured[worst], se[worst], expected[worst])
    text = f"measured {shown}"
    text += f" (the closest call of {len(room)})" if len(room) > 1 else ""
    text += f", expected {['', 'above ', 'below '][order]}{against}"
    far = short(abs(apart[worst]), 2)
    text += f"; {far} " + ("standard error " if far == "1" else "standard errors ") * judged
    text += "the wrong way" if order and room[worst] < 0 else "apart"
    if record["limit"]:
        text += f", {short(record['limit'], 2)} {'needed' if order else 'allowed'}"
    return text


def executed_with(lab: str) -> str:
    """The processor and the versions that a lab was executed with."""
    return execution.where(executed(LABS / f"{lab}.ipynb"))


def short(number: float, digits: int = 4) -> str:
    """A number, rounded, as one writes it by hand."""
    if number == round(number) or round(abs(number)) >= 10 ** min(digits, 3):
        return typeset(f"{number + 0.0:,.0f}")
    text, _, power = f"{number:.{digits}g}".partition("e")
    return typeset(f"{text} × 10^{int(power)}".removeprefix("1 × ") if power else text)


def typeset(text: str) -> str:
    """A text from code with the signs of mathematics: Greek letters, powers, minus."""
    for name, sign in SIGNS.items():
        text = re.sub(rf"\b{name}", sign, text)
    text = re.sub(r"\^(-?\d+)(?![.\d])", lambda power: power[1].translate(RAISED), text)
    text = re.sub(r"(?<![\w)])-(?=[\d.])|(?<=\()-|(?<= )-(?= )", "\N{MINUS SIGN}", text)
    return re.sub(" ([=<>≈+/−]) ", "\N{NO-BREAK SPACE}\\1\N{NO-BREAK SPACE}", text)


def numbers(value: float | list) -> str:
    """A few numbers in a row, rounded."""
    flat = list(_flatten(value))
    shown = ", ".join(plain(number) for number in flat[:6])
    return shown + (f", … ({len(flat)} values)" if len(flat) > 6 else "")


def plain(number: float, digits: int = 4) -> str:
    """A rounded number as it is printed: ``1891``, ``0.5838``, ``1.04 × 10⁻¹⁶``."""
    whole = 10**digits <= abs(number) < 1e15
    return written(f"{number:{'.0f' if whole else f'.{digits}g'}}")


def written(number: str) -> str:
    """A number as Python prints it, with the signs of mathematics."""
    text, _, power = number.partition("e")
    return _with_minus(text) + (_times_ten(int(power)) if power else "")


def reported(record: dict[str, Any], output: Any) -> str:
    """What a lab shows of what it reports, less what that is."""
    said = output.data["text/plain"].removeprefix(f"{record['what']}: ")
    if isinstance(record["value"], str | list):
        return said
    number, *unit = said.split(" ", 1)
    number = f"{int(number):,}" if re.fullmatch(r"-?\d{5,}", number) else number
    return " ".join([written(number), *unit])


def with_error(measured: float, se: float, expected: float) -> tuple[str, str]:
    """What was measured, with its standard error, and what was expected, to the same decimals.

    They are as many as show one digit of the error, or two if the first is a 1: ``1891 ± 60``,
    ``0.0016 ± 0.0007``, ``2541 ± 10``. A whole number that was expected stays one.
    """
    first = math.floor(math.log10(se))
    digits = 2 if se < 2 * 10.0**first else 1
    largest = math.floor(math.log10(max(abs(measured), abs(expected), se)))
    power = largest if largest < -4 else 0
    decimals = max(0, digits - 1 - first + power)
    error = float(f"{se:.{digits}g}")
    value, spread, against = (
        _with_minus(f"{number / 10.0**power:.{decimals}f}")
        for number in (measured, error, expected)
    )
    if expected == round(expected):
        against = plain(expected)
    elif power:
        against += _times_ten(power)
    return (f"({value} ± {spread}){_times_ten(power)}" if power else f"{value} ± {spread}"), against


def _times_ten(power: int) -> str:
    raised = str(power).translate(str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"))
    return f"\N{NO-BREAK SPACE}×\N{NO-BREAK SPACE}10{raised}"


def _with_minus(text: str) -> str:
    return text.replace("-", "\N{MINUS SIGN}")


def _flatten(value: Any) -> Any:
    if isinstance(value, list):
        for item in value:
            yield from _flatten(item)
    else:
        yield value
