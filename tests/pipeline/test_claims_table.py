"""What the labs claim, as numbers on a page and as distances in a picture."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy import stats

from pipeline.claims import Claim, Place, by_section, claims, places
from pipeline.quotes import numbers, plain, with_error


def claim(measured: Any, expected: Any, relation: str = "=", **record: Any) -> Claim:
    given: dict[str, Any] = {"se": None, "tolerance": None, "df": None, "holds": True}
    given |= {"name": "it", "measured": measured, "expected": expected, "relation": relation}
    return Claim("02_x", given | {"limit": record.get("tolerance") or 4.0} | record)


@pytest.mark.parametrize(
    ("measured", "se", "expected", "shown"),
    [
        (1891.3, 59.6, 1900.4, ("1891 ± 60", "1900")),
        (0.001556, 0.0007, 0.0019, ("0.0016 ± 0.0007", "0.0019")),
        (2541.2, 9.7, 3250, ("2541 ± 10", "3250")),
        (0.6366, 0.0169, 1, ("0.637 ± 0.017", "1")),
        (-43.44, 0.0923, -43.51, ("−43.44 ± 0.09", "−43.51")),
        (0.5, 0.0097, 0.25, ("0.500 ± 0.010", "0.250")),
        (1.885e-7, 6.4e-9, 2.04e-7, ("(1.89 ± 0.06) × 10⁻⁷", "2.04 × 10⁻⁷")),
        (123456.7, 2345, 0.5, ("123457 ± 2000", "0")),
    ],
)
def test_a_number_and_its_error_have_the_same_decimals(
    measured: float, se: float, expected: float, shown: tuple[str, str]
) -> None:
    assert tuple(text.replace("\xa0", " ") for text in with_error(measured, se, expected)) == shown


def test_numbers_are_printed_as_people_write_them() -> None:
    printed = [plain(n).replace("\xa0", " ") for n in (1, 0.58381, 12345.6, -0.001928, 1.037e-16)]
    assert printed == ["1", "0.5838", "12346", "−0.001928", "1.037 × 10⁻¹⁶"]
    assert numbers([[1.0, 2.5], [-3.0, 4.0]]) == "1, 2.5, −3, 4"
    assert numbers(list(range(9))) == "0, 1, 2, 3, 4, 5, … (9 values)"


def test_the_worst_value_is_the_one_that_came_closest_to_failing() -> None:
    equal = claim([1.0, 2.0, 3.0], [1.1, 2.4, 3.0], tolerance=0.5)
    assert (equal.kind, equal.worst, equal.share) == ("tolerance", 1, pytest.approx(0.8))
    below = claim([1.0, 2.0], [9.0, 3.0], "<", se=[0.5, 0.1])
    assert (below.kind, below.worst, below.share) == ("order", 1, pytest.approx(2.5))
    above = claim([1.0, 2.0], 3.0, ">", tolerance=0.5)
    assert (above.worst, above.share) == (0, pytest.approx(-4.0)), "it does not hold"
    assert claim(1.0, 2.0, "<", limit=0.0).share is None


def test_a_distance_in_few_degrees_of_freedom_becomes_one_as_unlikely() -> None:
    assert claim([1.0, 5.0], 3.0, se=1.0).deviates == pytest.approx([-2, 2])
    few = claim([-3.0, 0.0, 3.0], 0.0, se=1.0, df=4, limit=stats.t(4).isf(stats.norm.sf(4)))
    (low, none, high) = few.deviates
    assert stats.norm.cdf(low) == pytest.approx(stats.t(4).cdf(-3))
    assert (none, high) == (0, pytest.approx(-low))
    assert few.limit_deviate == 4


def test_every_claim_of_the_book_agrees_with_its_record() -> None:
    every = [claim for found in claims().values() for claim in found]
    assert len({claim.name for claim in every}) == len(every) > 300
    for claim in every:
        record = claim.record
        if record["se"] is not None:
            assert claim.distances[claim.worst] == pytest.approx(record["z"])
        if claim.share is not None:
            limited = claim.share <= 1 if claim.kind != "order" else claim.share > 1
            assert limited == record["holds"], claim.name


def test_what_the_pictures_say_of_their_heaps_is_so() -> None:
    """The sentences below the pictures are written; what they say must be seen in each build."""
    every = [claim for found in claims().values() for claim in found]
    near = np.concatenate([claim.deviates for claim in every if claim.kind == "errors"])
    assert 0.85 < near.std() < 1.2, "around zero, under the curve of chance"
    assert (np.abs(near) > 3).mean() < 0.02, "no heap just inside of the limit"
    parts = [claim.share for claim in every if claim.kind == "tolerance"]
    assert np.mean([part > 0.8 for part in parts if part is not None]) < 0.1
    orders = [claim for claim in every if claim.kind == "order" and claim.share is not None]
    for some in (orders, [claim for claim in orders if claim.record["tolerance"] is not None]):
        heap = [1.5 <= claim.share < 3 for claim in some if claim.share is not None]
        assert np.mean(heap) > 0.5


def test_places_know_the_heading_above_a_quotation_and_what_it_is_called(tmp_path: Path) -> None:
    page = tmp_path / "02_x.md"
    page.write_text(
        "# Title\n\n{num}`02_x::first.measured:.2f`\n\n## Part one\n\n### Finer\n\n"
        "Not quoted: 02_x::second. "
        "So it is {claim}`02_x::first, 02_x::third`, {num}`02_x::first.z`, "
        "{claim}`03_y::other-one`.\n\n"
        "```{lab-figure} 02_x::drawn\nAs {words}`02_x::first[1]` says.\n```\n",
        "utf-8",
    )
    assert list(places(page)) == [
        ("02_x-first", Place(page, "Title", "", "quote-02_x-first")),
        ("02_x-first", Place(page, "Title", "Part one", "quote-02_x-first_2")),
        ("02_x-third", Place(page, "Title", "Part one", "quote-02_x-first_2")),
        ("03_y-other-one", Place(page, "Title", "Part one", "quote-03_y-other-one")),
        ("02_x-drawn", Place(page, "Title", "Part one", "quote-02_x-drawn")),
        ("02_x-first", Place(page, "Title", "Part one", "quote-02_x-first_4")),
    ]
    sections = by_section([place for name, place in places(page) if name == "02_x-first"])
    assert [[place.anchor[-2:] for place in one] for one in sections] == [["st"], ["_2", "_4"]]


@pytest.mark.parametrize(
    ("made", "compared", "apart"),
    [
        (claim(-1.5, 2.0, se=0.1), ("2", "−1.50 ± 0.10", ""), ("> 20 se", "")),
        (claim(1.0, 1.2, se=0.25, limit=5.5), ("1.2", "1.0 ± 0.2", ""), ("0.8 se", "5.5 allowed")),
        (claim(1, 3, tolerance=4.0), ("3", "1", ""), ("2", "4 allowed")),
        (claim([1, 9], 0.5, ">", limit=0.0), ("above 0.5", "1", "worst of 2"), ("0.5", "")),
        (claim(2, 2, tolerance=1.0), ("2", "2", ""), ("identical", "")),
    ],
)
def test_a_comparison_in_words(made: Claim, compared: Any, apart: Any) -> None:
    assert (made.compared(), made.apart()) == (compared, apart)


def test_a_comparison_that_fails_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipeline.quotes.executed_with", lambda lab: f"the machine of {lab}")
    made = claim(1, 3, tolerance=1.0, holds=False)
    assert made.apart() == ("✗ 2", "1 allowed; does not hold here (the machine of 02_x)")
    made = claim(1, 3, se=0.4, holds=False)
    assert made.apart() == ("✗ 5.0 se", "4.0 allowed; does not hold here (the machine of 02_x)")
