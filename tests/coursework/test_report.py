"""Marks and feedback say what happened, to every student, and carry no harm from any."""

from __future__ import annotations

import csv
import re
import unicodedata
from collections.abc import Sequence
from datetime import datetime
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from nbformat.v4 import new_markdown_cell, new_notebook

from coursework import report
from coursework.marking import Bundle
from coursework.report import MarksError, Written, feedback_names, read_written_marks, write
from coursework.submissions import Submission, SubmissionsError
from pipeline.exercises import Exercise

EXERCISES = [
    Exercise("2.1", "How long?", 3, False),
    Exercise("2.2", "A bug?", 4, True),
    Exercise("2.3", "Try", 1, False),
]


def result(
    points: float = 2.0, answer: str = "No bug.", words: str = "Look at the sign.", **more: Any
) -> dict[str, Any]:
    tests = [
        {"name": "It is a float.", "points": 1, "of": 1, "passed": True, "words": ""},
        {"name": "It is right.", "points": 0, "of": 2, "passed": False, "words": words},
    ]
    return {
        "status": "marked",
        "notes": [],
        "exercises": {
            "2.1": {"points": points, "of": 3, "tests": tests},
            "2.3": {"points": 0, "of": 1, "tests": []},
        },
        "written": {"2.2": answer},
        "seconds": 0.5,
        **more,
    }


def table(out: Path) -> list[dict[str, str]]:
    with (out / "marks.csv").open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def page(out: Path, student: str) -> str:
    return (out / "feedback" / f"{feedback_names([student])[student]}.html").read_text("utf-8")


class Reader(HTMLParser):
    """What a page says and which elements it has."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.said: list[str] = []
        self.tags: list[str] = []
        self.open: list[str] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        self.tags.append(tag)
        if tag != "meta":
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] != "style":
            self.said.append(data)

    @property
    def text(self) -> str:
        return re.sub(r"\s+", " ", "".join(self.said))


# The table


def test_a_marked_submission(tmp_path: Path) -> None:
    write(tmp_path, [Submission("a.ipynb", "Ada")], {"a.ipynb": result(2.005)}, EXERCISES)
    assert table(tmp_path) == [
        {
            "student": "Ada",
            "file": "a.ipynb",
            "2.1": "2",
            "2.2": "",
            "2.3": "0",
            "total": "2",
            "out of": "8",
            "status": "marked, written answers open",
            "late days": "0",
            "notes": "",
        }
    ]


def test_written_marks_are_added(tmp_path: Path) -> None:
    written = {"Ada": {"2.2": Written(3.25)}}
    write(tmp_path, [Submission("a", "Ada")], {"a": result(1.5)}, EXERCISES, written)
    (row,) = table(tmp_path)
    assert (row["2.2"], row["total"], row["status"]) == ("3.25", "4.75", "marked")


def test_no_answer_is_not_open(tmp_path: Path) -> None:
    files = [Submission("a", "Ada"), Submission("b", "Bob")]
    results = {"a": result(answer=" \n"), "b": result(answer="")}
    write(tmp_path, files, results, EXERCISES, {"Bob": {"2.2": Written(1)}})
    ada, bob = table(tmp_path)
    assert (ada["2.2"], ada["status"]) == ("0", "marked")
    assert (bob["2.2"], bob["total"]) == ("1", "3")


def test_every_state_has_its_row(tmp_path: Path) -> None:
    files = [
        Submission("cy/new.ipynb", "cy"),
        Submission("cy/old.ipynb", "cy", superseded_by="cy/new.ipynb"),
        Submission("cy/a.pdf", "cy", problem="not a notebook", notes=["It is a PDF."]),
        Submission("Bob.pdf", "Bob", problem="not a notebook"),
        Submission("dan.ipynb", "dan"),
        Submission("eve.ipynb", "eve"),
    ]
    results = {
        "cy/new.ipynb": result(),
        "cy/a.pdf": {"status": "not a notebook"},
        "dan.ipynb": {"status": "not marked yet", "exercises": {}, "written": {}, "notes": []},
        "eve.ipynb": {"status": "marker stopped", "exercises": {}, "written": {}, "notes": []},
    }
    write(tmp_path, files, results, EXERCISES, missing=["Ada"])
    found = [
        (r["student"], r["file"], r["2.1"], r["2.2"], r["total"], r["status"])
        for r in table(tmp_path)
    ]
    assert found == [
        ("Ada", "", "0", "0", "0", "nothing handed in"),
        ("Bob", "Bob.pdf", "0", "0", "0", "not a notebook"),
        ("cy", "cy/a.pdf", "", "", "", "not a notebook"),
        ("cy", "cy/new.ipynb", "2", "", "2", "marked, written answers open"),
        ("cy", "cy/old.ipynb", "", "", "", "superseded by cy/new.ipynb"),
        ("dan", "dan.ipynb", "", "", "", "not marked yet"),
        ("eve", "eve.ipynb", "0", "0", "0", "marker stopped"),
    ]  # fmt: skip
    assert "cy/new.ipynb counts instead." in table(tmp_path)[2]["notes"]


def test_a_submission_without_a_result_is_not_marked_yet(tmp_path: Path) -> None:
    write(tmp_path, [Submission("a", "Ada")], {}, EXERCISES)
    (row,) = table(tmp_path)
    assert (row["status"], row["total"], row["2.1"]) == ("not marked yet", "", "")


def test_of_unreadable_files_the_last_one_has_the_zero(tmp_path: Path) -> None:
    files = [
        Submission(name, "Ada", handed_in=datetime(2026, 11, day), problem="not a notebook")
        for name, day in (("x.pdf", 20), ("y.pdf", 22), ("z.pdf", 21))
    ]
    write(tmp_path, files, {}, EXERCISES, {"Ada": {"2.2": Written(4)}})
    assert [row["total"] for row in table(tmp_path)] == ["", "4", ""]


@pytest.mark.parametrize(
    ("penalty", "days", "total", "said"),
    [
        (0, 3, "6", ""),
        (10, 1, "5.4", "Late by 1 day: 0.6 points taken off, 10 per cent of 6."),
        (10, 3, "4.2", "Late by 3 days: 1.8 points taken off, 30 per cent of 6."),
        (12.5, 1, "5.25", "12.5 per cent"),
        (10, 11, "0", "6 points taken off, 100 per cent of 6."),
        (100, 2, "0", "100 per cent"),
    ],
)
def test_late_days_cost_what_is_stated(
    tmp_path: Path, penalty: float, days: int, total: str, said: str
) -> None:
    files = [Submission("a", "Ada", late_days=days)]
    written = {"Ada": {"2.2": Written(4)}}
    write(tmp_path, files, {"a": result()}, EXERCISES, written, (), penalty)
    (row,) = table(tmp_path)
    assert (row["total"], row["late days"], row["2.1"]) == (total, str(days), "2")
    assert said in row["notes"] and bool(row["notes"]) == bool(penalty)


@pytest.mark.parametrize("penalty", [-1, 101, float("nan")])
def test_an_impossible_penalty_is_told(tmp_path: Path, penalty: float) -> None:
    with pytest.raises(ValueError, match="late_penalty must be from 0 to 100"):
        write(tmp_path, [], {}, EXERCISES, late_penalty=penalty)


def test_spreadsheets_get_no_formula(tmp_path: Path) -> None:
    nasty = ["=1+1", "+1", "-1", "@x", "\t=1", "  =1", "\r=1", "＝1"]
    files = [
        Submission(f"{name}.ipynb", name, notes=[f"{name}\nand\x00more \ud800"]) for name in nasty
    ]
    write(tmp_path, files, {}, EXERCISES, missing=["=missing"])
    rows = table(tmp_path)
    assert len(rows) == len(nasty) + 1
    for row in rows:
        for column, cell in row.items():
            assert not re.match(r"\s*[=+\-@＝]", cell), f"{column}: {cell!r}"
            assert all(unicodedata.category(c) != "Cc" for c in cell)


NASTY = [
    "ada;=HYPERLINK(1)",
    "ada\t=1",
    "ada|=1",
    "ada, =1",
    'ada"=1',
    '"=1","=2"',
    "ada'=1",
    "ada; \u00a0=1",
    "ada:@SUM(1)",
    "ada;+1;-1;@a",
    "ada =1",
    "ada - =1",
    "=1;=1",
    "'=1",
    "''=1",
    "ada\n=1",
    "ada\r\n+1",
    "ada\u2028-1",
    "ada\u200b=1",
    "ada;＝1",
    "ada;＋1",
    "；－1",
    "ada;＠1",
    "ada;﹦1",
    "ada;−1",
    "(=1)",
    "ada;\x00=1",
]
SEPARATORS = [",", ";", "\t", "|", ":", " ", "^", "~", "/", "(", "\u200b", "；"]


def cells_at_any_separator(text: str) -> set[str]:
    """What a table program may make a cell of, whether it knows of quotes or not."""
    cells = set(re.split(r"[\r\n]+", text)) | {text}
    for separator in SEPARATORS:
        for line in text.splitlines():
            cells |= set(line.split(separator)) | set(line.replace('"', separator).split(separator))
            cells |= set(next(csv.reader([line], delimiter=separator), []))
            cells |= set(next(csv.reader([line], delimiter=separator, doublequote=False), []))
    return {cell.strip('" \t\u00a0\u200b') if cell[:1] in '" ' else cell for cell in cells}


def test_no_cell_is_a_formula_whatever_the_program_splits_at(tmp_path: Path) -> None:
    files = [Submission(f"{n}/{name}.ipynb", name, notes=[name]) for n, name in enumerate(NASTY)]
    files.append(Submission("old", NASTY[0], superseded_by=files[0].file))
    results = {file.file: result(answer=file.student, notes=[file.student]) for file in files[:-1]}
    write(tmp_path, files, results, EXERCISES, missing=[f"{name}?" for name in NASTY])
    for name in ("marks.csv", "written_marks.csv"):
        text = (tmp_path / name).read_text("utf-8-sig")
        for cell in cells_at_any_separator(text):
            if not re.fullmatch(r"[-=+]*", cell.strip()):  # no formula has no operand
                assert not re.match(r"\s*[=+\-@＝＋－＠﹦﹢﹣﹫−]", cell), cell


def test_the_table_to_fill_in_gives_back_the_names_themselves(tmp_path: Path) -> None:
    names = [report._one_line(name).strip() for name in NASTY]
    names += ["=1", "a - b", "a-b", "=", "'", "Ada's", "ada '=1", "=a;'=b", "'=a;=b"]
    names = list(dict.fromkeys(names))
    files = [Submission(f"{n}", name) for n, name in enumerate(names)]
    write(tmp_path, files, {}, EXERCISES)
    template = tmp_path / "written_marks.csv"
    header, rows, _ = report.read_table(template)
    assert len(rows) == len(names) == len({row[0] for _, row in rows})
    lines = [[row[0], str(n / 16), ""] for n, (_, row) in enumerate(rows)]
    template.write_text(report._csv([header, *lines]), "utf-8")
    write(tmp_path, files, {}, EXERCISES)
    marks = read_written_marks(template, EXERCISES, names)
    in_order = sorted(names, key=lambda name: (name.casefold(), name))
    found = [marks[name]["2.2"].points for name in in_order]
    assert found == [n / 16 for n in range(len(names))]


def test_names_and_notes_that_are_no_formula_are_left_alone(tmp_path: Path) -> None:
    names = [
        "Lab 2 - Ada",
        "a - b + c",
        "O'Hopper-Li",
        "a_b=c",
        "f(x, rng=rng)",
        "2026-11-22 10:05",
        "C++",
    ]
    write(tmp_path, [Submission(name, name, notes=[name]) for name in names], {}, EXERCISES)
    for row in table(tmp_path):
        assert row["student"] == row["file"] == row["notes"] in names


def test_no_cell_and_no_page_is_longer_than_can_be_read(tmp_path: Path) -> None:
    notes = [f"Code cell {n} stopped with {'x' * 5_000}" for n in range(1_500)]
    files = [Submission("a" * 10_000, "Ada", notes=notes[:3])]
    files += [Submission(f"{n}", "Ada", superseded_by="a" * 10_000) for n in range(2_000)]
    marked = result(answer="y" * 10**6, words="z" * 10**6, notes=notes)
    write(tmp_path, files, {files[0].file: marked}, EXERCISES)
    for row in table(tmp_path):
        assert all(len(cell) < 6_000 for cell in row.values())
    notes_of_row = table(tmp_path)[-1]["notes"]
    assert "Code cell 0 stopped" in notes_of_row
    for path in all_pages(tmp_path):
        assert path.stat().st_size < 100_000
    text = Reader(page(tmp_path, "Ada")).text
    assert "And 1,480 more." in text and "and 1,980 more" in text


def test_the_table_begins_with_a_byte_order_mark(tmp_path: Path) -> None:
    write(tmp_path, [Submission("é", "Zoë")], {}, EXERCISES)
    assert (tmp_path / "marks.csv").read_bytes().startswith(b"\xef\xbb\xbfstudent,file,2.1,")


def test_sorted_by_student(tmp_path: Path) -> None:
    files = [Submission(name, name) for name in ("cy", "Bob", "ada")]
    write(tmp_path, files, {}, EXERCISES, missing=["Abe", "zoe"])
    assert [row["student"] for row in table(tmp_path)] == ["Abe", "ada", "Bob", "cy", "zoe"]


def test_a_file_is_replaced_as_a_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files = [Submission("a", "Ada")]
    write(tmp_path, files, {"a": result()}, EXERCISES)
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}

    def fail(*_: object) -> None:
        raise OSError("no space left")

    monkeypatch.setattr(report.os, "replace", fail)
    with pytest.raises(OSError, match="no space"):
        write(tmp_path, files, {"a": result(0)}, EXERCISES)
    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == before


# Written marks


def csv_file(tmp_path: Path, text: str, encoding: str = "utf-8") -> Path:
    path = tmp_path / "written.csv"
    path.write_bytes(text.encode(encoding))
    return path


@pytest.mark.parametrize(
    "text",
    [
        "student,2.2\nAda,3.5\nBob,\n",
        "student;2.2 (of 4)\r\nAda;3,5\r\nBob;\r\n",
        "Student;Exercise 2.2;\nAda;3.5;\n;;\nBob\n",
        '\ufeff2.2,student\n3.5,"Ada"\n,Bob\n',
    ],
)
def test_written_marks(tmp_path: Path, text: str) -> None:
    marks = read_written_marks(csv_file(tmp_path, text), EXERCISES, ["Ada", "Bob", "Cy"])
    assert marks == {"Ada": {"2.2": Written(3.5)}, "Bob": {}}


@pytest.mark.parametrize(
    "text",
    [
        'student,2.2 (of 4),2.2 comment\nAda,3.5,"Good, but:\n- why?"\nBob,,See me.\nCy,1,\n',
        'student;Exercise 2.2 Comments;2.2\r\nAda;" Good, but:\r\n- why?\r\n";3,5\r\n'
        "Bob;See me.\r\nCy;;1\r\n",
    ],
)
def test_comments_on_written_answers(tmp_path: Path, text: str) -> None:
    marks = read_written_marks(csv_file(tmp_path, text), EXERCISES, ["Ada", "Bob", "Cy"])
    assert marks == {
        "Ada": {"2.2": Written(3.5, "Good, but:\n- why?")},
        "Bob": {"2.2": Written(None, "See me.")},
        "Cy": {"2.2": Written(1)},
    }


def test_a_comment_stands_on_the_page_and_not_in_the_table(tmp_path: Path) -> None:
    files = [Submission(name, name) for name in ("Ada", "Bob")]
    files.append(Submission("Cy", "Cy", problem="not a notebook"))
    results = {"Ada": result(), "Bob": result()}
    comment = f"Good.\n{SCRIPT}"
    written = {
        "Ada": {"2.2": Written(3, comment)},
        "Bob": {"2.2": Written(None, "See me.")},
        "Cy": {"2.2": Written(2, "By letter.")},
    }
    write(tmp_path, files, results, EXERCISES, written)
    assert "Good." not in (tmp_path / "marks.csv").read_text("utf-8-sig")
    text = Reader(page(tmp_path, "Ada")).text
    said = [text.index(part) for part in ("3 of 4 points", "Comment: Good. <script>", "No bug.")]
    assert said == sorted(said)
    assert "Good.\n&lt;script&gt;" in page(tmp_path, "Ada")
    assert "not marked yet, 4 points Comment: See me." in Reader(page(tmp_path, "Bob")).text
    text = Reader(page(tmp_path, "Cy")).text
    assert "2 of 4 points Comment: By letter." in text and "Exercise 2.1" not in text
    assert [row["status"] for row in table(tmp_path)][:2] == [
        "marked",
        "marked, written answers open",
    ]


def test_everything_wrong_with_written_marks_is_told_at_once(tmp_path: Path) -> None:
    text = (
        "student,2.2,2.1,total\nAda,4.5,,\nBob,x,,\nAda,1,,\nEve,1,,\n"
        'Cy,"3,5",,\nDan,-1,,\nFlo,nan,,\nGus,1,,,7\n'
    )
    with pytest.raises(MarksError) as caught:
        read_written_marks(
            csv_file(tmp_path, text), EXERCISES, ["Ada", "Bob", "Cy", "Dan", "Flo", "Gus"]
        )
    for says in (
        "line 1: column '2.1' is no written exercise; allowed: 2.2, 2.2 comment",
        "line 1: column 'total' is no written exercise",
        "line 2, Ada, 2.2: '4.5' is not a number from 0 to 4",
        "line 3, Bob, 2.2: 'x' is not a number",
        "line 4: Ada stands there twice",
        "line 5: nobody is called 'Eve'",
        "line 6, Cy, 2.2: '3,5' is not a number",
        "line 7, Dan, 2.2: '-1' is not a number",
        "line 8, Flo, 2.2: 'nan' is not a number",
        "line 9: more columns than the first line has",
    ):
        assert says in str(caught.value)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("name,2.2\nAda,1\n", "no column 'student'"),
        ("student,2.2,2.2\nAda,1,1\n", "two columns 2.2$"),
        ("student,2.2 comment,2.2 comment\nAda,x,y\n", "two columns 2.2 comment"),
        ("student,2.1 comment\nAda,x\n", "'2.1 comment' is no written exercise"),
    ],
)
def test_wrong_columns_are_told(tmp_path: Path, text: str, says: str) -> None:
    with pytest.raises(MarksError, match=says):
        read_written_marks(csv_file(tmp_path, text), EXERCISES, ["Ada"])


def test_written_marks_in_another_encoding_are_told(tmp_path: Path) -> None:
    with pytest.raises(SubmissionsError, match="CSV UTF-8"):
        read_written_marks(csv_file(tmp_path, "student,2.2\nZoë,1", "cp1252"), EXERCISES, ["Zoë"])


def test_the_table_to_fill_in_can_be_read_back_and_is_never_overwritten(tmp_path: Path) -> None:
    names = ["=Ada", "Zoë, Bob", 'Cy "x"', "-"]
    files = [Submission(name, name) for name in names]
    write(tmp_path, files, {}, EXERCISES, missing=["Eve"])
    template = tmp_path / "written_marks.csv"
    assert read_written_marks(template, EXERCISES, names) == {name: {} for name in names}
    header, *lines = template.read_text("utf-8-sig").splitlines()
    assert header == "student,2.2 (of 4),2.2 comment"
    comment = '"One,\n""two"", -"'
    filled = "\n".join([header, *(f"{line[:-2]},2.5,{comment}" for line in lines)])
    template.write_text(filled, "utf-8")
    write(tmp_path, [*files, Submission("Flo", "Flo")], {}, EXERCISES)
    assert template.read_text("utf-8-sig") == f"{filled}\nFlo,,\n"
    marks = {name: {"2.2": Written(2.5, 'One,\n"two", -')} for name in names} | {"Flo": {}}
    names.append("Flo")
    assert read_written_marks(template, EXERCISES, names) == marks


ALSO = {
    "lovelaceada": {"Ada L"},
    "al100": {"Ada L"},
    "in/ada.ipynb": {"Ada L"},
    "=b": {"Bob B"},
    "smith": {"Jo Smith", "Ko Smith"},
    "Li Wei": {"Li Wei (1)"},
    "Cy": {"Dan"},
}
NOW = ["Ada L", "Bob B", "Jo Smith", "Ko Smith", "Li Wei (1)", "Cy", "Dan"]


@pytest.mark.parametrize(
    "text",
    [
        "student,2.2\nlovelaceada,3\nBob B,1\n",
        "student,2.2\nAda L,\nlovelaceada,3\n'=b,1\n",
        "student,2.2\nal100,3\nAda L,\n=b,1\nnobody,\n",
        'student;2.2\nin/ada.ipynb;3\n"\'=b";1\nsmith;\n',
    ],
)
def test_marks_that_were_typed_under_another_name_count(tmp_path: Path, text: str) -> None:
    marks = read_written_marks(csv_file(tmp_path, text), EXERCISES, NOW, ALSO)
    given = {student: own["2.2"].points for student, own in marks.items() if own}
    assert given == {"Ada L": 3, "Bob B": 1}


def test_a_name_that_does_not_say_whose_the_marks_are_is_told(tmp_path: Path) -> None:
    text = "student,2.2\nsmith,3\nLovelaceada,1\nlovelaceada,2\nAda L,3\nCy,1\nLi Wei (2),1\n"
    path = csv_file(tmp_path, text)
    with pytest.raises(MarksError) as caught:
        read_written_marks(path, EXERCISES, NOW, ALSO)
    for says in (
        "line 2: 'smith' may be Jo Smith or Ko Smith; give each a line of their own",
        "line 3: nobody is called 'Lovelaceada'",
        "line 5: Ada L stands there twice, in line 4 first",
        "line 6: 'Cy' may be Cy or Dan",
        "line 7: nobody is called 'Li Wei (2)'; is it 'Li Wei (1)'?",
        "The table is as it was.",
        "with --roster",
        "Without a line are: Bob B, Jo Smith, Ko Smith, Li Wei (1), Dan",
    ):
        assert says in str(caught.value)
    assert path.read_text("utf-8") == text
    path = csv_file(tmp_path, "student,2.2\nCy,1\nDan,\n")
    assert read_written_marks(path, EXERCISES, NOW, ALSO)["Cy"] == {"2.2": Written(1)}


def test_who_stands_in_the_table_under_another_name_gets_no_second_row(tmp_path: Path) -> None:
    template = tmp_path / "written_marks.csv"
    typed = "student,2.2\nlovelaceada,3\n'=b,\nCy,2\nnobody,1\n"
    template.write_text(typed, "utf-8")
    files = [Submission(name, name) for name in NOW]
    write(tmp_path, files, {}, EXERCISES, also=ALSO)
    assert template.read_text("utf-8-sig").split() == [
        *typed.replace("'=b", "'=b").split(),
        *["Jo", "Smith,", "Ko", "Smith,", "Li", "Wei", "(1),"],
    ]


@pytest.mark.parametrize("table", ["student,2.2\nAda,2.5", "2.2;student;room\n2,5;Ada;C 1\n"])
def test_who_hands_in_later_gets_a_row_in_the_table(tmp_path: Path, table: str) -> None:
    template = tmp_path / "written_marks.csv"
    template.write_text(table, "utf-8")
    write(tmp_path, [Submission("a", "Ada"), Submission("b", "=Bob")], {}, EXERCISES)
    filled = template.read_text("utf-8-sig")
    assert filled.startswith(table.strip())
    assert filled.count("Bob") == 1
    write(tmp_path, [Submission("a", "Ada"), Submission("b", "=Bob")], {}, EXERCISES)
    assert template.read_text("utf-8-sig") == filled


def test_a_table_that_cannot_be_read_is_left_alone(tmp_path: Path) -> None:
    template = tmp_path / "written_marks.csv"
    template.write_bytes("student,2.2\nZoë,1".encode("cp1252"))
    write(tmp_path, [Submission("a", "Ada")], {}, EXERCISES)
    assert template.read_bytes() == "student,2.2\nZoë,1".encode("cp1252")


# Pages

SCRIPT = "<script>alert(1)</script><img src=http://x/y onerror=z>&\"'"


def all_pages(out: Path) -> list[Path]:
    return [*out.glob("feedback/*.html"), out / "written.html"]


def test_nothing_that_students_write_becomes_html(tmp_path: Path) -> None:
    files = [
        Submission(f"{SCRIPT}.ipynb", SCRIPT, notes=[SCRIPT]),
        Submission(f"{SCRIPT}.pdf", SCRIPT, problem=SCRIPT, notes=[SCRIPT]),
        Submission("b", f"Bob {SCRIPT}", problem=SCRIPT),
        Submission("c", f"Cy {SCRIPT}"),
    ]
    marked = result(answer=SCRIPT, words=f"{SCRIPT}\x1b[31m\x00\ud800", notes=[SCRIPT])
    results = {files[0].file: marked, "c": result(answer="")}
    write(tmp_path, files, results, EXERCISES, missing=[f"Dan {SCRIPT}"])
    pages = all_pages(tmp_path)
    assert len(pages) == 5
    for path in pages:
        reader = Reader(path.read_text("utf-8"))
        assert not set(reader.tags) & {"script", "img", "a", "link", "iframe"}
        assert not reader.open
        assert SCRIPT in reader.text
        assert not re.search(r"[\x00-\x08\x0b-\x1f]", path.read_text("utf-8"))


def test_pages_ask_no_server_and_say_how_they_are_read(tmp_path: Path) -> None:
    write(tmp_path, [Submission("a", "Ada")], {"a": result()}, EXERCISES)
    for path in all_pages(tmp_path):
        text = path.read_text("utf-8")
        assert text.startswith("<!DOCTYPE html>") and '<html lang="en">' in text
        assert '<meta charset="utf-8">' in text and "width=device-width" in text
        assert "default-src 'none'" in text
        assert not re.search(r"https?:|src=|href=|url\(|@import", text)


def test_a_page_says_what_was_right_and_what_was_not(tmp_path: Path) -> None:
    files = [Submission("a.ipynb", "Ada", notes=["Cell 7 was stopped."])]
    write(tmp_path, files, {"a.ipynb": result(answer="No <b>bug</b>.")}, EXERCISES)
    reader = Reader(page(tmp_path, "Ada"))
    for says in (
        "Exercises 2",
        "Ada",
        "2 of the 4 points marked so far",
        "Written answers worth 4 points are not marked yet.",
        "Exercise 2.1 · How long?",
        "2 of 3 points",
        "✓It is a float.1 of 1",
        "✗It is right.0 of 2Look at the sign.",
        "No <b>bug</b>.",
        "not marked yet, 4 points",
        "Nothing could be tested here.",
        "0 of 1 point ",
        "Cell 7 was stopped.",
        "Your file: a.ipynb",
    ):
        assert says in reader.text
    write(tmp_path, files, {"a.ipynb": result()}, EXERCISES, {"Ada": {"2.2": Written(3.5)}})
    text = Reader(page(tmp_path, "Ada")).text
    assert "5.5 of 8 points" in text and "3.5 of 4 points" in text and "so far" not in text


@pytest.mark.parametrize("problem", sorted(report.WHAT_NOW))
def test_a_page_says_what_to_do_about_a_file_that_cannot_be_read(
    tmp_path: Path, problem: str
) -> None:
    files = [Submission("a", "Ada", problem=problem, notes=["Reason."])]
    write(tmp_path, files, {}, EXERCISES)
    text = Reader(page(tmp_path, "Ada")).text
    assert report.WHAT_NOW[problem] in text and "Reason." in text and "Exercise 2" not in text


def test_every_status_of_the_readers_has_words() -> None:
    reasons = {"empty file", "not a notebook", "damaged notebook", "too large", "cannot be read"}
    assert reasons | {"not marked yet", "nothing handed in"} == set(report.WHAT_NOW)


def test_a_page_for_what_the_marker_could_not_mark_and_for_nobody(tmp_path: Path) -> None:
    results = {"a": {"status": "marker stopped", "notes": ["Twice."]}}
    write(tmp_path, [Submission("a", "Ada")], results, EXERCISES, missing=["Bob"])
    assert "Not marked: marker stopped. Ask" in Reader(page(tmp_path, "Ada")).text
    assert "Nothing was handed in under your name." in Reader(page(tmp_path, "Bob")).text


def test_a_page_names_all_files_of_a_student(tmp_path: Path) -> None:
    files = [
        Submission("old", "Ada", superseded_by="new"),
        Submission("new", "Ada"),
        Submission("x.pdf", "Ada", problem="not a notebook"),
    ]
    write(tmp_path, files, {"new": result()}, EXERCISES)
    text = Reader(page(tmp_path, "Ada")).text
    assert "Your file: new" in text
    assert "old: an earlier one" in text and "x.pdf: not a notebook" in text


def test_long_texts_are_cut_and_say_so(tmp_path: Path) -> None:
    long = "y" * 3_000_000
    write(tmp_path, [Submission("a", "Ada")], {"a": result(answer=long, words=long)}, EXERCISES)
    for path in all_pages(tmp_path):
        assert path.stat().st_size < 60_000
        assert "cut here, 3,000,000 characters in all" in path.read_text("utf-8")


def test_written_answers_stand_together(tmp_path: Path) -> None:
    names = ["Bob", "Ada", "Cy", "Dan"]
    files = [Submission(name, name) for name in names]
    files += [Submission("old", "Ada", superseded_by="Ada"), Submission("p", "P", problem="x")]
    results = {name: result(answer=f"{name} says no.") for name in names} | {
        "Cy": result(answer=""),
        "old": result(answer="old words"),
    }
    write(tmp_path, files, results, EXERCISES, {"Dan": {"2.2": Written(1)}})
    text = Reader((tmp_path / "written.html").read_text("utf-8")).text
    assert text.index("Ada says no.") < text.index("Bob says no.") < text.index("Dan says no.")
    assert "No answer was found from: Cy." in text and "old words" not in text
    assert "Dan 1 point" in text and "Ada not marked yet" in text
    assert "2.1" not in text


def test_the_question_and_the_rubric_stand_above_the_answers(tmp_path: Path) -> None:
    cells = [
        new_markdown_cell("# Exercises 2: Small & <b>\n\n3 exercises"),
        new_markdown_cell(f"### Exercise 2.2 · A bug?\n\n*4 points*\n\nWhy\n\nso? {SCRIPT}"),
    ]
    rubrics = (
        "# Rubrics 2: Small\n\n## Exercise 2.2 · A bug?\n\n*4 points*\n\nWhy so?\n\n"
        f"**Model answer**\n\nBecause. {SCRIPT}\n\n**Rubric**\n\n- 4 points: so.\n\n"
        "## Exercise 2.5 · Other\n\n**Model answer**\n\nother words\n"
    )
    bundle = Bundle(new_notebook(cells=cells), EXERCISES, {}, rubrics)
    assert bundle.question("2.2") == f"Why\n\nso? {SCRIPT}"
    write(tmp_path, [Submission("a", "Ada")], {"a": result()}, EXERCISES, bundle=bundle)
    reader = Reader((tmp_path / "written.html").read_text("utf-8"))
    parts = ("Exercises 2: Small & <b>", "The question", "Why so? <script>", "Model answer and")
    parts += ("Because. <script>", "- 4 points: so.", "Ada", "No bug.")
    assert [reader.text.index(part) for part in parts] == sorted(map(reader.text.index, parts))
    assert reader.tags.count("details") == 2 and "other words" not in reader.text
    assert not set(reader.tags) & {"script", "img"} and not reader.open
    feedback = Reader(page(tmp_path, "Ada")).text
    assert "Exercises 2: Small & <b>" in feedback and "Because" not in feedback


def test_without_written_exercises_there_is_nothing_to_fill_in(tmp_path: Path) -> None:
    write(tmp_path, [Submission("a", "Ada")], {"a": result()}, [EXERCISES[0]])
    assert sorted(path.name for path in tmp_path.iterdir()) == ["feedback", "marks.csv"]
    (row,) = table(tmp_path)
    assert (row["status"], row["out of"]) == ("marked", "3")


def test_pages_of_rows_that_are_gone_go_and_a_teachers_own_stay(tmp_path: Path) -> None:
    names = ["Ada", "Zoë", "A/B", "Eve", "Flo"]
    write(tmp_path, [Submission(n, n) for n in names], {"Ada": result()}, EXERCISES)
    pages = {name: f"{new}.html" for name, new in feedback_names(names).items()}
    folder = tmp_path / "feedback"
    (folder / "my notes.html").write_text("<p>Mine.</p>")
    (folder / "my notes.txt").write_text("Mine.")
    (folder / "binary.html").write_bytes(b"\xff\xfe")
    (folder / "folder.html").mkdir()
    (folder / "Ada, first.html").write_bytes((folder / "Ada.html").read_bytes())
    (folder / pages["Eve"]).write_text((folder / pages["Eve"]).read_text("utf-8") + "Well done!")
    (folder / "link.html").symlink_to(folder / "my notes.html")
    own = {"my notes.html", "my notes.txt", "binary.html", "folder.html", "Ada, first.html"}
    own |= {"link.html", pages["Eve"]}
    write(tmp_path, [Submission("Flo", "Flo")], {}, EXERCISES)
    assert {path.name for path in folder.iterdir()} == {*own, "Flo.html"}
    write(tmp_path, [Submission("Flo", "FLO")], {}, EXERCISES[:1])
    assert {path.name for path in folder.iterdir()} == {*own, "FLO.html"}
    assert not (tmp_path / "written.html").exists()
    assert (tmp_path / "written_marks.csv").exists()


def test_a_page_of_a_teachers_in_place_of_the_answers_stays(tmp_path: Path) -> None:
    (tmp_path / "written.html").write_text("<p>Mine.</p>")
    write(tmp_path, [Submission("a", "Ada")], {}, EXERCISES[:1])
    assert (tmp_path / "written.html").read_text() == "<p>Mine.</p>"


# Names of pages

names_of_students = st.lists(
    st.text(min_size=1, max_size=400)
    | st.sampled_from(
        ["ada", "Ada", "A/B", "A B", "A-B", "CON", "con.x", "..", "", "é", "e\u0301"]
    ),
    max_size=8,
    unique=True,
)


@settings(derandomize=True, deadline=None)
@given(names_of_students)
@example(["A/B", "A B", "A-B", "a-b"])
@example(["x" * 300, "x" * 301, "\U0001f600" * 300, "漢" * 300, "\U00020000" * 300])
@example(["CON", "nul.html", "LPT9", "com1 ", ".hidden", "-rf", "trailing.", "\ud800"])
def test_names_of_pages_are_safe_and_differ(students: Sequence[str]) -> None:
    names = feedback_names(students)
    assert set(names) == set(students)
    folded = {unicodedata.normalize("NFC", name.casefold()) for name in names.values()}
    assert len(folded) == len(students)
    for name in names.values():
        assert len(f"{name}.html".encode()) <= 255
        assert not re.search(r'[\x00-\x1f<>:"/\\|?*]', name)
        assert name == name.strip(". ") and name[0] not in "-."
        assert not report.RESERVED.fullmatch(name)


def test_names_of_pages_follow_a_stable_rule() -> None:
    assert feedback_names(["Ada Lovelace", "Zoë", "b.c-d_e"]) == {
        "Ada Lovelace": "Ada Lovelace",
        "Zoë": "Zoë",
        "b.c-d_e": "b.c-d_e",
    }
    alone = feedback_names(["A/B"])["A/B"]
    assert re.fullmatch(r"A-B-[0-9a-f]{12}", alone)
    assert feedback_names(["A B", "A/B", "zoe"])["A/B"] == alone
    taken = feedback_names([alone, "A/B"])
    assert taken["A/B"] == alone and taken[alone] != alone


def test_every_student_has_a_page(tmp_path: Path) -> None:
    students = ["A/B", "A B", "a b", "x" * 300, "CON", "../../evil", "é", "e\u0301"]
    files = [Submission(f"{n}", student) for n, student in enumerate(students)]
    write(tmp_path / "out", files, {}, EXERCISES)
    pages = list((tmp_path / "out" / "feedback").iterdir())
    assert len(pages) == len(students)
    assert [path.name for path in tmp_path.iterdir()] == ["out"]
