"""The labs as they are committed: no outputs, readable ids, exercises marked as agreed."""

from __future__ import annotations

import re
from pathlib import Path

import lab_runs
import nbformat
import pytest
from nbformat import NotebookNode

from coursework.handout import SOLUTION_IN_CODE, SOLUTION_IN_TEXT, without_solutions

HEADING = re.compile(r"### Exercise (?P<lab>\d+)\.(?P<number>\d+) · \S.*")
DIFFICULTY = re.compile(
    r"\*Difficulty [123] of 3 · about (?P<minutes>\d+) minutes · (?P<points>\d+) points?"
    r"(?P<written> · written)?\*"
)
SCREEN = 45  # lines of code

each_lab = pytest.mark.parametrize("lab", lab_runs.labs(), ids=lambda path: path.stem)


@pytest.fixture
def notebook(lab: Path) -> NotebookNode:
    return nbformat.read(lab, as_version=4)


def tagged(notebook: NotebookNode, tag: str) -> list[int]:
    return [i for i, c in enumerate(notebook.cells) if tag in c.metadata.get("tags", [])]


@each_lab
def test_valid_and_plain(lab: Path, notebook: NotebookNode) -> None:
    nbformat.validate(notebook)
    assert (notebook.nbformat, notebook.nbformat_minor) == (4, 5)
    assert notebook.metadata == {
        "kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}
    }


@each_lab
def test_committed_without_outputs(notebook: NotebookNode) -> None:
    for cell in notebook.cells:
        if cell.cell_type == "code":
            assert cell.outputs == [] and cell.execution_count is None, cell.id
        assert set(cell.metadata) <= {"tags", "jupyter"}, cell.id


@each_lab
def test_ids_are_words(notebook: NotebookNode) -> None:
    ids = [cell.id for cell in notebook.cells]
    assert len(set(ids)) == len(ids)
    for name in ids:
        assert re.fullmatch(r"[a-z][a-z0-9]*(-[a-z0-9]+)*", name), name
        assert not re.fullmatch(r"[0-9a-f]{8,}|[0-9a-f]{8}-[0-9a-f-]+", name), f"random: {name}"


@each_lab
def test_code_cells_fit_on_a_screen_and_name_no_place_on_a_machine(notebook: NotebookNode) -> None:
    for cell in notebook.cells:
        if cell.cell_type == "code":
            assert len(cell.source.splitlines()) <= SCREEN, cell.id
            assert cell.source.strip(), f"{cell.id} is empty"
        assert not re.search(r"/(home|root|tmp|work|Users)/|[A-Z]:\\\\?Users", cell.source), cell.id


@each_lab
def test_no_network_and_no_unseeded_randomness(notebook: NotebookNode) -> None:
    for cell in notebook.cells:
        if cell.cell_type == "code":
            assert not re.search(
                r"\b(requests|urllib|httpx|urlopen|wget|curl)\b|pip install|fetch_openml",
                cell.source,
            ), cell.id
            assert not re.search(r"np\.random\.(?!default_rng|Generator|SeedSequence)", cell.source)
            assert not re.search(r"default_rng\(\s*\)|^import random\b", cell.source, re.M), cell.id


@each_lab
def test_title_and_size(lab: Path, notebook: NotebookNode) -> None:
    first = notebook.cells[0]
    assert first.cell_type == "markdown"
    assert re.match(rf"# Lab {int(lab.stem[:2])}: \S", first.source)
    titles = [
        c for c in notebook.cells if c.cell_type == "markdown" and re.search(r"(?m)^# ", c.source)
    ]
    assert len(titles) == 1
    assert 20 <= len(notebook.cells) - 3 * len(tagged(notebook, "exercise"))
    assert len(notebook.cells) <= 60


@each_lab
def test_prose_is_plain_markdown(notebook: NotebookNode) -> None:
    """Readable in JupyterLab as on the page: no role, no directive."""
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            assert not re.search(r"\{[\w:-]+\}`|^(```|:::)\s*\{", cell.source, re.M), cell.id


@each_lab
def test_links_to_the_text_exist(lab: Path, notebook: NotebookNode) -> None:
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            for target in re.findall(r"\]\((?!https?:|#)([^)#\s]+)", cell.source):
                assert (lab.parent / target).exists(), f"{cell.id}: {target}"


# Exercises


@each_lab
def test_three_to_five_exercises_at_the_end_one_of_them_written(
    lab: Path, notebook: NotebookNode
) -> None:
    places = tagged(notebook, "exercise")
    assert 3 <= len(places) <= 5
    written = 0
    for number, place in enumerate(places, start=1):
        statement = notebook.cells[place]
        assert statement.cell_type == "markdown"
        heading, difficulty, *_ = re.split(r"\n\s*\n", statement.source.strip())
        match = HEADING.fullmatch(heading)
        assert match, f"{statement.id}: heading {heading!r}"
        assert (int(match["lab"]), int(match["number"])) == (int(lab.stem[:2]), number)
        match = DIFFICULTY.fullmatch(difficulty)
        assert match, f"{statement.id}: second paragraph {difficulty!r}"
        below = notebook.cells[place + 1 : place + 3]
        tags = [c.metadata.get("tags", []) for c in below]
        kinds = [c.cell_type for c in below]
        if match["written"]:
            written += 1
            assert kinds == ["markdown", "markdown"] and tags == [["answer"], ["rubric"]]
            assert below[1].source.startswith("**Rubric**")
            assert re.search(r"(?m)^[-*] ", below[1].source), "a rubric lists its points"
        else:
            assert kinds == ["code", "code"] and tags == [["answer"], ["check"]]
            assert below[0].metadata.get("jupyter") == {"source_hidden": True}, below[0].id
            name = f"Exercise {int(lab.stem[:2])}.{number}"
            assert re.search(rf"with check\([\"']{re.escape(name)}[\"']\) as ", below[1].source)
    assert written >= 1
    for tag in ("answer", "check", "rubric"):
        assert all(place > places[0] for place in tagged(notebook, tag)), f"stray {tag}"
    assert len(tagged(notebook, "answer")) == len(places)


def solutions(notebook: NotebookNode) -> list[str]:
    """Every line of every solution that says something."""
    lines = []
    for place in tagged(notebook, "answer"):
        cell = notebook.cells[place]
        pattern = SOLUTION_IN_CODE if cell.cell_type == "code" else SOLUTION_IN_TEXT
        found = [match["solution"] for match in pattern.finditer(cell.source)]
        assert found, f"{cell.id} holds no solution"
        lines += [line.strip() for text in found for line in text.splitlines()]
    return [line for line in lines if len(line) >= 12]


@each_lab
def test_the_handout_holds_no_line_of_a_solution(notebook: NotebookNode) -> None:
    assert solutions(notebook)
    handout = without_solutions(notebook)
    exercises = handout.cells[tagged(handout, "exercise")[0] :]
    text = "\n".join(cell.source for cell in exercises)
    assert [line for line in solutions(notebook) if line in text] == []
    assert "SOLUTION" not in nbformat.writes(handout)
    assert tagged(handout, "rubric") == []
    before = [c.source for c in notebook.cells[: tagged(notebook, "exercise")[0]]]
    assert [c.source for c in handout.cells[: len(before)]] == before


@each_lab
def test_the_handout_is_valid_and_shows_its_answer_cells(notebook: NotebookNode) -> None:
    handout = without_solutions(notebook)
    nbformat.validate(handout)
    assert len(tagged(handout, "answer")) == len(tagged(notebook, "exercise"))
    for place in tagged(handout, "answer"):
        cell = handout.cells[place]
        assert "jupyter" not in cell.metadata, "the answer cell would open collapsed"
        if cell.cell_type == "code":
            compile(cell.source, cell.id, "exec")
            assert "..." in cell.source
