"""Reads the labs: where they are, what stands in them, what an execution left in their outputs."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from nbformat import NotebookNode

ROOT = Path(__file__).resolve().parents[1]
LABS = ROOT / "notebooks"
PACKAGE = "modelcollapse"


class LabFailed(Exception):
    """A cell of a lab raised."""


def labs() -> list[Path]:
    """Every lab, in order."""
    return sorted(LABS.glob("*.ipynb"))


def heading(lab: NotebookNode) -> str:
    """The first heading of a lab, such as "Lab 2: Refitting a bell curve"."""
    return lab.cells[0].source.splitlines()[0].lstrip("# ").strip()


def code(lab: NotebookNode) -> list[str]:
    """The source of each code cell of a lab."""
    return [cell.source for cell in lab.cells if cell.cell_type == "code"]


def records(notebook: NotebookNode) -> Iterator[tuple[str, dict[str, Any], Any]]:
    """Every figure, claim and number of an executed lab: its kind, its record, the output."""
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            for kind, record in output.get("metadata", {}).get("modelcollapse", {}).items():
                yield kind, record, output
