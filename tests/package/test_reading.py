"""Generated text set in lines: nothing lost, nothing marked that people write."""

from __future__ import annotations

import json
import re

import matplotlib.pyplot as plt
import numpy as np
import pytest
import vl_convert
from hypothesis import given
from hypothesis import strategies as st

from modelcollapse import data, plots, reading, text
from modelcollapse.plots import pictures
from modelcollapse.text import Alphabet

KNOWN = {"the", "people", "of", "it's"}
ALPHABET = Alphabet()


def rows(*lines):
    return np.stack([ALPHABET.encode(line) for line in lines])


def test_whole_drops_the_words_at_the_cuts():
    cut = rows("ple of the union. th", "and it is so, he sai", "unionunionunionunion")
    assert reading.whole(cut, ALPHABET) == "of the union. it is so, he"


def test_readable_passes_over_what_is_not(monkeypatch):
    monkeypatch.setattr(text, "_WHOLE", frozenset({text._digest("nonword")}))
    lines = rows("a nonword in it then b", "a people of people b c", "and the people do so z")
    assert reading.readable(lines, ALPHABET) == ["people of people b"]
    assert reading.readable(lines, ALPHABET, 2)[1] == "the people do so"
    with pytest.raises(ValueError, match="rows must hold 3 .* got 2 among 3"):
        reading.readable(lines, ALPHABET, 3)


@pytest.mark.parametrize(
    "prompt, cleaned",
    [
        ("", " "),
        ("War ", " war "),
        ("  in\t1861, ", " in 0000, "),
        ("\u6f22$", " "),
        ("a" * 300, "a" * 200),
    ],
)
def test_typed_is_a_beginning(prompt, cleaned):
    assert reading.typed(prompt) == cleaned
    assert len(ALPHABET.encode(cleaned)) == len(cleaned)


def test_pieces_know_their_place_and_their_words():
    found = reading.pieces("the people, xyzzy of it's 000 people's", KNOWN, columns=17)
    assert [(p.line, p.column, p.known, p.text) for p in found] == [
        (0, 0, True, "the people,"),
        (0, 12, False, "xyzzy"),
        (1, 0, True, "of it's 000"),
        (2, 0, False, "people's"),
    ]


def test_pieces_are_cut_into_words_as_asked():
    both = {"far", "reaching"}
    assert reading.pieces("far-reaching", both)[0].known
    assert not reading.pieces("far-reaching", both, cut=str.split)[0].known


@given(st.lists(st.text("abcdef", min_size=1, max_size=12), max_size=40), st.integers(12, 30))
def test_pieces_hold_the_whole_text_in_its_lines(tokens, columns):
    known = set(tokens[::2])
    found = reading.pieces(" ".join(tokens), known, columns, lines=100)
    assert " ".join(piece.text for piece in found).split() == tokens
    for piece in found:
        assert piece.column + len(piece.text) <= columns
        assert all((token in known) == piece.known for token in piece.text.split())
    ends = {}
    for piece in found:  # nothing lies on anything else
        assert piece.column == ends.get(piece.line, -1) + 1
        ends[piece.line] = piece.column + len(piece.text)
    few = reading.pieces(" ".join(tokens), known, columns, lines=2)
    assert few == [piece for piece in found if piece.line < 2]


def test_page_marks_unknown_words():
    fig = reading.page("the people of xyzzy", KNOWN, "a title")
    ax = fig.axes[0]
    assert ax.get_title(loc="left") + ax.get_title() == "a title"
    weights = {drawn.get_text(): drawn.get_weight() for drawn in ax.texts}
    assert weights == {"the people of": "normal", "xyzzy": "bold"}


def test_a_page_cuts_words_as_it_is_told():
    """Also on a phone; by itself far-reaching is two words, and a number none."""
    drawn = {}
    for cut in (text.words, str.split):
        fig = reading.page("far-reaching in 1865", {"far", "reaching", "in"}, "a title", cut=cut)
        for figure in (fig, fig.narrow):
            bold = {said.get_text() for said in figure.axes[0].texts if said.get_weight() == "bold"}
            drawn.setdefault(cut, []).append(bold)
    assert drawn == {text.words: [set(), set()], str.split: [{"far-reaching", "1865"}] * 2}


@pytest.fixture
def style():
    with plt.rc_context():
        plots.use_style()
        yield


@pytest.mark.usefixtures("style")
def test_a_phone_gets_the_same_text_in_shorter_lines(shown, monkeypatch):
    monkeypatch.setenv("COPIES_OF_COPIES_BUILD", "1")
    text = "the people of the union and of " * 12
    fig = reading.page(text, set(text.split()), "a title")
    lines = {
        drawing: [drawn.get_text() for drawn in drawing.axes[0].texts]
        for drawing in (fig, fig.narrow)
    }
    assert text.startswith(" ".join(lines[fig])) and text.startswith(" ".join(lines[fig.narrow]))
    assert len(lines[fig]) == 8 and 45 < max(map(len, lines[fig])) <= 52
    assert len(lines[fig.narrow]) == 12 and 27 < max(map(len, lines[fig.narrow])) <= 34
    narrow = fig.narrow
    ((_, metadata),) = shown(
        plots.play,
        lambda n: fig,
        "page",
        "Some lines of a text that repeats itself",
        n=(1, 2, 1, 1),
    )
    record = metadata["modelcollapse"]["play"]
    assert record["narrow"] == pictures.svg(narrow) and record["cut"] == []
    for drawing in (fig, narrow):  # letters stand where the next piece expects them
        drawing.draw_without_rendering()
        first = drawing.axes[0].texts[0]
        box = first.get_window_extent()
        end = drawing.axes[0].transData.transform((len(first.get_text()), 0))[0]
        assert box.x1 == pytest.approx(end, abs=2)


def test_browser_holds_every_text():
    texts = {"one": ["the people", "of xyzzy"], "two": ["plugh", "the"]}
    spec = json.loads(reading.browser(texts, KNOWN, ("two", 1)).to_json())
    held = spec["data"]["values"] if "values" in spec["data"] else spec["datasets"].popitem()[1]
    for phone in (False, True):
        here = [r for r in held if r["phone"] == phone]
        assert {(r["name"], r["t"], r["known"], r["text"]) for r in here} == {
            ("one", 1, True, "the people"),
            ("one", 2, True, "of"),
            ("one", 2, False, "xyzzy"),
            ("two", 1, False, "plugh"),
            ("two", 2, True, "the"),
        }
    assert {p["name"]: p["value"] for p in spec["params"]} == {"which": "two", "now": 1}
    for start in (("three", 1), ("one", 0), ("one", 3)):
        with pytest.raises(ValueError, match="start must be one of"):
            reading.browser(texts, KNOWN, start)
    with pytest.raises(ValueError, match="texts must be as many"):
        reading.browser({"one": ["a"], "two": []}, KNOWN, ("one", 1))


@pytest.mark.parametrize(
    ("width", "lines", "columns"), [(688, 8, 52), (350, 12, 34), (288, 12, 34)]
)
def test_browser_fits_its_page(width, lines, columns):
    text = "the people of the union and of " * 15
    chart = reading.browser({"only": [text]}, set(text.split()), ("only", 1))
    vega = vl_convert.vegalite_to_vega(chart.to_dict() | {"width": 300})
    svg = vl_convert.vega_to_svg(vega | {"width": width})
    drawn = re.findall(r'<text [^>]*font-size="([\d.]+)px"[^>]*>(.*?)</text>', svg)
    assert len(drawn) == lines
    longest = max(len(line) for _, line in drawn)
    assert columns - 7 < longest <= columns
    size = float(drawn[0][0])
    assert size >= 13 and longest * reading.ADVANCE * size <= width
    assert text.startswith(" ".join(line for _, line in drawn))


def test_browser_with_words_of_their_own_and_names_for_the_texts():
    chart = reading.browser(
        {"only": ["the xyzzy", "the plugh"]},
        [{"the"}, {"plugh"}],
        ("only", 2),
        labels=["A", "B"],
    )
    spec = json.loads(chart.to_json())
    held = spec["data"]["values"] if "values" in spec["data"] else spec["datasets"].popitem()[1]
    assert {(r["t"], r["known"], r["text"]) for r in held} == {
        (1, True, "the"),
        (1, False, "xyzzy"),
        (2, False, "the"),
        (2, True, "plugh"),
    }
    (now,) = spec["params"]
    assert (now["name"], now["value"], now["bind"]["labels"]) == ("now", 2, ["A", "B"])
    with pytest.raises(ValueError, match="labels must be as many as the texts, 2, got 1"):
        reading.browser({"only": ["a", "b"]}, {"a"}, ("only", 2), labels=["A"])
    with pytest.raises(ValueError, match="known must be as many as the texts, 2, got 3"):
        reading.browser({"only": ["a", "b"]}, [{"a"}] * 3, ("only", 2))


def test_words_that_people_wrote():
    known = data.human_words()
    assert {"union", "congress", "the", "smartphone"} <= known
    assert not {"nemyoreven", "condufftion"} & known
    assert all(word == word.lower() for word in list(known)[:1000])
