"""Numbers that are checked where they are shown.

A lab states each result with `claim`, which compares what was measured with what is expected
and raises `ClaimFailed` if the two disagree, and hands single numbers to the text with `report`.
Both show one readable line, and keep what they say in the metadata of the cell's output, where
the book finds it.
"""

from __future__ import annotations

import html
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike

from modelcollapse._display import emit

Relation = Literal["=", "<", ">"]


class ClaimFailed(AssertionError):
    """What was measured is not what was claimed."""


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
) -> None:
    """Check a measured value against an expected one, show the comparison, and raise if it fails.

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

    Raises
    ------
    ClaimFailed
        If the claim does not hold.
    ValueError
        If the claim could not fail or be judged: values that are not finite, `se` or `tolerance`
        not positive, both given, neither for ``"="``, or `z` not above 0 and at most 6.
    """
    if not name or not all(c.isalnum() or c == "-" for c in name):
        raise ValueError(f"name must consist of letters, digits and hyphens, got {name!r}")
    if relation not in ("=", "<", ">"):
        raise ValueError(f"relation must be '=', '<' or '>', got {relation!r}")
    if not 0 < z <= 6:
        raise ValueError(f"z must be above 0 and at most 6, or the claim could not fail, got {z}")
    if se is not None and tolerance is not None:
        raise ValueError("give se or tolerance, not both")
    if relation == "=" and se is None and tolerance is None:
        raise ValueError("a claim of equality needs se or tolerance, or it could not be judged")
    m, e = np.broadcast_arrays(np.asarray(measured, float), np.asarray(expected, float))
    for label, value in (("measured", m), ("expected", e)):
        if value.size == 0 or not np.isfinite(value).all():
            raise ValueError(f"{label} must be finite and not empty, got {value!r}")
    unit = np.broadcast_to(np.asarray(1.0 if se is None else se, float), m.shape)
    if not (np.isfinite(unit).all() and (unit > 0).all()):
        raise ValueError(f"se must be finite and positive, got {se!r}")
    if tolerance is not None and not (np.isfinite(tolerance) and tolerance > 0):
        raise ValueError(f"tolerance must be finite and positive, got {tolerance}")

    limit = z if se is not None else (tolerance or 0.0)
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
        "source": source,
    }
    line = _sentence(record, float(m[worst]), float(e[worst]), float(unit[worst]))
    if not holds:
        raise ClaimFailed(f"claim {name!r} does not hold. {line}")
    emit(
        {"claim": record},
        text=f"✓ {line}",
        html=f'<div class="claim" id="claim-{name}"><span class="claim-mark">✓</span> '
        f"{html.escape(line)}</div>",
    )


def report(name: str, value: float, what: str, *, digits: int = 3, unit: str = "") -> None:
    """Show a number and hand it to the text, which pastes it by its name.

    Parameters
    ----------
    name : str
        Identifier, unique in the lab, of letters, digits and hyphens.
    value : float
        The number.
    what : str
        What it is, in a few words.
    digits : int
        Significant digits shown in the lab; the text chooses its own.
    unit : str
        Unit, shown behind the number.

    Raises
    ------
    ValueError
        If `name` has other characters, or `value` is not finite.
    """
    if not name or not all(c.isalnum() or c == "-" for c in name):
        raise ValueError(f"name must consist of letters, digits and hyphens, got {name!r}")
    number = float(value)
    if not np.isfinite(number):
        raise ValueError(f"value must be finite, got {value!r}")
    line = f"{what}: {_short(number, digits)}{' ' + unit if unit else ''}"
    emit(
        {"report": {"name": name, "value": number, "what": what, "unit": unit}},
        text=line,
        html=f'<div class="report" id="report-{name}">{html.escape(line)}</div>',
    )


def _plain(values: np.ndarray) -> float | list[Any]:
    return values.tolist()


def _short(number: float, digits: int = 4) -> str:
    if number == int(number) and abs(number) < 1e6:
        return str(int(number))
    return f"{number:.{digits}g}"


def _sentence(record: dict[str, Any], m: float, e: float, unit: float) -> str:
    sign = {"=": "expected", "<": "below", ">": "above"}[record["relation"]]
    many = "" if np.ndim(record["measured"]) == 0 else f"worst of {np.size(record['measured'])}: "
    if record["se"] is not None:
        spread = f" ± {_short(unit, 2)}"
        judged = f"{abs(record['z']):.1f} standard errors apart"
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
