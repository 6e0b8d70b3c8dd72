"""Makes the handout of a lab, its instructor's solution and its rubrics.

A lab is the only source: it holds its solutions, in cells tagged ``answer``, between
``# BEGIN SOLUTION`` and ``# END SOLUTION`` in code and between ``<!-- BEGIN SOLUTION -->`` and
``<!-- END SOLUTION -->`` in text; ``rubric`` cells belong to the solutions as well. The handout
holds the exercises with a stub in place of every solution, the lab's cells tagged ``needed``, and
those of its imports that the two use.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterable, Iterator

import nbformat
from nbformat import NotebookNode

from pipeline import names
from pipeline.exercises import (
    HandoutError,
    announced,
    by_exercise,
    exercises,
    lab_title,
    tag_of,
)
from pipeline.labs import PACKAGE

SOLUTION_IN_CODE = re.compile(
    r"^(?P<indent>[ \t]*)# BEGIN SOLUTION[ \t]*\n(?P<solution>.*?)^[ \t]*# END SOLUTION[ \t]*$",
    re.MULTILINE | re.DOTALL,
)
SOLUTION_IN_TEXT = re.compile(
    r"<!-- BEGIN SOLUTION -->\n(?P<solution>.*?)<!-- END SOLUTION -->", re.DOTALL
)
CODE_STUB = "...  # your code here"
TEXT_STUB = "*Your answer here.*"
KEPT = ("kernelspec", "language_info")  # of a lab's metadata
NEEDED = "needed"  # tag of a cell whose definitions the exercises use
SHOWING = re.compile(r"\b(claim|report|show|living|play|print|display)\(")
LIBRARIES = ("numpy", "matplotlib.pyplot")  # kept for students, if the lab imports them
HOW_TO = """{exercises}, {points} in all, to *Lab {chapter}: {title}*.

- Write your answers in place of `...`, or of *Your answer here.*
- Run the cell below an answer: it says in words what is not right yet.
  It looks at a few cases, and the marking looks at others.
- Do not rename the functions and variables that an exercise names.
- Before you hand it in, restart the kernel, run all cells from top to bottom, and save."""
FROM_THE_LAB = """## From the lab

The exercises use these definitions as they stand."""


def without_solutions(lab: NotebookNode) -> NotebookNode:
    """A copy of a lab with a stub in place of every solution, and without outputs.

    Raises
    ------
    HandoutError
        If a cell tagged ``answer`` has no marked solution, or a mark has no partner.
    """
    handout = nbformat.from_dict(lab)
    handout.cells = [c for c in handout.cells if "rubric" not in c.metadata.get("tags", [])]
    for cell in handout.cells:
        code = cell.cell_type == "code"
        if code:
            cell.outputs, cell.execution_count = [], None
            cell.metadata.pop("jupyter", None)
        pattern = SOLUTION_IN_CODE if code else SOLUTION_IN_TEXT
        stub = rf"\g<indent>{CODE_STUB}" if code else TEXT_STUB
        cell.source, cuts = pattern.subn(stub, cell.source)
        if "SOLUTION" in cell.source:
            raise HandoutError(f"cell {cell.id!r}: a BEGIN or END SOLUTION has no partner")
        if bool(cuts) != ("answer" in cell.metadata.get("tags", [])):
            raise HandoutError(
                f"cell {cell.id!r}: a solution must stand in a cell tagged 'answer', and such a "
                f"cell must hold one; found {cuts} solutions"
            )
    handout.metadata.pop("execution", None)
    return handout


def handout(lab: NotebookNode) -> NotebookNode:
    """What a student gets: the exercises without solutions, and the code that they need."""
    return _assemble(lab, without_solutions(lab))


def solution(lab: NotebookNode) -> NotebookNode:
    """The instructor's copy: the cells of the handout, with the solutions and the rubrics."""
    return _assemble(lab, lab)


def rubrics(lab: NotebookNode) -> str:
    """For each written exercise its task, the model answer and the rubric, in Markdown."""
    chapter, title = lab_title(lab)
    parts = [f"# Rubrics {chapter}: {title}"]
    written = {exercise.number for exercise in exercises(lab) if exercise.written}
    for cells in by_exercise(lab):
        if announced(cells).number in written:
            task, answer, rubric = (without_links(cell.source) for cell in cells)
            answer = SOLUTION_IN_TEXT.sub(lambda match: match["solution"].strip(), answer)
            parts += [task.replace("###", "##", 1), f"**Model answer**\n\n{answer}", rubric]
    return "\n\n".join(parts) + "\n"


def with_private(lab: NotebookNode, private: NotebookNode) -> NotebookNode:
    """A lab with a teacher's own exercises behind its own.

    Untagged code cells of `private` are definitions for its exercises. They may use the lab's
    names, and must not bind one again.
    """
    joined = nbformat.from_dict(lab)
    taken = {cell.id for cell in joined.cells}
    own = nbformat.from_dict(private).cells
    for cell in own:
        while cell.id in taken:
            cell.id += "-private"
        taken.add(cell.id)
    theirs = [_parsed(cell) for cell in _code(lab)]
    imports = {name for tree in theirs for node in _imports(tree) for name in _binds(node)}
    defined = {name for cell in _code(lab) for name in names.bound(cell.source)} - imports
    code = [cell for cell in own if cell.cell_type == "code" and not tag_of(cell)]
    for cell in code:
        cell.metadata["tags"] = [NEEDED]
        again = {name for node in _imports(_parsed(cell)) for name in _binds(node)}
        own_names = names.bound(cell.source) | names.changed(cell.source)
        clash = (again & defined) | ((own_names - again) & (defined | imports))
        if clash:
            raise HandoutError(
                f"cell {cell.id!r}: {min(clash)!r} is a name of the lab; a private definition "
                "needs a name of its own, and leaves the lab's as they are"
            )
    first, last = _span(joined)
    tagged = [cell for cell in own if tag_of(cell)]
    joined.cells[last + 1 : last + 1] = tagged
    joined.cells[first:first] = code
    return joined


def without_links(text: str) -> str:
    """Markdown in which links to the book's pages, which do not go along, are plain text."""
    return re.sub(r"\[([^\]]+)\]\(\.\./book/[^)]*\)", r"\1", text)


def _span(lab: NotebookNode) -> tuple[int, int]:
    """Places of the first and the last cell of the exercises."""
    tagged = [i for i, cell in enumerate(lab.cells) if tag_of(cell)]
    if not tagged:
        raise HandoutError("no cell is tagged 'exercise'")
    return tagged[0], tagged[-1]


def _code(lab: NotebookNode) -> list[NotebookNode]:
    """The lab's own code cells, up to the exercises."""
    first, last = _span(lab)
    for cell in lab.cells[first:last]:
        if cell.cell_type == "code" and not tag_of(cell):
            raise HandoutError(
                f"cell {cell.id!r} stands between the exercises; code there must be tagged "
                "'answer' or 'check', and definitions must stand before the first exercise"
            )
    return [cell for cell in lab.cells[:first] if cell.cell_type == "code"]


def _assemble(lab: NotebookNode, source: NotebookNode) -> NotebookNode:
    """Title, imports and definitions from `lab`, the exercises as they stand in `source`."""
    chapter, title = lab_title(lab)
    found = exercises(lab)
    imports, definitions = _needed_code(lab)
    points = sum(exercise.points for exercise in found)
    how = HOW_TO.format(
        exercises=f"{len(found)} exercise{'s' * (len(found) > 1)}",
        points=f"{points} point{'s' * (points > 1)}",
        chapter=chapter,
        title=title,
    )
    new = nbformat.v4
    cells = [new.new_markdown_cell(f"# Exercises {chapter}: {title}\n\n{how}", id="title")]
    if imports:
        cells.append(new.new_code_cell(imports, id="imports"))
    if definitions:
        cells.append(new.new_markdown_cell(FROM_THE_LAB, id="from-the-lab"))
        cells += [new.new_code_cell(code, id=f"lab-{id}") for id, code in definitions]
    cells.append(new.new_markdown_cell("## Exercises", id="the-exercises"))
    first, last = _span(source)
    for cell in source.cells[first : last + 1]:
        tag = tag_of(cell)
        metadata = {"tags": [tag]} if tag else {}
        if cell.cell_type == "code":
            cells.append(new.new_code_cell(cell.source, id=cell.id, metadata=metadata))
        else:
            text = without_links(cell.source)
            cells.append(new.new_markdown_cell(text, id=cell.id, metadata=metadata))
    ids = [cell.id for cell in cells]
    if twice := [id for id in ids if ids.count(id) > 1]:
        raise HandoutError(f"cell {twice[0]!r}: the handout has another cell with this id")
    kept = {key: lab.metadata[key] for key in KEPT if key in lab.metadata}
    made = new.new_notebook(cells=cells, metadata=kept)
    made.nbformat_minor = 5
    nbformat.validate(made)
    return made


def _needed_code(lab: NotebookNode) -> tuple[str, list[tuple[str, str]]]:
    """The import cell; id and code of each cell of the lab that the exercises need."""
    needed, imports = [], []
    for cell in _code(lab):
        imports += _imports(_parsed(cell))
        if NEEDED in cell.metadata.get("tags", []):
            if SHOWING.search(cell.source):
                raise HandoutError(
                    f"cell {cell.id!r}: a cell tagged {NEEDED!r} only defines; it must not claim, "
                    "report, show or print"
                )
            needed.append((cell.id, _without_imports(cell)))
    wanted = {name for _, code in needed for name in names.used(code)}
    for cells in by_exercise(lab):
        for cell in cells:
            code = cell.cell_type == "code"
            wanted |= names.used(cell.source) if code else names.mentioned(cell.source)
    return _import_cell(imports, wanted), [(id, code) for id, code in needed if code]


def _parsed(cell: NotebookNode) -> ast.Module:
    try:
        return ast.parse(cell.source)
    except SyntaxError as error:
        raise HandoutError(
            f"cell {cell.id!r}: line {error.lineno} is not Python ({error.msg}); code cells "
            "of a lab must be plain Python"
        ) from None


def _imports(tree: ast.Module) -> list[ast.Import | ast.ImportFrom]:
    return [node for node in tree.body if isinstance(node, ast.Import | ast.ImportFrom)]


def _binds(node: ast.Import | ast.ImportFrom) -> Iterator[str]:
    for alias in node.names:
        yield alias.asname or alias.name.split(".")[0]


def _without_imports(cell: NotebookNode) -> str:
    """The code of a cell; its imports stand in the import cell."""
    lines = cell.source.split("\n")
    for node in _imports(_parsed(cell)):
        last = node.end_lineno or node.lineno
        lines[node.lineno - 1 : last] = [""] * (last - node.lineno + 1)
    return "\n".join(lines).strip("\n")


def _import_cell(imports: Iterable[ast.Import | ast.ImportFrom], wanted: set[str]) -> str:
    """What is wanted of some imports, and the libraries: Python's own, others', the course's."""
    groups: list[dict[str, None]] = [{}, {}, {}]
    for node in imports:
        kept = [
            alias
            for alias, name in zip(node.names, _binds(node), strict=True)
            if name in wanted or (alias.name in LIBRARIES and alias.asname)
        ]
        if kept:
            line = ast.unparse(type(node)(**{**vars(node), "names": kept}))
            top = line.split()[1].split(".")[0]
            groups[1 + (top == PACKAGE) - (top in sys.stdlib_module_names)][line] = None
    return "\n\n".join("\n".join(group) for group in groups if group)
