"""Decoding does to probabilities what it says, and draws what it was given."""

from __future__ import annotations

import re
from itertools import product

import numpy as np
import pytest
from agreement import assert_mean, global_state
from hypothesis import given
from hypothesis import strategies as st
from scipy import sparse

from modelcollapse.decoding import beam_search, choose, likeliest, options, sharpen

P = np.array([0.1, 0.4, 0.2, 0.3])
weights = st.lists(st.floats(0, 1), min_size=1, max_size=8).filter(lambda w: sum(w) > 1e-3)
temperatures = st.floats(0.01, 10)


def plainly(p, temperature, top_k, top_p):
    """The definition, one symbol at a time."""
    scores = {i: x ** (1 / temperature) for i, x in enumerate(np.divide(p, max(p)))}
    kept = sorted(scores, key=lambda i: (-scores[i], i))[: top_k or len(p)]
    total = sum(scores[i] for i in kept)
    nucleus, mass = [], 0.0
    for i in kept:
        if mass < (top_p or 1) - 1e-12:
            nucleus.append(i)
        mass += scores[i] / total
    total = sum(scores[i] for i in nucleus)
    return [scores[i] / total if i in nucleus else 0.0 for i in range(len(p))]


@given(weights, temperatures, st.none() | st.integers(1, 9), st.none() | st.floats(0.01, 1))
def test_sharpen_is_its_definition(w, temperature, top_k, top_p):
    q = sharpen(w, temperature, top_k, top_p)
    np.testing.assert_allclose(q, plainly(w, temperature, top_k, top_p), atol=1e-12)
    assert q.sum() == pytest.approx(1)


def test_known_values():
    np.testing.assert_allclose(sharpen(P), P)
    np.testing.assert_allclose(sharpen(10 * P, 0.5), P**2 / (P**2).sum())
    np.testing.assert_allclose(sharpen(P, top_k=2), [0, 4 / 7, 0, 3 / 7])
    np.testing.assert_allclose(sharpen(P, top_p=0.7), [0, 4 / 7, 0, 3 / 7])
    np.testing.assert_allclose(sharpen(P, top_p=0.71), [0, 4 / 9, 2 / 9, 3 / 9])
    np.testing.assert_allclose(sharpen(P, top_p=0.01), [0, 1, 0, 0])
    np.testing.assert_allclose(sharpen(P, 1e9), 0.25, atol=1e-8)


def test_ties_go_to_the_lowest_ids():
    even = np.full((2, 4), 0.25)
    assert sharpen(even, 0).tolist() == [[1, 0, 0, 0]] * 2
    assert sharpen(even, top_k=3)[0].tolist() == pytest.approx([1 / 3, 1 / 3, 1 / 3, 0])
    assert sharpen(even, top_p=0.5)[0].tolist() == [0.5, 0.5, 0, 0]


def test_cold_is_greedy_and_never_underflows():
    small = np.array([[1e-300, 3e-300, 0], [0, 1, 1]])
    assert sharpen(small, 1e-3).tolist() == [[0, 1, 0], [0, 0.5, 0.5]]
    assert sharpen(small, 0).tolist() == [[0, 1, 0], [0, 1, 0]]


def test_the_argument_stays_as_it_is():
    p = P.copy()
    for keywords in ({"temperature": 0}, {"temperature": 0.5}, {"top_k": 1}, {"top_p": 0.5}):
        sharpen(p, **keywords)
    np.testing.assert_array_equal(p, P)


def test_any_axes_in_front():
    p = np.random.default_rng(60).dirichlet(np.ones(5), (3, 4))
    keywords = {"temperature": 0.7, "top_k": 4, "top_p": 0.9}
    together = sharpen(p, **keywords)
    assert together.shape == p.shape
    np.testing.assert_allclose(together[1, 2], sharpen(p[1, 2], **keywords))


def test_choose_draws_in_proportion():
    before, rng = global_state(), np.random.default_rng(61)
    p = np.array([[0.0, 0.2, 0.0, 0.8, 0.0], [0.3, 0.3, 0.3, 0.1, 0.0]])
    drawn = choose(np.broadcast_to(7 * p, (20_000, 2, 5)), rng)
    assert drawn.shape == (20_000, 2)
    shares = drawn[..., None] == np.arange(5)
    assert not shares[:, p == 0].any()
    assert_mean(shares[:, p > 0].T, p[p > 0])
    assert global_state() == before


def test_choose_never_draws_the_impossible():
    class Edge:
        """The smallest and the largest number that a generator gives."""

        def random(self, shape):
            return np.resize([0.0, 1 - 2**-53], shape)

    p = np.array([0, 0.1, 0.2, 0.7, 0])
    p = np.tile(p * np.array([[1.0], [1.0], [3e-9], [3e-9]]), (1, 1))
    assert choose(p, Edge()).tolist() == [1, 3, 1, 3]


@pytest.mark.parametrize(
    "call, expected",
    [
        (lambda: sharpen(P, -1), "temperature must be a finite number of at least 0, got -1"),
        (lambda: options(float("inf")), "temperature must"),
        (lambda: options("cold"), "temperature must"),
        (lambda: sharpen(P, top_k=0), "top_k must be a whole number of at least 1, got 0"),
        (lambda: options(top_k=2.0), "top_k must"),
        (lambda: sharpen(P, top_p=0), "top_p must be above 0"),
        (lambda: options(top_p=1.5), "top_p must be a fraction from 0 to 1, got 1.5"),
        (lambda: sharpen([0.5, -0.5]), "p must be finite, not negative"),
        (lambda: sharpen([[0.5, 0.5], [0, 0]]), "not all zero"),
        (lambda: sharpen([0.5, np.nan]), "p must be finite"),
        (lambda: sharpen(1.0), "p must"),
    ],
)
def test_bad_input(call, expected):
    with pytest.raises(ValueError, match=re.escape(expected)):
        call()


# Beam search

CHAIN = np.random.default_rng(4).dirichlet(np.full(5, 0.5), size=5)


def log_probability(text, penalty=1.0):
    total = 0.0
    for i in range(1, len(text)):
        again = penalty if text[i] in text[:i] else 1.0
        total += again * np.log(CHAIN[text[i - 1], text[i]])
    return total


def plain_beam(start, width, length, penalty):
    texts = [[start]]
    for _ in range(length - 1):
        longer = [[*text, x] for text in texts for x in np.argsort(-CHAIN[text[-1]]).tolist()]
        texts = sorted(longer, key=lambda text: -round(log_probability(text, penalty), 9))[:width]
    return texts[0]


def test_likeliest():
    ids, log_p = likeliest(CHAIN, 3)
    np.testing.assert_array_equal(ids, np.argsort(-CHAIN, axis=1)[:, :3])
    np.testing.assert_allclose(np.exp(log_p), -np.sort(-CHAIN, axis=1)[:, :3])
    few = sparse.csr_array(np.array([[0, 1.0, 0], [0.5, 0, 0.5], [0, 0, 0]]))
    ids, log_p = likeliest(few, 2)
    assert ids.tolist()[:2] == [[1, 0], [0, 2]]
    np.testing.assert_allclose(np.exp(log_p), [[1, 0], [0.5, 0.5], [0, 0]])


@pytest.mark.parametrize("penalty", [1.0, 3.0])
@pytest.mark.parametrize("width", [1, 2, 4])
def test_beam_search_is_its_definition(width, penalty):
    texts = beam_search(*likeliest(CHAIN, 5), np.arange(5), width, 7, penalty)
    assert texts.tolist() == [plain_beam(start, width, 7, penalty) for start in range(5)]


def test_a_wide_beam_finds_the_most_probable_text():
    found = beam_search(*likeliest(CHAIN, 5), np.arange(5), 5**4, 5)
    for start in range(5):
        texts = [(start, *rest) for rest in product(range(5), repeat=4)]
        best = max(map(log_probability, texts))
        assert log_probability(found[start]) == pytest.approx(best, abs=1e-9)


def test_a_narrow_list_of_successors_is_enough():
    narrow, whole = likeliest(CHAIN, 2), likeliest(CHAIN, 5)
    for width in (1, 2):
        few = beam_search(*narrow, np.arange(5), width, 9)
        np.testing.assert_array_equal(few, beam_search(*whole, np.arange(5), width, 9))


def test_greedy_follows_the_most_probable_symbol():
    text = beam_search(*likeliest(CHAIN, 5), [3], 1, 6)[0]
    for before, after in zip(text[:-1], text[1:], strict=True):
        assert after == CHAIN[before].argmax()


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: likeliest(np.ones((2, 3)), 1), "p must have the shape"),
        (lambda: likeliest(np.eye(2), 0), "m must be a whole number of at least 1"),
        (lambda: likeliest(-np.eye(2), 1), "p must be finite and not negative"),
        (lambda: beam_search([[0]], [[0.0, 1.0]], [0], 1, 2), "ids and log_p must have the shape"),
        (lambda: beam_search(*likeliest(CHAIN, 2), [5], 1, 2), "starts must be a row of ids"),
        (lambda: beam_search(*likeliest(CHAIN, 2), [0], 0, 2), "width must be a whole number"),
        (lambda: beam_search(*likeliest(CHAIN, 2), [0], 1, 2, 0.5), "penalty must be a finite"),
        (
            lambda: beam_search(*likeliest([[0, 1.0], [0, 0]], 1), [0], 1, 4),
            "every symbol that is met a successor",
        ),
    ],
)
def test_beam_search_says_what_is_wrong(call, words):
    with pytest.raises(ValueError, match=words):
        call()
