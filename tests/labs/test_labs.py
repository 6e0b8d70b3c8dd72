"""Every lab executed end to end: clean, in time, with claims, figures and alt text."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path
from typing import Any

import lab_runs
import pytest
from alt_text import alt_faults
from nbformat import NotebookNode

BUDGET = 60.0  # seconds on one thread
LONGER: dict[str, float] = {}  # stem: seconds, for labs that may take longer

FIGURES = ("figure", "living", "play")
each_lab = pytest.mark.parametrize("lab", lab_runs.labs(), ids=lambda path: path.stem)


@pytest.fixture
def run(lab: Path, executed: list[str]) -> NotebookNode:
    return lab_runs.executed(lab)


def of_kind(run: NotebookNode, *kinds: str) -> list[dict[str, Any]]:
    return [record for kind, record, _ in lab_runs.records(run) if kind in kinds]


def test_there_are_labs() -> None:
    assert lab_runs.labs()


@each_lab
def test_every_code_cell_ran_without_an_error(run: NotebookNode) -> None:
    for cell in run.cells:
        if cell.cell_type == "code" and cell.source.strip():
            assert cell.execution_count, f"cell {cell.id!r} did not run"
            assert [o for o in cell.outputs if o.output_type == "error"] == [], cell.id


@each_lab
def test_nothing_on_stderr(run: NotebookNode) -> None:
    said = {
        cell.id: output.text
        for cell in run.cells
        for output in cell.get("outputs", [])
        if output.output_type == "stream" and output.name == "stderr"
    }
    assert said == {}


@each_lab
def test_within_its_budget(lab: Path, run: NotebookNode) -> None:
    assert run.metadata["execution"]["cpu_seconds"] <= LONGER.get(lab.stem, BUDGET)


@each_lab
def test_claims_hold_and_each_could_fail(run: NotebookNode) -> None:
    claims = of_kind(run, "claim")
    assert len(claims) >= 3
    for record in claims:
        where = record["name"]
        assert record["statement"] and record["source"], where
        assert holds(record), f"{where} was published and does not hold"
        if record["relation"] == "=":
            assert record["limit"] > 0, f"{where} has nothing to be judged by"
            assert record["se"] is None or record["limit"] <= 5, f"{where} could hardly fail"


def flat(value: float | list[Any]) -> list[float]:
    return [x for item in value for x in flat(item)] if isinstance(value, list) else [value]


def holds(record: dict[str, Any]) -> bool:
    """Judge a claim again, from its record alone."""
    measured, expected = flat(record["measured"]), flat(record["expected"])
    expected = expected * len(measured) if len(expected) == 1 else expected
    units = flat(record["se"]) if record["se"] is not None else [1.0]
    units = units * len(measured) if len(units) == 1 else units
    gaps = [(m - e) / u for m, e, u in zip(measured, expected, units, strict=True)]
    limit = record["limit"]
    if record["relation"] == "=":
        return all(abs(gap) <= limit for gap in gaps)
    return all((gap if record["relation"] == ">" else -gap) > limit for gap in gaps)


def test_the_judge_sees_a_claim_that_does_not_hold() -> None:
    record = {"relation": "=", "measured": [1.0, 2.0], "expected": 1.0, "se": 0.1, "limit": 4.0}
    assert not holds(record)
    assert holds(record | {"measured": [1.0, 1.3]})
    assert holds(record | {"relation": ">", "se": None, "measured": 2.0, "limit": 0.5})
    assert not holds(record | {"relation": "<", "se": None, "measured": 2.0, "limit": 0.0})


@each_lab
def test_one_figure_lives_on_the_page_and_one_plays_in_the_lab(run: NotebookNode) -> None:
    assert of_kind(run, "living")
    assert of_kind(run, "play")
    assert of_kind(run, "figure")


@each_lab
def test_every_slider_was_tried_at_both_ends(run: NotebookNode) -> None:
    for record in of_kind(run, "play"):
        assert record["sliders"], record["name"]
        for key, (low, high, step, start) in record["sliders"].items():
            for end in (low, high):
                tried = [values for values in record["tried"] if values[key] == end]
                assert tried, f"{record['name']}: {key} = {end} was never tried"
                assert all(values.keys() == record["sliders"].keys() for values in tried)
            assert low <= start <= high and step > 0


@each_lab
def test_names_are_unique(run: NotebookNode) -> None:
    names = Counter(record["name"] for _, record, _ in lab_runs.records(run))
    assert [name for name, count in names.items() if count > 1] == []
    assert [name for name in names if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", name)] == []


@each_lab
def test_alt_text(run: NotebookNode) -> None:
    assert alt_faults([record["alt"] for record in of_kind(run, *FIGURES)]) == []


@each_lab
def test_no_machine_path_and_no_widget_state(run: NotebookNode) -> None:
    for cell in run.cells:
        for output in cell.get("outputs", []):
            shown = str(output.get("data", "")) + str(output.get("text", ""))
            found = re.findall(
                r"/(?:home|root|tmp|work|Users)/\S+|widget-view\+json|0x[0-9a-f]{8}", shown
            )
            assert found == [], cell.id
    assert "widgets" not in run.metadata
