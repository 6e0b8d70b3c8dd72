"""Right and wrong answers go through the marker, and score there what they should."""

from __future__ import annotations

import csv
from itertools import zip_longest
from pathlib import Path

import pytest
from submitted import answered, as_bytes
from support import thorough
from test_hidden import ANSWERS, LABS, POINTS, Answer

from coursework.grade import grade
from coursework.marking import Bundle
from coursework.sandbox.limits import Limits


def papers(stem: str, kind: str) -> list[list[Answer]]:
    """Answers to a chapter, at most one to each exercise in a paper; all, or the first paper."""
    of_exercise = [
        [a for a in ANSWERS if a.exercise == number and a.kind == kind]
        for number, (chapter, _) in POINTS.items()
        if chapter == stem
    ]
    all_papers = [[a for a in paper if a] for paper in zip_longest(*of_exercise)]
    return all_papers if thorough() else all_papers[:1]


# One chapter of each kind: formulas, a simulation, text. The others' turn is in make test-all.
FIRST = {"02_gaussian", "03_tails", "09_char_lm"}


@pytest.mark.parametrize(
    "stem",
    [pytest.param(stem, marks=[pytest.mark.thorough] * (stem not in FIRST)) for stem in LABS],
    ids=LABS,
)
def test_answers_score_in_the_marker_what_they_should(
    stem: str, released: Path, tmp_path: Path
) -> None:
    bundle = released / stem[:2] / "marking.zip"
    handout = Bundle.read(bundle).handout
    (tmp_path / "in").mkdir()
    expected = {}
    for kind in ("right", "wrong"):
        for number, paper in enumerate(papers(stem, kind)):
            notebook = answered(handout, {answer.exercise: answer.code for answer in paper})
            name = f"{kind} {number}.ipynb"
            (tmp_path / "in" / name).write_bytes(as_bytes(notebook))
            full = dict.fromkeys((n for n, (chapter, _) in POINTS.items() if chapter == stem), 0)
            for answer in paper:
                points = POINTS[answer.exercise][1]
                full[answer.exercise] = points if answer.scores is None else answer.scores
            expected[name] = full
    patient = Limits(cell=300, call=300, total=3000)  # scores, on however slow a machine
    grade(bundle, tmp_path / "in", tmp_path / "out", name_by="file", limits=patient)
    with (tmp_path / "out" / "marks.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = {row["file"]: row for row in csv.DictReader(file)}
    scored = {
        name: {number: float(rows[name][number]) for number in full}
        for name, full in expected.items()
    }
    assert scored == expected
