"""Which code a lab's page folds: what draws, prepares and compares, and nothing that is built."""

from __future__ import annotations

from pathlib import Path

import nbformat
import pytest
from nbformat import NotebookNode

from pipeline import folding, names
from pipeline.execution import executed
from pipeline.labs import labs

LONG = "\n".join(["# a line"] * folding.SHORT)


def cell(name: str, source: str, *shows: str, tag: str = "", more: str = LONG) -> NotebookNode:
    """A code cell that puts out records of these kinds, or text where a kind is "print"."""
    made = nbformat.v4.new_code_cell(f"{source}\n{more}", id=name)
    made.metadata["tags"] = [tag] if tag else []
    for kind in shows:
        metadata = {} if kind == "print" else {"modelcollapse": {kind: {"name": name}}}
        made.outputs.append(nbformat.v4.new_output("display_data", {}, metadata=metadata))
    return made


def prompts(*cells: NotebookNode) -> dict[str, str]:
    return folding.prompts(nbformat.v4.new_notebook(cells=list(cells)))


@pytest.mark.parametrize(
    ("made", "prompt"),
    [
        (cell("one", "import numpy as np"), folding.IMPORTS),
        (cell("one", "from math import sqrt"), folding.IMPORTS),
        (cell("one", "fig, ax = plt.subplots()", "figure"), folding.DRAWN),
        (cell("one", "living(chart)", "living"), folding.DRAWN),
        (cell("one", "x = np.random.default_rng(1).normal()", "figure"), None),
        (cell("one", "def draw(n): np.random.default_rng(n)", "play"), folding.DRAWN),
        (cell("one", "fig, ax = plt.subplots()", "figure", "report"), None),
        (cell("one", "claim(x)", "claim"), folding.CHECKED),
        (cell("one", "report(x); claim(x)", "report", "claim"), folding.CHECKED),
        (cell("one", "report(x)", "report", "report"), folding.COMPUTED),
        (cell("one", "claim(x)", "claim", "print"), None),
        (cell("one", "claim(np.random.default_rng(1).normal())", "claim"), None),
        (cell("one", "def model(x): return x"), None),
        (cell("one", "def model(x): return x", "print"), None),
        (cell("one", "", more=""), None),
        (cell("one", "claim(x)", "claim", tag="answer"), None),
        (cell("one", "claim(x)", "claim", tag="check"), None),
        (cell("one", "claim(x)", "claim", more="\n".join(["# a line"] * 4)), None),
    ],
)
def test_what_a_cell_does_decides(made: NotebookNode, prompt: str | None) -> None:
    assert prompts(made).get("one") == prompt


def test_what_others_use_decides_too() -> None:
    data, more = cell("data", "rounded = runs.round(2)"), cell("more", "marks = rounded + 1")
    picture = cell("picture", "show(rounded, marks)", "figure")
    folds = prompts(data, more, picture)
    assert folds == {"data": folding.PREPARED, "more": folding.PREPARED, "picture": folding.DRAWN}
    assert "data" not in prompts(data, more, picture, cell("later", "print(rounded)", "print"))
    assert "data" not in prompts(cell("data", "rounded = 1", tag="needed"), more, picture)
    rows = cell("data", "rounded = np.random.default_rng(1).normal()")
    assert "data" not in prompts(rows, more, picture), "an experiment"
    hidden = cell("hidden", "print(rounded)", "print", tag="check")
    assert prompts(data, more, picture, hidden) == folds, "what an exercise uses says nothing"
    again = cell("again", "rounded = 3\nprint(rounded)", "print")
    assert prompts(data, more, picture, again)["data"] == folding.PREPARED
    compares = cell("compares", "gap = 1\nclaim(gap)", "claim")
    assert prompts(compares)["compares"] == folding.CHECKED
    assert prompts(compares, cell("uses", "print(gap)", "print")) == {}


def test_what_prepares_a_picture_is_joined_to_what_draws_it() -> None:
    text = nbformat.v4.new_markdown_cell("Between.", id="text")
    data, more = cell("data", "a = 1", more=""), cell("more", "b = a", more="")
    picture, folds = cell("picture", "show(a, b)", "figure", more=""), {}
    folds = {"data": folding.PREPARED, "more": folding.PREPARED, "picture": folding.DRAWN}
    made = folding.joined([data, more, picture], folds)
    assert [one.id for one in made] == ["picture"]
    assert made[0].source.split() == "a = 1 b = a show(a, b)".split()
    apart = folding.joined([cell("data", "a = 1"), text, cell("picture", "show(a)")], folds)
    assert [one.id for one in apart] == ["data", "text", "picture"]


def test_names_that_code_takes() -> None:
    assert names.taken("a = 1\nb = a + c\nc = 2") == {"c"}
    assert names.taken("def f(x):\n    return x + y\nfor i in z:\n    k = i") == {"y", "z"}
    assert names.taken("n = n + 1\nfrom math import pi\npi + n") == {"n"}


@pytest.mark.parametrize("lab", labs(), ids=lambda lab: lab.stem)
def test_in_every_lab_what_is_built_stays_open(lab: Path) -> None:
    notebook = executed(lab)
    folds = folding.prompts(notebook)
    section, built, lines = "", [], {}
    for one in notebook.cells:
        if one.cell_type == "markdown" and one.source.startswith("## "):
            section = one.source.splitlines()[0]
        elif one.cell_type == "code":
            lines[one.id] = len(one.source.splitlines())
            if "Build it" in section:
                built.append(folds.get(one.id, ""))
    assert built and {*built} <= {"", folding.CHECKED, folding.DRAWN}
    assert folds[next(iter(lines))] == folding.IMPORTS
    assert 0.25 < sum(lines[name] for name in folds) / sum(lines.values()) < 0.65
