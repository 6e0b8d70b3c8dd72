"""The text as it is written: every number has a source, and nothing is said for show."""

from __future__ import annotations

import re
from pathlib import Path

import nbformat
import pytest
from typed_numbers import bare_numbers, prose

from pipeline import execution, labs

PAGES = sorted((labs.ROOT / "book").glob("*.md"))
CHAPTERS = [page for page in PAGES if re.match(r"\d\d_", page.name)]

each_page = pytest.mark.parametrize("page", PAGES, ids=lambda path: path.stem)
each_chapter = pytest.mark.parametrize("page", CHAPTERS, ids=lambda path: path.stem)
each_lab = pytest.mark.parametrize("lab", labs.labs(), ids=lambda path: path.stem)


@each_page
def test_every_number_is_pasted_mathematics_or_cited(page: Path) -> None:
    assert bare_numbers(page.read_text("utf-8")) == []


@each_lab
def test_no_number_is_typed_into_the_prose_of_a_lab(lab: Path) -> None:
    for cell in nbformat.read(lab, as_version=4).cells:
        if cell.cell_type == "markdown" and "exercise" not in cell.metadata.get("tags", []):
            assert bare_numbers(cell.source) == [], cell.id


@pytest.mark.parametrize(
    "text",
    [
        "The variance falls to 0.37.",
        "About 5 % of the names are lost.",
        "About 5% of the names are lost.",
        "Some .5 of it.",
        "It lost 12 per cent.",
        "It lost ten per cent.",
        "It lost 12.5\nper cent.",
        "Others saw 0.4 {cite}`a`. We saw 0.5 here.",
        "We saw 0.5 here.\nOthers saw 0.4 {cite}`a`.",
        "- in a list, 0.25",
        "| a cell | 0.25 |",
        "## A heading with 0.25",
        "```{admonition} Answer\n:class: dropdown\nIt is 0.25.\n```",
        "````{admonition} Answer\n```python\nx = 1\n```\nIt is 0.25.\n````",
        ":::{tip}\nIt is 0.25.\n:::",
        "```{lab-figure} 02_gaussian::line\nA caption with 0.25 in it.\n```",
        "> A quoted 0.25.",
        "The cost is \\$0.25 and no more than \\$0.30.",
        "A {term}`variance` of 0.25.",
        "In Exercise 2.1 one finds 0.25.",
    ],
)
def test_a_number_that_is_typed_is_found(text: str) -> None:
    assert bare_numbers(text)


@pytest.mark.parametrize(
    "text",
    [
        "It falls to {num}`02_gaussian::x:.2f` and {num}`02_gaussian::y:.1%`.",
        "The fraction $f = 0.1$, or $10\\,\\%$, is fresh.",
        "$$\nv = 0.5\n$$",
        "```{math}\nv = 0.5\n```",
        "Others saw 0.4, or 12 % {cite}`a`.",
        "Others (e.g. the first, et al. and so on) saw 0.4 {cite:t}`a`.",
        "See Exercise 2.1, Exercises 2.1 and 2.2 and Python 3.11, 3.12 or 3.13, under CC BY 4.0.",
        "Call `run(0.5)` for it.",
        "```python\nx = 0.5\n```",
        "````\n```\n0.5\n```\n0.5\n````",
        "```{figure} a-0.5.svg\n:width: 50%\nA caption.\n```",
        "% a comment with 0.5",
        "<!-- 0.5 -->",
        "A [link](https://example.org/v0.5/x) and <https://example.org/0.5>.",
        "In 1921 there were 20 names in 3 lists.",
        "1. first\n2. second",
    ],
)
def test_a_number_with_a_source_is_left_alone(text: str) -> None:
    assert bare_numbers(text) == []


# What pages ask of labs


@each_chapter
def test_a_chapter_shows_its_lab(page: Path, executed: list[str]) -> None:
    """A figure that lives, a picture, numbers, and a way to the claims."""
    text = page.read_text("utf-8")
    run = execution.executed(labs.LABS / f"{page.stem}.ipynb")
    kinds = {record["name"]: kind for kind, record, _ in labs.records(run)}
    shown = re.findall(rf"\{{lab-figure\}}\s+{page.stem}::([\w-]+)", text)
    assert {"living", "figure"} <= {kinds[name] for name in shown}
    assert len(re.findall(rf"\{{num\}}`{page.stem}::", text)) >= 5
    assert len(re.findall(rf"\{{claim\}}`{page.stem}::", text)) >= 3


@each_page
def test_a_sentence_has_one_mark_right_behind_a_word(page: Path) -> None:
    """So that a sentence has one stop of the Tab key for all that is checked in it."""
    for line in page.read_text("utf-8").splitlines():
        for sentence in re.split(r"(?<=[.?!])\s|\|", line):
            assert sentence.count("{claim}`") <= 1, sentence
        assert not re.search(r"[\s(]\{claim\}`", line), line


def test_every_chapter_has_its_lab() -> None:
    assert CHAPTERS
    assert [page.stem for page in CHAPTERS] == [lab.stem for lab in labs.labs()]


# How pages read

FORBIDDEN = {
    "says that it matters": r"it is (important|worth|interesting|crucial) (to not|noting|to)",
    "announces": r"in this (chapter|section|lab),? (we|you) (will|are going to)|\bdive into",
    "hype": r"\b(delv(e|es|ing)|groundbreaking|revolutionary|game.chang\w+|cutting.edge|seamless\w*"
    r"|paradigm shift|unlock(s|ing)? the|supercharge\w*|harness(es|ing)? the|testament to)\b",
    "filler": r"\b(needless to say|as we all know|in today's world|at the end of the day)\b",
    "not X but Y": r"\bnot (just|only|merely) [^.]{1,60}?[,;] (it|they|this|that)('s| is| are)\b",
    "a dash for show": r"—|\s--\s",
    "an emoji": r"[\U0001F000-\U0001FAFF\u2600-\u26FF\u2728\u2705\u274C\uFE0F]",
    "a place on a machine": r"(?<![\w.])/(home|root|work|tmp|Users)/",
}


def mannerisms(text: str) -> list[str]:
    return [
        f"{what}: {match[0]!r}"
        for what, pattern in FORBIDDEN.items()
        for match in re.finditer(pattern, text, re.IGNORECASE)
    ]


@each_page
def test_no_mannerism(page: Path) -> None:
    assert mannerisms(page.read_text("utf-8")) == []


@each_lab
def test_no_mannerism_in_a_lab(lab: Path) -> None:
    cells = nbformat.read(lab, as_version=4).cells
    assert mannerisms("\n".join(cell.source for cell in cells)) == []


@pytest.mark.parametrize(
    "text",
    [
        "It is important to note that",
        "In this chapter we will see",
        "Let us delve into it",
        "models — all of them",
        "fine 🎉",
        "in /" + "home/someone/labs",
        "It is not just a copy, it is a copy of a copy",
    ],
)
def test_a_mannerism_is_found(text: str) -> None:
    assert mannerisms(text)


@each_page
def test_one_title(page: Path) -> None:
    outside = re.sub(r"(?ms)^(`{3,}|:{3,}).*?^\1\s*$", "", page.read_text("utf-8"))
    assert len(re.findall(r"(?m)^# \S", outside)) == 1


@each_chapter
def test_parts_of_a_chapter(page: Path) -> None:
    """The boxes and sections that every chapter has."""
    text = page.read_text("utf-8")
    assert re.search(r"\{admonition\} What you will be able to do\n:class: tip", text)
    for title in ("What it does not say", "Common mistake", "Check yourself"):
        assert re.search(rf"(?im)^(## |[`:]{{3,}}\{{admonition\}} ){title}", text), title
    assert re.search(r"(?m)^## (What to do|If you train or buy models)$", text)
    assert 3 <= len(re.findall(r"\{admonition\} .*\n:class: dropdown", text)) <= 8
    unfolded = re.sub(r"(?ms)^(`{3,})\{admonition\}[^\n]*\n:class: dropdown.*?^\1$", "", text)
    words = sum(len(paragraph.split()) for paragraph in prose(unfolded))
    assert 1500 <= words <= 3000
    assert len(set(re.findall(r"\{cite(?::\w+)?\}`(\w+)", text))) >= 2
