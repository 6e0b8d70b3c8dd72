"""N-gram models against a plain implementation with dictionaries, and against their definition."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from itertools import product

import numpy as np
import pytest
from agreement import assert_mean, global_state
from scipy import stats

from modelcollapse.loop import run
from modelcollapse.ngrams import SMOOTHING, NGram

each_smoothing = pytest.mark.parametrize("smoothing", SMOOTHING)


@pytest.fixture
def rng():
    return np.random.default_rng(70)


def rows_of(rng, replicates=2, n=6, length=9, k=3):
    """Text in which some contexts are common and some never come."""
    return rng.choice(k, p=np.array([0.6, 0.3, 0.1]), size=(replicates, n, length))


class Plain:
    """The textbook's recursion on strings and dictionaries, one replicate; "#" begins a row."""

    def __init__(self, rows, order, vocabulary, smoothing, discount, weights=None):
        self.order, self.k, self.smoothing, self.d = order, vocabulary, smoothing, discount
        self.count = [defaultdict(Counter) for _ in range(order)]  # by length of context
        self.times = [defaultdict(Counter) for _ in range(order)]  # the same without weights
        before = [defaultdict(set) for _ in range(order)]
        for row, weight in zip(rows, [1] * len(rows) if weights is None else weights, strict=True):
            text = "#" * (order - 1) + "".join(map(str, row))
            for i in range(order - 1, len(text)):
                for size in range(order):
                    h = text[i - size : i]
                    self.count[size][h][text[i]] += weight
                    self.times[size][h][text[i]] += 1
                    if size + 1 < order:
                        before[size][h + text[i]].add(text[i - size - 1])
        if smoothing == "kneser-ney":
            for size in range(order - 1):
                for h, following in self.count[size].items():
                    if not h.startswith("#"):
                        for w in following:
                            following[w] = len(before[size][h + w])
                            self.times[size][h][w] = len(before[size][h + w])

    def p(self, w, h):
        h = h[-(self.order - 1) :] if self.order > 1 else ""
        following = self.count[len(h)][h]
        total, kinds, seen = sum(following.values()), len(following), following[w]
        if self.smoothing == "none":
            return seen / total if total else self.p(w, h[1:])
        lower = self.p(w, h[1:]) if h else 1 / self.k
        if not total:
            return lower
        if self.smoothing == "witten-bell":
            return (seen + kinds * lower) / (total + kinds)
        taken = {x: self.d * following[x] / n for x, n in self.times[len(h)][h].items()}
        return (seen - taken.get(w, 0) + sum(taken.values()) * lower) / total


@each_smoothing
@pytest.mark.parametrize("order", [1, 2, 3, 4])
def test_probabilities_are_the_plain_ones(rng, smoothing, order):
    data = rows_of(rng)
    model = NGram(order, 3, smoothing, discount=0.6).fit(data)
    plain = [Plain(rows, order, 3, smoothing, 0.6) for rows in data]
    for size in range(5):
        for history in product(range(3), repeat=size):
            text = "#" * (order - 1) + "".join(map(str, history))
            wanted = [[one.p(str(w), text) for w in range(3)] for one in plain]
            np.testing.assert_allclose(model.probabilities(history), wanted, atol=1e-12)


@each_smoothing
@pytest.mark.parametrize("shape", [(6,), (2, 6)])
def test_weights_are_the_plain_ones(rng, smoothing, shape):
    data, weights = rows_of(rng), rng.uniform(0.1, 3, shape)
    model = NGram(3, 3, smoothing, discount=0.6).fit(data, weights=weights)
    plain = [
        Plain(rows, 3, 3, smoothing, 0.6, each)
        for rows, each in zip(data, np.broadcast_to(weights, (2, 6)), strict=True)
    ]
    for size in range(4):
        for history in product(range(3), repeat=size):
            text = "##" + "".join(map(str, history))
            wanted = [[one.p(str(w), text) for w in range(3)] for one in plain]
            np.testing.assert_allclose(model.probabilities(history), wanted, atol=1e-12)
    np.testing.assert_allclose(model.rows.sum(axis=1), 1, rtol=0, atol=1e-12)


def test_weights_that_are_alike_change_nothing_and_repeated_rows_do(rng):
    data = rows_of(rng)
    once, weighed = NGram(3, 3).fit(data), NGram(3, 3).fit(data, weights=np.full(6, 5.0))
    np.testing.assert_allclose(weighed.rows, once.rows, atol=1e-12)
    repeated = NGram(3, 3).fit(np.concatenate([data, data], axis=1))
    assert np.abs(repeated.rows - once.rows).max() > 0.01
    # Plain frequencies know no difference between a row twice and a weight of 2.
    weights = np.array([2, 1, 1, 1, 1, 1])
    doubled = NGram(3, 3, "none").fit(np.concatenate([data, data[:, :1]], axis=1))
    weighed = NGram(3, 3, "none").fit(data, weights=weights)
    np.testing.assert_allclose(weighed.rows, doubled.rows, atol=1e-12)


@each_smoothing
def test_scores_are_the_plain_ones(rng, smoothing):
    data, scored = rows_of(rng), rows_of(rng)
    model = NGram(3, 3, smoothing).fit(data)
    with np.errstate(divide="ignore"):
        for rows, texts, scores in zip(data, scored, model.log_probability(scored), strict=True):
            plain = Plain(rows, 3, 3, smoothing, 0.75)
            for text, score in zip(texts, scores, strict=True):
                word = "##" + "".join(map(str, text))
                wanted = [plain.p(word[i], word[i - 2 : i]) for i in range(2, len(word))]
                np.testing.assert_allclose(score, np.log(wanted))


@each_smoothing
@pytest.mark.parametrize("order", [1, 2, 5])
def test_every_row_of_probabilities_sums_to_one(rng, smoothing, order):
    data = rng.choice(20, p=rng.dirichlet(np.full(20, 0.3)), size=(3, 40, 30))
    model = NGram(order, 20, smoothing).fit(data)
    np.testing.assert_allclose(model.rows.sum(axis=1), 1, rtol=0, atol=1e-12)
    assert (model.rows >= 0).all()
    if smoothing != "none":
        assert (model.rows > 0).all()
    # The contexts of each length, and those of every replicate, are there.
    assert {tuple(state) for state in model.states} == set(product(range(3), range(order)))


def test_without_smoothing_the_shares_are_the_frequencies(rng):
    data = rows_of(rng, n=50)
    p = NGram(1, 3, "none").fit(data).probabilities()
    np.testing.assert_allclose(p, (data[..., None] == np.arange(3)).mean(axis=(1, 2)))


@each_smoothing
def test_replicates_are_apart(rng, smoothing):
    data = rows_of(rng, replicates=3)
    together = NGram(3, 3, smoothing).fit(data)
    held = rows_of(rng, replicates=1)
    scores = together.log_probability(held)
    assert scores.shape == (3, 6, 9)
    for i in range(3):
        alone = NGram(3, 3, smoothing).fit(data[i : i + 1])
        np.testing.assert_array_equal(alone.log_probability(held)[0], scores[i])


@each_smoothing
@pytest.mark.parametrize("vocabulary", [2, 3, 8])
def test_samples_come_as_often_as_their_probability(rng, smoothing, vocabulary):
    data = rng.choice(vocabulary, size=(2, 4, 5))
    model = NGram(3, vocabulary, smoothing).fit(data)
    x = model.sample(30_000, rng)
    assert x.shape == (2, 30_000, 5) and x.dtype == np.uint8
    start = model.probabilities()
    for replicate in range(2):
        for w in range(vocabulary):
            if 0 < start[replicate, w] < 1:
                assert_mean(x[replicate, :, 0] == w, start[replicate, w])
    # On average a text is as probable as its model's entropy says; each symbol must be possible.
    scores = model.log_probability(x)
    assert np.isfinite(scores).all()
    w = int(start[0].argmax())
    after = model.probabilities([w])[0]
    found = x[0, x[0, :, 0] == w, 1]
    possible = after > 0
    counts = np.bincount(found, minlength=vocabulary)
    assert counts[~possible].sum() == 0
    if possible.sum() > 1:
        expected = after[possible] * len(found)
        assert stats.chisquare(counts[possible], expected).pvalue > 1e-4


def test_decoding_is_that_of_sharpen(rng):
    data = rng.choice(5, size=(2, 30, 6))
    for options, allowed in (
        ({"temperature": 0}, 1),
        ({"top_k": 2}, 2),
        ({"top_p": 1e-9}, 1),
        ({"temperature": 0.01}, 1),
    ):
        model = NGram(2, 5, **options).fit(data)
        x = model.sample(500, rng)
        for replicate in range(2):
            assert len(set(x[replicate, :, 0].tolist())) == allowed
            best = np.argsort(-model.probabilities()[replicate], kind="stable")[:allowed]
            assert set(x[replicate, :, 0].tolist()) == set(best.tolist())
    cold, warm = NGram(2, 5, temperature=0.5).fit(data), NGram(2, 5).fit(data)
    np.testing.assert_array_equal(cold.rows, warm.rows)  # scores do not depend on decoding
    x = cold.sample(30_000, rng)
    p = warm.probabilities()[0] ** 2
    assert_mean(x[0, :, 0, None].T == np.arange(5)[:, None], p / p.sum())


def test_decoded_probabilities_for_its_own(rng):
    data = rng.choice(5, size=(2, 30, 6))
    model = NGram(2, 5, temperature=0.5).fit(data)
    first = model.rows.copy()
    once, twice = model.decoded(), model.decoded().decoded()
    model.sample(1, rng)
    for power, decoded in ((1, model), (2, once), (4, twice)):
        wanted = first**power / (first**power).sum(axis=1, keepdims=True)
        np.testing.assert_allclose(decoded.rows, wanted)
    # It is what a model without smoothing makes of a long text.
    x = model.sample(100_000, rng)
    after = NGram(2, 5, "none").fit(x).probabilities([1])
    np.testing.assert_allclose(after, once.probabilities([1]), atol=0.02)


def test_a_prompt_is_gone_on_from(rng):
    data = np.tile(np.array([0, 1, 2, 3], np.uint8), (1, 5, 4))
    model = NGram(2, 4, "none").fit(data)
    x = model.sample(2, rng, length=6, prompt=[2])
    assert x.tolist() == [[[3, 0, 1, 2, 3, 0]] * 2]
    assert model.sample(0, rng).shape == (1, 0, 16)


def test_adjusting_nothing_changes_nothing(rng):
    data = rng.choice(5, size=(2, 30, 6))
    model = NGram(3, 5, temperature=0.7).fit(data)
    for prompt in ((), [4, 1]):
        plain = model.sample(40, np.random.default_rng(1), length=9, prompt=prompt)
        same = model.sample(
            40, np.random.default_rng(1), length=9, prompt=prompt, adjust=lambda p, context: p
        )
        np.testing.assert_array_equal(same, plain)
        assert same.dtype == np.uint8
    assert model.sample(0, rng, adjust=lambda p, context: p).shape == (2, 0, 6)


def test_what_is_adjusted_are_decoded_probabilities_after_the_context(rng):
    data = rng.choice(5, size=(2, 30, 6))
    model = NGram(3, 5, temperature=0.7).fit(data)
    seen = []

    def adjust(p, context):
        seen.append((p.copy(), context.copy()))
        even = p * (np.arange(5) % 2 == 0)
        return even / even.sum(axis=1, keepdims=True)

    x = model.sample(3, rng, length=4, prompt=[1, 3], adjust=adjust)
    assert x.shape == (2, 3, 4) and (x % 2 == 0).all()
    decoded = model.decoded()
    for place, (p, context) in enumerate(seen):
        wanted = np.concatenate([np.tile([1, 3], (6, 1)), x.reshape(6, 4)[:, :place]], axis=1)
        np.testing.assert_array_equal(context, wanted)
        for row in range(6):
            np.testing.assert_allclose(p[row], decoded.probabilities(context[row])[row // 3])


def test_adjusting_must_return_probabilities(rng):
    model = NGram(2, 5).fit(rng.choice(5, size=(1, 30, 6)))
    with pytest.raises(ValueError, match="what adjust returns must sum to 1"):
        model.sample(3, rng, adjust=lambda p, context: 2 * p)
    with pytest.raises(ValueError, match=re.escape("adjust must return the shape (3, 5)")):
        model.sample(3, rng, adjust=lambda p, context: p[:1])


def test_the_same_seed_writes_the_same_text():
    data, before = rows_of(np.random.default_rng(71)), global_state()

    def write(seed):
        return NGram(3, 3, temperature=0.9).fit(data).sample(50, np.random.default_rng(seed))

    np.testing.assert_array_equal(write(1), write(1))
    assert (write(1) != write(2)).any()
    assert global_state() == before


def test_what_comes_in_stays_as_it_is(rng):
    data = rows_of(rng).astype(np.uint8)
    copy = data.copy()
    model = NGram(3, 3).fit(data)
    model.sample(3, rng)
    model.log_probability(data)
    np.testing.assert_array_equal(data, copy)


@each_smoothing
@pytest.mark.parametrize("regime", ["replace", "accumulate"])
def test_the_loop_runs_it(rng, smoothing, regime):
    real = rng.choice(4, size=(2, 20, 8)).astype(np.uint8)
    measure = {"bits": lambda model, data: model.log_probability(data).mean(axis=(1, 2))}
    history = run(NGram(3, 4, smoothing), real, regime, 4, rng, measure=measure, keep=True)
    assert history["bits"].shape == (4, 2) and np.isfinite(history["bits"]).all()
    assert history.generations[-1].data.dtype == np.uint8


def test_without_smoothing_one_repeated_text_is_written_again(rng):
    data = np.tile(np.array([0, 1, 1, 2, 0, 2], np.uint8), (2, 7, 1))
    for order in (3, 4, 6):
        x = NGram(order, 3, "none").fit(data).sample(5, rng)
        np.testing.assert_array_equal(x, data[:, :5])


GOOD = np.zeros((1, 2, 3), np.uint8)


@pytest.mark.parametrize(
    "call, expected",
    [
        (lambda: NGram(0, 3), "order must be a whole number of at least 1, got 0"),
        (lambda: NGram(2, 0), "vocabulary must be a whole number of at least 1, got 0"),
        (lambda: NGram(2, 257), "vocabulary must be at most 256, got order 2 and vocabulary 257"),
        (lambda: NGram(11, 32), "below 2 ** 52"),
        (lambda: NGram(2, 3, "add-one"), "smoothing must be one of 'kneser-ney', 'witten-bell'"),
        (lambda: NGram(2, 3, discount=0), "discount must be above 0"),
        (lambda: NGram(2, 3, discount=1.5), "discount must be a fraction from 0 to 1, got 1.5"),
        (lambda: NGram(2, 3, temperature=-1), "temperature must be a finite number of at least 0"),
        (lambda: NGram(2, 3, top_k=0), "top_k must be a whole number of at least 1, got 0"),
        (lambda: NGram(2, 3).fit(GOOD[0]), "data must have the shape (replicates, n, length), got"),
        (lambda: NGram(2, 3).fit(GOOD[:, :1]), "data must have at least 2 rows a replicate"),
        (lambda: NGram(2, 3).fit(GOOD + 3), "vocabulary - 1 = 2, got uint8 from 3 to 3"),
        (lambda: NGram(2, 3).fit(GOOD - 1.0), "data must be whole numbers"),
        (lambda: NGram(2, 3).fit(GOOD, weights=[1]), "weights must have the shape (2,) or (1, 2)"),
        (lambda: NGram(2, 3).fit(GOOD, weights=[1, 0]), "weights must be finite and above 0"),
        (lambda: NGram(2, 3).fit(GOOD).log_probability(GOOD[0]), "data must have the shape (1, n"),
        (lambda: NGram(2, 3).fit(GOOD).log_probability(GOOD + 9), "data must be whole numbers"),
        (lambda: NGram(2, 3).fit(GOOD).probabilities([3]), "prompt must be whole numbers"),
        (lambda: NGram(2, 3).fit(GOOD).probabilities([[0]]), "prompt must be one row of symbols"),
        (
            lambda: NGram(2, 3).fit(GOOD).sample(2, np.random.default_rng(0), length=0),
            "length must be a whole number of at least 1, got 0",
        ),
    ],
)
def test_bad_input(call, expected):
    with pytest.raises(ValueError, match=re.escape(expected)):
        call()


def test_the_generator_is_explicit():
    with pytest.raises(TypeError, match="rng must be a numpy.random.Generator"):
        NGram(2, 3).fit(GOOD).sample(2, None)
