"""Reads the exercises of a lab: what each is called, what it is worth, its cells.

An exercise is a cell tagged ``exercise``, then one tagged ``answer``, then one tagged ``check`` or,
where the answer is a text, ``rubric``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from nbformat import NotebookNode

TITLE = re.compile(r"# Lab (?P<chapter>\d+): (?P<title>\S.*)")
HEADING = re.compile(r"### Exercise (?P<number>\d+\.\d+) · (?P<title>\S.*)")
DIFFICULTY = re.compile(
    r"\*Difficulty [123] of 3 · about (?P<minutes>\d+) minutes · (?P<points>\d+) points?"
    r"(?P<written> · written)?\*"
)
TAGS = ("exercise", "answer", "check", "rubric")
CODE_CELLS = ["exercise markdown", "answer code", "check code"]
WRITTEN_CELLS = ["exercise markdown", "answer markdown", "rubric markdown"]


class HandoutError(ValueError):
    """A lab is not marked up, or not written, as a handout needs it."""


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
    minutes : int
        How long it takes.
    """

    number: str
    title: str
    points: int
    written: bool
    minutes: int = 0


def exercises(lab: NotebookNode) -> list[Exercise]:
    """The exercises of a lab, in order.

    Raises
    ------
    HandoutError
        If an exercise is not marked up as it must be, or two have the same number.
    """
    chapter, _ = lab_title(lab)
    found: dict[str, Exercise] = {}
    for cells in by_exercise(lab):
        exercise = announced(cells)
        if not exercise.number.startswith(f"{chapter}."):
            raise HandoutError(
                f"cell {cells[0].id!r}: Exercise {exercise.number} stands in lab {chapter}; its "
                f"number must begin with {chapter}."
            )
        if exercise.number in found:
            raise HandoutError(f"cell {cells[0].id!r}: there are two exercises {exercise.number}")
        found[exercise.number] = exercise
    return list(found.values())


def lab_title(lab: NotebookNode) -> tuple[str, str]:
    """Number and title of the lab."""
    first = lab.cells[0].source.split("\n")[0] if lab.cells else ""
    match = TITLE.fullmatch(first.strip())
    if not match:
        raise HandoutError(f"the first cell must begin with '# Lab N: Title', not {first!r}")
    return str(int(match["chapter"])), match["title"]


def tag_of(cell: NotebookNode) -> str | None:
    """The tag that says what part of an exercise a cell is."""
    tags = [tag for tag in cell.metadata.get("tags", []) if tag in TAGS]
    if len(tags) > 1:
        raise HandoutError(f"cell {cell.id!r}: tagged {tags}; a cell has one of {TAGS}")
    return tags[0] if tags else None


def by_exercise(lab: NotebookNode) -> list[list[NotebookNode]]:
    """The cells of each exercise."""
    groups: list[list[NotebookNode]] = []
    for cell in filter(tag_of, lab.cells):
        if tag_of(cell) == "exercise":
            groups.append([])
        elif not groups:
            raise HandoutError(f"cell {cell.id!r}: no cell tagged 'exercise' stands above it")
        groups[-1].append(cell)
    return groups


def announced(cells: list[NotebookNode]) -> Exercise:
    """The exercise that these cells are."""
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
    kinds = [f"{tag_of(cell)} {cell.cell_type}" for cell in cells]
    allowed = WRITTEN_CELLS if about["written"] else CODE_CELLS
    if kinds != allowed:
        raise HandoutError(f"{place}: the cells must be {allowed}, not {kinds}")
    return Exercise(
        title["number"],
        title["title"],
        int(about["points"]),
        bool(about["written"]),
        int(about["minutes"]),
    )
