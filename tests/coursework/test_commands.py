"""The command line, and what the pages say of it."""

from __future__ import annotations

import re
import shlex
import zipfile
from datetime import datetime
from pathlib import Path

import pytest
from support import ROOT

from coursework import __main__ as commands
from coursework import marking, submissions
from coursework.sandbox.limits import MIB, Limits
from coursework.submissions import collect

PAGES = ["book/teach.md", "README.md", "CONTRIBUTING.md"]
CALLS = [
    (page, line.split(" -m coursework ", 1)[1].split("#")[0].rstrip("` "))
    for page in PAGES
    for line in (ROOT / page).read_text("utf-8").splitlines()
    if " -m coursework " in line
]


def test_the_pages_show_commands() -> None:
    assert {page for page, _ in CALLS} == {"book/teach.md", "README.md", "CONTRIBUTING.md"}


@pytest.mark.parametrize(("page", "call"), CALLS)
def test_a_command_on_a_page_is_one(page: str, call: str) -> None:
    call = re.sub(r"`.*", "", call)
    commands.parser().parse_args(shlex.split(call))


def test_every_option_on_the_page_exists_and_every_option_is_on_the_page() -> None:
    text = (ROOT / "book/teach.md").read_text("utf-8")
    said = set(re.findall(r"(?<![-\w])--[a-z][a-z-]+", text))
    helps = ""
    for action in commands.parser()._subparsers._group_actions:  # type: ignore[union-attr]
        for parser in action.choices.values():  # type: ignore[union-attr]
            helps += parser.format_help()
    exist = set(re.findall(r"(?<![-\w])--[a-z][a-z-]+", helps)) - {"--help"}
    assert said == exist


def test_the_page_states_the_limits() -> None:
    text = (ROOT / "book/teach.md").read_text("utf-8")
    limits = Limits()
    for number in (limits.total, limits.cell, limits.call, limits.memory / MIB):
        assert re.search(rf"\b{number:g}\b", text), number
    nested = submissions.MAX_NESTED_NOTEBOOKS, submissions.MAX_NESTED_FILES
    for words in (
        f"At most {submissions.MAX_FILES:,} files",
        "at most {:,} notebooks and {:,} files".format(*nested),
        {10: "the first ten"}[marking.MOST_NOTES],
    ):
        assert words in text


def test_a_sample_is_released_and_marked(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    assert commands.main(["release", "03", "--out", str(tmp_path)]) == 0
    assert capsys.readouterr().out.startswith("03_tails: ")
    arguments = ["--bundle", str(tmp_path / "03" / "marking.zip"), "--out", str(tmp_path / "marks")]
    assert commands.main(["grade", "03", str(tmp_path / "03" / "samples"), *arguments]) == 0
    said = capsys.readouterr().out
    assert "empty file: 1, marked: 3" in said and "marks.csv" in said


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        ("2026-11-30", "2026-11-30T23:59:59"),
        ("20261130", "2026-11-30T23:59:59"),
        ("2026-11-30T00:00", "2026-11-30T00:00:00"),
        ("2026-11-30 18:00", "2026-11-30T18:00:00"),
        ("2026-11-30T23:59:30+02:00", "2026-11-30T23:59:30+02:00"),
    ],
)
def test_a_date_without_a_time_is_the_end_of_the_day(given: str, meant: str) -> None:
    arguments = ["grade", "02", "x", "--out", "y", "--due", given]
    assert commands.parser().parse_args(arguments).due == datetime.fromisoformat(meant)
    action = commands.parser()._subparsers._group_actions[0]  # type: ignore[union-attr]
    said = " ".join(action.choices["grade"].format_help().split())  # type: ignore[index, call-overload]
    assert "means the end of that day" in said
    assert "means the end of that day" in (ROOT / "book/teach.md").read_text("utf-8")


@pytest.mark.parametrize(
    ("handed_in", "late"),
    [((2026, 11, 30, 9, 0, 0), 0), ((2026, 11, 30, 23, 59, 58), 0), ((2026, 12, 1, 0, 1, 0), 1)],
)
def test_the_day_of_the_date_is_not_late(
    handed_in: tuple[int, ...], late: int, tmp_path: Path
) -> None:
    with zipfile.ZipFile(tmp_path / "all.zip", "w") as archive:
        archive.writestr(zipfile.ZipInfo("ada.ipynb", handed_in), b"{}")  # type: ignore[arg-type]
    (submission,) = collect(tmp_path / "all.zip", due=commands.due("2026-11-30"))
    assert submission.late_days == late


@pytest.mark.parametrize("text", ["30.11.2026", "2026-11-31", "tomorrow", ""])
def test_what_is_no_date_is_told(text: str, capsys: pytest.CaptureFixture) -> None:
    with pytest.raises(SystemExit):
        commands.main(["grade", "02", "x", "--out", "y", "--due", text])
    assert f"{text!r} is neither a time such as 2026-11-30T18:00" in capsys.readouterr().err


@pytest.mark.parametrize("chapter", ["2", "02"])
def test_a_chapter_has_one_number_for_both_commands(
    chapter: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    monkeypatch.setattr(commands, "DIST", tmp_path)
    (tmp_path / "02").mkdir()
    (tmp_path / "02" / "marking.zip").write_bytes(b"")
    nowhere = str(tmp_path / "nowhere")
    assert commands.main(["grade", chapter, nowhere, "--out", str(tmp_path / "out")]) == 2
    assert capsys.readouterr().err == f"coursework: submissions: there is no {nowhere}\n"


def test_a_release_without_the_private_exercises_of_the_last_says_so(
    tmp_path: Path, capsys: pytest.CaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    commands.main(["release", "03", "--out", str(tmp_path)])
    found = iter([{"3.9"}, set()])
    monkeypatch.setattr(commands, "_released", lambda _: next(found))
    capsys.readouterr()
    commands.main(["release", "03", "--out", str(tmp_path)])
    assert "without 3.9, which the last release had" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["release", "99"], "99"),
        (["grade", "02", "nowhere", "--out", "x", "--bundle", "none.zip"], "none.zip"),
        (["release", "02", "--secret", "short", "--out", "OUT"], "32 hexadecimal digits"),
    ],
)
def test_what_cannot_begin_is_one_line(
    arguments: list[str], says: str, tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    arguments = [str(tmp_path) if a == "OUT" else a for a in arguments]
    assert commands.main(arguments) == 2
    error = capsys.readouterr().err
    assert says in error and error.startswith("coursework: ") and error.count("\n") == 1
