"""Writes what comes out of marking: a table of marks, and a page of feedback for each student."""

from __future__ import annotations

import contextlib
import csv
import difflib
import hashlib
import io
import os
import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

from coursework.notebooks import few, shortened
from coursework.submissions import BREAKS, Submission, SubmissionsError, read_table
from pipeline.exercises import Exercise

if TYPE_CHECKING:
    from coursework.marking import Bundle

Result = Mapping[str, Any]

MARKED = "marked"
OPEN = "marked, written answers open"
NOT_YET = "not marked yet"
NOTHING = "nothing handed in"

LONGEST_ANSWER = 20_000
LONGEST_WORDS = 2_000
LONGEST_CELL = 5_000
MOST_NOTES = 20
MOST_FILES = 20  # of one student, listed on the page

# What a formula begins with, as far as table programs read it so: the signs, their forms of full
# width, of small size, and the minus sign.
SIGNS = "=+\\-@＝＋－＠﹦﹢﹣﹫−"
SIGN = re.compile(rf"(?:(\w)|(?<!\s))(\s*)([{SIGNS}]+)(?=(\s|$)?)")
DEFUSED = re.compile(rf"'+(?=[{SIGNS}])")
RESERVED = re.compile(r"(?:con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])(?:\..*)?", re.IGNORECASE)
ENDS_AS_HASHED = re.compile(r"-[0-9a-f]{12}$")
NUMBER = re.compile(r"\d+(?:\.\d+)?")

WHAT_NOW = {
    "empty file": (
        "Open your notebook, save it, look at the size of the file, and hand it in again."
    ),
    "not a notebook": (
        "Hand in the notebook itself, a file whose name ends in .ipynb. In JupyterLab it is "
        "File > Download, in Colab File > Download > Download .ipynb."
    ),
    "damaged notebook": (
        "Open it in JupyterLab; if that fails too, go back to an older copy or copy your answers "
        "into a fresh handout. Then save it and hand it in again."
    ),
    "too large": (
        "Clear all outputs (in JupyterLab: Edit > Clear "
        "Outputs of All Cells), save it, and hand it in again."
    ),
    "cannot be read": (
        "Hand in the notebook itself, a file whose name ends in .ipynb, "
        "without a password and not in an archive."
    ),
    NOT_YET: "Your file is there and has not been marked yet.",
    NOTHING: "Nothing was handed in under your name. If you did hand something in, say so.",
}
ASK = "Ask the person who marks; the table of marks says the same."


class MarksError(ValueError):
    """A table of written marks is not what it must be."""


# Written marks


class Names:
    """Finds out who is meant in a table of written marks.

    Parameters
    ----------
    students : collection of str
        Everybody, by the names that are in force.
    also : mapping, optional
        Other names, such as keys, files, and what somebody was called before there was a roster,
        each with the students for whom it may stand.
    """

    def __init__(
        self, students: Collection[str], also: Mapping[str, Collection[str]] | None = None
    ) -> None:
        self.students = students
        self.exact = {student.strip(): student for student in students}
        self.exact |= {_as_cell(student).strip(): student for student in students}
        self.alike: dict[str, set[str]] = defaultdict(set)
        self.also: dict[str, set[str]] = defaultdict(set)
        for student in students:
            self.alike[_bare(student)].add(student)
        for name, whose in (also or {}).items():
            self.also[_bare(name)] |= set(whose)

    def who(self, name: str) -> set[str]:
        """The students whom a name may mean; the one who bears it now, if there is one."""
        if name in self.exact:
            return {self.exact[name]}
        return self.alike.get(_bare(name)) or self.also.get(_bare(name)) or set()

    def who_else(self, name: str) -> set[str]:
        """Others who bore the name of somebody."""
        return self.also.get(_bare(name), set()) - self.who(name)


@dataclass(frozen=True)
class Written:
    """What a written answer was given: points, or None if it is not marked yet, and words."""

    points: float | None = None
    comment: str = ""


def read_written_marks(
    path: Path,
    exercises: Sequence[Exercise],
    students: Collection[str],
    also: Mapping[str, Collection[str]] | None = None,
) -> dict[str, dict[str, Written]]:
    """Marks of written questions, by student and number of the exercise.

    The file is a CSV in UTF-8 with a column ``student`` and one for each written exercise, headed
    by its number, as in ``2.2`` or ``2.2 (of 4)``. With semicolons between columns a number may
    have a decimal comma. An empty cell means: not marked yet. A column ``2.2 comment``, which may
    be missing, holds words for the student, of one line or several.

    A row counts for the student of this name, or else for the only one for whom the name may stand
    by `also`, see `Names`. A row without marks and comments may hold any name.

    Raises
    ------
    MarksError
        One error that lists everything wrong, with line numbers.
    """
    header, rows, separator = read_table(path)
    points = {exercise.number: exercise.points for exercise in exercises if exercise.written}
    columns: dict[int, tuple[str, bool]] = {}
    student_at: int | None = None
    wrong: list[str] = []
    for at, title in enumerate(header):
        found = re.match(r"(?:exercise\s+)?(\d+\.\d+)(?:\s.*)?$", title, re.IGNORECASE)
        column = (found[1] if found else "", title.casefold().endswith(("comment", "comments")))
        if title.casefold() == "student":
            student_at = at
        elif column in columns.values():
            wrong.append(f"line 1: there are two columns {column[0]}{' comment' * column[1]}")
        elif column[0] in points:
            columns[at] = column
        elif title or any(at < len(row) and row[at] for _, row in rows):
            wrong.append(
                f"line 1: column {title!r} is no written exercise; "
                f"allowed: {', '.join(f'{n}, {n} comment' for n in points) or 'none'}"
            )
    if student_at is None:
        wrong.insert(0, "line 1: there is no column 'student'")
        rows = []
    names = Names(students, also)
    called = {row[student_at or 0] for _, row in rows if len(row) > (student_at or 0)}
    without = [s for s in students if not called & {s.strip(), _as_cell(s).strip()}]
    words = _as_typed(path, separator)
    marks: dict[str, dict[str, Written]] = {}
    line_of: dict[str, int] = {}
    unclear = False
    for line, row in rows:
        row = row + [""] * (len(header) - len(row))
        name = row[student_at or 0]
        whose = names.who(name)
        if not any(row[at] for at in columns) and not any(row[len(header) :]):
            for student in whose if len(whose) == 1 else ():
                marks.setdefault(student, {})
            continue
        whose = whose | (names.who_else(name) & set(without))
        if len(whose) != 1:
            wrong.append(f"line {line}: {_whose(name, whose, without)}")
            unclear = True
            continue
        (student,) = whose
        if student in line_of:
            before = f", in line {line_of[student]} first"
            wrong.append(f"line {line}: {student} stands there twice{before}")
        if any(row[len(header) :]):
            wrong.append(f"line {line}: more columns than the first line has")
        line_of[student] = line
        marks[student] = {}
        for at, (number, is_comment) in columns.items():
            text = row[at].replace(",", ".") if separator == ";" else row[at]
            if not text:
                continue
            given = marks[student].get(number, Written())
            if is_comment:
                comment = "\n".join(words[line][at].splitlines()).strip()
                marks[student][number] = replace(given, comment=comment)
            elif not NUMBER.fullmatch(text) or float(text) > points[number]:
                wrong.append(
                    f"line {line}, {student}, {number}: {row[at]!r} is not a number "
                    f"from 0 to {points[number]}"
                )
            else:
                marks[student][number] = replace(given, points=float(text))
    if unclear:
        free = [student for student in without if student not in marks]
        wrong.append(
            "The table is as it was. In the column 'student' write what each is called now, or "
            "empty the marks of a line that counts for nobody; names that came from a roster need "
            f"it again, with --roster. Without a line are: {', '.join(few(free, 20)) or 'none'}"
        )
    if wrong:
        raise MarksError(f"written marks: {path}\n  " + "\n  ".join(wrong))
    return marks


def _whose(name: str, whose: Collection[str], without: Sequence[str]) -> str:
    """Why a row of a table counts for nobody, and for whom it may have been meant."""
    if whose:
        return f"{name!r} may be {' or '.join(sorted(whose))}; give each a line of their own"
    near = difflib.get_close_matches(name, without, 1)
    return f"nobody is called {name!r}" + (f"; is it {near[0]!r}?" if near else "")


def _as_typed(path: Path, separator: str) -> dict[int, list[str]]:
    """The rows of a table by the number of their last line, with the line breaks in their cells."""
    text = path.read_bytes().decode("utf-8-sig")
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    return dict((reader.line_num, row) for row in reader)


# What a student scored


@dataclass
class _Row:
    """A row of the table; None stands for an empty mark."""

    student: str
    file: str
    status: str
    marks: dict[str, float | None]
    total: float | None
    out_of: int
    late_days: int
    lost: float
    notes: list[str]
    submission: Submission | None = None
    result: Result | None = None
    counts: bool = True
    comments: dict[str, str] = field(default_factory=dict)


def _result(submission: Submission, results: Mapping[str, Result]) -> Result:
    found = results.get(submission.file)
    if submission.problem and (found is None or found["status"] == MARKED):
        return {"status": submission.problem}
    return found if found is not None else {"status": NOT_YET}


def _counting(
    submissions: Iterable[Submission], results: Mapping[str, Result]
) -> dict[str, Submission]:
    """For each student the one file that has marks: the last notebook, else the last file."""

    def key(submission: Submission) -> tuple[bool, bool, datetime, str]:
        status = _result(submission, results)["status"]
        time = submission.handed_in or datetime.min
        return status == MARKED, not submission.problem, time, submission.file

    best: dict[str, Submission] = {}
    for submission in submissions:
        if submission.superseded_by is None:
            now = best.setdefault(submission.student, submission)
            if key(submission) > key(now):
                best[submission.student] = submission
    return best


def _rows(
    submissions: Sequence[Submission],
    results: Mapping[str, Result],
    exercises: Sequence[Exercise],
    written: Mapping[str, Mapping[str, Written]],
    missing: Iterable[str],
    late_penalty: float,
) -> list[_Row]:
    counting = _counting(submissions, results)
    out_of = sum(exercise.points for exercise in exercises)
    rows = []
    for submission in submissions:
        result = _result(submission, results)
        notes = few([*submission.notes, *result.get("notes", ())], MOST_NOTES)
        empty: dict[str, float | None] = {exercise.number: None for exercise in exercises}
        row = _Row(
            submission.student,
            submission.file,
            result["status"],
            empty,
            None,
            out_of,
            submission.late_days,
            0.0,
            notes,
            submission,
            result,
        )
        counted = counting.get(submission.student)
        if submission.superseded_by is not None:
            row.status, row.counts = f"superseded by {submission.superseded_by}", False
        elif counted is not submission and counted is not None:
            row.counts = False
            row.notes.append(f"{counted.file} counts instead.")
        elif row.status != NOT_YET:
            _add_marks(row, exercises, written.get(submission.student, {}), late_penalty)
        rows.append(row)
    for student in missing:
        row = _Row(student, "", NOTHING, {}, None, out_of, 0, 0.0, [])
        _add_marks(row, exercises, written.get(student, {}), 0.0)
        rows.append(row)
    return sorted(rows, key=lambda row: (row.student.casefold(), row.student, row.file))


def _add_marks(
    row: _Row, exercises: Sequence[Exercise], written: Mapping[str, Written], late_penalty: float
) -> None:
    result = row.result or {}
    automatic = result.get("exercises", {})
    answers = result.get("written", {})
    for exercise in exercises:
        number = exercise.number
        given = written.get(number, Written())
        if exercise.written and given.comment:
            row.comments[number] = given.comment
        if not exercise.written:
            row.marks[number] = float(automatic.get(number, {}).get("points", 0))
        elif given.points is not None:
            row.marks[number] = given.points
        else:
            row.marks[number] = None if answers.get(number, "").strip() else 0.0
    if row.status == MARKED and None in row.marks.values():
        row.status = OPEN
    total = sum(mark for mark in row.marks.values() if mark is not None)
    row.lost = total * min(1.0, late_penalty / 100 * row.late_days)
    row.total = total - row.lost
    if late_penalty and row.late_days:
        percent = min(100.0, late_penalty * row.late_days)
        row.notes.append(
            f"Late by {_count(row.late_days, 'day')}: {_count(row.lost, 'point')} taken off, "
            f"{_number(percent)} per cent of {_number(total)}."
        )


def _number(value: float) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".")


def _count(value: float, noun: str) -> str:
    return f"{_number(value)} {noun}{'' if value == 1 else 's'}"


# The table


def _one_line(text: str) -> str:
    """Text without what breaks a line, a table or an encoding."""
    text = text.encode("utf-8", "replace").decode("utf-8")
    return BREAKS.sub(" ", text)


def _as_cell(text: str) -> str:
    """Text that no table program takes for a formula, whatever it splits cells at.

    A sign that does not follow a word gets an apostrophe before it: after a comma, a semicolon, a
    tab, a quote or a space a program may begin a cell. A sign alone between two words, as in
    ``Lab 2 - Ada``, is no formula. Two texts that differ stay different.
    """
    return SIGN.sub(_defused, _one_line(shortened(text, LONGEST_CELL)))


def _defused(sign: re.Match[str]) -> str:
    word, space, signs, after = sign.groups()
    alone = not space or after is not None
    return sign[0] if word and alone else f"{word or ''}{space}'{signs}"


def _bare(text: str) -> str:
    """A text by which two are the same that differ only in being defused."""
    return DEFUSED.sub("", _one_line(text)).strip()


def _write_atomically(path: Path, text: str, encoding: str = "utf-8") -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    half = path.with_name(f".{os.getpid()}-{hashlib.sha256(path.name.encode()).hexdigest()[:16]}")
    try:
        half.write_bytes(text.encode(encoding, "replace"))
        os.replace(half, path)
    finally:
        half.unlink(missing_ok=True)


def _csv(rows: Iterable[Sequence[str]], separator: str = ",") -> str:
    table = io.StringIO(newline="")
    csv.writer(table, delimiter=separator).writerows(rows)
    return table.getvalue()


def _table(rows: Sequence[_Row], exercises: Sequence[Exercise]) -> str:
    numbers = [exercise.number for exercise in exercises]
    lines = [["student", "file", *numbers, "total", "out of", "status", "late days", "notes"]]
    for row in rows:
        marks = [row.marks.get(number) for number in numbers]
        lines.append(
            [
                _as_cell(row.student),
                _as_cell(row.file),
                *("" if mark is None else _number(mark) for mark in marks),
                "" if row.total is None else _number(row.total),
                str(row.out_of),
                _as_cell(row.status),
                str(row.late_days),
                _as_cell(" ".join(row.notes)),
            ]
        )
    return _csv(lines)


# Names of pages


def feedback_names(students: Iterable[str]) -> dict[str, str]:
    """The file name of each student's page, without ending, safe on every system.

    Letters, digits, spaces, dots and hyphens stay, all else becomes a hyphen, and what is longer
    than 60 characters or 180 bytes is cut. A name that was changed by this, or that differs from
    another student's only in upper and lower case, ends with twelve digits that depend on the
    student's full name alone.
    """
    students = list(dict.fromkeys(students))
    plain = {}
    for student in students:
        name = unicodedata.normalize("NFC", _one_line(student))
        name = re.sub(r"[^\w. -]+", "-", name)[:60]
        name = name.encode()[:180].decode("utf-8", "ignore").strip("-. _")
        plain[student] = "student" if not name or RESERVED.fullmatch(name) else name
    taken = Counter(name.casefold() for name in plain.values())
    names = {}
    for student, name in plain.items():
        if name != student or taken[name.casefold()] > 1 or ENDS_AS_HASHED.search(name):
            digest = hashlib.sha256(student.encode("utf-8", "surrogatepass")).hexdigest()
            name = f"{name}-{digest[:12]}"
        names[student] = name
    return names


# Pages

STYLE = """
:root { color-scheme: light dark; --ink: #1c1c1c; --soft: #565656; --page: #fff; --card: #f5f5f3;
  --line: #d4d4d0; --good: #17692f; --open: #9a3b00; }
@media (prefers-color-scheme: dark) { :root { --ink: #e9e9e6; --soft: #b1b1ac; --page: #16181b;
  --card: #20242a; --line: #3d434b; --good: #6fd68c; --open: #ffb27d; } }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 46rem; padding: 1.5rem 1rem 4rem; background: var(--page);
  color: var(--ink); font: 1rem/1.55 system-ui, sans-serif; overflow-wrap: anywhere; }
h1 { margin: 0; font-size: 1.6rem; line-height: 1.25; }
h2 { margin: 0; font-size: 1.1rem; line-height: 1.35; }
h3 { margin: 1.25rem 0 .25rem; font-size: 1rem; }
p { margin: .5rem 0; }
.total { font-size: 1.25rem; }
.soft, .points { color: var(--soft); }
.points, .total b { font-variant-numeric: tabular-nums; white-space: nowrap; }
section { margin: 1.25rem 0; padding: .9rem 1rem; background: var(--card);
  border: 1px solid var(--line); border-radius: .5rem; }
.head { display: flex; flex-wrap: wrap; gap: .2rem .75rem; align-items: baseline;
  justify-content: space-between; }
ul.tests { margin: .6rem 0 0; padding: 0; list-style: none; }
ul.tests li { display: grid; grid-template-columns: 1rem minmax(0, 1fr) auto; gap: 0 .6rem;
  padding: .45rem 0; border-top: 1px solid var(--line); }
.mark { font-weight: 700; }
.good { color: var(--good); }
.open { color: var(--open); }
.words { grid-column: 2 / -1; margin: .25rem 0 0; white-space: pre-wrap; }
.answer { margin: .6rem 0 0; padding: .6rem .8rem; border-left: 3px solid var(--line);
  background: var(--page); white-space: pre-wrap; }
details { margin: .6rem 0; }
summary { cursor: pointer; color: var(--soft); }
"""


# A page carries a digest of its name and its text, so that the marker knows its own pages again:
# one that a teacher has written, changed or copied to another name is never removed.
SEAL = '<meta name="generator" content="coursework {}">'
SEALED = re.compile(SEAL.format("([0-9a-f]{64})"))


def _sealed(name: str, page: str) -> str:
    name = unicodedata.normalize("NFC", name)
    digest = hashlib.sha256(f"{name}\n{page}".encode("utf-8", "replace")).hexdigest()
    return page.replace(SEAL.format(""), SEAL.format(digest), 1)


def _is_ours(path: Path) -> bool:
    """Whether the marker wrote this page, under this name, and nobody has changed it since."""
    try:
        page = path.read_bytes().decode("utf-8") if path.is_file() else ""
    except (OSError, UnicodeDecodeError):
        return False
    found = SEALED.search(page)
    return found is not None and page == _sealed(path.name, SEALED.sub(SEAL.format(""), page, 1))


def _write_page(path: Path, page: str) -> None:
    _write_atomically(path, _sealed(path.name, page))


def _remove_page(path: Path) -> None:
    if not path.is_symlink() and _is_ours(path):
        with contextlib.suppress(OSError):
            path.unlink()


def _text(text: str, longest: int = LONGEST_WORDS) -> str:
    """Anybody's text as HTML, without control characters."""
    text = shortened(text, longest).encode("utf-8", "replace").decode("utf-8")
    kept = (c for c in text if c in "\n\t" or unicodedata.category(c) != "Cc")
    return escape("".join(c for c in kept if ord(c) & 0xFFFE != 0xFFFE))


def _page(title: str, body: Iterable[str]) -> str:
    return "\n".join(
        [
            "<!DOCTYPE html>",
            '<html lang="en">',
            "<head>",
            '<meta charset="utf-8">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            '<meta name="robots" content="noindex">',
            SEAL.format(""),
            '<meta http-equiv="Content-Security-Policy"'
            " content=\"default-src 'none'; style-src 'unsafe-inline'\">",
            f"<title>{_text(title)}</title>",
            f"<style>{STYLE}</style>",
            "</head>",
            "<body>",
            *body,
            "</body>",
            "</html>",
            "",
        ]
    )


def _test(test: Mapping[str, Any]) -> str:
    name, points = _text(test["name"]), f"{_number(test['points'])} of {_number(test['of'])}"
    if test["passed"]:
        mark, words = '<span class="mark good" role="img" aria-label="right">✓</span>', ""
    else:
        mark = '<span class="mark open" role="img" aria-label="not right yet">✗</span>'
        said = _text(test["words"] or "Not right yet.")
        words = f'<p class="words" dir="auto">{said}</p>'
    return f'<li>{mark}<span>{name}</span><span class="points">{points}</span>{words}</li>'


def _exercise(exercise: Exercise, row: _Row) -> Iterable[str]:
    mark = row.marks.get(exercise.number)
    points = f"{NOT_YET}, {exercise.points}" if mark is None else f"{_number(mark)} of "
    points = f"{points}{'' if mark is None else _number(exercise.points)}"
    noun = "point" if exercise.points == 1 else "points"
    yield "<section>"
    yield '<div class="head">'
    yield f"<h2>Exercise {_text(exercise.number)} · {_text(exercise.title)}</h2>"
    yield f'<span class="points">{points} {noun}</span>'
    yield "</div>"
    result = row.result or {}
    if exercise.written:
        if comment := row.comments.get(exercise.number):
            said = _text(comment, LONGEST_ANSWER)
            yield f'<p class="words" dir="auto"><b>Comment:</b> {said}</p>'
        answer = result.get("written", {}).get(exercise.number, "").strip()
        if answer:
            yield f'<div class="answer" dir="auto">{_text(answer, LONGEST_ANSWER)}</div>'
        else:
            yield '<p class="soft">No answer was found under this exercise.</p>'
    else:
        tests = result.get("exercises", {}).get(exercise.number, {}).get("tests", ())
        if tests:
            yield '<ul class="tests">'
            yield from (_test(test) for test in tests)
            yield "</ul>"
        else:
            yield '<p class="soft">Nothing could be tested here.</p>'
    yield "</section>"


def _feedback(student: str, rows: Sequence[_Row], exercises: Sequence[Exercise], title: str) -> str:
    """The page of one student, from all rows with that name; one of them counts."""
    row = next(row for row in rows if row.counts)
    body = [f'<p class="soft">{_text(title)}</p>', f'<h1 dir="auto">{_text(student)}</h1>']
    readable = row.status in (MARKED, OPEN)
    if row.total is not None:
        unmarked = [e.points for e in exercises if row.marks.get(e.number) is None]
        is_open = row.status == OPEN
        out_of = f"the {row.out_of - sum(unmarked)}" if is_open else row.out_of
        so_far = " marked so far" if is_open else ""
        total = f"<b>{_number(row.total)} of {out_of}</b> points{so_far}"
        body.append(f'<p class="total">{total}</p>')
    if row.status == OPEN:
        body.append(
            f'<p class="soft">Written answers worth {_count(sum(unmarked), "point")} '
            "are not marked yet.</p>"
        )
    if not readable:
        said = (
            "" if row.status in (NOT_YET, NOTHING) else f"<b>Not marked: {_text(row.status)}.</b> "
        )
        body.append(f"<p>{said}{_text(WHAT_NOW.get(row.status, ASK))}</p>")
    if row.file:
        body.append(f'<p class="soft">Your file: <bdi>{_text(row.file)}</bdi></p>')
    if row.notes:
        body.append("<h3>Notes</h3>")
        body.append("<ul>" + "".join(f"<li>{_text(note)}</li>" for note in row.notes) + "</ul>")
    others = [other for other in rows if other is not row]
    if others:
        body.append("<h3>Your other files</h3>")
        items = []
        for other in others[:MOST_FILES]:
            why = "an earlier one" if other.status.startswith("superseded") else other.status
            items.append(f"<li><bdi>{_text(other.file)}</bdi>: {_text(why)}</li>")
        if len(others) > MOST_FILES:
            items.append(f"<li>and {len(others) - MOST_FILES:,} more</li>")
        body.append("<ul>" + "".join(items) + "</ul>")
    for exercise in exercises:
        if readable or exercise.number in row.comments:
            body += _exercise(exercise, row)
    return _page(f"{student} · {title}", body)


def _written_page(
    rows: Sequence[_Row], exercises: Sequence[Exercise], title: str, bundle: Bundle | None
) -> str:
    """All written answers, one exercise after the other, for the person who marks them."""
    body = [f'<p class="soft">{_text(title)}</p>', "<h1>Written answers</h1>"]
    for exercise in exercises:
        if not exercise.written:
            continue
        number = exercise.number
        body.append(
            f"<section><h2>Exercise {_text(number)} · {_text(exercise.title)}</h2>"
            f'<p class="soft">{_count(exercise.points, "point")}</p>'
        )
        if bundle:
            for summary, text in (
                ("The question", bundle.question(number)),
                ("Model answer and rubric", bundle.rubric(number)),
            ):
                if text:
                    body.append(
                        f"<details><summary>{summary}</summary>"
                        f'<div class="answer">{_text(text, LONGEST_ANSWER)}</div></details>'
                    )
        none = []
        for row in rows:
            if row.result is None or row.status not in (MARKED, OPEN):
                continue
            answer = row.result.get("written", {}).get(number, "").strip()
            if not answer:
                none.append(row.student)
                continue
            mark = row.marks.get(number)
            said = NOT_YET if mark is None else _count(mark, "point")
            body.append(
                f'<h3><bdi>{_text(row.student)}</bdi> <span class="points">{said}</span></h3>'
                f'<div class="answer" dir="auto">{_text(answer, LONGEST_ANSWER)}</div>'
            )
        if none:
            names = ", ".join(f"<bdi>{_text(name)}</bdi>" for name in none)
            body.append(f'<p class="soft">No answer was found from: {names}.</p>')
        body.append("</section>")
    return _page(f"Written answers · {title}", body)


def write(
    out: Path,
    submissions: Sequence[Submission],
    results: Mapping[str, Result],
    exercises: Sequence[Exercise],
    written: Mapping[str, Mapping[str, Written]] | None = None,
    missing: Iterable[str] = (),
    late_penalty: float = 0.0,
    bundle: Bundle | None = None,
    also: Mapping[str, Collection[str]] | None = None,
) -> None:
    """Write the marks, and the pages for students and for the person who marks.

    ``marks.csv`` has a row for each submission and each missing student, sorted by student, and
    begins with a byte order mark, without which Excel takes UTF-8 for another encoding.

    - One file of a student has marks: the notebook that counts, else the last file. All other
      rows of that student have none, so that every student is in the sums once.
    - A file that was superseded has the status "superseded by" and the name of the other.
    - What cannot be read, and a missing student, score 0 in every exercise, unless `written` says
      otherwise; what is "not marked yet" has no marks.
    - A written answer without a mark has an empty cell, and the status says "written answers
      open"; where no answer was found the mark is 0.
    - Each late day begun costs `late_penalty` per cent of the student's points, at most all.
    - What a table program might take for a formula, at whatever it splits the line, has an
      apostrophe before it. Long texts are cut.

    ``feedback/`` has a page for each student, with the comments on written answers. A page of an
    earlier run whose student is gone is removed, unless somebody has changed or renamed it.
    ``written.html`` has all written answers, below the questions and rubrics of `bundle`, and
    ``written_marks.csv`` is the table to fill in for them: what is in it stays, and new students
    get a row at its end.
    Every file is replaced as a whole or not at all.

    Parameters
    ----------
    out : Path
        The folder; made if it is not there.
    submissions : sequence of Submission
        As `coursework.submissions.collect` returns them.
    results : mapping
        What marking returned, by the submission's `file`.
    exercises : sequence of Exercise
        All exercises of the chapter.
    written : mapping, optional
        What `read_written_marks` returned.
    missing : iterable of str
        Students on the roster who handed in nothing.
    late_penalty : float
        Per cent of the points for each late day begun, from 0 to 100.
    bundle : Bundle, optional
        The marking bundle, which gives the pages their title.
    also : mapping, optional
        Other names of students in ``written_marks.csv``, see `Names`.

    Raises
    ------
    ValueError
        If `late_penalty` is out of range.
    """
    if not 0 <= late_penalty <= 100:
        raise ValueError(f"late_penalty must be from 0 to 100 per cent, got {late_penalty}")
    rows = _rows(submissions, results, exercises, written or {}, missing, late_penalty)
    _write_atomically(out / "marks.csv", _table(rows, exercises), "utf-8-sig")

    of_student: dict[str, list[_Row]] = defaultdict(list)
    for row in rows:
        of_student[row.student].append(row)
    names = feedback_names(of_student)
    title = bundle.title() if bundle else ""
    if not title:
        title = f"Exercises {exercises[0].number.partition('.')[0]}" if exercises else "Exercises"
    for student, own in of_student.items():
        page = out / "feedback" / f"{names[student]}.html"
        _write_page(page, _feedback(student, own, exercises, title))
    kept = {unicodedata.normalize("NFC", f"{name}.html") for name in names.values()}
    for page in (out / "feedback").glob("*.html"):
        if unicodedata.normalize("NFC", page.name) not in kept:
            _remove_page(page)

    questions = [exercise for exercise in exercises if exercise.written]
    if questions:
        _write_page(out / "written.html", _written_page(rows, exercises, title, bundle))
        students = [student for student, own in of_student.items() if own[0].submission]
        _fill_template(out / "written_marks.csv", students, questions, Names(names, also))
    else:
        _remove_page(out / "written.html")


def _fill_template(
    path: Path, students: Sequence[str], questions: Sequence[Exercise], names: Names
) -> None:
    """The table for written marks, or in the one that is there a row for each new student."""
    if not path.exists():
        header = ["student"]
        for e in questions:
            header += [f"{e.number} (of {e.points})", f"{e.number} comment"]
        lines = [header, *([_as_cell(s), *[""] * (len(header) - 1)] for s in students)]
        _write_atomically(path, _csv(lines), "utf-8-sig")
        return
    try:
        header, rows, separator = read_table(path)
        titles = [title.casefold() for title in header]
    except SubmissionsError:
        return  # reading it as marks says what is wrong with it
    if "student" not in titles:
        return
    at = titles.index("student")
    there: set[str] = set()
    for _, row in rows:
        if len(row) > at and row[at]:
            there |= names.who(row[at])
            if any(row[:at] + row[at + 1 :]):  # typed when somebody else bore the name, perhaps
                there |= names.who_else(row[at])
    new = [student for student in students if student not in there]
    if new:
        before = path.read_bytes().decode("utf-8-sig")
        lines = [["" if n != at else _as_cell(s) for n in range(len(header))] for s in new]
        more = _csv(lines, separator)
        _write_atomically(path, before.rstrip("\r\n") + "\r\n" + more, "utf-8-sig")
