"""Which code cells of a lab a page folds away, so that what is built and run is read first.

What draws a picture, what only gets its data ready, what compares results that other cells
computed, and imports are folded, each under a line that says what is there. A cell that makes a
random generator is an experiment and stays open, and so does what is too short to fold.
"""

from __future__ import annotations

import ast

from nbformat import NotebookNode

from pipeline import names
from pipeline.handout import NEEDED
from pipeline.quotes import EXERCISES

PICTURES = {"figure", "living", "play"}
RESULTS = {"claim", "report"}
IMPORTS = "Imports"
DRAWN = "How this picture is drawn"
PREPARED = "How the next picture is prepared"
CHECKED = "How this is checked"
COMPUTED = "How these numbers are computed"
SHORT = 5  # lines


def prompts(lab: NotebookNode) -> dict[str, str]:
    """The lines that stand in place of code, by the ids of the cells of an executed lab."""
    cells = [cell for cell in lab.cells if cell.cell_type == "code" and not _tags(cell) & EXERCISES]
    takers = _takers(cells)
    found: dict[str, str] = {}
    for cell in reversed(cells):
        if prompt := _prompt(cell, takers[cell.id], found):
            found[cell.id] = prompt
    short = {cell.id for cell in cells if len(cell.source.splitlines()) <= SHORT}
    return {name: prompt for name, prompt in found.items() if name not in short}


def _prompt(cell: NotebookNode, takers: set[str], folded: dict[str, str]) -> str:
    """What stands in place of a cell, empty where it stays open; cells behind it are decided."""
    shows, experiment = _shows(cell), "default_rng(" in cell.source
    if shows and shows <= PICTURES and (not experiment or shows == {"play"}):
        return DRAWN
    if shows and shows <= RESULTS and not experiment and not takers:
        return CHECKED if "claim" in shows else COMPUTED
    if shows or experiment or NEEDED in _tags(cell):
        return ""
    first = ast.parse(cell.source).body[:1]
    if first and isinstance(first[0], ast.Import | ast.ImportFrom):
        return IMPORTS
    drawing = {name for name, prompt in folded.items() if prompt in (DRAWN, PREPARED)}
    return PREPARED if takers and takers <= drawing else ""


def joined(cells: list[NotebookNode], folds: dict[str, str]) -> list[NotebookNode]:
    """The cells with what prepares a picture joined to the cell behind it, if that draws it."""
    found: list[NotebookNode] = []
    for cell in cells:
        before = found[-1] if found else None
        if before and folds.get(before.id) == PREPARED and folds.get(cell.id) in (DRAWN, PREPARED):
            cell.source = f"{before.source}\n\n\n{cell.source}"
            found.pop()
        found.append(cell)
    return found


def _tags(cell: NotebookNode) -> set[str]:
    return set(cell.metadata.get("tags", []))


def _shows(cell: NotebookNode) -> set[str]:
    """The kinds of what a cell puts out."""
    found: set[str] = set()
    for output in cell.outputs:
        found |= set(output.get("metadata", {}).get("modelcollapse", {})) or {output.output_type}
    return found


def _takers(cells: list[NotebookNode]) -> dict[str, set[str]]:
    """The cells that use what each cell binds."""
    found: dict[str, set[str]] = {cell.id: set() for cell in cells}
    maker: dict[str, str] = {}
    for cell in cells:
        for name in names.taken(cell.source) & maker.keys():
            found[maker[name]].add(cell.id)
        maker |= dict.fromkeys(names.bound(cell.source), cell.id)
    return found
