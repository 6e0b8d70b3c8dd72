"""What was handed in is found and named, whatever it is."""

from __future__ import annotations

import io
import json
import os
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


@pytest.mark.parametrize(
    ("text", "says"),
    [
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
