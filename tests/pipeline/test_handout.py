"""Handouts: what is taken along, what is left out, and that they run."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable
from functools import cache
from pathlib import Path

import nbformat
import pytest
from nbformat import NotebookNode
from small_lab import by_id, cell, change, small_lab

from pipeline import execution, labs, names
from pipeline import handout as handouts
from pipeline.exercises import Exercise, HandoutError, exercises

Kind = Callable[[NotebookNode], NotebookNode]  # `handout` or `solution`
each_lab = pytest.mark.parametrize("lab", labs.labs(), ids=lambda path: path.stem)


def test_the_small_handout() -> None:
    made = handouts.handout(small_lab())
    cells = by_id(made)
    assert list(cells) == [
        *("title", "imports", "from-the-lab", "lab-build", "lab-offset", "the-exercises"),
        *("ex1", "ex1-answer", "ex1-check", "ex2", "ex2-answer"),
        *("ex3", "ex3-answer", "ex3-check"),
    ]
    assert cells["title"].source.startswith("# Exercises 2: A small lab\n\n3 exercises, 6 points")
    assert cells["imports"].source == (
        "from math import prod\n\nimport matplotlib.pyplot as plt\nimport numpy as np\n\n"
        "from modelcollapse.checks import check"
    )
    assert cells["lab-build"].source == (
        "values = [1.0]\nwhile len(values) < 5:\n    values.append(values[-1] / 2)\n"
        "values = np.array(values)\n\n\ndef twice(x):\n    return prod([2, x])"
    )
    assert cells["lab-offset"].source == "offset = twice(3)"
    assert cells["ex1"].source.endswith("Write `half(n)`, after the text, and look at `values`.")
    assert cells["ex1-answer"].source == (
        "def half(n):\n    ...  # your code here\n\n\nprint(half(4))"
    )
    assert cells["ex2-answer"].source == "*Your answer here.*"
    for id, one in cells.items():
        tags = one.metadata.get("tags", [])
        assert one.metadata == ({"tags": tags} if id.startswith("ex") else {})
        assert not one.get("outputs")
    text = nbformat.writes(made)
    for left_out in ("canary", "SOLUTION", "Rubric", "claim", "report", "show", "../book"):
        assert left_out not in text
    nbformat.validate(made)
    assert exercises(small_lab()) == [
        Exercise("2.1", "Halves", 3, False, 5),
        Exercise("2.2", "Why?", 2, True, 5),
        Exercise("2.3", "Moved", 1, False, 5),
    ]


def test_imports_stand_as_in_the_lab_without_what_only_shows() -> None:
    lab = change(small_lab(), "ex3-check", "tell(best", "tell(norm and theory and best")
    imports = by_id(handouts.handout(lab))["imports"].source
    assert imports == (
        "from math import prod\n\n"
        "import matplotlib.pyplot as plt\nimport numpy as np\nfrom scipy.stats import norm\n\n"
        "from modelcollapse import theory\nfrom modelcollapse.checks import check"
    )
    lab = change(lab, "ex3-check", "norm and theory", "plots and norm and theory")
    assert "from modelcollapse import plots, theory" in handouts.handout(lab).cells[1].source


def test_a_name_in_backticks_is_imported() -> None:
    lab = change(small_lab(), "ex3", "set `best`.", "set `best` with `gamma(3)`.")
    assert "from scipy.special import gamma" in handouts.handout(lab).cells[1].source


@pytest.mark.parametrize("shown", ["print(1)", "claim('x', 'X', 1, 2)", "plots.show(fig, 1)"])
def test_a_cell_that_is_needed_shows_nothing(shown: str) -> None:
    lab = change(small_lab(), "offset", "offset = twice(3)", f"offset = twice(3)\n{shown}")
    with pytest.raises(HandoutError, match="cell 'offset': a cell tagged 'needed' only defines"):
        handouts.handout(lab)


def test_names() -> None:
    code = "import a.b\nfrom c import d as e\nx, (y, *z) = f(x0)\n[i for i in u]\n\n\ndef g(h=k):\n"
    code += "    {r: {s for s in w} for r in v}\n"
    code += "    m = n\n    return m + x + len(h)\n\n\nwith o as p:\n    q: int = 1\n"
    assert names.bound(code) == set("a e x y z g p q".split())
    assert names.changed("x[0] = 1\ny.a.b[2] += 1\nprint(z[0], u.v)\ndel w[1]") == set("xyw")
    assert names.used(code) == set("f x0 u k v w n x len o int".split())
    assert names.mentioned("Write `half(n)` and `no code`, not code, to `f.g[i]`.") == set(
        "half n f i".split()
    )


def test_the_solution_has_the_cells_of_the_handout() -> None:
    lab = small_lab()
    solved, given = handouts.solution(lab), handouts.handout(lab)
    again = handouts.without_solutions(solved)
    assert nbformat.writes(again) == nbformat.writes(given)
    text = nbformat.writes(solved)
    assert "canary_in_code" in text and "canary in the rubric" in text


def test_the_rubrics() -> None:
    text = handouts.rubrics(small_lab())
    assert text == (
        "# Rubrics 2: A small lab\n\n## Exercise 2.2 · Why?\n\n"
        "*Difficulty 2 of 3 · about 5 minutes · 2 points · written*\n\nWhy?\n\n"
        "**Model answer**\n\nThe canary in the written answer.\n\n"
        "**Rubric**\n\n- 2 points: the canary in the rubric.\n"
    )


WRONG = {
    "title": ("title", "# Lab 2: ", "# Chapter 2: ", "first cell must begin with '# Lab N: Title'"),
    "heading": ("ex1", "### Exercise 2.1 · ", "### 2.1 ", "cell 'ex1': the heading must read"),
    "difficulty": ("ex1", "3 points", "three points", "cell 'ex1': the second paragraph must read"),
    "no difficulty": ("ex1", "\n\n*", "\n*", "cell 'ex1': the heading must read"),
    "chapter": ("ex1", "2.1", "3.1", "cell 'ex1'.*must begin with 2"),
    "number twice": ("ex3", "2.3", "2.1", "cell 'ex3': there are two exercises 2.1"),
    "written code": ("ex1", "3 points", "3 points · written", "cell 'ex1': the cells must be"),
    "unwritten text": ("ex2", " · written", "", "cell 'ex2': the cells must be"),
    "not Python": ("show", "n = 100", "%time n = 100", "cell 'show': line .* is not Python"),
    "no solution": ("ex1-answer", "SOLUTION", "ANSWER", "cell 'ex1-answer'"),
}


@pytest.mark.parametrize(("id", "old", "new", "error"), WRONG.values(), ids=WRONG.keys())
def test_what_is_marked_up_wrongly_is_named(id: str, old: str, new: str, error: str) -> None:
    with pytest.raises(HandoutError, match=error):
        handouts.handout(change(small_lab(), id, old, new))


@pytest.mark.parametrize(
    ("place", "tags", "error"),
    [
        ("ex1-check", [], "cell 'ex1': the cells must be"),
        ("build", ["check"], "cell 'build': no cell tagged 'exercise' stands above it"),
        ("ex2-rubric", ["check"], "cell 'ex2': the cells must be"),
        ("ex3-check", ["check", "rubric"], "'ex3-check': tagged .*a cell has one of"),
    ],
)
def test_cells_tagged_wrongly_are_named(place: str, tags: list[str], error: str) -> None:
    lab = small_lab()
    by_id(lab)[place].metadata["tags"] = tags
    with pytest.raises(HandoutError, match=error):
        handouts.handout(lab)


def test_code_between_the_exercises_is_an_error() -> None:
    lab = small_lab()
    place = list(by_id(lab)).index("ex2")
    lab.cells.insert(place, cell("x = 1", id="between"))
    with pytest.raises(HandoutError, match="cell 'between' stands between the exercises"):
        handouts.handout(lab)


def test_an_id_that_the_handout_uses_itself_is_an_error() -> None:
    lab = small_lab()
    by_id(lab)["ex2"].id = "from-the-lab"
    with pytest.raises(HandoutError, match="'from-the-lab': the handout has another cell"):
        handouts.handout(lab)


def test_a_lab_without_exercises_is_an_error() -> None:
    lab = small_lab()
    lab.cells = lab.cells[:5]
    with pytest.raises(HandoutError, match="no cell is tagged 'exercise'"):
        handouts.handout(lab)


# The course's own labs


@cache
def executed(kind: Kind, lab: Path, folder: Path) -> NotebookNode:
    """A handout or an instructor's solution, executed from top to bottom."""
    path = folder / f"{kind.__name__}-{lab.stem}.ipynb"
    nbformat.write(kind(nbformat.read(lab, as_version=4)), path)
    return execution.run_one(path)


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("executed")


def said_by_checks(run: NotebookNode) -> dict[str, str]:
    return {
        cell.id: "".join(o.text for o in cell.outputs if o.output_type == "stream")
        for cell in run.cells
        if "check" in cell.metadata.get("tags", [])
    }


@each_lab
def test_the_handout_runs_unanswered_in_ten_seconds(lab: Path, folder: Path) -> None:
    run = executed(handouts.handout, lab, folder)
    assert run.metadata["execution"]["cpu_seconds"] < 10
    said = said_by_checks(run)
    assert len(said) >= 2
    for id, text in said.items():
        assert ": not " in text and "stopped with" not in text, f"{id}: {text!r}"


@each_lab
def test_the_solution_runs_on_the_handouts_definitions_alone(lab: Path, folder: Path) -> None:
    said = said_by_checks(executed(handouts.solution, lab, folder))
    assert len(said) >= 2
    for id, text in said.items():
        assert ": right," in text, f"{id}: {text!r}"


@each_lab
def test_handouts_regenerate_byte_for_byte(lab: Path) -> None:
    made = [nbformat.writes(handouts.handout(nbformat.read(lab, as_version=4))) for _ in "ab"]
    assert made[0] == made[1]
    for code in (c for c in nbformat.reads(made[0], as_version=4).cells if c.cell_type == "code"):
        ast.parse(code.source)


@each_lab
def test_a_handout_takes_along_little(lab: Path) -> None:
    """No claim, report or figure, and no import that the code does not use."""
    made = handouts.handout(nbformat.read(lab, as_version=4))
    theirs = [c for c in made.cells if c.cell_type == "code" and not c.metadata.get("tags")]
    code = "\n".join(c.source for c in theirs)
    assert not re.search(r"\b(claim|report|show|living|play|print|use_style)\(", code)
    assert len(code.splitlines()) < 75
    assert "../book" not in nbformat.writes(made)


@each_lab
def test_stub_lines_agree_with_the_solutions(lab: Path) -> None:
    """Outside the marks a stub has the solution's lines; and it binds the same names."""
    notebook = nbformat.read(lab, as_version=4)
    given = by_id(handouts.handout(notebook))
    for full in notebook.cells:
        if "answer" not in full.metadata.get("tags", []):
            continue
        code = full.cell_type == "code"
        pattern = handouts.SOLUTION_IN_CODE if code else handouts.SOLUTION_IN_TEXT
        stub = given[full.id].source
        outside = pattern.sub("", full.source).split("\n")
        kept = [line for line in stub.split("\n") if "Your answer" not in line]
        kept = [re.sub(r"^\s*\.\.\.  # your code here$", "", line) for line in kept]
        assert [x for x in kept if x.strip()] == [x for x in outside if x.strip()], full.id
        if code:
            bound = [names.bound(text) for text in (stub, full.source)]
            assert bound[0] <= bound[1], full.id
            check = given[f"{full.id[:-7]}-check"].source
            used = names.used(check) - names.bound(check)
            assert used & (bound[1] - bound[0]) == set(), f"{full.id}: the check needs more"


@each_lab
def test_the_solution_without_its_solutions_is_the_handout(lab: Path) -> None:
    notebook = nbformat.read(lab, as_version=4)
    again = handouts.without_solutions(handouts.solution(notebook))
    assert nbformat.writes(again) == nbformat.writes(handouts.handout(notebook))
