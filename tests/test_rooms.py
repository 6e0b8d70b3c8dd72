"""Who may import whom: the package nothing of ours, the pipeline neither book nor coursework."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
from support import ROOT

BOOK = {path.stem for path in (ROOT / "book" / "_ext").glob("*.py")}
OURS = {"modelcollapse", "pipeline", "coursework", "tests"} | BOOK
MAY = {
    "modelcollapse": {"modelcollapse"},
    "pipeline": {"pipeline"},
    "book/_ext": {"pipeline", "modelcollapse"} | BOOK,
    "coursework": {"pipeline", "coursework", "modelcollapse"},
}
# The one place that makes the root importable is the Makefile. These two run far from it: in a
# container, and as a student's notebook, which may import what lies in its own folder.
FAR = {"coursework/release.py", "coursework/sandbox/worker.py"}


def modules(room: str) -> list[Path]:
    return sorted((ROOT / room).rglob("*.py"))


def imported(file: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{file}: imports are absolute"
            yield str(node.module).split(".")[0]


@pytest.mark.parametrize("room", MAY)
def test_a_room_imports_only_what_it_may(room: str) -> None:
    assert len(modules(room)) > 3
    for file in modules(room):
        assert set(imported(file)) & OURS <= MAY[room], file.relative_to(ROOT)


@pytest.mark.parametrize("room", MAY)
def test_no_module_touches_the_path(room: str) -> None:
    touching = {
        file.relative_to(ROOT).as_posix()
        for file in modules(room)
        if "sys.path" in file.read_text("utf-8")
    }
    assert touching <= FAR
