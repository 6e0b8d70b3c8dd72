"""Text becomes numbers and comes back the same."""

from __future__ import annotations

import codecs
import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelcollapse.text import PLAIN, Alphabet, blocks, normalise, suitable, to_ascii, words

symbols = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=40).map(
    lambda text: "".join(dict.fromkeys(text))
)


@given(symbols, st.data())
def test_what_is_encoded_is_decoded(kept, data):
    alphabet = Alphabet(kept)
    text = data.draw(st.text(st.sampled_from(kept)))
    ids = alphabet.encode(text)
    assert ids.dtype == np.uint8 and ids.shape == (len(text),)
    assert ids.tolist() == [kept.index(c) for c in text]
    assert alphabet.decode(ids) == text


def test_alphabet():
    assert len(Alphabet()) == len(PLAIN) == len(set(PLAIN)) == 32
    assert Alphabet("ba").encode("abba").tolist() == [1, 0, 0, 1]
    assert Alphabet("ba").decode([]) == ""
    assert len(Alphabet("".join(map(chr, range(1000, 1256))))) == 256


@given(st.text())
def test_normal_text_has_only_the_symbols_and_single_blanks(text):
    normal = normalise(text)
    assert set(normal) <= set(PLAIN)
    assert "  " not in normal and normal == normal.strip()
    assert normalise(normal) == normal


def test_normalise():
    text = "\u201cIn 1861,\u201d he said \u2014 \n\t\u2018War\u2019; don\u2019t!"
    assert to_ascii(text) == "\"In 1861,\" he said - 'War'; don't!"
    assert normalise(text) == "in 0000, he said - 'war' don't"
    assert normalise("Anna, 5", "An a") == "Anna"
    assert normalise("\u0130\u00b2", "0 i") == "0"  # lower case of two symbols: left out


def test_blocks_are_consecutive_cuts():
    ids = np.arange(11, dtype=np.uint8)
    cut = blocks(ids, 3)
    assert cut.dtype == np.uint8
    assert cut.tolist() == [[0, 1, 2], [3, 4, 5], [6, 7, 8]]
    assert blocks(ids, 11).shape == (1, 11)


def test_words():
    assert words("The People's 3d will; don't 'tis WELL-known") == (
        ["the", "people's", "d", "will", "don't", "tis", "well", "known"]
    )
    assert words("") == words("1861 -- ''") == []


def test_suitable():
    assert suitable("The people of the United States expect the classic assistance of Congress.")
    assert suitable("")
    assert not suitable("I do not give a damn.")  # the mildest of the list, as a word
    assert suitable("the damnation of the dam")
    # The list's others are here as they are there: not to be read. Rotated by 13.
    rough = codecs.decode("jnax", "rot13")
    assert not suitable(f"the {rough} of congress") and not suitable(f"un{rough.upper()}lified")


@pytest.mark.parametrize(
    "call, expected",
    [
        (lambda: Alphabet(""), "symbols must be a string of 1 to 256 different symbols, got ''"),
        (lambda: Alphabet("aba"), "symbols must"),
        (lambda: Alphabet("".join(map(chr, range(257)))), "symbols must"),
        (lambda: Alphabet("ab").encode("abc"), "only the symbols 'ab', got 'c' at place 2"),
        (lambda: Alphabet("ab").encode("a\U0001f600"), "at place 1"),
        (lambda: Alphabet("ab").decode([0, 2]), "ids must be one row of whole numbers from 0 to 1"),
        (lambda: Alphabet("ab").decode([0, -1]), "ids must"),
        (lambda: Alphabet("ab").decode([0.0]), "ids must"),
        (lambda: Alphabet("ab").decode([[0]]), "ids must"),
        (lambda: normalise("a", "a"), "symbols must be a string with a blank in it, got 'a'"),
        (lambda: blocks([1, 2], 3), "at least length = 3 ids, got the shape (2,)"),
        (lambda: blocks([[1, 2]], 2), "ids must be one row"),
        (lambda: blocks([1, 2], 0), "length must be a whole number of at least 1, got 0"),
    ],
)
def test_bad_input(call, expected):
    with pytest.raises(ValueError, match=re.escape(expected)):
        call()
