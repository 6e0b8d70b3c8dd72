"""A fact about a chapter is typed once, and everything that lists chapters agrees with it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml
from support import ROOT

from pipeline.chapters import (
    LIST,
    Chapter,
    ChapterError,
    chapter,
    chapters,
    readme_list,
    with_list,
)
from pipeline.labs import labs

ALL = chapters()
each_chapter = pytest.mark.parametrize("one", ALL, ids=lambda one: one.stem)
RECORD = """---
chapter:
  hook: "A sentence."
  picture: line
  assumes: "nothing"
  helps: "much"
  gives: "a little"
  read: 20
  run: 15
  budget: 60
---

# 2 Small
"""


def test_each_chapter_has_a_lab_and_each_lab_a_chapter() -> None:
    assert [one.lab for one in ALL] == labs()
    numbers = [one.number for one in ALL]  # a chapter that is not written has no page
    assert numbers == sorted(set(numbers)) and numbers[0] == 1


@each_chapter
def test_text_and_lab_have_one_title(one: Chapter) -> None:
    heading = re.search(r"^# (.+)$", one.text.read_text("utf-8"), re.M)
    assert heading and heading[1] == f"{one.number} {one.title}"


@each_chapter
def test_a_lab_says_the_minutes_of_the_record(one: Chapter) -> None:
    line = f"About {one.run} minutes to run and read, {one.do} more for the exercises."
    assert line in one.notebook.cells[0].source.split("\n")


@each_chapter
def test_the_text_takes_needs_and_minutes_from_the_record(one: Chapter) -> None:
    text = one.text.read_text("utf-8")
    assert text.count("```{before-you-start}") == 1
    assert "Before you start" not in text and "**Time" not in text


def test_the_contents_are_the_chapters() -> None:
    parts = yaml.safe_load((ROOT / "_toc.yml").read_text("utf-8"))["parts"]
    entries = [entry for part in parts for entry in part["chapters"]]
    found = [entry for entry in entries if re.match(r"book/\d\d_", entry["file"])]
    assert found == [
        {"file": f"book/{one.stem}", "sections": [{"file": f"notebooks/{one.stem}"}]} for one in ALL
    ]


def test_the_readme_lists_the_chapters() -> None:
    readme = (ROOT / "README.md").read_text("utf-8")
    assert len(LIST.findall(readme)) == 1
    assert readme == with_list(readme), "run .venv/bin/python -m pipeline.chapters"
    assert readme_list().count("\n") == len(ALL)


def test_which_labs_need_torch() -> None:
    assert [one.number for one in ALL if one.needs_torch] == [8, 9, 10, 13]


def test_a_record_is_read(tmp_path: Path) -> None:
    (tmp_path / "02_small.md").write_text(RECORD, "utf-8")
    found = chapter(tmp_path / "02_small.md")
    assert (found.number, found.hook, found.budget) == (2, "A sentence.", 60)
    assert found.picture == "line"


@pytest.mark.parametrize(
    "old, new, error",
    [
        ("---\nchapter:", "chapter:", "must hold a record 'chapter'"),
        ("chapter:", "section:", "must hold a record 'chapter'"),
        ("  run: 15\n", "", "must have .*'run'"),
        ("  run: 15\n", "  run: 15\n  walk: 3\n", "got .*'walk'"),
        ("read: 20", "read: twenty", "chapter.read must be a number, got 'twenty'"),
        ("  picture: line\n", "", "must have .*'picture'"),
        ("picture: line", "picture: 3", "chapter.picture must be a text, got 3"),
        ('"nothing"', "3", "chapter.assumes must be a text, got 3"),
        ('"nothing"', '""', "chapter.assumes must be a text, got ''"),
    ],
)
def test_a_record_that_is_wrong_is_named(old: str, new: str, error: str, tmp_path: Path) -> None:
    assert old in RECORD
    (tmp_path / "02_small.md").write_text(RECORD.replace(old, new, 1), "utf-8")
    with pytest.raises(ChapterError, match=f"02_small.md: .*{error}"):
        chapter(tmp_path / "02_small.md")
