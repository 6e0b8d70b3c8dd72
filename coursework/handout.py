"""Makes the handout of a lab, its instructor's solution and its rubrics.

A lab is the only source: it holds its solutions, in cells tagged ``answer``, between
``# BEGIN SOLUTION`` and ``# END SOLUTION`` in code and between ``<!-- BEGIN SOLUTION -->`` and
``<!-- END SOLUTION -->`` in text; ``rubric`` cells belong to the solutions as well. The handout
holds the exercises with a stub in place of every solution, and those imports and definitions of
the lab that they need.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable
from dataclasses import dataclass

import nbformat
from nbformat import NotebookNode

from coursework import slices
from coursework.slices import HandoutError

SOLUTION_IN_CODE = re.compile(
    r"^(?P<indent>[ \t]*)# BEGIN SOLUTION[ \t]*\n(?P<solution>.*?)^[ \t]*# END SOLUTION[ \t]*$",
    re.MULTILINE | re.DOTALL,
)
SOLUTION_IN_TEXT = re.compile(
    r"<!-- BEGIN SOLUTION -->\n(?P<solution>.*?)<!-- END SOLUTION -->", re.DOTALL
)
CODE_STUB = "...  # your code here"
TEXT_STUB = "*Your answer here.*"
TITLE = re.compile(r"# Lab (?P<chapter>\d+): (?P<title>\S.*)")
HEADING = re.compile(r"### Exercise (?P<number>\d+\.\d+) · (?P<title>\S.*)")
DIFFICULTY = re.compile(
    r"\*Difficulty [123] of 3 · about \d+ minutes · (?P<points>\d+) points?"
    r"(?P<written> · written)?\*"
)
KEPT = ("kernelspec", "language_info")  # of a lab's metadata
TAGS = ("exercise", "answer", "check", "rubric")
CODE_CELLS = ["exercise markdown", "answer code", "check code"]
WRITTEN_CELLS = ["exercise markdown", "answer markdown", "rubric markdown"]
LIBRARIES = ("numpy", "matplotlib.pyplot")  # kept for students, if the lab imports them
HOW_TO = """{exercises}, {points} in all, to *Lab {chapter}: {title}*.

- Write your answers in place of `...`, or of *Your answer here.*
- Run the cell below an answer: it says in words what is not right yet.
  It looks at a few cases, and the marking looks at others.
- Do not rename the functions and variables that an exercise names.
- Before you hand it in, restart the kernel, run all cells from top to bottom, and save."""
FROM_THE_LAB = """## From the lab

The exercises use these definitions as they stand."""


@dataclass(frozen=True)
class Exercise:
    """An exercise as its first cell announces it.

    Attributes
    ----------
    number : str
        Such as ``"2.1"``.
    title : str
        Its title.
    points : int
        What a full answer scores.
    written : bool
        Whether it is answered in text and marked by a person.
    """

    number: str
    title: str
    points: int
    written: bool


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


def exercises(lab: NotebookNode) -> list[Exercise]:
    """The exercises of a lab, in order.

    Raises
    ------
    HandoutError
        If an exercise is not marked up as it must be, or two have the same number.
    """
    chapter, _ = _title(lab)
    found: dict[str, Exercise] = {}
    for cells in _by_exercise(lab):
        exercise = _exercise(cells)
        if not exercise.number.startswith(f"{chapter}."):
            raise HandoutError(
                f"cell {cells[0].id!r}: Exercise {exercise.number} stands in lab {chapter}; its "
                f"number must begin with {chapter}."
            )
        if exercise.number in found:
            raise HandoutError(f"cell {cells[0].id!r}: there are two exercises {exercise.number}")
        found[exercise.number] = exercise
    return list(found.values())


def handout(lab: NotebookNode) -> NotebookNode:
    """What a student gets: the exercises without solutions, and the code that they need."""
    return _assemble(lab, without_solutions(lab))


def solution(lab: NotebookNode) -> NotebookNode:
    """The instructor's copy: the cells of the handout, with the solutions and the rubrics."""
    return _assemble(lab, lab)


def rubrics(lab: NotebookNode) -> str:
    """For each written exercise its task, the model answer and the rubric, in Markdown."""
    chapter, title = _title(lab)
    parts = [f"# Rubrics {chapter}: {title}"]
    written = {exercise.number for exercise in exercises(lab) if exercise.written}
    for cells in _by_exercise(lab):
        if _exercise(cells).number in written:
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
    code = [cell for cell in own if cell.cell_type == "code" and not _tag(cell)]
    theirs = [s for cell in _code(lab) for s in slices.statements(cell.id, cell.source)]
    defined = {name for s in theirs if not s.imports for name in s.names.binds}
    imported = {name for s in theirs if s.imports for name in s.names.binds}
    for cell in code:
        for s in slices.statements(cell.id, cell.source):
            taken = defined if s.imports else defined | imported
            if clash := (s.names.binds | s.names.changes) & taken:
                raise HandoutError(
                    f"cell {cell.id!r}: {min(clash)!r} is a name of the lab; a private definition "
                    "needs a name of its own, and leaves the lab's as they are"
                )
    first, last = _span(joined)
    tagged = [cell for cell in own if _tag(cell)]
    joined.cells[last + 1 : last + 1] = tagged
    joined.cells[first:first] = code
    return joined


def without_links(text: str) -> str:
    """Markdown in which links to the book's pages, which do not go along, are plain text."""
    return re.sub(r"\[([^\]]+)\]\(\.\./book/[^)]*\)", r"\1", text)


def _tag(cell: NotebookNode) -> str | None:
    """The tag that says what part of an exercise a cell is."""
    tags = [tag for tag in cell.metadata.get("tags", []) if tag in TAGS]
    if len(tags) > 1:
        raise HandoutError(f"cell {cell.id!r}: tagged {tags}; a cell has one of {TAGS}")
    return tags[0] if tags else None


def _title(lab: NotebookNode) -> tuple[str, str]:
    """Number and title of the lab."""
    first = lab.cells[0].source.split("\n")[0] if lab.cells else ""
    match = TITLE.fullmatch(first.strip())
    if not match:
        raise HandoutError(f"the first cell must begin with '# Lab N: Title', not {first!r}")
    return str(int(match["chapter"])), match["title"]


def _span(lab: NotebookNode) -> tuple[int, int]:
    """Places of the first and the last cell of the exercises."""
    tagged = [i for i, cell in enumerate(lab.cells) if _tag(cell)]
    if not tagged:
        raise HandoutError("no cell is tagged 'exercise'")
    return tagged[0], tagged[-1]


def _code(lab: NotebookNode) -> list[NotebookNode]:
    """The lab's own code cells, up to the exercises."""
    first, last = _span(lab)
    for cell in lab.cells[first:last]:
        if cell.cell_type == "code" and not _tag(cell):
            raise HandoutError(
                f"cell {cell.id!r} stands between the exercises; code there must be tagged "
                "'answer' or 'check', and definitions must stand before the first exercise"
            )
    return [cell for cell in lab.cells[:first] if cell.cell_type == "code"]


def _by_exercise(lab: NotebookNode) -> list[list[NotebookNode]]:
    """The cells of each exercise."""
    groups: list[list[NotebookNode]] = []
    for cell in filter(_tag, lab.cells):
        if _tag(cell) == "exercise":
            groups.append([])
        elif not groups:
            raise HandoutError(f"cell {cell.id!r}: no cell tagged 'exercise' stands above it")
        groups[-1].append(cell)
    return groups


def _exercise(cells: list[NotebookNode]) -> Exercise:
    place = f"cell {cells[0].id!r}"
    heading, difficulty, *_ = [*re.split(r"\n\s*\n", cells[0].source.strip()), ""]
    title, about = HEADING.fullmatch(heading), DIFFICULTY.fullmatch(difficulty)
    if not title:
        raise HandoutError(
            f"{place}: the heading must read '### Exercise 2.1 · Title', not {heading!r}"
        )
    if not about:
        raise HandoutError(
            f"{place}: the second paragraph must read '*Difficulty 2 of 3 · about 10 minutes · "
            f"4 points*', or end in '· written*', not {difficulty!r}"
        )
    kinds = [f"{_tag(cell)} {cell.cell_type}" for cell in cells]
    allowed = WRITTEN_CELLS if about["written"] else CODE_CELLS
    if kinds != allowed:
        raise HandoutError(f"{place}: the cells must be {allowed}, not {kinds}")
    return Exercise(title["number"], title["title"], int(about["points"]), bool(about["written"]))


def _assemble(lab: NotebookNode, source: NotebookNode) -> NotebookNode:
    """Title, imports and definitions from `lab`, the exercises as they stand in `source`."""
    chapter, title = _title(lab)
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
        tag = _tag(cell)
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
    """The import cell, and for each cell of the lab that gives definitions its id and those."""
    sources = {cell.id: cell.source for cell in _code(lab)}
    code = [s for id, source in sources.items() for s in slices.statements(id, source)]
    kept = slices.needed(code, _wanted(lab, {name for s in code for name in s.names.binds}))
    for i, s in enumerate(code):
        if isinstance(s.node, ast.Import):
            libraries = {a.asname for a in s.node.names if a.name in LIBRARIES and a.asname}
            if libraries:
                kept[i] = kept.get(i, set()) | libraries
    showing = slices.showing(code)
    for i, wanted in kept.items():
        if not code[i].imports and slices.shows(code[i], showing):
            raise HandoutError(
                f"cell {code[i].cell!r}: the exercises need {min(wanted)!r} from a statement that "
                "also claims, reports, shows or prints; define it in a statement of its own"
            )
    imports: dict[str, None] = {}
    definitions = []
    for id, source in sources.items():
        chosen = [(code[i], kept[i]) for i in sorted(kept) if code[i].cell == id]
        for s, wanted in chosen:
            if s.imports:
                imports[slices.import_text(s, source.split("\n"), showing - wanted)] = None
        if rest := [s for s, _ in chosen if not s.imports]:
            definitions.append((id, slices.text(source, rest)))
    return _grouped(imports), definitions


def _grouped(imports: Iterable[str]) -> str:
    """Import statements, those of the course's package set apart."""
    groups: list[list[str]] = [[], []]
    for text in imports:
        groups[bool(re.search(r"(?m)^(from|import) modelcollapse\b", text))].append(text)
    return "\n\n".join("\n".join(group) for group in groups if group)


def _wanted(lab: NotebookNode, defined: set[str]) -> set[str]:
    """Names of the lab that its exercises use: their code, and what stands in backticks."""
    wanted: set[str] = set()
    bound: set[str] = set()
    for stub, full in zip(_by_exercise(without_solutions(lab)), _by_exercise(lab), strict=False):
        own: set[str] = set()
        for cells, is_stub in ((full, False), (stub, True)):
            here = set(bound)
            for cell in cells:
                if cell.cell_type == "code":
                    tree = slices.parse(cell.source, cell.id)
                    names = slices.names(tree.body)
                    wanted |= (names.reads | (names.later - names.binds)) - here
                    here |= names.binds
                    own |= names.binds | _inside(tree)
            if is_stub:
                bound = here
        wanted |= _in_backticks(full[0].source) - own - bound
    return wanted & defined


def _inside(tree: ast.AST) -> set[str]:
    """Every parameter, and every name bound anywhere, in functions too."""
    parts = list(ast.walk(tree))
    arguments = {part.arg for part in parts if isinstance(part, ast.arg)}
    stored = (part for part in parts if isinstance(part, ast.Name))
    return arguments | {part.id for part in stored if not isinstance(part.ctx, ast.Load)}


def _in_backticks(text: str) -> set[str]:
    """Names that a text mentions as code."""
    found: set[str] = set()
    for code in re.findall(r"`([^`\n]+)`", text):
        try:
            found |= slices.names(ast.parse(code).body).reads
        except SyntaxError:
            continue
    return found
