"""The hidden tests, without the marker around them: what each answer scores, whatever the secret.

``answers/NN_stem.py`` holds answers to each exercise in blocks that begin ``# %% 2.1 right: how``
or ``# %% 2.1 wrong: what, scores 1``.
"""

from __future__ import annotations

import contextlib
import io
import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import nbformat
import numpy as np
import pytest
from nbformat import NotebookNode
from support import thorough

from coursework.prelude import Answers, NotYet, draw, tell
from coursework.release import HiddenTest, hidden_tests
from pipeline import labs
from pipeline.exercises import exercises
from pipeline.handout import handout, solution
from pipeline.names import bound

ROOT = Path(__file__).resolve().parents[2]
HIDDEN = ROOT / "coursework" / "hidden"
BLOCK = re.compile(r"^# %% (\d+\.\d+) (right|wrong): (.+?)(?:, scores (\d+))?$", re.MULTILINE)
SECRETS = 20  # tried for each answer in make test-all; in make test as many as fit into
SECONDS = 0.25  # for each answer, but at least two
TWICE = re.compile(r"(?<![\d.])(-?[\d.]+(?:e[+-]?\d+)?),? not \1(?![\d.]*\d)")  # 2, not 2

# A wrong answer may well take the logarithm of something negative.
pytestmark = pytest.mark.filterwarnings("ignore::RuntimeWarning")

Hidden = list[tuple[HiddenTest, Callable[..., None]]]


@dataclass(frozen=True)
class Answer:
    """An answer to an exercise and what it must score."""

    exercise: str
    kind: str
    what: str
    code: str
    scores: int | None

    def __str__(self) -> str:
        return f"{self.exercise} {self.kind}: {self.what}"


def parse(path: Path) -> list[Answer]:
    head, *parts = BLOCK.split(path.read_text("utf-8"))
    assert "%%" not in head
    blocks = [parts[i : i + 5] for i in range(0, len(parts), 5)]
    return [
        Answer(number, kind, what, code, int(scores) if scores else None)
        for number, kind, what, scores, code in blocks
    ]


LABS = {path.stem: path for path in labs.labs()}
POINTS = {
    exercise.number: (stem, exercise.points)
    for stem, path in LABS.items()
    for exercise in exercises(nbformat.read(path, as_version=4))
    if not exercise.written
}
ANSWERS = [a for stem in LABS for a in parse(ROOT / f"tests/coursework/answers/{stem}.py")]
RIGHT = [a for a in ANSWERS if a.kind == "right"]
LONG = ("2.4", "4.4", "7.3")  # exercises whose check takes seconds
each_exercise = pytest.mark.parametrize("number", POINTS)


@cache
def hidden(stem: str) -> Hidden:
    """The hidden tests of a chapter and their functions."""
    source = (HIDDEN / f"{stem}.py").read_text("utf-8")
    names: dict[str, Any] = {"__name__": stem}
    exec(compile(source, stem, "exec"), names)
    return [(test, names[test.function]) for test in hidden_tests(source, stem)]


def of_exercise(number: str) -> Hidden:
    return [pair for pair in hidden(POINTS[number][0]) if pair[0].exercise == number]


def cells(notebook: NotebookNode, tag: str | None) -> dict[str, str]:
    """Code cells with this tag, or without any."""
    return {
        cell.id: cell.source
        for cell in notebook.cells
        if cell.cell_type == "code" and cell.metadata.get("tags", []) == ([tag] if tag else [])
    }


@cache
def given(stem: str) -> dict[str, Any]:
    """What the handout imports and defines."""
    names: dict[str, Any] = {"__name__": "__main__"}
    for source in cells(handout(nbformat.read(LABS[stem], as_version=4)), None).values():
        exec(source, names)
    return names


def single(value: Any) -> Any:
    """Numbers with decimals in single precision."""
    found = np.asarray(value)
    return np.float32(found)[()] if found.dtype.kind == "f" else value


def tuples(value: Any) -> Any:
    """Nested lists as nested tuples."""
    return tuple(map(tuples, value)) if isinstance(value, list) else value


FORMS: dict[str, Callable[[Any], Any]] = {
    "in single precision": single,
    "in Python's numbers and lists": lambda value: np.asarray(value).tolist(),
    "in tuples": lambda value: tuples(np.asarray(value).tolist()),
    "in arrays": np.asarray,
    "in arrays of one dimension or more": np.atleast_1d,
}


IN_SHORT = ("in single precision",)


def formed(value: Any, form: str) -> Any:
    """Data in another form, and functions that return it, of which nobody knows the parameters."""
    if callable(value):
        return lambda *given: formed(value(*given), form)
    if isinstance(value, tuple | list) and any(np.ndim(item) for item in value):
        return type(value)(formed(item, form) for item in value)
    data = isinstance(value, int | float | np.generic | np.ndarray | tuple | list)
    return FORMS[form](value) if data else value


@cache
def defined(number: str, code: str, form: str = "") -> dict[str, Any]:
    """The names of a notebook in which `code` answers an exercise."""
    names = dict(given(POINTS[number][0]))
    exec(compile(code, f"an answer to {number}", "exec"), names)
    if not form:
        return names
    return names | {name: formed(names[name], form) for name in bound(code)}


def answers(number: str, code: str, form: str = "") -> Answers:
    return Answers(defined(number, code, form))


def cell_of(number: str, notebook: NotebookNode, place: int = 1) -> str:
    """The answer cell of an exercise, or the second behind its heading, which is its check."""
    heading = f"### Exercise {number} "
    headings = [i for i, c in enumerate(notebook.cells) if c.source.startswith(heading)]
    return notebook.cells[headings[0] + place].source


def solution_of(number: str) -> str:
    stem, _ = POINTS[number]
    return cell_of(number, solution(nbformat.read(LABS[stem], as_version=4)))


@cache
def marked(number: str, code: str, secret: int, form: str = "") -> dict[str, str | None]:
    """For each test of an exercise the words with which it failed, None if it passed."""
    told: dict[str, str | None] = {}
    for test, function in of_exercise(number):
        told[test.function] = None
        try:
            function(answers(number, code, form), draw(f"{secret:032x}", test.function), tell)
        except NotYet as words:
            told[test.function] = str(words)
    return told


def checked(number: str, code: str, form: str = "") -> str:
    """What the check that the student sees says of an answer."""
    lab = handout(nbformat.read(LABS[POINTS[number][0]], as_version=4))
    with contextlib.redirect_stdout(io.StringIO()) as said:
        exec(cell_of(number, lab, 2), dict(defined(number, code, form)))
    return said.getvalue().strip()


def assert_scores(number: str, code: str, expected: int) -> None:
    """An answer scores this under every secret, and what fails says why."""
    answers(number, code)  # not timed: the definitions of the handout
    start = time.process_time()
    for secret in range(SECRETS):
        if secret >= 2 and time.process_time() - start > SECONDS and not thorough():
            break
        told = marked(number, code, secret)
        score = sum(test.points for test, _ in of_exercise(number) if told[test.function] is None)
        said = {name: words for name, words in told.items() if words is not None}
        assert score == expected, f"secret {secret}: {score} of {expected} points: {said}"
        for name, words in said.items():
            assert len(words.split()) >= 3, f"{name} says {words!r}"
            assert "nan" not in words.split(), f"{name} says {words!r}"
            assert not TWICE.search(words), f"{name} says {words!r}"


@each_exercise
def test_the_solution_scores_full(number: str) -> None:
    assert_scores(number, solution_of(number), POINTS[number][1])
    assert "right, as far as" in checked(number, solution_of(number))


# In single precision the answer to 7.3 is another temperature, for which the loops run again.
@pytest.mark.parametrize(
    ("number", "form"),
    [
        pytest.param(number, form, marks=[pytest.mark.thorough] * (form not in IN_SHORT))
        for number in POINTS
        for form in FORMS
        if (number, form) != ("7.3", "in single precision")
    ],
)
def test_numbers_may_come_in_any_form(number: str, form: str) -> None:
    code = solution_of(number)
    assert set(marked(number, code, 0, form).values()) == {None}
    assert "right, as far as" in checked(number, code, form)


@each_exercise
def test_the_untouched_stub_scores_nothing(number: str) -> None:
    stem, _ = POINTS[number]
    stub = cell_of(number, handout(nbformat.read(LABS[stem], as_version=4)))
    assert_scores(number, stub, 0)


@pytest.mark.parametrize("answer", RIGHT, ids=str)
def test_a_right_answer_scores_full(answer: Answer) -> None:
    assert answer.scores is None
    assert_scores(answer.exercise, answer.code, POINTS[answer.exercise][1])


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(a, id=str(a), marks=[pytest.mark.thorough] * (a.exercise in LONG))
        for a in RIGHT
    ],
)
def test_the_check_calls_a_right_answer_right(answer: Answer) -> None:
    assert "right, as far as" in checked(answer.exercise, answer.code)


@pytest.mark.parametrize("answer", [a for a in ANSWERS if a.kind == "wrong"], ids=str)
def test_a_wrong_answer_loses_what_it_should(answer: Answer) -> None:
    assert answer.scores is not None and answer.scores < POINTS[answer.exercise][1]
    assert_scores(answer.exercise, answer.code, answer.scores)


@each_exercise
def test_there_are_enough_answers(number: str) -> None:
    kinds = [answer.kind for answer in ANSWERS if answer.exercise == number]
    assert kinds.count("right") >= 2 and kinds.count("wrong") >= 4


def test_every_answer_is_to_an_exercise_that_is_marked() -> None:
    assert {answer.exercise for answer in ANSWERS} == set(POINTS)


@each_exercise
def test_points_add_up_and_no_test_is_without_effect(number: str) -> None:
    tests = of_exercise(number)
    assert sum(test.points for test, _ in tests) == POINTS[number][1]
    assert 2 <= len(tests) <= 5
    lost = {
        name
        for answer in ANSWERS
        if answer.exercise == number and answer.kind == "wrong"
        for name, words in marked(number, answer.code, 0).items()
        if words is not None
    }
    assert lost == {test.function for test, _ in tests}, "a test that no wrong answer fails"


@pytest.mark.parametrize("stem", LABS)
def test_hidden_tests_say_what_is_right_in_a_sentence(stem: str) -> None:
    tests = [test for test, _ in hidden(stem)]
    assert {test.exercise for test in tests} <= set(POINTS)
    assert len({test.sentence for test in tests}) == len(tests)
    for test in tests:
        assert test.sentence.endswith(".") and "\n" not in test.sentence
