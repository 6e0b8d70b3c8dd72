"""Handouts run from top to bottom with nothing answered, and the checks can tell."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import lab_runs
import nbformat
import pytest
from nbformat import NotebookNode

from coursework.handout import without_solutions

each_lab = pytest.mark.parametrize("lab", lab_runs.labs(), ids=lambda path: path.stem)


@pytest.fixture(scope="session")
def unanswered(
    executed: list[str], tmp_path_factory: pytest.TempPathFactory
) -> dict[str, NotebookNode | Exception]:
    """Every handout, executed as it is given out."""
    folder = tmp_path_factory.mktemp("handouts")

    def run(lab: Path) -> NotebookNode | Exception:
        handout = folder / lab.name
        nbformat.write(without_solutions(nbformat.read(lab, as_version=4)), handout)
        try:
            return lab_runs.run_one(handout)
        except lab_runs.LabFailed as error:
            return error

    with ThreadPoolExecutor() as pool:
        labs = lab_runs.labs()
        return {lab.stem: done for lab, done in zip(labs, pool.map(run, labs), strict=True)}


def said_by_checks(run: NotebookNode) -> dict[str, str]:
    return {
        cell.id: "".join(o.text for o in cell.outputs if o.output_type == "stream")
        for cell in run.cells
        if "check" in cell.metadata.get("tags", [])
    }


@each_lab
def test_the_handout_runs_through_and_says_what_is_open(
    lab: Path, unanswered: dict[str, NotebookNode | Exception]
) -> None:
    run = unanswered[lab.stem]
    if isinstance(run, Exception):
        pytest.fail(str(run))
    said = said_by_checks(run)
    assert len(said) >= 2
    for cell, text in said.items():
        assert ": not " in text, f"{cell} says of an open exercise: {text!r}"
        assert "stopped with" not in text, f"{cell} is unkind to an open exercise: {text!r}"


@each_lab
def test_the_checks_accept_the_solutions(lab: Path, executed: list[str]) -> None:
    said = said_by_checks(lab_runs.executed(lab))
    assert len(said) >= 2
    for cell, text in said.items():
        assert ": right," in text, f"{cell} says of the solution: {text!r}"
        assert "as far as 0 checks" not in text, cell
