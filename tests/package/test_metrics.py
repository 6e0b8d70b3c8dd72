"""Distances and diversity, against definitions, known values and other libraries."""

from __future__ import annotations

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
