"""The command line, and what the pages say of it."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
from support import ROOT

from coursework import __main__ as commands
from coursework.sandbox.limits import MIB, Limits

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


def test_a_sample_is_released_and_marked(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    assert commands.main(["release", "03", "--out", str(tmp_path)]) == 0
    assert capsys.readouterr().out.startswith("03_tails: ")
    arguments = ["--bundle", str(tmp_path / "03" / "marking.zip"), "--out", str(tmp_path / "marks")]
    assert commands.main(["grade", "03", str(tmp_path / "03" / "samples"), *arguments]) == 0
    said = capsys.readouterr().out
    assert "empty file: 1, marked: 3" in said and "marks.csv" in said


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
