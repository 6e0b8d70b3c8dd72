"""Handouts: what is taken along, what is left out, and that they run."""

from __future__ import annotations

import ast
import re
import textwrap
from collections.abc import Callable
from functools import cache
from pathlib import Path

import lab_runs
import nbformat
import numpy as np
import pytest
from nbformat import NotebookNode

from coursework import handout as handouts
from coursework import slices
from coursework.handout import HandoutError

Kind = Callable[[NotebookNode], NotebookNode]  # `handout` or `solution`
each_lab = pytest.mark.parametrize("lab", lab_runs.labs(), ids=lambda path: path.stem)

# Slices: what is kept gives the names the values that all of the code gives them


def sliced(code: str, wanted: str) -> str:
    found = slices.statements("cell", code)
    kept = slices.needed(found, wanted.split())
    return slices.text(code, [found[i] for i in sorted(kept)])


CASES = {
    "transitive": ("a = 1\nb = a + 1\nc = b * 2\nd = 5", "c", "a = 1\nb = a + 1\nc = b * 2"),
    "bound again": ("x = 1\ny = x\nx = 7", "x", "x = 7"),
    "bound again from itself": ("x = 1\nx = x + 1\nx += 5\ny = 2", "x", "x = 1\nx = x + 1\nx += 5"),
    "read before it is bound again": ("x = 1\ny = x\nx = 7", "y", "x = 1\ny = x"),
    "both values": ("x = 1\ny = x\nx = 7", "x y", "x = 1\ny = x\nx = 7"),
    "a method changes it": ("g = [1]\nwhile len(g) < 3:\n    g.append(len(g))\nh = 1", "g", None),
    "an index changes it": ("x = [0, 0]\ny = 3\nx[1] = y\nz = x[0]", "x", None),
    "a deeper index changes it": ("x = {'a': [0]}\nx['a'][0] = 4", "x", None),
    "an attribute changes it": ("def f():\n    pass\n\n\nf.value = 3\nv = f.value", "v", None),
    "an in-place function": ("x = np.zeros(3)\nnp.add.at(x, [0, 0], 1)\nz = 2", "x", None),
    "a module's function of that name": (
        "import numpy as np\n\nx = [2, 1]\ny = np.sort(x)\nz = np.ones(2)",
        "z",
        "import numpy as np\n\nz = np.ones(2)",
    ),
    "an out argument": ("x = np.zeros(3)\ny = np.add(x, 1, out=x)", "x", None),
    "draws from a generator count": (
        "rng = np.random.default_rng(1)\na = rng.random()\nb = rng.random()\nc = rng.random()",
        "b",
        "rng = np.random.default_rng(1)\na = rng.random()\nb = rng.random()",
    ),
    "draws in a function count": (
        "rng = np.random.default_rng(1)\n\n\ndef f():\n    return rng.random()\n\n\n"
        "a = f()\nb = [f() for _ in range(2)]\nc = 0",
        "b",
        None,
    ),
    "a generator of another name": (
        "rng = np.random.default_rng(1)\na = rng.random()\nrng = np.random.default_rng(2)\n"
        "b = rng.random()",
        "b",
        "rng = np.random.default_rng(2)\nb = rng.random()",
    ),
    "variables of comprehensions": ("i = 1\nx = [i for i in range(3)]", "x", None),
    "the same name after a comprehension": ("i = 5\nx = sum(i for i in [1, 2]) + i", "x", None),
    "a comprehension reads": (
        "n = 2\nx = {k: n for k in 'ab' if n}",
        "x",
        "n = 2\nx = {k: n for k in 'ab' if n}",
    ),
    "a walrus binds": ("n = 0\nx = [last := i for i in range(3)]\nn = 1", "last", None),
    "names in a function": (
        "n, k = 1, 2\n\n\ndef f(n):\n    k = n\n    return k",
        "f",
        "def f(n):\n    k = n\n    return k",
    ),
    "a function reads late": (
        "n = 1\n\n\ndef f():\n    return n\n\n\nn = 2\nx = f()\nn = 3",
        "x f",
        None,
    ),
    "a function of a function": (
        "def a():\n    return b()\n\n\ndef b():\n    return 4\n\n\nx = a()\nc = 0",
        "x",
        None,
    ),
    "a function that changes a name": (
        "seen = []\n\n\ndef note(x):\n    seen.append(x)\n\n\nnote(1)\nother = 2\nnote(other)",
        "seen",
        None,
    ),
    "a function that binds a name": (
        "count = 0\n\n\ndef step():\n    global count\n    count += 1\n\n\nstep()\nx = 1",
        "count",
        None,
    ),
    "decorators and defaults": (
        "import functools\nsize = 3\nother = 1\n\n\n@functools.cache\ndef f(n=size):\n    return n",
        "f",
        None,
    ),
    "a class": (
        "base = dict\nk = 2\n\n\nclass A(base):\n    n = k\n\n    def f(self):\n        return 1",
        "A",
        None,
    ),
    "stars and tuples": ("(a, *b), c = [1, 2, 3], 4\nd = 5", "b", "(a, *b), c = [1, 2, 3], 4"),
    "a branch": (
        "x = 1\nc = 0\nif c:\n    x = 2\ny = 0",
        "x",
        "x = 1\nc = 0\nif c:\n    x = 2",
    ),
    "both branches": (
        "x = 1\nc = 2\nif c:\n    x = 2\nelse:\n    x = 3",
        "x",
        "c = 2\nif c:\n    x = 2\nelse:\n    x = 3",
    ),
    "a loop": ("x = 1\nfor i in []:\n    x = 2", "x", "x = 1\nfor i in []:\n    x = 2"),
    "a sum in a loop": ("t = 0\nfor i in range(4):\n    t = t + i\nu = 1", "t", None),
    "with and try": (
        "import contextlib\nx = 1\nwith contextlib.suppress(ValueError):\n    x = int('a')\n"
        "try:\n    y = x\nexcept ValueError as e:\n    y = e\nz = 1",
        "y",
        None,
    ),
    "match": ("p = [1, 2]\nmatch p:\n    case [a, *r]:\n        q = a\nz = 1", "r q", None),
    "lambdas": (
        "k = 2\nf = lambda x: x * k\nx = 1\ny = sorted([3, 1], key=lambda x: -x)",
        "f y",
        None,
    ),
    "deleted and bound": ("x = 1\ndel x\nx = 3\ny = 2", "x", "x = 3"),
    "comments and blank lines": (
        "# of a\na = 1  # one\n\n# of b\nb = 2\nc = 3\n\n\n"
        "# of f\ndef f():\n    # in f\n    return a\n# at the end",
        "a f",
        "# of a\na = 1  # one\n\n\n# of f\ndef f():\n    # in f\n    return a",
    ),
    "two on a line": ("a = 1; b = 2\nc = a", "a b", "a = 1; b = 2"),
    "a text of many lines": ('t = """a\n# b\n  c"""\nu = 1', "t", 't = """a\n# b\n  c"""'),
}


@pytest.mark.parametrize(("code", "wanted", "expected"), CASES.values(), ids=CASES.keys())
def test_a_slice(code: str, wanted: str, expected: str | None) -> None:
    found = sliced(code, wanted)
    if expected is not None:
        assert found == expected
    whole, part = {"np": np}, {"np": np}
    exec(code, whole)
    exec(found, part)
    for name in wanted.split():
        if callable(whole[name]):
            assert name in part
        else:
            assert np.array_equal(part[name], whole[name]), found


def test_a_slice_leaves_out_what_is_not_needed() -> None:
    code = "g = [1]\nh = []\nh.append(g)\ng.append(2)\nprint(g)\nx = g[0]\n"
    code += "while len(h) < 3:\n    h.append(x)"
    assert sliced(code, "g") == "g = [1]\ng.append(2)"


# A small lab


def cell(source: str, tag: str | None = None, kind: str = "code", id: str = "") -> NotebookNode:
    new = nbformat.v4.new_code_cell if kind == "code" else nbformat.v4.new_markdown_cell
    made = new(textwrap.dedent(source).strip("\n"), id=id)
    if tag:
        made.metadata["tags"] = [tag]
    return made


def small_lab() -> NotebookNode:
    """A lab with an exercise in code, one in text, and another in code."""
    cells = [
        cell("# Lab 2: A small lab\n\nSee [the chapter](../book/02_x.md).", None, "md", "title"),
        cell(
            """
            import altair as alt
            import matplotlib.pyplot as plt
            import numpy as np
            from scipy.special import gamma
            from scipy.stats import norm

            from modelcollapse import plots, theory
            from modelcollapse.checks import check
            from modelcollapse.claims import claim, report

            plots.use_style()
            """,
            id="imports",
        ),
        cell(
            """
            values = [1.0]
            while len(values) < 5:
                values.append(values[-1] / 2)
            values = np.array(values)
            report("last", values[-1], "last value")


            def twice(x):
                return 2 * x


            n = 100
            print(twice(n))
            """,
            id="build",
        ),
        cell("fig, ax = plt.subplots()\nplots.show(fig, 'f', 'A figure.')", id="figure"),
        cell("offset = twice(3)", id="offset"),
        cell("## Exercises", None, "md", "exercises"),
        cell(
            """
            ### Exercise 2.1 · Halves

            *Difficulty 1 of 3 · about 5 minutes · 3 points*

            Write `half(n)`, after [the text](../book/02_x.md), and look at `values`.
            """,
            "exercise",
            "md",
            "ex1",
        ),
        cell(
            """
            def half(n):
                # BEGIN SOLUTION
                canary_in_code = twice(n) / 4
                return canary_in_code
                # END SOLUTION


            print(half(4))
            """,
            "answer",
            id="ex1-answer",
        ),
        cell(
            """
            with check("Exercise 2.1") as tell:
                tell(half(6) == 3, "Divide by two.")
            """,
            "check",
            id="ex1-check",
        ),
        cell(
            """
            ### Exercise 2.2 · Why?

            *Difficulty 2 of 3 · about 5 minutes · 2 points · written*

            Why?
            """,
            "exercise",
            "md",
            "ex2",
        ),
        cell(
            "<!-- BEGIN SOLUTION -->\nThe canary in the written answer.\n<!-- END SOLUTION -->",
            "answer",
            "md",
            "ex2-answer",
        ),
        cell("**Rubric**\n\n- 2 points: the canary in the rubric.", "rubric", "md", "ex2-rubric"),
        cell(
            """
            ### Exercise 2.3 · Moved

            *Difficulty 2 of 3 · about 5 minutes · 1 point*

            Write `moved(x)`, and set `best`.
            """,
            "exercise",
            "md",
            "ex3",
        ),
        cell(
            """
            best = None
            # BEGIN SOLUTION
            best = "the best canary"
            # END SOLUTION


            def moved(x):
                # BEGIN SOLUTION
                return x + offset
                # END SOLUTION
            """,
            "answer",
            id="ex3-answer",
        ),
        cell(
            """
            with check("Exercise 2.3") as tell:
                tell(moved(1) == 7, "Add the offset.")
                tell(best is not None, "Set best.")
            """,
            "check",
            id="ex3-check",
        ),
        cell("## What you saw", None, "md", "saw"),
        cell("report('offset', offset, 'the offset')", id="saw-numbers"),
    ]
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    lab = nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": kernel})
    return nbformat.from_dict(lab)


def change(lab: NotebookNode, id: str, old: str, new: str) -> NotebookNode:
    (found,) = (cell for cell in lab.cells if cell.id == id)
    assert old in found.source
    found.source = found.source.replace(old, new)
    return lab


def by_id(notebook: NotebookNode) -> dict[str, NotebookNode]:
    return {cell.id: cell for cell in notebook.cells}


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
        "import matplotlib.pyplot as plt\nimport numpy as np\n\n"
        "from modelcollapse.checks import check"
    )
    assert cells["lab-build"].source == (
        "values = [1.0]\nwhile len(values) < 5:\n    values.append(values[-1] / 2)\n"
        "values = np.array(values)\n\n\ndef twice(x):\n    return 2 * x"
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
    assert handouts.exercises(small_lab()) == [
        handouts.Exercise("2.1", "Halves", 3, False),
        handouts.Exercise("2.2", "Why?", 2, True),
        handouts.Exercise("2.3", "Moved", 1, False),
    ]


def test_imports_stand_as_in_the_lab_without_what_only_shows() -> None:
    lab = change(small_lab(), "ex3-check", "tell(best", "tell(norm and theory and best")
    imports = by_id(handouts.handout(lab))["imports"].source
    assert imports == (
        "import matplotlib.pyplot as plt\nimport numpy as np\nfrom scipy.stats import norm\n\n"
        "from modelcollapse import theory\nfrom modelcollapse.checks import check"
    )
    lab = change(lab, "ex3-check", "norm and theory", "plots and norm and theory")
    assert "from modelcollapse import plots, theory" in handouts.handout(lab).cells[1].source


def test_a_name_in_backticks_is_the_exercises_own_where_it_binds_it() -> None:
    """`n` is a parameter in 2.1 though the lab has an n, and wanted where nothing binds it."""
    assert "n = 100" not in by_id(handouts.handout(small_lab()))["lab-build"].source
    lab = change(small_lab(), "ex3", "set `best`.", "set `best` from the lab's `n`.")
    assert "n = 100" in by_id(handouts.handout(lab))["lab-build"].source


def test_a_definition_that_also_shows_is_an_error() -> None:
    lab = change(small_lab(), "offset", "offset = twice(3)", "for offset in (1, 6):\n    print(1)")
    with pytest.raises(HandoutError, match="'offset'.*a statement of its own"):
        handouts.handout(lab)


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
    "not Python": ("build", "n = 100", "%time n = 100", "cell 'build': line .* is not Python"),
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
    return lab_runs.run_one(path)


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
    assert len(code.splitlines()) < 60
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
            bound = [slices.names(ast.parse(text).body).binds for text in (stub, full.source)]
            assert bound[0] <= bound[1], full.id
            used = slices.names(ast.parse(given[f"{full.id[:-7]}-check"].source).body).reads
            assert used & (bound[1] - bound[0]) == set(), f"{full.id}: the check needs more"


@each_lab
def test_the_solution_without_its_solutions_is_the_handout(lab: Path) -> None:
    notebook = nbformat.read(lab, as_version=4)
    again = handouts.without_solutions(handouts.solution(notebook))
    assert nbformat.writes(again) == nbformat.writes(handouts.handout(notebook))
