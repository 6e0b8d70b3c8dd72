"""Cuts the solutions out of a lab.

A lab is the only source: it holds its solutions, in cells tagged ``answer``, between
``# BEGIN SOLUTION`` and ``# END SOLUTION`` in code and between ``<!-- BEGIN SOLUTION -->`` and
``<!-- END SOLUTION -->`` in text; ``rubric`` cells belong to the solutions as well.
"""

from __future__ import annotations

import re

import nbformat
from nbformat import NotebookNode

SOLUTION_IN_CODE = re.compile(
    r"^(?P<indent>[ \t]*)# BEGIN SOLUTION[ \t]*\n(?P<solution>.*?)^[ \t]*# END SOLUTION[ \t]*$",
    re.MULTILINE | re.DOTALL,
)
SOLUTION_IN_TEXT = re.compile(
    r"<!-- BEGIN SOLUTION -->\n(?P<solution>.*?)<!-- END SOLUTION -->", re.DOTALL
)
CODE_STUB = "...  # your code here"
TEXT_STUB = "*Your answer here.*"


class HandoutError(ValueError):
    """A lab's solutions are not marked up as they must be."""


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
