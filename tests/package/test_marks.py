"""Marks: what they do to probabilities, and what their scores are."""

from __future__ import annotations

import numpy as np
import pytest
from agreement import assert_mean

from modelcollapse.marks import GreenList, Gumbel, Tournament, pseudo_random
from modelcollapse.ngrams import NGram
from modelcollapse.theory import provenance

KINDS = {
    "green": lambda key, **options: GreenList(key, 6, **options),
    "gumbel": lambda key, **options: Gumbel(key, 6, **options),
    "tournament": lambda key, **options: Tournament(key, 6, **options),
}
P = np.array([0.4, 0.3, 0.15, 0.1, 0.04, 0.01])
each_kind = pytest.mark.parametrize("kind", KINDS)


@pytest.fixture
def rng():
    return np.random.default_rng(80)


def test_pseudo_random_numbers_look_uniform_and_independent():
    u = pseudo_random(1, np.arange(100_000))
    assert ((u >= 0) & (u < 1)).all()
    assert_mean(u, 0.5)
    assert_mean((u - 0.5) ** 2, 1 / 12)
    for other in (pseudo_random(2, np.arange(100_000)), np.roll(u, 1)):
        assert_mean((u - 0.5) * (other - 0.5), 0)
    assert_mean(pseudo_random(np.arange(100_000), 7), 0.5)
    np.testing.assert_array_equal(u[:10], pseudo_random(1, np.arange(10)))


@pytest.mark.parametrize("kind", ["gumbel", "tournament"])
def test_over_all_keys_nothing_is_changed(kind):
    mark = KINDS[kind](np.arange(40_000))
    context = np.tile(np.array([1, 2, 3, 4], np.uint8), (40_000, 1))
    q = mark.adjust(np.tile(P, (40_000, 1)), context)
    assert_mean(q.T, P)
    np.testing.assert_allclose(q.sum(axis=1), 1)
    if kind == "gumbel":
        assert set(np.unique(q)) == {0.0, 1.0}


def test_green_symbols_gain_and_the_others_lose_alike(rng):
    mark = GreenList(3, 6, gamma=0.3, delta=1.5)
    p = rng.dirichlet(np.ones(6), 500)
    context = rng.integers(6, size=(500, 9)).astype(np.uint8)
    gain = np.log(mark.adjust(p, context) / p)
    green = gain > 0
    assert green.mean() == pytest.approx(0.3, abs=0.05)
    for row in np.flatnonzero(green.any(axis=1) & ~green.all(axis=1)):
        assert np.ptp(gain[row, green[row]]) < 1e-9 and np.ptp(gain[row, ~green[row]]) < 1e-9
        assert gain[row, green[row]][0] - gain[row, ~green[row]][0] == pytest.approx(1.5)


@each_kind
def test_the_reader_scores_what_the_writer_did(rng, kind):
    """The numbers that `score` finds are those by which `adjust` chose."""
    data = rng.choice(6, p=P, size=(1, 50, 30)).astype(np.uint8)
    model = NGram(3, 6).fit(data)
    mark = KINDS[kind](np.arange(2000), window=2)
    rows = model.sample(2000, rng, adjust=mark.adjust)[0]
    marked, plain = mark.score(rows), mark.score(model.sample(2000, rng)[0])
    assert marked.shape == rows.shape
    assert_mean(plain.mean(axis=1), mark.mean)
    assert (plain[:, 5] - mark.mean).std() == pytest.approx(mark.sd, rel=0.1)
    assert mark.z(rows).mean() > 3 > abs(mark.z(model.sample(2000, rng)[0]).mean())
    wrong = KINDS[kind](np.arange(5000, 7000), window=2)
    assert_mean(wrong.score(rows).mean(axis=1), mark.mean)


@pytest.mark.parametrize(
    "kind, law",
    [
        (lambda key: Gumbel(key, 6, 2), provenance.gumbel_score),
        (lambda key: Tournament(key, 6, 2, 1), provenance.tournament_share),
        (lambda key: GreenList(key, 6, 2, delta=0), lambda p: 0.5),
    ],
)
def test_the_first_symbol_has_the_score_of_the_law(rng, kind, law):
    model = NGram(2, 6).fit(rng.choice(6, p=P, size=(1, 50, 30)))
    mark = kind(np.arange(20_000))
    rows = model.sample(20_000, rng, length=1, adjust=mark.adjust)[0]
    assert_mean(mark.score(rows)[:, 0], law(model.probabilities()[0]))


@each_kind
def test_a_key_a_row_is_that_key(rng, kind):
    rows = rng.integers(6, size=(3, 20))
    together = KINDS[kind]([4, 5, 6]).score(rows)
    for i, key in enumerate((4, 5, 6)):
        np.testing.assert_array_equal(together[i], KINDS[kind](key).score(rows[i : i + 1])[0])


@each_kind
def test_only_the_window_counts(rng, kind):
    rows = rng.integers(6, size=(50, 20))
    other = rows.copy()
    other[:, :10] = rng.integers(6, size=(50, 10))
    mark = KINDS[kind](1, window=3)
    np.testing.assert_array_equal(mark.score(rows)[:, 13:], mark.score(other)[:, 13:])
    assert (mark.score(rows)[:, :13] != mark.score(other)[:, :13]).any()


def test_first_times(rng):
    rows = rng.integers(2, size=(20, 40))
    mark = GreenList(1, 2, window=2)
    pairs, contexts = mark.first_time(rows), mark.first_time(rows, symbol=False)
    for row, found, there in zip(rows, pairs, contexts, strict=True):
        padded, seen, met = [2, 2, *row.tolist()], set(), set()
        for place in range(40):
            context, pair = tuple(padded[place : place + 2]), tuple(padded[place : place + 3])
            assert found[place] == (pair not in seen) and there[place] == (context not in met)
            seen.add(pair)
            met.add(context)


@pytest.mark.parametrize(
    "call, words",
    [
        (lambda: GreenList(-1, 6), "key must be"),
        (lambda: GreenList([[1]], 6), "key must be a number or a row"),
        (lambda: GreenList(1, 6, gamma=1), "gamma must be above 0 and below 1"),
        (lambda: GreenList(1, 6, delta=-1), "delta must be"),
        (lambda: Gumbel(1, 200, 10), "window must leave"),
        (lambda: Tournament(1, 6, layers=0), "layers must be"),
        (lambda: Gumbel(1, 6).score([1, 2]), "rows must be whole numbers of shape"),
    ],
)
def test_bad_arguments_are_named(call, words):
    with pytest.raises(ValueError, match=words):
        call()
