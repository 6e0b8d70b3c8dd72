"""What students really do: every file gets its row, costs itself alone, and harms nothing."""

from __future__ import annotations

import csv
import socket
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import nbformat
import pytest
from nbformat import NotebookNode
from submitted import (
    CHEATS,
    FLOODS,
    HARMLESS,
    HOSTILE,
    answered,
    as_bytes,
    encodings,
    files_that_are_no_notebooks,
    with_code,
)
from support import ROOT

from coursework.grade import grade
from coursework.marking import Bundle
from coursework.sandbox.limits import MIB, Limits

CHAPTER = "02"
# Honest work gets the time that a busy machine needs; the rest is to be stopped soon.
LIMITS = Limits(cell=300, call=300, total=3000, memory=1024 * MIB, disk=16 * MIB)
BRIEF = replace(LIMITS, cell=4, call=4, total=400)
Row = dict[str, str]


def solved(folder: Path) -> NotebookNode:
    """A handout with the lab's solutions in it."""
    return nbformat.read(folder / "samples" / "Ada Full.ipynb", as_version=4)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of the teacher's, with things in it that must not change."""
    folder = tmp_path_factory.mktemp("home")
    (folder / "letter.txt").write_text("Dear Sir or Madam")
    (folder / "photos").mkdir()
    (folder / "photos" / "cat.jpg").write_bytes(b"\xff\xd8\xff")
    return folder


@pytest.fixture(scope="module")
def port(home: Path) -> Iterator[int]:
    """A port on this machine where somebody answers, who listens in a file as well."""
    local = socket.socket(socket.AF_UNIX)
    local.bind(str(home / "socket"))
    local.listen()
    with socket.create_server(("127.0.0.1", 0)) as server, local:

        def talk(listener: socket.socket) -> None:
            while True:
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return
                connection.sendall(b"password")
                connection.close()

        for listener in (server, local):
            threading.Thread(target=talk, args=(listener,), daemon=True).start()
        yield server.getsockname()[1]


@pytest.fixture(scope="module")
def marked(
    released: Path,
    small_release: Path,
    home: Path,
    port: int,
    tmp_path_factory: pytest.TempPathFactory,
) -> tuple[dict[str, Row], dict[Path, object], dict[Path, object]]:
    """Rows by file, and the state of the watched folders before and after all were marked."""
    folder, out = tmp_path_factory.mktemp("submissions"), tmp_path_factory.mktemp("out")
    watched = [ROOT / "coursework", ROOT / "modelcollapse", ROOT / "notebooks", ROOT / "README.md"]
    watched += [released, small_release, folder, home]
    places = [str(path) for path in (*watched, out, Path.home()) if path.name != "modelcollapse"]
    names = ["generations_until", "rows_needed", "keep_alive", "directions"]
    names += ["log_drift", "corrected_chain"]
    values = {"places": places, "names": names, "port": port, "socket": str(home / "socket")}

    chapter, small = released / CHAPTER, solved(small_release)
    full, handout = solved(chapter), Bundle.read(chapter / "marking.zip").handout
    files = {name: as_bytes(change(full)) for name, change in HARMLESS.items()}
    files |= {f"flood of {name}": as_bytes(change(full)) for name, change in FLOODS.items()}
    files |= encodings(full) | {"honest": as_bytes(full), "untouched": as_bytes(handout)}
    cheats = {}
    for name, code in CHEATS.items():
        answers = dict.fromkeys(("2.1", "2.3", "2.4", "2.5"), code.format(**values))
        cheats[f"cheat {name}"] = as_bytes(answered(handout, answers))
    hostile = {}
    for name, code in HOSTILE.items():
        for place, where in {"front": 2, "back": None}.items():
            notebook = with_code(small, code.format(**values), where)
            hostile[f"{place} {name}"] = as_bytes(notebook)
    others = files_that_are_no_notebooks(full)
    hand_in(folder / "honest", files, others)
    hand_in(folder / "cheats", cheats, {})
    hand_in(folder / "hostile", hostile, {})

    before = state(watched)
    rows: dict[str, Row] = {}
    for name, course, limits in (
        ("honest", chapter, LIMITS),
        ("cheats", chapter, BRIEF),
        ("hostile", small_release, BRIEF),
    ):
        grade(course / "marking.zip", folder / name, out / name, limits=limits, name_by="file")
        with (out / name / "marks.csv").open(encoding="utf-8-sig", newline="") as file:
            rows |= {row["file"]: row for row in csv.DictReader(file)}
    after = state(watched)
    handed_in = {f"{name}.ipynb" for name in (*files, *cheats, *hostile)} | set(others)
    assert rows.keys() == handed_in, "a row for every file, and no other"
    return rows, before, after


def hand_in(folder: Path, notebooks: dict[str, bytes], others: dict[str, bytes]) -> None:
    folder.mkdir()
    for name, content in notebooks.items():
        (folder / f"{name}.ipynb").write_bytes(content)
    for name, content in others.items():
        (folder / name).write_bytes(content)


def state(folders: list[Path]) -> dict[Path, object]:
    """What could be changed about every file below these folders."""
    paths = [path for folder in folders for path in (folder, *folder.rglob("*"))]
    kept = [path for path in paths if "__pycache__" not in path.parts]
    return {
        path: (path.stat().st_mode, path.is_file() and (path.stat().st_mtime, path.read_bytes()))
        for path in kept
    }


def points(row: Row) -> list[float]:
    """Automatic marks of a row, in the order of the exercises."""
    return [float(row[number] or 0) for number in ("2.1", "2.3", "2.4", "2.5") if number in row]


FULL, FULL_SMALL = [3, 2, 3, 6], [3, 1]


def test_nothing_of_the_teachers_was_changed(marked: tuple) -> None:
    _, before, after = marked
    assert before == after


@pytest.mark.parametrize(
    "name", [*HARMLESS, "honest", "bom", "utf-16", "latin-1", "windows lines", "colab"]
)
def test_what_harms_nobody_costs_nothing(name: str, marked: tuple) -> None:
    row = marked[0][f"{name}.ipynb"]
    assert points(row) == FULL, row


def test_an_untouched_handout_scores_zero(marked: tuple) -> None:
    assert points(marked[0]["untouched.ipynb"]) == [0, 0, 0, 0]


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_code_costs_only_itself(name: str, marked: tuple) -> None:
    breaks_the_answers = {"replaces numpy", "breaks the builtins", "threads"}
    for place in ("front", "back"):
        row = marked[0][f"{place} {name}.ipynb"]
        assert row["status"].startswith("marked"), row
        if name not in breaks_the_answers:
            assert points(row) == FULL_SMALL, row


@pytest.mark.parametrize("name", FLOODS)
def test_a_flood_costs_nothing_and_fills_no_cell(name: str, marked: tuple) -> None:
    row = marked[0][f"flood of {name}.ipynb"]
    assert points(row) == FULL, row
    assert all(len(cell) < 6_000 for cell in row.values())


@pytest.mark.parametrize("name", CHEATS)
def test_a_cheat_gets_nothing(name: str, marked: tuple) -> None:
    row = marked[0][f"cheat {name}.ipynb"]
    assert row["status"].startswith("marked"), row
    assert points(row) == [0, 0, 0, 0], row
    assert "loot" not in row["notes"], row


@pytest.mark.parametrize(
    ("name", "status"),
    [
        ("report.pdf", "not a notebook"),
        ("essay.docx", "not a notebook"),
        ("renamed pdf.ipynb", "not a notebook"),
        ("empty.ipynb", "empty file"),
        ("half.ipynb", "damaged notebook"),
        ("list.ipynb", "not a notebook"),
        ("settings.ipynb", "damaged notebook"),
        ("deep.ipynb", "not a notebook"),
    ],
)
def test_a_file_that_cannot_be_marked_says_why(name: str, status: str, marked: tuple) -> None:
    assert marked[0][name]["status"] == status
