"""Numbers that are checked where they are shown.

A lab states each result with `claim`, which compares what was measured with what is expected
and raises `ClaimFailed` if the two disagree, and hands single numbers and words to the text with
`report`. Both show one readable line, and keep what they say in the metadata of the cell's
output, where the book finds it.

While the book executes a lab, a claim that fails shows its line with a cross and lets the lab go
on: the pages then say which claim failed, and the command that builds them ends in an error.
"""

from __future__ import annotations

import html
import re
from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from modelcollapse import _machine
from modelcollapse._display import building, emit

Relation = Literal["=", "<", ">"]
MARK = {True: "✓", False: "✗"}


#: Below so many degrees of freedom an order is claimed as a gap, not in standard errors.
FEWEST = 9


class ClaimFailed(AssertionError):
    """What was measured is not what was claimed."""

    def _render_traceback_(self) -> list[str]:
        """IPython shows this in place of a traceback: the line, on what, and where to read on."""
        return [
            f"ClaimFailed: {self}",
            f"Executed with {_machine.in_a_line(_machine.facts())}.",
            "See 'When a claim fails' in 'How to use this course'.",
        ]


def claim(
    name: str,
    statement: str,
    measured: ArrayLike,
    expected: ArrayLike,
    *,
    source: str,
    relation: Relation = "=",
    se: ArrayLike | None = None,
    tolerance: float | None = None,
    z: float = 4.0,
    df: float | None = None,
) -> None:
    """Check a measured value against an expected one, show the comparison, and raise if it fails.

    While the book executes the lab, a failed claim is shown with a cross and nothing is raised.

    Parameters
    ----------
    name : str
        Identifier, unique in the lab, of letters, digits and hyphens; the text links to it.
    statement : str
        What is claimed, in one sentence without the numbers.
    measured, expected : array_like
        The two values, or arrays that broadcast; an array is judged by its worst element.
    source : str
        Where `expected` comes from: a citation, "derived in chapter 2", "control run".
    relation : {"=", "<", ">"}
        ``"="``: measured equals expected. ``"<"`` and ``">"``: measured lies below or above it.
    se : array_like, optional
        Standard error of ``measured - expected``. ``"="`` holds within `z` standard errors;
        an ordering holds if the gap is more than `z` standard errors wide.
    tolerance : float, optional
        Absolute tolerance in the unit of `measured`, in place of `se`: ``"="`` holds within it,
        an ordering holds if the gap is wider than it. ``"="`` needs one of the two.
    z : float
        How many standard errors, at most 6; 4 unless there is a reason.
    df : float, optional
        Degrees of freedom of `se`, where it was estimated from few runs: one less than their
        number. The limit is then the quantile of Student's t that is as unlikely as `z` standard
        errors are under a normal law. Below 9 no order is judged by `se`: give `tolerance`.

    Raises
    ------
    ClaimFailed
        If the claim does not hold.
    ValueError
        If the claim could not fail or be judged: values that are not finite, `se` or `tolerance`
        not positive, both given, neither for ``"="``, `z` not above 0 and at most 6, `df` not
        at least 1, without `se`, or below 9 for an order.
    """
    _check_name(name)
    if relation not in ("=", "<", ">"):
        raise ValueError(f"relation must be '=', '<' or '>', got {relation!r}")
    if not 0 < z <= 6:
        raise ValueError(f"z must be above 0 and at most 6, or the claim could not fail, got {z}")
    if se is not None and tolerance is not None:
        raise ValueError("give se or tolerance, not both")
    if relation == "=" and se is None and tolerance is None:
        raise ValueError("a claim of equality needs se or tolerance, or it could not be judged")
    if df is not None and not (df >= 1 and se is not None):
        raise ValueError(f"df must be at least 1, and go with se, got df={df}, se={se!r}")
    if df is not None and df < FEWEST and relation != "=":
        raise ValueError(
            f"an order over so few runs (df={df}, below {FEWEST}) is claimed as a gap: give "
            "tolerance, in the unit of measured, at most half of what was first seen"
        )
    m, e = np.broadcast_arrays(np.asarray(measured, float), np.asarray(expected, float))
    for label, value in (("measured", m), ("expected", e)):
        if value.size == 0 or not np.isfinite(value).all():
            raise ValueError(f"{label} must be finite and not empty, got {value!r}")
    unit = np.broadcast_to(np.asarray(1.0 if se is None else se, float), m.shape)
    if not (np.isfinite(unit).all() and (unit > 0).all()):
        raise ValueError(f"se must be finite and positive, got {se!r}")
    if tolerance is not None and not (np.isfinite(tolerance) and tolerance > 0):
        raise ValueError(f"tolerance must be finite and positive, got {tolerance}")

    limit = tolerance or 0.0
    if se is not None:
        limit = z if df is None else float(special.stdtrit(df, special.ndtr(z)))
    distance = (m - e) / unit
    if relation == "=":
        margin = limit - np.abs(distance)
        holds = bool((margin >= 0).all())
    else:
        margin = (distance if relation == ">" else -distance) - limit
        holds = bool((margin > 0).all())
    worst = np.unravel_index(np.argmin(margin), m.shape)
    record: dict[str, Any] = {
        "name": name,
        "statement": statement,
        "relation": relation,
        "measured": _plain(m),
        "expected": _plain(e),
        "se": None if se is None else _plain(unit),
        "tolerance": tolerance,
        "z": float(distance[worst]) if se is not None else None,
        "limit": float(limit),
        "df": df,
        "source": source,
        "holds": holds,
    }
    line = _sentence(record, float(m[worst]), float(e[worst]), float(unit[worst]))
    if not holds:
        line = f"Claim {name!r} does not hold. {line}"
        if not building():
            raise ClaimFailed(line)
    emit(
        {"claim": record},
        text=f"{MARK[holds]} {line}",
        html=f'<div class="claim{"" if holds else " claim-failed"}" id="claim-{name}">'
        f'<span class="claim-mark">{MARK[holds]}</span> {html.escape(line)}</div>',
    )


def report(
    name: str,
    value: float | str | Sequence[str] | np.ndarray,
    what: str,
    *,
    digits: int = 3,
    unit: str = "",
) -> None:
    """Show a number or words, and hand them to the text, which pastes them by their name.

    Parameters
    ----------
    name : str
        Identifier, unique in the lab, of letters, digits and hyphens.
    value : float, str or sequence of str
        The number; or a word, a text, or several words in their order.
    what : str
        What it is, in a few words.
    digits : int
        Significant digits shown in the lab; the text chooses its own.
    unit : str
        Unit, shown behind the number.

    Raises
    ------
    ValueError
        If `name` has other characters, or `value` is not finite, or holds no word.
    """
    _check_name(name)
    if isinstance(value, np.ndarray):
        value = value.tolist()
    words = [value] if isinstance(value, str) else value
    kept: float | str | list[str]
    if isinstance(words, Sequence):
        if not words or not all(isinstance(word, str) and word.strip() for word in words):
            raise ValueError(f"value must be a number, a word, or several words, got {value!r}")
        kept, shown = (str(value) if isinstance(value, str) else list(words)), ", ".join(words)
    else:
        kept = float(words)
        if not np.isfinite(kept):
            raise ValueError(f"value must be finite, got {value!r}")
        shown = _short(kept, digits)
    line = f"{what}: {shown}{' ' + unit if unit else ''}"
    emit(
        {"report": {"name": name, "value": kept, "what": what, "unit": unit}},
        text=line,
        html=f'<div class="report" id="report-{name}">{html.escape(line)}</div>',
    )


def _check_name(name: str) -> None:
    if not re.fullmatch(r"[A-Za-z0-9-]+", name):
        raise ValueError(f"name must consist of letters, digits and hyphens, got {name!r}")


def _plain(values: np.ndarray) -> float | list[Any]:
    return values.tolist()


def _short(number: float, digits: int = 4) -> str:
    if number == int(number) and abs(number) < 1e12:
        return str(int(number))
    if 10**digits <= round(abs(number)) < 1e12:
        return f"{number:.0f}"
    return f"{number:.{digits}g}"


def _sentence(record: dict[str, Any], m: float, e: float, unit: float) -> str:
    sign = {"=": "expected", "<": "below", ">": "above"}[record["relation"]]
    many = "" if np.ndim(record["measured"]) == 0 else f"worst of {np.size(record['measured'])}: "
    if record["se"] is not None:
        spread = f" ± {_short(unit, 2)}"
        judged = f"{abs(record['z']):.1f} standard errors apart"
        if record["df"] is not None:
            judged += f" ({record['limit']:.1f} allowed with {record['df']:g} degrees of freedom)"
    elif record["tolerance"] is not None:
        spread, judged = (
            "",
            f"{_short(abs(m - e), 2)} apart, {_short(record['tolerance'], 2)} "
            + ("allowed" if record["relation"] == "=" else "needed"),
        )
    else:
        spread, judged = "", f"{_short(abs(m - e), 2)} apart"
    return (
        f"{record['statement'].rstrip('.')}: {many}measured {_short(m)}{spread}, "
        f"{sign} {_short(e)}; {judged}. Source: {record['source']}."
    )
