"""What was handed in is found and named, whatever it is."""

from __future__ import annotations

import io
import json
import os
import struct
import time
import unicodedata
import warnings
import zipfile
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coursework import submissions
from coursework.submissions import (
    Collected,
    Submission,
    SubmissionsError,
    collect,
    missing_students,
    roster_students,
)

repeatable = settings(derandomize=True, deadline=None)
QUICK = 8  # seconds of the processor, for what takes less than one and took half a minute


def notebook(*sources: str, **more: Any) -> dict[str, Any]:
    cells = [{"cell_type": "code", "metadata": {}, "source": source} for source in sources]
    return {"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": cells, **more}


WORK = json.dumps(notebook("x = 1")).encode()


def lay_out(folder: Path, files: Mapping[str, bytes], times: Mapping[str, str] = {}) -> Path:  # noqa: B006
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        time = datetime.fromisoformat(times.get(name, "2026-11-20T12:00:00")).timestamp()
        os.utime(path, (time, time))
    return folder


def zipped(files: Mapping[str, bytes], date: tuple[int, ...] = (2026, 11, 20, 12, 0, 0)) -> bytes:
    memory = io.BytesIO()
    with zipfile.ZipFile(memory, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(zipfile.ZipInfo(name, date), content, zipfile.ZIP_DEFLATED)  # type: ignore[arg-type]
    return memory.getvalue()


def zip_of_empty_files(count: int) -> bytes:
    """As `zipfile` writes it, and much faster; in fact all are one file."""
    local = struct.pack("<4s5H3I2H", b"PK\x03\x04", 20, 0, 0, 0, 33, 0, 0, 0, 1, 0) + b"x"
    head = struct.pack("<4s6H3I", b"PK\x01\x02", 20, 20, 0, 0, 0, 33, 0, 0, 0)
    entries = []
    for n in range(count):
        name = b"all/%06d" % n
        entries.append(head + struct.pack("<5H2I", len(name), 0, 0, 0, 0, 0, 0) + name)
    central, few = b"".join(entries), min(count, 2**16 - 1)
    end = struct.pack("<4s4H2IH", b"PK\x05\x06", 0, 0, few, few, len(central), len(local), 0)
    return local + central + end


def students(collected: Collected) -> dict[str, str]:
    return {submission.file: submission.student for submission in collected}


def one(collected: Collected, file: str) -> Submission:
    (found,) = [submission for submission in collected if submission.file == file]
    return found


# Names


def either(tmp_path: Path, files: Mapping[str, bytes], **how: Any) -> list[Collected]:
    """The same files as a folder and as a zip."""
    folder = lay_out(tmp_path / "folder", files)
    archive = tmp_path / "all.zip"
    archive.write_bytes(zipped(files))
    return [collect(folder, **how), collect(archive, **how)]


@pytest.mark.parametrize("ending", ["file_/", "file/", "file_"])
def test_moodle(tmp_path: Path, ending: str) -> None:
    files = {
        f"Ada Lovelace_1234567_assignsubmission_{ending}x.ipynb": WORK,
        f"Grace O'Hopper_1234568_assignsubmission_{ending}bob_9_y.ipynb": WORK,
        f"Participant_1234569_assignsubmission_{ending}x.ipynb": WORK,
        f"Li Wei_1_assignsubmission_{ending}x.ipynb": WORK,
        f"Li Wei_2_assignsubmission_{ending}x.ipynb": WORK,
    }
    for collected in either(tmp_path, files):
        assert list(students(collected).values()) == [
            "Ada Lovelace",
            "Grace O'Hopper",
            "Li Wei (1)",
            "Li Wei (2)",
            "Participant 1234569",
        ]
        assert all(submission.handed_in is None for submission in collected)


def test_moodles_online_text_is_not_lost(tmp_path: Path) -> None:
    files = {
        "Ada L_1_assignsubmission_file_/x.ipynb": WORK,
        "Ada L_1_assignsubmission_onlinetext_/onlinetext.html": b"<p>hello</p>",
    }
    for collected in either(tmp_path, files):
        assert {s.student for s in collected} == {"Ada L"}
        assert sorted(s.problem for s in collected) == ["", "not a notebook"]
        assert all(s.superseded_by is None for s in collected)


def test_canvas(tmp_path: Path) -> None:
    files = {
        "lovelaceada_12345_678901_lab-1.ipynb": WORK,
        "lovelaceada_12345_678900_lab.ipynb": WORK,
        "hoppergrace_LATE_12346_678902_lab.ipynb": WORK,
        "hopper-g_late_12347_678903_lab.ipynb": WORK,
        "anon_LATE_k3Jq9_678904_lab.ipynb": WORK,
        "doe_12348_text.html": b"<p>hello</p>",
    }
    for collected in either(tmp_path, files):
        assert [s.student for s in collected] == [
            "anon k3Jq9",
            "doe",
            "hopper-g",
            "hoppergrace",
            "lovelaceada",
            "lovelaceada",
        ]
        late = {s.student for s in collected if s.late_days == 1 and "Canvas" in s.notes[0]}
        assert late == {"anon k3Jq9", "hopper-g", "hoppergrace"}
        old = one(collected, "lovelaceada_12345_678900_lab.ipynb")
        assert old.superseded_by == "lovelaceada_12345_678901_lab-1.ipynb"


def test_canvas_numbers_what_was_handed_in_again(tmp_path: Path) -> None:
    files = {f"ada_1_{name}.ipynb": WORK for name in ("300_x", "200_x-2", "100_x-10")}
    for collected in either(tmp_path, files):
        assert [s.file for s in collected if s.to_mark] == ["ada_1_100_x-10.ipynb"]


def test_names_that_only_look_like_canvas(tmp_path: Path) -> None:
    files = {f"hw_2_2026_{name}.ipynb": WORK for name in ("ada", "bob", "cy")}
    for collected in either(tmp_path, files):
        assert [s.student for s in collected] == ["hw_2_2026_ada", "hw_2_2026_bob", "hw_2_2026_cy"]


def test_blackboard(tmp_path: Path) -> None:
    files = {
        "Lab 2_ada1_attempt_2026-11-22-10-05-33_x.ipynb": WORK,
        "Lab 2_ada1_attempt_2026-11-23-10-05-33_x.ipynb": WORK,
        "Lab 2_ada1_attempt_2026-11-23-10-05-33.txt": b"Name: Ada",
        "Lab 2_bob_attempt_2026-11-22-10-05-33.txt": b"Name: Bob",
        "Lab 2_cy_poging_2026-11-22-10-05-33_ada1_attempt_2027-01-01-00-00-00_x.ipynb": WORK,
    }
    for collected in either(tmp_path, files, due=datetime(2026, 11, 22, 10, 0)):
        assert [s.student for s in collected] == ["ada1", "ada1", "bob", "cy"]
        first, second = collected[:2]
        assert first.handed_in == datetime(2026, 11, 22, 10, 5, 33)
        assert first.superseded_by == second.file and second.superseded_by is None
        assert [s.late_days for s in collected] == [1, 2, 1, 1]
        assert collected.left_aside == ["Lab 2_ada1_attempt_2026-11-23-10-05-33.txt"]
        assert collected[2].problem == "not a notebook"


@pytest.mark.parametrize("assignment", ["Lab 2", "Lab_2", "Lab_2_re-sit", "a"])
@pytest.mark.parametrize(
    "users",
    [
        ("j_smith", "k_smith"),
        ("j_smith", "j_smith_2", "smith"),
        ("smith_j", "smith_k", "x"),
        ("a_b_c", "b_c", "c", "a-b_c", "1_c"),
        ("j-smith", "k.smith", "2smith"),
    ],
)
def test_blackboards_user_names_with_underscores(
    tmp_path: Path, assignment: str, users: tuple[str, ...]
) -> None:
    files = {}
    for user in users:
        files |= {
            f"{assignment}_{user}_attempt_2026-11-2{day}-10-05-33_x_y.ipynb": WORK for day in (1, 2)
        }
        files[f"{assignment}_{user}_attempt_2026-11-21-10-05-33.txt"] = b"Name: A Student"
    for collected in either(tmp_path, files):
        assert {s.student for s in collected} == set(users)
        assert len([s for s in collected if s.to_mark]) == len(users)
        for submission in collected:
            assert f"_{submission.student}_attempt" in submission.file


def test_blackboards_users_stay_apart_if_all_names_begin_alike(tmp_path: Path) -> None:
    files = {f"Lab_j_{user}_attempt_2026-11-21-10-05-33_x.ipynb": WORK for user in ("a", "b")}
    for collected in either(tmp_path, files):
        assert len({s.student for s in collected}) == 2
    path = roster(tmp_path, "student,key\nAda,j_a\nBob,j_b\nCy,a\n")
    for collected in either(tmp_path, files, roster=path):
        assert [s.student for s in collected] == ["Ada", "Bob"]
        assert not any(s.notes for s in collected)
    (one_file,) = list(files)[:1]
    only = lay_out(tmp_path / "only", {one_file: WORK})
    for key in ("j_a", "a"):
        (submission,) = collect(only, roster(tmp_path, f"student,key\nAda,{key}\n"))
        assert submission.student == "Ada"


@pytest.mark.parametrize("name", ["j_smith", "smith_2", "smith2", "2smith", "van-der_berg-7", "s"])
def test_canvas_and_moodle_names_with_underscores_digits_and_hyphens(
    tmp_path: Path, name: str
) -> None:
    other = f"k{name}"
    canvas = {
        f"{name}_12345_678901_lab.ipynb": WORK,
        f"{name}_12345_678902_2_lab.ipynb": WORK,
        f"{name}_12346_678903_lab.ipynb": WORK,
        f"{name}_LATE_12347_678904_lab.ipynb": WORK,
        f"{other}_12348_678905_20261130_lab.ipynb": WORK,
        f"{other}_12348_678906_20261130_lab-1.ipynb": WORK,
    }
    for collected in either(tmp_path / "canvas", canvas):
        found = [(s.student, s.to_mark) for s in sorted(collected, key=lambda s: s.file)]
        assert [s for s, _ in sorted(found)] == [
            *[f"{name} (12345)"] * 2,
            f"{name} (12346)",
            f"{name} (12347)",
            *[other] * 2,
        ] or [s for s, _ in sorted(found)] == [
            *[other] * 2,
            *[f"{name} (12345)"] * 2,
            f"{name} (12346)",
            f"{name} (12347)",
        ]
        assert sum(counts for _, counts in found) == 4
    moodle = {
        f"{name}_1234567_assignsubmission_file_/3_4_x.ipynb": WORK,
        f"{name}_1234568_assignsubmission_file_/3_4_x.ipynb": WORK,
        f"{other}_1234569_assignsubmission_file_/{name}_1_assignsubmission_file_.ipynb": WORK,
    }
    for collected in either(tmp_path / "moodle", moodle):
        assert {s.student for s in collected} == {f"{name} (1234567)", f"{name} (1234568)", other}
        assert all(s.to_mark for s in collected)


def test_a_name_cannot_be_what_another_one_becomes(tmp_path: Path) -> None:
    names = ["Li Wei_1", "Li Wei_2", "Li Wei (1)_3", "li wei (2)_4"]
    files = {f"{name}_assignsubmission_file_/x.ipynb": WORK for name in names}
    for collected in either(tmp_path, files):
        assert len({s.student.casefold() for s in collected}) == 4
        assert all(s.to_mark for s in collected)


def test_a_file_name_cannot_pretend_to_come_from_another_platform(tmp_path: Path) -> None:
    files = {
        "evil_1_100_Lab_bob_attempt_2020-01-01-00-00-00_x.ipynb": WORK,
        "ada_2_200_x.ipynb": WORK,
        "bob_3_300_x.ipynb": WORK,
    }
    for collected in either(tmp_path, files):
        assert [s.student for s in collected] == ["ada", "bob", "evil"]
        assert not any(s.superseded_by for s in collected)


def test_folders_and_files(tmp_path: Path) -> None:
    files = {"ada/lab.ipynb": WORK, "bob/deep/lab.ipynb": WORK, "readme.txt": b"hello"}
    for collected in either(tmp_path, files):
        assert list(students(collected).values()) == ["ada", "bob", "readme"]
    for collected in either(tmp_path, files, name_by="file"):
        assert list(students(collected).values()) == ["lab", "lab", "readme"]


@pytest.mark.parametrize("wrapper", ["", "all/", "all/all/"])
def test_a_wrapping_folder_names_nobody(tmp_path: Path, wrapper: str) -> None:
    flat = {f"{wrapper}{name}.ipynb": WORK for name in ("ada", "bob", "cy")}
    for collected in either(tmp_path / "flat", flat):
        assert [s.student for s in collected] == ["ada", "bob", "cy"]
    deep = {f"{wrapper}{name}/lab.ipynb": WORK for name in ("ada", "bob", "cy")}
    for name_by in ("auto", "folder"):
        for collected in either(tmp_path / name_by, deep, name_by=name_by):
            assert [s.student for s in collected] == ["ada", "bob", "cy"]


def test_one_student_with_a_folder(tmp_path: Path) -> None:
    for collected in either(tmp_path, {"ada/lab.ipynb": WORK, "ada/notes.txt": b"hello"}):
        assert [s.student for s in collected] == ["ada", "ada"]


def test_groups_do_not_become_students(tmp_path: Path) -> None:
    names = [f"red/{name}" for name in ("ada", "bob", "cy", "dan", "eve")]
    names += [f"blue/{name}" for name in ("ada", "flo", "gus", "hal", "ivy")]
    for collected in either(tmp_path, {f"{name}.ipynb": WORK for name in names}):
        found = sorted(s.student for s in collected)
        assert found[:3] == ["blue/ada", "bob", "cy"] and found[-1] == "red/ada"
        assert not any(s.superseded_by for s in collected)


def test_what_systems_leave_behind_is_counted(tmp_path: Path) -> None:
    files = {
        "ada.ipynb": WORK,
        "__MACOSX/._ada.ipynb": b"x",
        "._bob.ipynb": b"x",
        ".DS_Store": b"x",
        "Thumbs.db": b"x",
        "desktop.ini": b"x",
        ".ipynb_checkpoints/ada-checkpoint.ipynb": WORK,
    }
    for collected in either(tmp_path, files):
        assert [s.file for s in collected] == ["ada.ipynb"]
        assert len(collected.left_aside) == 6


def test_broken_and_foreign_names(tmp_path: Path) -> None:
    decomposed = "Ame\u0301lie"
    folder = lay_out(tmp_path / "folder", {f"{decomposed}.ipynb": WORK, "a\nb.ipynb": WORK})
    (Path(os.fsdecode(bytes(folder) + b"/\xff.ipynb"))).write_bytes(WORK)
    assert {s.student for s in collect(folder)} == {"Am\u00e9lie", "a?b", "?"}

    archive = tmp_path / "old.zip"
    data = zipped({"Amelie/x.ipynb": WORK, "Bob/x.ipynb": WORK})
    archive.write_bytes(data.replace(b"Amelie/", "Amélie".encode()[:6] + b"/"))
    assert [s.student for s in collect(archive)] == ["Améli", "Bob"]
    archive.write_bytes(data.replace(b"Amelie/x", b"..\\..\\yx").replace(b"Bob/x", b"../Bx"))
    assert {s.file for s in collect(archive)} == {"yx.ipynb", "Bx.ipynb"}


def test_equal_paths_in_a_zip_stay_two(tmp_path: Path) -> None:
    archive = tmp_path / "all.zip"
    with warnings.catch_warnings(), zipfile.ZipFile(archive, "w") as file:
        warnings.simplefilter("ignore")
        file.writestr("ada.ipynb", WORK)
        file.writestr("ada.ipynb", WORK)
    assert {s.file for s in collect(archive)} == {"ada.ipynb", "ada.ipynb (2)"}
    with warnings.catch_warnings(), zipfile.ZipFile(archive, "w") as file:
        warnings.simplefilter("ignore")
        for name in ("a", "a (2)", "a", "a", "a (2)", "a (3)"):
            file.writestr(name, WORK)
    assert len({s.file for s in collect(archive)}) == 6


# Rosters


def roster(tmp_path: Path, text: str, encoding: str = "utf-8") -> Path:
    path = tmp_path / "roster.csv"
    path.write_bytes(text.encode(encoding))
    return path


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
@pytest.mark.parametrize("separator", [",", ";"])
def test_roster(tmp_path: Path, separator: str, encoding: str) -> None:
    text = "Key,group,Student\nada1|4711,a,Ada L\nbob,a,Bob B\ncy,b,Cÿ\n,b,Dan\n"
    path = roster(tmp_path, text.replace(",", separator), encoding)
    files = {
        "x_4711.ipynb": WORK,
        "bobby_14711.ipynb": WORK,
        "BOB-lab.ipynb": WORK,
        "cy_bob.ipynb": WORK,
        "dan.ipynb": WORK,
    }
    collected = collect(lay_out(tmp_path / "in", files), path)
    assert students(collected) == {
        "x_4711.ipynb": "Ada L",
        "bobby_14711.ipynb": "bobby_14711",
        "BOB-lab.ipynb": "Bob B",
        "cy_bob.ipynb": "cy_bob",
        "dan.ipynb": "Dan",
    }
    assert one(collected, "bobby_14711.ipynb").notes == ["Not on the roster."]
    assert one(collected, "cy_bob.ipynb").notes == ["Matches 2 students on the roster."]
    assert roster_students(path) == ["Ada L", "Bob B", "Cÿ", "Dan"]
    assert missing_students(collected, path) == ["Cÿ"]


def test_a_longer_key_beats_one_inside_it(tmp_path: Path) -> None:
    path = roster(tmp_path, "student,key\nAda,ada\nAda Two,ada.2\n")
    files = {"ada.2_lab.ipynb": WORK, "ada_lab.ipynb": WORK}
    collected = collect(lay_out(tmp_path / "in", files), path)
    assert students(collected) == {"ada.2_lab.ipynb": "Ada Two", "ada_lab.ipynb": "Ada"}


def test_what_the_platform_wrote_goes_before_what_students_chose(tmp_path: Path) -> None:
    path = roster(tmp_path, "student,key\nAda L,ada\nBob B,bob\nCy C,cy7\n")
    files = {
        "ada_1_11111_bob.ipynb": WORK,
        "bob_2_22222_bob.ipynb": WORK,
        "zzz_3_33333_cy7.ipynb": WORK,
    }
    collected = collect(lay_out(tmp_path / "in", files), path)
    assert [s.student for s in collected] == ["Ada L", "Bob B", "Cy C"]
    assert "sent by zzz" in collected[2].notes[0]


def test_one_persons_key_in_anothers_name_makes_them_not_one(tmp_path: Path) -> None:
    path = roster(tmp_path, "student,key\nSmith,smith\nCy C,cy7|77777\n")
    blackboard = {
        f"Lab_{user}_attempt_2026-11-21-10-05-33_smith.ipynb": WORK
        for user in ("j_smith", "k_jones")
    }
    canvas = {
        "j-smith_11111_100001_x.ipynb": WORK,
        "k-smith_22222_100002_x.ipynb": WORK,
        "l_smith_33333_100005_x.ipynb": WORK,
        "cy7_77777_100003_x.ipynb": WORK,
        "zed_99999_100004_cy7.ipynb": WORK,
    }
    moodle = {
        "Jo Smith_11111_assignsubmission_file_/x.ipynb": WORK,
        "Ko Smith_22222_assignsubmission_file_/x.ipynb": WORK,
    }
    for collected in either(tmp_path / "blackboard", blackboard, roster=path):
        assert [s.student for s in collected if "j_smith" in s.file] == ["j_smith"]
    address = {
        f"Lab_{user}_attempt_2026-11-21-10-05-33_x.ipynb": WORK
        for user in ("smith@uni.edu", "c_y@uni.edu")
    }
    for collected in either(tmp_path / "address", address, roster=path):
        assert [s.student for s in collected] == ["c_y@uni.edu", "Smith"]
    for collected in either(tmp_path / "canvas", canvas, roster=path):
        assert [s.student for s in collected] == ["Cy C", "j-smith", "k-smith", "l_smith", "zed"]
        assert all(s.to_mark for s in collected)
        why = "Not on the roster: others' files hold the key of Smith, too."
        assert one(collected, "j-smith_11111_100001_x.ipynb").notes == [why]
        assert one(collected, "l_smith_33333_100005_x.ipynb").notes == ["Not on the roster."]
        assert missing_students(collected, path) == ["Smith"]
    for collected in either(tmp_path / "moodle", moodle, roster=path):
        assert [s.student for s in collected] == ["Jo Smith", "Ko Smith"]
    both = {"cy7_1_100003_x.ipynb": WORK, "cecilia_77777_100004_x.ipynb": WORK}
    for collected in either(tmp_path / "both", both, roster=path):
        assert [s.student for s in collected] == ["Cy C", "Cy C"]
        assert {s.named for s in collected} == {"cy7", "cecilia"}


def test_a_large_roster_and_a_large_class(tmp_path: Path) -> None:
    keys = [f"user{n:04}" for n in range(700)]
    path = roster(tmp_path, "student,key\n" + "".join(f"Student {k},{k}\n" for k in keys))
    archive = tmp_path / "all.zip"
    archive.write_bytes(zipped({f"{key} lab.ipynb": WORK for key in keys}))
    began = time.process_time()
    collected = collect(archive, path)
    assert [s.student for s in collected] == [f"Student {key}" for key in keys]
    assert time.process_time() - began < QUICK


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("student,key\n", "has no student"),
        ("student;key;group\n;;\n \n", "has no student"),
        ("name,key\nAda,ada\n", "columns 'student' and 'key'; found name, key"),
        ("student,key\nAda,ada\n,bob\n", "line 3: no student"),
        ("student,key\nAda,ada\nAda,bob\n", "line 3: Ada stands there twice"),
        ("student,key\nAda,ada\nBob,x|ADA\n", "line 3: key ADA also belongs to Ada"),
        ("", "is empty"),
    ],
)
def test_a_wrong_roster_is_told(tmp_path: Path, text: str, says: str) -> None:
    with pytest.raises(SubmissionsError, match=says.replace("|", r"\|")):
        collect(lay_out(tmp_path / "in", {"a.ipynb": WORK}), roster(tmp_path, text))


def test_a_roster_in_another_encoding_is_told(tmp_path: Path) -> None:
    with pytest.raises(SubmissionsError, match="UTF-8"):
        roster_students(roster(tmp_path, "student,key\nAmélie,a\n", "latin-1"))


# Which file counts, and when it came


def test_the_last_notebook_counts_and_nothing_else_competes(tmp_path: Path) -> None:
    files = {
        "ada/new.ipynb": WORK,
        "ada/old.ipynb": WORK,
        "ada/print.pdf": b"%PDF-1.7",
        "ada/empty.ipynb": b"",
        "bob/lab-9.ipynb": WORK,
        "bob/lab-10.ipynb": WORK,
    }
    times = {"ada/new.ipynb": "2026-11-21", "ada/print.pdf": "2026-11-25"}
    times["ada/empty.ipynb"] = "2026-11-26"
    collected = collect(lay_out(tmp_path, files, times))
    assert {s.file: s.superseded_by for s in collected} == {
        "ada/new.ipynb": None,
        "ada/old.ipynb": "ada/new.ipynb",
        "ada/print.pdf": None,
        "ada/empty.ipynb": None,
        "bob/lab-9.ipynb": "bob/lab-10.ipynb",
        "bob/lab-10.ipynb": None,
    }
    assert one(collected, "ada/print.pdf").problem == "not a notebook"
    assert one(collected, "ada/empty.ipynb").problem == "empty file"
    assert [s.file for s in collected if s.to_mark] == ["ada/new.ipynb", "bob/lab-10.ipynb"]


def test_three_files_point_at_the_one_that_counts(tmp_path: Path) -> None:
    files = {f"ada/{n}.ipynb": WORK for n in (1, 2, 3)} | {"bob/1.ipynb": WORK}
    collected = collect(lay_out(tmp_path, files))
    assert [s.superseded_by for s in collected][:3] == ["ada/3.ipynb", "ada/3.ipynb", None]


@pytest.mark.parametrize(
    ("time", "days"),
    [
        ("2026-11-22T10:00:00", 0),
        ("2026-11-22T10:00:01", 1),
        ("2026-11-23T10:00:00", 1),
        ("2026-11-23T10:00:01", 2),
        ("2026-11-01T10:00:00", 0),
    ],
)
def test_late_days_are_days_begun(tmp_path: Path, time: str, days: int) -> None:
    folder = lay_out(tmp_path, {"ada.ipynb": WORK}, {"ada.ipynb": time})
    due = datetime(2026, 11, 22, 10)
    for moment in (due, due.astimezone()):
        (submission,) = collect(folder, due=moment)
        assert submission.late_days == days
        assert bool(submission.notes) == bool(days)


def test_dates_of_a_zip(tmp_path: Path) -> None:
    archive = tmp_path / "all.zip"
    archive.write_bytes(zipped({"ada.ipynb": WORK}, (2026, 11, 23, 12, 0, 0)))
    (submission,) = collect(archive, due=datetime(2026, 11, 22, 12))
    assert (submission.late_days, submission.handed_in) == (1, datetime(2026, 11, 23, 12))
    archive.write_bytes(zipped({"ada.ipynb": WORK}, (1980, 1, 1, 0, 0, 0)))
    (submission,) = collect(archive, due=datetime(1970, 1, 1))
    assert submission.late_days == 0 and "not known" in submission.notes[0]


def test_a_platforms_download_makes_nobody_late(tmp_path: Path) -> None:
    for name in ("Ada L_1_assignsubmission_file_/x.ipynb", "ada_12345_678901_x.ipynb"):
        archive = tmp_path / "all.zip"
        archive.write_bytes(zipped({name: WORK}))
        (submission,) = collect(archive, due=datetime(2020, 1, 1))
        assert submission.late_days == 0


# Sizes, archives and things that are no files


def test_a_file_too_large_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(submissions, "MAX_BYTES", 1000)
    files = {"ada.ipynb": b" " * 1001, "bob.ipynb": WORK, "cy.zip": b"x" * 1001}
    for collected in either(tmp_path, files):
        assert {s.student: s.problem for s in collected} == {
            "ada": "too large",
            "bob": "",
            "cy": "too large",
        }
        assert one(collected, "ada.ipynb").content is None


@pytest.mark.parametrize("count", [submissions.MAX_FILES + 1, 200_000])
def test_a_zip_of_too_many_files_is_refused_at_once(tmp_path: Path, count: int) -> None:
    archive = tmp_path / "all.zip"
    archive.write_bytes(zip_of_empty_files(count))
    began = time.process_time()
    with pytest.raises(SubmissionsError) as caught:
        collect(archive)
    assert time.process_time() - began < QUICK
    assert str(caught.value) == (
        f"source: {archive} holds more than 20,000 files and folders, most of them in all; "
        "at most 20,000 are allowed"
    )


def test_as_many_files_as_are_allowed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(submissions, "MAX_FILES", 6)
    files = {f"all/eve/deep/{n}.ipynb": b"" for n in range(3)}
    archive, folder = tmp_path / "all.zip", lay_out(tmp_path / "folder", files)
    archive.write_bytes(zipped(dict.fromkeys([*files, "all/a", "all/b", "all/c"], b"")))
    assert len(collect(archive)) == 6 and len(collect(folder)) == 3
    files |= {f"all/eve/deep/{n}/x": b"" for n in range(3)}
    for source in (lay_out(folder, files), archive):
        archive.write_bytes(zipped(dict.fromkeys([*files, "all/ada"], b"")))
        with pytest.raises(SubmissionsError) as caught:
            collect(source)
        says = "holds more than 6 files and folders, most of them in all/eve/deep; at most 6 are"
        assert f"source: {source} {says} allowed" in str(caught.value)


def test_a_students_zip_of_too_many_files_costs_no_time(tmp_path: Path) -> None:
    files = {"ada.ipynb": WORK, "eve.zip": zip_of_empty_files(300_000)}
    files["flo.zip"] = zipped(dict.fromkeys((f"{n}.ipynb" for n in range(101)), WORK))
    files["gus.zip"] = zipped(dict.fromkeys((f"{n}.ipynb" for n in range(100)), WORK))
    folder = lay_out(tmp_path, files)
    began = time.process_time()
    collected = collect(folder)
    assert time.process_time() - began < QUICK
    assert [s.problem for s in collected[:3]] == ["", "too large", "too large"]
    assert len(collected) == 3 + 100
    assert collected[1].notes == ["The zip holds more than 2,000 files; no more are allowed."]
    assert collected[2].notes == ["The zip holds 101 notebooks; at most 100 are allowed."]


def test_long_names_and_deep_paths_are_shortened_and_stay_apart(tmp_path: Path) -> None:
    long = "x" * 30_000
    files = {
        f"ada{long}1/lab.ipynb": WORK,
        f"ada{long}2/lab.ipynb": WORK,
        f"bob/{'deep/' * 5_000}1/lab.ipynb": WORK,
        f"bob/{'deep/' * 5_000}2/lab.ipynb": WORK,
        f"cy/{long}.zip": zipped({f"{long}{n}.ipynb": WORK for n in range(2)}),
    }
    archive = tmp_path / "all.zip"
    archive.write_bytes(zipped(files))
    collected = collect(archive)
    assert len({s.file for s in collected}) == 6 == len(collected)
    assert [s.student[:4] for s in collected] == ["adax", "adax", "bob", "bob", "cy", "cy"]
    assert len({s.student for s in collected}) == 4
    assert all(s.file.endswith(".ipynb") and len(s.file) <= 500 for s in collected)
    assert all(len(s.student) <= 500 and len(" ".join(s.notes)) < 400 for s in collected)
    ordinary = f"{'é' * 60}/{'y' * 200}.ipynb"
    archive.write_bytes(zipped({ordinary: WORK}))
    assert [s.file for s in collect(archive)] == [ordinary]


def test_a_name_of_many_accents_costs_no_time(tmp_path: Path) -> None:
    accents = "\u0327\u0301" * 16_000
    assert unicodedata.normalize("NFC", f"e{accents[:2]}") != f"e{accents[:2]}"
    archive = tmp_path / "all.zip"
    archive.write_bytes(zipped({f"{n}e{accents}.ipynb": WORK for n in range(30)}))
    began = time.process_time()
    assert len(collect(archive)) == 30
    assert time.process_time() - began < QUICK


@pytest.mark.parametrize("digit", ["٣", "३", "３", "²", "Ⅻ"])
def test_digits_of_every_script_stand_in_names(tmp_path: Path, digit: str) -> None:
    names = [f"{digit}a.ipynb", f"a{digit}.ipynb", f"a1{digit}2.ipynb", f"{digit}.ipynb"]
    for collected in either(tmp_path, dict.fromkeys(names, WORK)):
        assert {s.file for s in collected} == set(names)


def test_a_folder_that_cannot_be_opened_has_a_row(tmp_path: Path) -> None:
    folder = lay_out(tmp_path / "in", {"ada/lab.ipynb": WORK})
    deep = folder / "eve"
    here = os.open(tmp_path, os.O_RDONLY)
    try:
        os.chdir(lay_out(deep, {"x": b""}))
        for _ in range(20):
            os.mkdir("y" * 250)
            os.chdir("y" * 250)
        Path("lab.ipynb").write_bytes(WORK)
    finally:
        os.fchdir(here)
        os.close(here)
    collected = collect(folder)
    (closed,) = [s for s in collected if s.student == "eve" and s.file != "eve/x"]
    assert closed.problem == "cannot be read" and "Opening the folder failed" in closed.notes[0]
    assert len(closed.file) <= 500


def test_only_what_may_count_is_kept_in_memory(tmp_path: Path) -> None:
    files = {f"ada/{n}.ipynb": WORK for n in (1, 2, 3)} | {"ada/x.pdf": b"%PDF", "bob/1.zip": b"x"}
    for collected in either(tmp_path, files, name_by="folder"):
        assert [s.file for s in collected if s.content is not None] == ["ada/3.ipynb"]
    alike = {"ada/A.ipynb": WORK, "ada/a.ipynb": WORK, "bob/b.ipynb": WORK}
    for collected in either(tmp_path / "alike", alike):
        assert all((s.content is not None) == s.to_mark for s in collected)


def test_a_zip_bomb_is_not_unpacked(tmp_path: Path) -> None:
    zeros = b"0" * (submissions.MAX_BYTES + 1)
    third = b"0" * (submissions.MAX_BYTES - 1)
    many = zipped({f"{n}.ipynb": b"" for n in range(submissions.MAX_NESTED_FILES + 1)})
    files = {
        "ada.zip": zipped({"x.ipynb": zeros}),
        "bob.zip": zipped({f"{n}.ipynb": third for n in range(3)}),
        "cy.zip": many,
        "dan.zip": zipped({"deeper.zip": zipped({"x.ipynb": WORK})}),
    }
    collected = collect(lay_out(tmp_path, files))
    assert {s.student: s.problem for s in collected} == {
        "ada": "too large",
        "bob": "too large",
        "cy": "too large",
        "dan": "not a notebook",
    }


def test_a_students_zip_is_opened_one_level(tmp_path: Path) -> None:
    inner = zipped({"mine/lab.ipynb": WORK, "mine/data.csv": b"1", "__MACOSX/._lab.ipynb": b"x"})
    files = {
        "Ada L_1_assignsubmission_file_/stuff.zip": inner,
        "Bob B_2_assignsubmission_file_/stuff.zip": zipped({"essay.docx": b"x"}),
        "Cy C_3_assignsubmission_file_/stuff.zip": b"PK\x03\x04 torn",
        "Dan D_4_assignsubmission_file_/lab.ipynb": WORK,
    }
    for collected in either(tmp_path, files):
        assert [(s.student, s.problem) for s in collected] == [
            ("Ada L", ""),
            ("Bob B", "not a notebook"),
            ("Cy C", "cannot be read"),
            ("Dan D", ""),
        ]
        assert collected[0].file.endswith("stuff.zip/mine/lab.ipynb")
        assert collected[0].notes == ["The zip holds 1 other file."]


def test_a_spoilt_entry_spoils_no_other(tmp_path: Path) -> None:
    memory = io.BytesIO()
    with zipfile.ZipFile(memory, "w") as archive:
        archive.writestr("ada.ipynb", WORK)
        archive.writestr("bob.ipynb", WORK.replace(b"x = 1", b"x = 2"))
    path = tmp_path / "all.zip"
    path.write_bytes(memory.getvalue().replace(b"x = 2", b"x = 3"))
    assert {s.student: s.problem for s in collect(path)} == {"ada": "", "bob": "cannot be read"}


def test_links_and_devices_are_not_followed(tmp_path: Path) -> None:
    (tmp_path / "secret").mkdir()
    (tmp_path / "secret" / "lab.ipynb").write_bytes(WORK)
    folder = lay_out(tmp_path / "in", {"ada.ipynb": WORK})
    (folder / "bob.ipynb").symlink_to(tmp_path / "secret" / "lab.ipynb")
    (folder / "cy").symlink_to(tmp_path / "secret")
    os.mkfifo(folder / "dan.ipynb")
    found = {s.student: (s.problem, s.content) for s in collect(folder)}
    assert found == {
        "ada": ("", WORK),
        "bob": ("cannot be read", None),
        "cy": ("cannot be read", None),
        "dan": ("cannot be read", None),
    }


def test_an_impossible_source_is_told(tmp_path: Path) -> None:
    (tmp_path / "x.txt").write_text("hello")
    for name in ("nothing", "x.txt"):
        with pytest.raises(SubmissionsError, match="source: .*give a folder"):
            collect(tmp_path / name)
    with pytest.raises(SubmissionsError, match="name_by: 'moon'; allowed: auto, file, folder"):
        collect(tmp_path, name_by="moon")


def test_an_empty_source_gives_nothing(tmp_path: Path) -> None:
    assert collect(tmp_path) == []


@settings(repeatable, max_examples=60)
@given(
    st.dictionaries(
        st.lists(st.sampled_from(["ada", "bob", "all", "x.zip"]), max_size=2).map(tuple),
        st.sampled_from(["lab.ipynb", "ada.ipynb", "b_1_22_c.ipynb", "x.pdf", "x.zip"]),
        max_size=6,
    ),
    st.sampled_from(["auto", "file", "folder"]),
)
def test_every_file_has_its_row(
    tmp_path_factory: pytest.TempPathFactory, layout: dict[tuple[str, ...], str], name_by: str
) -> None:
    files = {"/".join([*folder, name]): WORK for folder, name in layout.items()}
    archive = tmp_path_factory.mktemp("rows") / "all.zip"
    archive.write_bytes(zipped(files))
    collected = collect(archive, name_by=name_by)
    assert sorted(s.file for s in collected) == sorted(files)
    assert all(s.student for s in collected)
    for student in {s.student for s in collected if not s.problem}:
        assert sum(s.student == student and s.to_mark for s in collected) == 1
