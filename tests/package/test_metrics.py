"""Distances and diversity, against definitions, known values and other libraries."""

from __future__ import annotations

import lexicalrichness
import numpy as np
import pytest
from agreement import assert_mean
from hypothesis import given
from hypothesis import strategies as st
from scipy import optimize, stats

from modelcollapse import metrics

weights = st.lists(st.floats(0, 1), min_size=2, max_size=8).filter(lambda w: sum(w) > 1e-3)


def normalised(w):
    return np.array(w) / np.sum(w)


def test_w2_of_gaussians_is_the_distance_of_sorted_samples():
    """In one dimension W2 pairs the quantiles."""
    q = (np.arange(200_000) + 0.5) / 200_000
    for mean, sd, mean0, sd0 in ((1.0, 0.5, 0.0, 1.0), (-2.0, 3.0, 1.0, 0.1)):
        a, b = stats.norm.ppf(q, mean, sd), stats.norm.ppf(q, mean0, sd0)
        measured = metrics.gaussian_w2_squared(mean, sd**2, mean0, sd0**2)
        assert measured == pytest.approx(np.mean((a - b) ** 2), rel=1e-3)
    assert metrics.gaussian_w2_squared(0, 1) == 0
    assert metrics.gaussian_w2_squared(0, 0) == 1
    assert metrics.gaussian_w2_squared(np.zeros((2, 3)), np.ones(3)).shape == (2, 3)


def test_heterozygosity_is_how_often_two_draws_differ():
    p = np.array([[0.5, 0.3, 0.2], [1.0, 0.0, 0.0]])
    rng = np.random.default_rng(0)
    a, b = (rng.choice(3, 100_000, p=p[0]) for _ in range(2))
    assert_mean(a != b, metrics.heterozygosity(p)[0])
    assert metrics.heterozygosity(p)[1] == 0


@given(weights)
def test_entropy(w):
    p = normalised(w)
    assert metrics.entropy(p) == pytest.approx(stats.entropy(p), abs=1e-12)
    assert -1e-12 <= metrics.entropy(p) <= np.log(len(p)) + 1e-12
    # Heterozygosity and entropy are both 0 for one category alone, and largest when even.
    assert metrics.heterozygosity(p) <= 1 - 1 / len(p) + 1e-12


def test_support_size():
    assert metrics.support_size([[0.5, 0.5, 0.0], [0.0, 1.0, 0.0]]).tolist() == [2, 1]
    assert metrics.support_size(np.array([3, 0, 1, 0])) == 2


@given(weights, st.randoms())
def test_total_variation_is_the_cost_of_moving_mass(w, random):
    p = normalised(w)
    q = np.array(random.sample(list(p), len(p)))
    distance = metrics.total_variation(p, q)
    assert distance == pytest.approx(np.maximum(p - q, 0).sum(), abs=1e-12)
    assert distance == pytest.approx(float(metrics.total_variation(q, p)))
    assert metrics.total_variation(p, p) == 0


def test_total_variation_of_disjoint_supports():
    assert metrics.total_variation([1.0, 0.0], [0.0, 1.0]) == 1


def test_kl_divergence():
    p, q = np.array([0.5, 0.5, 0.0]), np.array([0.25, 0.25, 0.5])
    assert metrics.kl_divergence(p, q) == pytest.approx(np.log(2))
    assert metrics.kl_divergence(q, p) == np.inf  # p has lost a category of q
    assert metrics.kl_divergence(p, p) == 0
    both = metrics.kl_divergence(np.stack([p, q]), q)
    assert both.shape == (2,) and both[1] == 0
    # It is least where q is p: what maximum likelihood does.
    best = optimize.minimize_scalar(
        lambda x: float(metrics.kl_divergence([0.3, 0.7], [x, 1 - x])),
        bounds=(0.01, 0.99),
        method="bounded",
    )
    assert best.x == pytest.approx(0.3, abs=1e-4)


def test_good_turing():
    assert metrics.good_turing([1, 1, 2, 0, 6]) == 0.2
    assert metrics.good_turing([[1, 1], [2, 0]]).tolist() == [1, 0]


def test_tail_mass():
    p = np.array([[0.5, 0.3, 0.2], [0.9, 0.1, 0.0]])
    np.testing.assert_allclose(metrics.tail_mass(p, p[0] < 0.4), [0.5, 0.1])
    np.testing.assert_allclose(metrics.tail_mass(p, [2]), [0.2, 0.0])


# Text

TEXT = "the cat and the dog and the bird saw the man".split()
ONCE = [f"word{i}" for i in range(500)]


def from_zipf(exponent, n, seed):
    p = np.arange(1, 50_001.0) ** -exponent
    draws = np.random.default_rng(seed).choice(50_000, n, p=p / p.sum())
    return [f"w{i}" for i in draws]


def test_distinct_n():
    assert metrics.distinct_n(TEXT, 1, 11) == 7 / 11
    assert metrics.distinct_n(TEXT, 2, 11) == 9 / 10  # "and the" is there twice
    assert metrics.distinct_n(TEXT, 2, 2) == metrics.distinct_n(ONCE, 3, 500) == 1
    assert metrics.distinct_n(["a"] * 100, 4, 100) == 1 / 97
    assert metrics.distinct_n("abab", 2, 4) == 2 / 3  # characters


def test_token_entropy_and_counts():
    assert metrics.token_entropy(TEXT, 11) == pytest.approx(stats.entropy([4, 2, 1, 1, 1, 1, 1]))
    assert metrics.token_entropy(ONCE, 500) == pytest.approx(np.log(500))
    assert metrics.token_entropy("aaaa", 4) == 0
    assert (metrics.vocabulary(TEXT, 11), metrics.hapaxes(TEXT, 11)) == (7, 5)
    assert (metrics.vocabulary(TEXT, 4), metrics.hapaxes(TEXT, 4)) == (3, 2)
    assert (metrics.vocabulary("abab", 4), metrics.hapaxes("abab", 4)) == (2, 0)


@pytest.mark.parametrize("exponent", [0.5, 0.8, 1.2])
def test_zipf_exponent_of_counts_that_follow_the_law(exponent):
    """Counts drawn from the law that is fitted, within four standard errors of the fit."""
    a = 1 + 1 / exponent
    counts = stats.zipf.rvs(a, size=20_000, random_state=np.random.default_rng(62))
    counts = np.minimum(counts, 10_000)  # a shorter text; it hardly moves the estimate
    text = [str(i) for i in np.repeat(np.arange(counts.size), counts)]
    found = metrics.zipf_exponent(text, len(text))
    # Fisher's information of a, one count, is the variance of log c.
    se = exponent**2 / np.sqrt(np.log(counts).var() * counts.size)
    assert abs(found - exponent) < 4 * se + 0.002
    fit = stats.fit(stats.zipf, np.minimum(counts, 10_000), {"a": (1.01, 5)})
    assert found == pytest.approx(1 / (fit.params.a - 1), rel=1e-3)


def test_zipf_exponent_orders_texts():
    found = [metrics.zipf_exponent(from_zipf(b, 20_000, 63), 20_000) for b in (0.6, 1.0, 1.4)]
    assert found == sorted(found)
    assert metrics.zipf_exponent(ONCE, 500) == 0


def test_mtld_of_known_texts():
    # Of two equal words one half are different, of three one third.
    assert metrics.mtld(["a"] * 30, 30) == 2
    assert metrics.mtld(["a"] * 30, 30, threshold=0.4) == 3
    assert metrics.mtld(ONCE, 500) == 500
    # Five words in turn: the seventh repeats the second, and 5 / 7 is below 0.72.
    assert metrics.mtld(list("abcde") * 7, 35) == 7
    # One factor of 7, then five different words: no part of a second factor.
    assert metrics.mtld(list("abcde") * 2 + ["x", "y"], 12) == pytest.approx((12 + 12) / 2)


@pytest.mark.parametrize("threshold", [0.66, 0.72, 0.75])
def test_mtld_is_the_one_of_a_library(threshold):
    for seed, exponent in enumerate((0.7, 1.0, 1.3)):
        text = from_zipf(exponent, 3_000, seed)
        theirs = lexicalrichness.LexicalRichness(text, preprocessor=None, tokenizer=None)
        assert metrics.mtld(text, 3_000, threshold) == pytest.approx(theirs.mtld(threshold))


def test_compression_ratio():
    rng = np.random.default_rng(64)
    for symbols, bits in (("ab", 1), ("abcd", 2), ("".join(map(chr, range(64, 96))), 5)):
        text = "".join(rng.choice(list(symbols), 50_000))
        ratio = metrics.compression_ratio(text, 50_000)
        assert 0.7 * 8 / bits < ratio < 8 / bits  # no code beats the entropy
    assert metrics.compression_ratio("a" * 50_000, 50_000) > 1_000
    assert metrics.compression_ratio(text[:100] * 500, 50_000) > 5 * ratio


def test_only_the_first_tokens_count():
    longer = TEXT + ["more", "words"]
    for measure in (
        metrics.token_entropy,
        metrics.vocabulary,
        metrics.hapaxes,
        metrics.zipf_exponent,
        metrics.mtld,
        lambda tokens, length: metrics.distinct_n(tokens, 2, length),
        lambda tokens, length: metrics.compression_ratio("".join(tokens), length),
    ):
        assert measure(longer, 8) == measure(TEXT, 8) != measure(longer, len(longer))


@pytest.mark.parametrize(
    "call, expected",
    [
        (lambda: metrics.vocabulary(TEXT, 12), "tokens must have at least length = 12 tokens, got"),
        (lambda: metrics.mtld(TEXT, 0), "length must be a whole number of at least 1, got 0"),
        (lambda: metrics.distinct_n(TEXT, 0, 5), "n must be a whole number of at least 1, got 0"),
        (lambda: metrics.distinct_n(TEXT, 3, 2), "length must be a whole number of at least 3"),
        (lambda: metrics.mtld(TEXT, 5, 1.0), "threshold must be above 0 and below 1, got 1.0"),
        (lambda: metrics.mtld(TEXT, 5, 2.0), "threshold must be a fraction from 0 to 1, got 2.0"),
        (lambda: metrics.compression_ratio("abc", 4), "text must have at least length = 4 tokens"),
    ],
)
def test_measures_of_text_refuse(call, expected):
    with pytest.raises(ValueError, match=expected):
        call()


# Samples


@pytest.fixture
def rng():
    return np.random.default_rng(4)


def inside(point, sample, k):
    """Whether a point lies in the ball of some row, spelled out."""
    for i, row in enumerate(sample):
        others = sorted(np.linalg.norm(row - other) for j, other in enumerate(sample) if j != i)
        if np.linalg.norm(point - row) <= others[k - 1]:
            return True
    return False


def test_precision_and_recall_are_shares_of_points_inside_balls(rng):
    real, made = rng.normal(size=(3, 14, 2)), 0.5 + rng.normal(size=(3, 11, 2))
    for k in (1, 3, 5):
        precision, recall = metrics.precision_recall(real, made, k)
        for r, m, p, q in zip(real, made, precision, recall, strict=True):
            assert p == pytest.approx(np.mean([inside(point, r, k) for point in m]))
            assert q == pytest.approx(np.mean([inside(point, m, k) for point in r]))


def test_precision_and_recall_tell_invention_from_loss(rng):
    two = np.concatenate([rng.normal(size=(1, 60, 2)), 40 + rng.normal(size=(1, 60, 2))], axis=1)
    one = two[:, :60]
    precision, recall = metrics.precision_recall(two, one + 1e-3)
    assert precision == 1 and recall == pytest.approx(0.5, abs=0.02)
    assert metrics.precision_recall(one, two + 1e-3)[0] == pytest.approx(0.5, abs=0.02)
    assert metrics.precision_recall(two, two) == (1, 1)
    assert metrics.precision_recall(two, two + 1000) == (0, 0)


def test_precision_and_recall_by_hand():
    """On a line: balls reach 1 around 0 and 1, 3 around 4; made rows 10 and 10.5 are far off."""
    real, made = np.array([[0.0, 1.0, 4.0]]), np.array([[6.5, 10.0, 10.5]])
    assert metrics.precision_recall(real, made, k=1) == (1 / 3, 1 / 3)
    assert metrics.precision_recall(real[..., None], made[..., None], 1) == (1 / 3, 1 / 3)


def test_w2_of_samples_pairs_what_is_sorted(rng):
    x, y = rng.normal(size=(4, 30)), 1 + 2 * rng.normal(size=(4, 30))
    sorted_pairs = np.mean((np.sort(x) - np.sort(y)) ** 2, axis=1)
    assert metrics.sample_w2_squared(x, y) == pytest.approx(sorted_pairs)
    plane = rng.normal(size=(2, 7, 3))
    assert metrics.sample_w2_squared(plane, plane[:, ::-1]) == pytest.approx(0)
    assert metrics.sample_w2_squared(plane, plane + [3, 0, 4]) == pytest.approx(25)


def test_vendi_score_counts_what_is_different():
    identical, orthogonal = np.ones((6, 6)), np.eye(6)
    assert metrics.vendi_score([identical, orthogonal]) == pytest.approx([1, 6])
    in_pairs = np.kron(np.eye(3), np.ones((2, 2)))
    assert metrics.vendi_score(in_pairs) == pytest.approx(3)
    uneven = np.kron(np.diag([1, 0]), np.ones((5, 5))) + np.kron(np.diag([0, 1]), np.eye(5))
    shares = np.array([0.5] + 5 * [0.1])  # one kind five times, five kinds once
    assert metrics.vendi_score(uneven) == pytest.approx(np.exp(stats.entropy(shares)))


def test_gaussian_similarity(rng):
    x = rng.normal(size=(2, 5, 3))
    found = metrics.gaussian_similarity(x, 0.7)
    assert found[1, 2, 4] == pytest.approx(np.exp(-np.sum((x[1, 2] - x[1, 4]) ** 2) / 0.98))
    assert metrics.gaussian_similarity(x[..., 0], 0.7) == pytest.approx(
        metrics.gaussian_similarity(x[..., :1], 0.7)
    )
    wide, narrow = (metrics.vendi_score(metrics.gaussian_similarity(x, w)) for w in (1e4, 1e-4))
    assert wide == pytest.approx([1, 1], abs=1e-3) and narrow == pytest.approx([5, 5])
