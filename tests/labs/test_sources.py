"""The labs as they are committed: no outputs, readable ids, exercises marked as agreed."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import nbformat
import pytest
from IPython.core.inputtransformer2 import TransformerManager
from nbformat import NotebookNode
from typed_numbers import bare_numbers

from pipeline import execution, labs
from pipeline.handout import SOLUTION_IN_CODE, SOLUTION_IN_TEXT, without_solutions

HEADING = re.compile(r"### Exercise (?P<lab>\d+)\.(?P<number>\d+) · \S.*")
DIFFICULTY = re.compile(
    r"\*Difficulty [123] of 3 · about (?P<minutes>\d+) minutes · (?P<points>\d+) points?"
    r"(?P<written> · written)?\*"
)
SCREEN, CHECK = 45, 80  # lines of code that is read, and of a check that nobody need read
# As JupyterLab has them, less the version of Python: see jupyter_server_config.py.
METADATA = {
    "kernelspec": {
        "display_name": "Python 3 (ipykernel)",
        "language": "python",
        "name": "python3",
    },
    "language_info": {
        "codemirror_mode": {"name": "ipython", "version": 3},
        "file_extension": ".py",
        "mimetype": "text/x-python",
        "name": "python",
        "nbconvert_exporter": "python",
        "pygments_lexer": "ipython3",
    },
}

each_lab = pytest.mark.parametrize("lab", labs.labs(), ids=lambda path: path.stem)


@pytest.fixture
def notebook(lab: Path) -> NotebookNode:
    return nbformat.read(lab, as_version=4)


def tagged(notebook: NotebookNode, tag: str) -> list[int]:
    return [i for i, c in enumerate(notebook.cells) if tag in c.metadata.get("tags", [])]


@each_lab
def test_valid_and_plain(lab: Path, notebook: NotebookNode) -> None:
    nbformat.validate(notebook)
    assert (notebook.nbformat, notebook.nbformat_minor) == (4, 5)
    assert notebook.metadata == METADATA


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
            limit = CHECK if "check" in cell.metadata.get("tags", []) else SCREEN
            assert len(cell.source.splitlines()) <= limit, cell.id
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
def test_one_seed_and_a_generator_for_each_cell_that_draws(
    lab: Path, notebook: NotebookNode
) -> None:
    """So that a cell run twice shows the same digits, and a lab can be run with another seed."""
    code = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "code")
    assert re.findall(r"^SEED = (\d+)$", code, re.M) == [str(int(lab.stem[:2]))]
    assert seeded(code) == []
    execution.reseed(notebook, 99)
    assert any("SEED = 99" in cell.source for cell in notebook.cells)


def seeded(code: str) -> list[str]:
    """Generators that do not begin from SEED, and cells' own seeds for torch."""
    found = re.findall(r"default_rng\((?!\[SEED, ).{0,30}", code)
    return found + re.findall(r"manual_seed\((?!SEED|int\().{0,30}", code)


def test_a_generator_with_a_seed_of_its_own_is_found() -> None:
    assert seeded("rng = np.random.default_rng([SEED, 3])\ntorch.manual_seed(SEED + 1)") == []
    assert seeded("rng = np.random.default_rng(3)")
    assert seeded("rng = np.random.default_rng(seed)")
    assert seeded("torch.Generator().manual_seed(81)")


@each_lab
def test_no_bare_assert(notebook: NotebookNode) -> None:
    """What a run decides is reported and pasted; what must hold is a claim."""
    for cell in notebook.cells:
        if cell.cell_type == "code":
            assert not any(isinstance(n, ast.Assert) for n in ast.walk(parsed(cell))), cell.id


@each_lab
def test_claims_come_last_in_their_cells(notebook: NotebookNode) -> None:
    """A claim that fails ends its cell: nothing that others need, or readers see, may be lost."""
    cells = {c.id: parsed(c) for c in notebook.cells if c.cell_type == "code"}
    assert lost_by_a_failed_claim(cells) == []


def parsed(cell: NotebookNode) -> ast.Module:
    return ast.parse(TransformerManager().transform_cell(cell.source))


def called(tree: ast.AST) -> set[str]:
    """Names of the functions that some code calls, `show` for `plots.show` too."""
    return {name_of(n) for n in ast.walk(tree) if isinstance(n, ast.Call)}


def name_of(call: ast.Call) -> str:
    """The name of what is called, without what it is an attribute of."""
    match call.func:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
    return ""


SHOWING = {"report", "show", "living", "play", "print", "display"}


def lost_by_a_failed_claim(cells: dict[str, ast.Module]) -> list[str]:
    """What stands behind the first claim of its cell and is no claim: a line for each."""
    claiming, found = {"claim"}, []
    for tree in cells.values():
        for node in tree.body:
            if isinstance(node, ast.FunctionDef) and called(node) & claiming:
                claiming.add(node.name)
    for id, tree in cells.items():
        behind = False
        elsewhere = {
            n.id
            for other, tree_ in cells.items()
            for n in ast.walk(tree_)
            if other != id and isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load)
        }
        for node in tree.body:
            if behind:
                stored = {
                    n.id
                    for n in ast.walk(node)
                    if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)
                }
                if isinstance(node, ast.FunctionDef | ast.ClassDef):
                    stored = {node.name}
                if bad := sorted(called(node) & SHOWING | stored & elsewhere):
                    found.append(f"{id}, line {node.lineno}: {', '.join(bad)}")
            behind = behind or (
                not isinstance(node, ast.FunctionDef) and bool(called(node) & claiming)
            )
    return found


@pytest.mark.parametrize(
    ("source", "lost"),
    [
        ("x = 1\nclaim('a')\ny = 2\nclaim('b', y)", False),
        ("def claim_all():\n    claim('a')\nx = 1\nclaim_all()", False),
        ("claim('a')\nx = 1", True),
        ("claim('a')\nprint(1)", True),
        ("claim('a')\nplots.show(fig)", True),
        ("for i in 'ab':\n    claim(i)\nreport('b', 1)", True),
        ("def claim_all():\n    claim('a')\nclaim_all()\nx = 1", True),
    ],
)
def test_what_a_failed_claim_would_lose_is_found(source: str, lost: bool) -> None:
    cells = {"one": ast.parse(source), "other": ast.parse("print(x)")}
    assert bool(lost_by_a_failed_claim(cells)) == lost


@each_lab
def test_no_number_is_typed_into_an_alt_text(notebook: NotebookNode) -> None:
    for cell in notebook.cells:
        if cell.cell_type == "code":
            for text in alt_texts(parsed(cell)):
                assert bare_numbers(text) == [], cell.id


def alt_texts(tree: ast.AST) -> list[str]:
    """The alt texts in some code as they are written, what an f-string fills in left out."""
    calls = [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and name_of(node) in ("show", "living", "play")
        and len(node.args) > 2
    ]
    return ["".join(typed(call.args[2])) for call in calls]


def typed(node: ast.AST) -> Iterator[str]:
    """The parts of a string that stand in the code, in their order."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif not isinstance(node, ast.FormattedValue):
        for part in ast.iter_child_nodes(node):
            yield from typed(part)


@pytest.mark.parametrize("show", ["show", "plots.show", "plots.living", "plots.play"])
def test_a_number_typed_into_an_alt_text_is_found(show: str) -> None:
    typed = alt_texts(ast.parse(f"{show}(fig, 'x', 'It falls to ' '0.37.')"))
    pasted = alt_texts(ast.parse(f"{show}(fig, 'x', f'It falls to {{value:.2f}}.')"))
    assert bare_numbers(typed[0]) and not bare_numbers(pasted[0])


@each_lab
def test_title_and_size(lab: Path, notebook: NotebookNode) -> None:
    first = notebook.cells[0]
    assert first.cell_type == "markdown"
    assert re.match(rf"# Lab {int(lab.stem[:2])}: \S", first.source)
    titles = [
        c for c in notebook.cells if c.cell_type == "markdown" and re.search(r"(?m)^# ", c.source)
    ]
    assert len(titles) == 1
    assert 20 <= len(notebook.cells) - 3 * len(tagged(notebook, "exercise")) <= 62


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
    return [line for line in lines if len(line) >= 12 and line[-1] not in "([{"]


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
