"""The models fit and sample as they say, over replicates and without global randomness."""

from __future__ import annotations

import copy
import re

import numpy as np
import pytest
from agreement import assert_mean, global_state
from scipy import stats
from sklearn.mixture import GaussianMixture
from sklearn.neighbors import KernelDensity

from modelcollapse.models import Categorical, Gaussian, Mapped, Scikit, multinomial


@pytest.fixture
def rng():
    return np.random.default_rng(20)


@pytest.mark.parametrize("estimator, ddof", [("mle", 0), ("unbiased", 1)])
def test_gaussian_fits_mean_and_variance(rng, estimator, ddof):
    x = rng.normal(3, 2, (4, 7))
    model = Gaussian(estimator).fit(x, rng)
    np.testing.assert_allclose(model.mean, x.mean(axis=1))
    np.testing.assert_allclose(model.variance, x.var(axis=1, ddof=ddof))


@pytest.mark.parametrize("estimator, bias", [("mle", True), ("unbiased", False)])
def test_gaussian_fits_covariance(rng, estimator, bias):
    x = rng.normal(size=(4, 7, 3))
    model = Gaussian(estimator).fit(x, rng)
    np.testing.assert_allclose(model.mean, x.mean(axis=1))
    wanted = [np.cov(rows.T, bias=bias) for rows in x]
    np.testing.assert_allclose(model.covariance, wanted)


def test_gaussian_samples_what_it_fitted(rng):
    model = Gaussian()
    model.mean, model.variance = np.array([-1.0, 5.0]), np.array([0.25, 9.0])
    x = model.sample(20_000, rng)
    assert x.shape == (2, 20_000)
    for row, mean, variance in zip(x, model.mean, model.variance, strict=True):
        assert stats.kstest(row, "norm", args=(mean, np.sqrt(variance))).pvalue > 1e-4


def test_gaussian_samples_the_covariance(rng):
    model = Gaussian()
    model.mean = np.array([[1.0, -2.0], [0.0, 4.0]])
    model.covariance = np.array([[[2.0, 0.9], [0.9, 1.0]], [[1.0, -0.5], [-0.5, 3.0]]])
    x = model.sample(50_000, rng)
    assert x.shape == (2, 50_000, 2)
    deviation = x - model.mean[:, None]
    assert_mean(deviation.transpose(0, 2, 1), 0)
    products = np.einsum("rni,rnj->rijn", deviation, deviation)
    assert_mean(products, model.covariance)


def test_gaussian_keeps_the_rank_of_few_samples(rng):
    x = rng.normal(size=(50, 4, 6))
    for t in range(1, 21):
        model = Gaussian("unbiased").fit(x, rng)
        rank = np.linalg.matrix_rank(model.covariance, hermitian=True)
        assert (rank <= 3).all()
        if t <= 3:  # later, some directions fall below the resolution of float64
            assert (rank == 3).all()
        x = model.sample(4, rng)


def test_gaussian_samples_stay_in_the_plane_of_few_samples(rng):
    x = rng.normal(size=(5, 4, 6))
    model = Gaussian().fit(x, rng)
    drawn = model.sample(100, rng) - model.mean[:, None]
    off_plane = np.linalg.svd(x - x.mean(axis=1, keepdims=True))[2][:, 3:]
    assert np.abs(drawn @ off_plane.transpose(0, 2, 1)).max() < 1e-12


def test_categorical_counts_every_replicate_apart(rng):
    data = rng.integers(0, 5, (3, 40))
    data[0] = 4
    model = Categorical(6).fit(data, rng)
    wanted = [[np.mean(row == i) for i in range(6)] for row in data]
    np.testing.assert_array_equal(model.p, wanted)


def test_categorical_samples_its_frequencies_in_random_order(rng):
    model = Categorical(4)
    model.p = np.array([[0.5, 0.3, 0.2, 0.0], [0.0, 0.1, 0.0, 0.9]])
    x = model.sample(40_000, rng)
    assert x.shape == (2, 40_000)
    for part in (x, x[:, :20_000], x[:, ::2]):  # order: any half has the same frequencies
        for row, p in zip(part, model.p, strict=True):
            counts = np.bincount(row, minlength=4)
            assert (counts[p == 0] == 0).all()
            assert stats.chisquare(counts[p > 0], p[p > 0] * len(row)).pvalue > 1e-4
    # Neighbours agree as often as two independent draws would.
    for row, p in zip(x, model.p, strict=True):
        assert_mean(row[::2] == row[1::2], (p**2).sum())


def test_rounding_never_revives_a_category(rng):
    p = np.array([[0.75, 0.25 - 1e-13, 0.0], [0.25 - 1e-13, 0.75, 0.0]])
    n = 10**16
    assert (rng.multinomial(n, p)[:, -1] > 0).all()  # what NumPy does with the same rounding
    counts = multinomial(n, p, rng)
    assert (counts[:, -1] == 0).all()
    assert (counts.sum(axis=1) == n).all()


def test_multinomial_is_exact_where_nothing_is_rounded():
    p = np.array([0.2, 0.3, 0.5])
    ours = multinomial(100, p, np.random.default_rng(1))
    np.testing.assert_array_equal(ours, np.random.default_rng(1).multinomial(100, p))


ESTIMATORS = {
    "mixture": GaussianMixture(n_components=2, random_state=0),
    "kernel": KernelDensity(bandwidth=0.3),
}


@pytest.mark.parametrize("estimator", ESTIMATORS.values(), ids=ESTIMATORS)
@pytest.mark.parametrize("shape", [(60,), (60, 2)])
def test_scikit_is_seeded_from_our_generator_alone(estimator, shape):
    x = np.random.default_rng(1).normal(size=shape)
    before, state = copy.deepcopy(vars(estimator)), global_state()
    models, samples = [], []
    for seed in (1, 1, 2):
        rng = np.random.default_rng(seed)
        models.append(Scikit(estimator).fit(x, rng))
        samples.append([models[-1].sample(30, rng) for _ in range(2)])
    assert samples[0][0].shape == (30, *shape[1:])
    np.testing.assert_array_equal(samples[0], samples[1])
    first, second, other = (np.sort(s, axis=0) for s in (*samples[0], samples[2][0]))
    assert not np.array_equal(first, second)  # a second call draws anew, not in another order
    assert not np.array_equal(first, other)
    assert vars(estimator) == before
    assert global_state() == state


def test_scikit_fit_is_seeded(rng):
    seeds = [Scikit(ESTIMATORS["mixture"]).fit(rng.normal(size=50), rng) for _ in range(2)]
    assert seeds[0].estimator.random_state != seeds[1].estimator.random_state


def test_scikit_shuffles_the_components(rng):
    x = np.concatenate([rng.normal(-50, 1, 200), rng.normal(50, 1, 200)])
    drawn = Scikit(GaussianMixture(2)).fit(x, rng).sample(400, rng)
    assert_mean(drawn[:200] > 0, 0.5)
    assert_mean(drawn[1:] * drawn[:-1] > 0, 0.5)


def test_mapped_fits_each_replicate_apart(rng):
    x = rng.normal([[0.0], [100.0], [-100.0]], 1, (3, 50))
    template = Scikit(KernelDensity(bandwidth=0.1))
    model = Mapped(template).fit(x, rng)
    drawn = model.sample(20, rng)
    assert drawn.shape == (3, 20)
    np.testing.assert_allclose(drawn.mean(axis=1), [0, 100, -100], atol=3)
    assert len(model.models) == 3 and not hasattr(template.estimator, "tree_")


def test_scikit_refuses_what_cannot_sample():
    with pytest.raises(TypeError, match=re.escape("estimator must be a scikit-learn estimator")):
        Scikit(np.arange(3))
