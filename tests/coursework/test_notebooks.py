"""Notebooks are read, and written answers found in them, whatever their state."""

from __future__ import annotations

import json
import random
import time
from typing import Any

import nbformat
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support import ROOT

from coursework.notebooks import Unreadable, few, read_notebook, shortened, written_answers
from pipeline.exercises import exercises
from pipeline.handout import TEXT_STUB, handout

repeatable = settings(derandomize=True, deadline=None)


def notebook(*sources: str, **more: Any) -> dict[str, Any]:
    cells = [{"cell_type": "code", "metadata": {}, "source": source} for source in sources]
    return {"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": cells, **more}


def sources(content: bytes) -> list[tuple[str, str]]:
    return [(cell.cell_type, cell.source) for cell in read_notebook(content).cells]


CELLS = [("code", "é = 'ü'\n"), ("markdown", "# Été")]
PLAIN = notebook(cells=[{"cell_type": kind, "source": text} for kind, text in CELLS])
TEXT = json.dumps(PLAIN, ensure_ascii=False)


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32", "latin-1", "cp1252"]
)
def test_encodings(encoding: str) -> None:
    assert sources(TEXT.encode(encoding)) == CELLS


def test_utf_16_of_either_order() -> None:
    assert sources(b"\xfe\xff" + TEXT.encode("utf-16-be")) == CELLS
    assert sources(b"\xff\xfe" + TEXT.encode("utf-16-le")) == CELLS


def test_states_of_a_notebook() -> None:
    cells = [
        {"cell_type": "code", "source": ["a = 1\n", "b = 2"], "outputs": [{"x": "y" * 1000}]},
        {"cell_type": "code", "source": "c = 3\r\n", "id": "c3", "metadata": {"tags": ["answer"]}},
        {"cell_type": "markdown", "source": None, "metadata": None, "id": 7},
        {"cell_type": "code", "source": [], "metadata": {"id": "Xy", "outputId": "1"}},
        {"cell_type": "strange", "source": "x"},
        {"cell_type": "markdown", "source": "\ud800"},
    ]
    read = read_notebook(json.dumps({"cells": cells, "nbformat": 4, "metadata": {}}).encode())
    assert [dict(cell) for cell in read.cells] == [
        {"cell_type": "code", "metadata": {}, "source": "a = 1\nb = 2"},
        {"cell_type": "code", "metadata": {"tags": ["answer"]}, "source": "c = 3\n", "id": "c3"},
        {"cell_type": "markdown", "metadata": {}, "source": ""},
        {"cell_type": "code", "metadata": {}, "source": ""},
        {"cell_type": "raw", "metadata": {}, "source": "x"},
        {"cell_type": "markdown", "metadata": {}, "source": "?"},
    ]


def test_format_3() -> None:
    old = {
        "nbformat": 3,
        "worksheets": [
            {
                "cells": [
                    {"cell_type": "heading", "level": 3, "source": "Exercise 2.2"},
                    {"cell_type": "code", "input": ["x = 1"], "prompt_number": 1, "outputs": []},
                ]
            }
        ],
    }
    expected = [("markdown", "### Exercise 2.2"), ("code", "x = 1")]
    assert sources(json.dumps(old).encode()) == expected


@pytest.mark.parametrize(
    ("content", "reason", "says"),
    [
        (b"", "empty file", "nothing"),
        (b" \n\x00", "empty file", "nothing"),
        (b"\xef\xbb\xbf", "empty file", "nothing"),
        (b"%PDF-1.7 ...", "not a notebook", "PDF"),
        (b"PK\x03\x04", "not a notebook", "zip"),
        (b"<!DOCTYPE html><html>", "not a notebook", "web page"),
        (b"import numpy as np", "not a notebook", "not that of a notebook"),
        (b"[1, 2]", "not a notebook", "not that of a notebook"),
        (b'{"a": 1}', "not a notebook", "not that of a notebook"),
        (b'{"cells": []}', "not a notebook", "not that of a notebook"),
        (b"7", "not a notebook", "not that of a notebook"),
        (TEXT.encode()[:-20], "damaged notebook", "breaks off"),
        (b'{"nbformat": 4}', "damaged notebook", "no list of cells"),
        (b'{"nbformat": 4, "cells": {}}', "damaged notebook", "no list of cells"),
        (b'{"nbformat": 4, "cells": [7]}', "damaged notebook", "Cell 1"),
        (b'{"nbformat": 4, "cells": [{}]}', "damaged notebook", "Cell 1"),
        (b'{"worksheets": [7]}', "damaged notebook", "worksheet"),
        (
            b'{"nbformat": 4, "cells": [{"cell_type": "code", "source": 7}]}',
            "damaged notebook",
            "Cell 1",
        ),
        (
            b'{"nbformat": 4, "cells": [{"cell_type": "code", "source": ["a", 7]}]}',
            "damaged notebook",
            "Cell 1",
        ),
        (b'{"cells": ' + b"[" * 200_000, "damaged notebook", "deeply"),
        (b'{"nbformat": ' + b"1" * 5000 + b"}", "damaged notebook", "breaks off"),
    ],
)
def test_what_cannot_be_read(content: bytes, reason: str, says: str) -> None:
    with pytest.raises(Unreadable) as caught:
        read_notebook(content)
    assert caught.value.reason == reason
    assert says in caught.value.detail


def check_any_bytes(content: bytes) -> None:
    try:
        read = read_notebook(content)
    except Unreadable as why:
        assert why.reason in ("empty file", "not a notebook", "damaged notebook")
        assert why.detail.endswith(".")
        return
    for cell in read.cells:
        assert cell.cell_type in ("code", "markdown", "raw")
        assert set(cell) <= {"cell_type", "metadata", "source", "id"}
        assert set(cell.metadata) <= {"tags"}
        cell.source.encode()


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=5,
)
a_cell = st.dictionaries(
    st.sampled_from(["cell_type", "source", "input", "metadata", "id", "level", "outputs"]),
    st.sampled_from(["code", "markdown", "heading", "x"])
    | st.lists(st.text(max_size=4))
    | st.dictionaries(st.sampled_from(["tags", "id"]), values, max_size=2)
    | values,
)
a_notebook = st.dictionaries(
    st.sampled_from(["cells", "nbformat", "worksheets", "metadata"]),
    st.lists(a_cell | values, max_size=4)
    | st.lists(st.fixed_dictionaries({"cells": st.lists(a_cell, max_size=2)}), max_size=2)
    | values,
)


@repeatable
@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(content: bytes) -> None:
    check_any_bytes(content)


@settings(repeatable, max_examples=100)
@given(a_notebook)
def test_any_json_is_read_or_refused(data: Any) -> None:
    check_any_bytes(json.dumps(data).encode())


@repeatable
@given(st.randoms(use_true_random=False))
def test_a_notebook_with_any_damage_is_read_or_refused(rng: random.Random) -> None:
    content = bytearray(json.dumps(notebook("x = 1", "y = 2")).encode())
    for _ in range(rng.randint(1, 4)):
        at = rng.randrange(len(content))
        content[at : at + rng.randint(0, 3)] = rng.randbytes(rng.randint(0, 3))
    check_any_bytes(bytes(content))


# Written answers


@pytest.fixture(scope="module")
def lab() -> tuple[nbformat.NotebookNode, str]:
    """The handout of lab 2 and the number of its written exercise."""
    source = nbformat.read(ROOT / "notebooks" / "02_gaussian.ipynb", as_version=4)
    (number,) = [exercise.number for exercise in exercises(source) if exercise.written]
    return handout(source), number


def answered(lab: tuple[nbformat.NotebookNode, str], text: str) -> tuple[dict[str, Any], int]:
    """A handout with an answer, as a dictionary, and the place of the answer cell."""
    copy = json.loads(json.dumps(lab[0]))
    (at,) = [n for n, cell in enumerate(copy["cells"]) if cell["source"] == TEXT_STUB]
    copy["cells"][at]["source"] = text
    return copy, at


def answer(lab: tuple[nbformat.NotebookNode, str], copy: dict[str, Any]) -> str:
    read = read_notebook(json.dumps(copy).encode())
    (text,) = written_answers(read, lab[0], [lab[1]]).values()
    return text


def without_ids(copy: dict[str, Any]) -> dict[str, Any]:
    for cell in copy["cells"]:
        cell.pop("id", None)
        cell.pop("metadata", None)
    return copy


Lab = tuple[nbformat.NotebookNode, str]


@pytest.mark.parametrize("cleared", [False, True])
def test_an_answer_in_its_place(lab: Lab, cleared: bool) -> None:
    copy, _ = answered(lab, "There is no bug.\n\nReally.")
    copy = without_ids(copy) if cleared else copy
    assert answer(lab, copy) == "There is no bug.\n\nReally."


@pytest.mark.parametrize("cleared", [False, True])
@pytest.mark.parametrize("text", [TEXT_STUB, "Your answer here.", "", "  \n", "...", "."])
def test_no_answer(lab: Lab, cleared: bool, text: str) -> None:
    copy, at = answered(lab, text)
    copy = without_ids(copy) if cleared else copy
    assert answer(lab, copy) == ""
    del copy["cells"][at]
    assert answer(lab, copy) == ""


def test_an_answer_below_the_stub(lab: Lab) -> None:
    copy, at = answered(lab, f"{TEXT_STUB}\n\nNo bug.")
    assert answer(lab, copy) == "No bug."
    copy, at = answered(lab, TEXT_STUB)
    copy["cells"].insert(at + 1, {"cell_type": "markdown", "metadata": {}, "source": "No bug."})
    assert answer(lab, copy) == "No bug."
    copy["cells"].insert(at + 2, {"cell_type": "raw", "metadata": {}, "source": "At all."})
    assert answer(lab, copy) == "No bug.\n\nAt all."


def test_an_answer_that_was_moved(lab: Lab) -> None:
    for place in (0, -1):
        copy, at = answered(lab, "No bug.")
        copy["cells"].insert(place, copy["cells"].pop(at))
        assert answer(lab, copy) == "No bug."


def test_an_answer_in_the_statements_own_cell(lab: Lab) -> None:
    copy, at = answered(lab, TEXT_STUB)
    copy["cells"][at - 1]["source"] += "\n\nNo bug."
    assert answer(lab, copy) == "No bug."
    assert answer(lab, without_ids(copy)) == "No bug."


def test_an_answer_in_code(lab: Lab) -> None:
    copy, at = answered(lab, "No bug.")
    copy["cells"][at]["cell_type"] = "code"
    assert answer(lab, copy) == "No bug."
    assert answer(lab, without_ids(copy)) == "No bug."


def test_an_answer_in_a_notebook_that_was_doubled(lab: Lab) -> None:
    copy, _ = answered(lab, "No bug.")
    copy["cells"] += copy["cells"]
    assert answer(lab, copy) == "No bug."


def test_another_exercises_text_is_no_answer(lab: Lab) -> None:
    copy, at = answered(lab, TEXT_STUB)
    copy["cells"].append({"cell_type": "markdown", "metadata": {}, "source": "Something else."})
    assert answer(lab, copy) == ""


def test_any_number_of_cells_costs_no_more_than_each(lab: Lab) -> None:
    copy, at = answered(lab, TEXT_STUB)
    more = [f"No bug in {n}." for n in range(60_000)]
    cells = [{"cell_type": "markdown", "source": text} for text in (*more, *more[:9])]
    copy["cells"][at + 1 : at + 1] = cells
    began = time.process_time()
    assert answer(lab, copy) == "\n\n".join(more)
    assert time.process_time() - began < 12  # a minute, if each cell is compared with all others


# What is long


def test_a_text_says_where_it_was_cut() -> None:
    assert shortened("abc", 3) == "abc"
    assert shortened("x" * 12_345, 3) == "xxx … (cut here, 12,345 characters in all)"


def test_of_many_notes_a_few_are_told() -> None:
    assert few(["a", "b", "a", "c"], 3) == ["a", "b", "c"]
    assert few([str(n) for n in range(1503)], 3) == ["0", "1", "2", "And 1,500 more."]
    assert len(few(["x" * 10**6], 3)[0]) < 400
    assert few([], 3) == []
