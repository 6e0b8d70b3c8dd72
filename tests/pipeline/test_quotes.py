"""What pages say of a result: the mark of a claim, the comparison in words, signs for numbers."""

from __future__ import annotations

from typing import Any

import nbformat
import pytest

from modelcollapse import claims
from pipeline import quotes


def record(measured: Any, expected: Any, monkeypatch: pytest.MonkeyPatch, **options: Any) -> dict:
    """The record that a lab keeps of a claim, whether it holds or not."""
    kept: list[dict] = []
    monkeypatch.setattr(claims, "building", lambda: True)
    monkeypatch.setattr(claims, "emit", lambda record, **_: kept.append(record["claim"]))
    claims.claim("name", "It is so", measured, expected, source="a test", **options)
    return kept[0]


@pytest.mark.parametrize(
    ("measured", "expected", "options", "mark", "said"),
    [
        (
            1.0,
            1.1,
            {"se": 0.1},
            "✓",
            "measured 1.00 ± 0.10, expected 1.10; 1 standard error apart, 4 allowed",
        ),
        (1.0, 1.1, {"tolerance": 0.2}, "✓≈", "measured 1, expected 1.1; 0.1 apart, 0.2 allowed"),
        (-3, 1, {"relation": "<"}, "✓<", "measured −3, expected below 1; 4 apart"),
        (
            9,
            1,
            {"relation": ">", "tolerance": 2},
            "✓>",
            "measured 9, expected above 1; 8 apart, 2 needed",
        ),
        (1.0, 1.5, {"tolerance": 0.2}, "✗", "measured 1, expected 1.5; 0.5 apart, 0.2 allowed"),
        (
            9,
            8,
            {"relation": "<", "tolerance": 2},
            "✗",
            "measured 9, expected below 8; 1 the wrong way, 2 needed",
        ),
        (
            [1.0, 5.0],
            [1.1, 5.4],
            {"se": [0.1, 0.2]},
            "✓",
            "measured 5.0 ± 0.2 (the closest call of 2), expected 5.4; 2 standard errors apart, "
            "4 allowed",
        ),
        (
            [3, 1],
            [2.5, 0],
            {"relation": ">"},
            "✓>",
            "measured 3 (the closest call of 2), expected above 2.5; 0.5 apart",
        ),
    ],
)
def test_a_claim_in_a_mark_and_a_line(
    measured: Any,
    expected: Any,
    options: dict[str, Any],
    mark: str,
    said: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    found = record(measured, expected, monkeypatch, **options)
    assert quotes.mark(found) == mark
    assert quotes.compared(found) == said


@pytest.mark.parametrize(
    ("number", "shown"),
    [
        (0, "0"),
        (-0.0, "0"),
        (2, "2"),
        (0.58594, "0.5859"),
        (-0.25, "−0.25"),
        (9999.7, "10,000"),
        (2418.2, "2,418"),
        (1e6, "1,000,000"),
        (0.00001234, "1.234 × 10⁻⁵"),
        (1e-9, "10⁻⁹"),
    ],
)
def test_a_number_as_one_writes_it(number: float, shown: str) -> None:
    assert quotes.short(number) == shown


@pytest.mark.parametrize(
    ("code", "shown"),
    [
        ("Mean log v, sqrt v and mu^2", "Mean log v, √v and μ²"),
        ("1 - exp(-2c/t), n to the power -1/3", "1_−_exp(−2c/t), n to the power −1/3"),
        ("3 T (1 - T - alpha) / (1 - T^2)", "3 T (1_−_T_−_α)_/_(1_−_T²)"),
        ("squared W2 in 10^6 runs and 1e+07", "squared W₂ in 10⁶ runs and 10⁷"),
        ("distinct-2 of mixture-50, a five-word", "distinct-2 of mixture-50, a five-word"),
        ("kappa, sigma^2 and lambda of the mle", "κ, σ² and λ of the MLE"),
        ("batches of k^1.5", "batches of k^1.5"),
        ("more than n = 100 rows", "more than n_=_100 rows"),
        ("above n0 / t", "above n0_/_t"),
    ],
)
def test_signs_of_mathematics(code: str, shown: str) -> None:
    """Here _ stands for a blank at which no line is broken."""
    assert quotes.typeset(code).replace("\N{NO-BREAK SPACE}", "_") == shown


@pytest.mark.parametrize(
    ("value", "options", "shown"),
    [
        (-0.25, {}, "−0.25"),
        (29326.0, {"digits": 5}, "29,326"),
        (1920, {"digits": 4, "unit": "births"}, "1920 births"),
        (0.0000123, {"unit": "bits"}, "1.23\xa0×\xa010⁻⁵ bits"),
        (["-c", "-d"], {}, "-c, -d"),
        ("pre-war", {}, "pre-war"),
    ],
)
def test_a_reported_number_has_the_signs_of_mathematics(
    value: Any, options: dict, shown: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept: list[tuple[dict, Any]] = []

    def emit(record: dict, text: str, **_: Any) -> None:
        output = nbformat.v4.new_output("display_data", {"text/plain": text})
        kept.append((record["report"], output))

    monkeypatch.setattr(claims, "emit", emit)
    claims.report("name", value, "what: it is", **options)
    assert quotes.reported(*kept[0]) == shown


@pytest.mark.parametrize(
    ("value", "format", "shown"),
    [
        (1.582e-40, ".0e", "2_×_10⁻⁴⁰"),
        (-0.0625, ".2f", "−0.06"),
        (1891.0, ",.0f", "1,891"),
        (0.9998, ".1%", "100.0%"),
    ],
)
def test_a_quoted_number_has_the_signs_of_mathematics(
    value: float, format: str, shown: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Here _ stands for a blank at which no line is broken."""
    found = quotes.Found("02_gaussian", "x", "report", {"name": "x", "value": value}, None)
    monkeypatch.setattr(quotes, "find", lambda address: found)
    text, _ = quotes.number(f"02_gaussian::x:{format}")
    assert text.replace("\N{NO-BREAK SPACE}", "_") == shown
