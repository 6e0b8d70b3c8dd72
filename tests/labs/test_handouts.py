"""Every lab a second time, with nothing answered: its results are the same to the byte, it runs
from top to bottom, and its checks can tell.

`make test` does it with three labs that are quick, `make test-all` with every one, and runs each
cell twice.
"""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path

import nbformat
import pytest
from nbformat import NotebookNode
from support import thorough

from pipeline import execution, labs
from pipeline.handout import without_solutions

QUICK = {"02_gaussian", "03_tails", "05_three_errors"}
each_lab = pytest.mark.parametrize("lab", labs.labs(), ids=lambda path: path.stem)
each_lab_again = pytest.mark.parametrize(
    "lab",
    [pytest.param(x, marks=[pytest.mark.thorough] * (x.stem not in QUICK)) for x in labs.labs()],
    ids=lambda path: path.stem,
)


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("handouts")


@cache
def unanswered(lab: Path, folder: Path) -> NotebookNode:
    """A lab with stubs for its answers, executed; each cell twice where all is tested."""
    stub = folder / lab.name
    notebook = without_solutions(nbformat.read(lab, as_version=4))
    if thorough():
        notebook.cells = [one for cell in notebook.cells for one in twice(cell)]
    nbformat.write(notebook, stub)
    return execution.run_one(stub)


def twice(cell: NotebookNode) -> list[NotebookNode]:
    if cell.cell_type != "code":
        return [cell]
    again = nbformat.from_dict(cell)
    again.id = f"{cell.id}-again"
    return [cell, again]


def said_by_checks(run: NotebookNode) -> dict[str, str]:
    return {
        cell.id: "".join(o.text for o in cell.outputs if o.output_type == "stream")
        for cell in run.cells
        if "check" in cell.metadata.get("tags", [])
    }


@each_lab_again
def test_a_lab_runs_unanswered_and_says_what_is_open(lab: Path, folder: Path) -> None:
    said = said_by_checks(unanswered(lab, folder))
    assert len(said) >= 2
    for cell, text in said.items():
        assert ": not " in text, f"{cell} says of an open exercise: {text!r}"
        assert "stopped with" not in text, f"{cell} is unkind to an open exercise: {text!r}"


@each_lab_again
def test_two_executions_give_the_same_bytes(lab: Path, folder: Path, executed: list[str]) -> None:
    """Everything that does not stand in an answer or a check."""
    one, two = (
        {
            cell.id: cell.outputs
            for cell in run.cells
            if cell.cell_type == "code" and not cell.metadata.get("tags")
            if not cell.id.endswith("-again")
        }
        for run in (execution.executed(lab), unanswered(lab, folder))
    )
    assert one.keys() == two.keys()
    if thorough():  # more cells have been run before each
        one, two = ({id: as_seen(found) for id, found in each.items()} for each in (one, two))
    assert [id for id in one if one[id] != two[id]] == []


@pytest.mark.thorough
@each_lab
def test_a_cell_run_twice_shows_the_same(lab: Path, folder: Path) -> None:
    """Each cell draws from a generator of its own, and changes nothing that it reads."""
    run = unanswered(lab, folder)
    shown = {cell.id: cell.outputs for cell in run.cells if cell.cell_type == "code"}
    assert sum(id.endswith("-again") for id in shown) == len(shown) / 2
    assert [id for id in shown if f"{id}-again" in shown and differ(shown, id)] == []


def differ(shown: dict[str, list[NotebookNode]], id: str) -> bool:
    """Whether anything that one can see differs."""
    return as_seen(shown[id]) != as_seen(shown[f"{id}-again"])


def as_seen(outputs: list[NotebookNode]) -> list[str]:
    """Outputs without what only counts the cells and charts so far: Vega numbers its clips."""
    texts = [json.dumps({**output, "execution_count": None}, sort_keys=True) for output in outputs]
    return [re.sub(r"clip\d+", "clip", text) for text in texts]


@each_lab
def test_the_checks_accept_the_solutions(lab: Path, executed: list[str]) -> None:
    said = said_by_checks(execution.executed(lab))
    assert len(said) >= 2
    for cell, text in said.items():
        assert ": right," in text, f"{cell} says of the solution: {text!r}"
        assert "as far as 0 checks" not in text, cell
