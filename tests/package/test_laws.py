"""The exact laws are equal in distribution to raw samples."""

from __future__ import annotations

import numpy as np
import pytest
from agreement import assert_mean
from scipy import stats

from modelcollapse import laws
from modelcollapse.loop import run
from modelcollapse.models import Categorical, Gaussian, LinearRegression
from modelcollapse.theory import accumulate, regression

R = 20_000


@pytest.fixture
def rng():
    return np.random.default_rng(7)


def same_distribution(a, b):
    assert stats.ks_2samp(a, b).pvalue > 1e-4


@pytest.mark.parametrize("estimator", ["mle", "unbiased"])
@pytest.mark.parametrize("mean, variance", [(0.0, 1.0), (3.0, 4.0)])
def test_gaussian_chain_is_the_raw_loop(rng, estimator, mean, variance):
    n, generations = 8, 6
    measure = {
        "mean": lambda model, data: model.mean,
        "variance": lambda model, data: model.variance,
    }
    real = rng.normal(mean, np.sqrt(variance), (R, n))
    raw = run(Gaussian(estimator), real, "replace", generations, rng, measure=measure)
    means, variances = laws.gaussian_chain(n, generations, R, rng, estimator, mean, variance)
    assert means.shape == variances.shape == (generations, R)
    for t in range(generations):
        same_distribution(raw["mean"][t], means[t])
        same_distribution(raw["variance"][t], variances[t])
        # Joint: the mean wanders most where the variance is large.
        same_distribution(
            (raw["mean"][t] - mean) ** 2 / raw["variance"][t],
            (means[t] - mean) ** 2 / variances[t],
        )
    # Steps: each variance over the last one, and each step of the mean over its spread.
    for t in range(1, generations):
        same_distribution(
            raw["variance"][t] / raw["variance"][t - 1], variances[t] / variances[t - 1]
        )
        step = (means[t] - means[t - 1]) / np.sqrt(variances[t - 1] / n)
        assert stats.kstest(step, "norm").pvalue > 1e-4
        assert abs(np.corrcoef(variances[t - 1], variances[t] / variances[t - 1])[0, 1]) < 0.03


def test_gaussian_chain_from_a_point_stays_there(rng):
    means, variances = laws.gaussian_chain(5, 4, 3, rng, mean=2.0, variance=0.0)
    assert (means == 2).all() and (variances == 0).all()


@pytest.mark.parametrize("estimator", ["mle", "unbiased"])
@pytest.mark.parametrize("n, d", [(9, 3), (4, 4), (3, 5)])
def test_covariance_chain_is_the_raw_loop(rng, estimator, n, d):
    generations, replicates = 3, 8000
    measure = {"covariance": lambda model, data: model.covariance}
    real = rng.normal(size=(replicates, n, d))
    raw = run(Gaussian(estimator), real, "replace", generations, rng, measure=measure)
    exact = laws.gaussian_covariance_chain(n, d, generations, replicates, rng, estimator)
    assert exact.shape == (generations, replicates, d, d)
    divisor = n if estimator == "mle" else n - 1
    for t in range(generations):
        a, b = raw["covariance"][t], exact[t]
        np.testing.assert_allclose(b, b.transpose(0, 2, 1))
        assert (np.linalg.matrix_rank(b, hermitian=True) <= min(d, n - 1)).all()
        same_distribution(np.trace(a, axis1=1, axis2=2), np.trace(b, axis1=1, axis2=2))
        same_distribution(a[:, 0, 0], b[:, 0, 0])
        same_distribution(a[:, 0, 1], b[:, 0, 1])
        same_distribution(a[:, -1, -1], b[:, -1, -1])
        same_distribution(np.linalg.eigvalsh(a)[:, -1], np.linalg.eigvalsh(b)[:, -1])
        assert_mean(b.transpose(1, 2, 0), ((n - 1) / divisor) ** (t + 1) * np.eye(d))


def test_one_dimension_of_the_covariance_chain_is_the_gaussian_chain(rng):
    covariance = laws.gaussian_covariance_chain(6, 1, 5, R, rng)[:, :, 0, 0]
    _, variance = laws.gaussian_chain(6, 5, R, rng)
    same_distribution(covariance[-1], variance[-1])


@pytest.mark.parametrize("estimator", ["mle", "unbiased"])
@pytest.mark.parametrize("n, d, replicates", [(9, 3, 8000), (2, 1, 80_000)])
def test_gaussian_pool_chain_is_the_raw_loop(rng, estimator, n, d, replicates):
    generations = 4
    measure = {
        "mean": lambda model, data: model.mean,
        "covariance": lambda model, data: model.covariance,
    }
    real = rng.normal(size=(replicates, n, d))
    raw = run(Gaussian(estimator), real, "accumulate", generations, rng, measure=measure)
    means, covariances = laws.gaussian_pool_chain(n, d, generations, replicates, rng, estimator)
    assert means.shape == (generations, replicates, d)
    assert covariances.shape == (generations, replicates, d, d)
    for t in range(generations):
        a, b = raw["covariance"][t], covariances[t]
        same_distribution(raw["mean"][t][:, 0], means[t][:, 0])
        same_distribution(np.trace(a, axis1=1, axis2=2), np.trace(b, axis1=1, axis2=2))
        same_distribution(a[:, 0, -1], b[:, 0, -1])
        same_distribution(np.linalg.eigvalsh(a)[:, -1], np.linalg.eigvalsh(b)[:, -1])
        same_distribution((raw["mean"][t] ** 2).sum(axis=1), (means[t] ** 2).sum(axis=1))
        if estimator == "mle":
            law = accumulate.variance(t + 1, n)
            assert_mean(b.transpose(1, 2, 0), law * np.eye(d))
            assert_mean(means[t][:, 0] ** 2, 1 - law)


def test_regression_pool_chain_is_the_raw_loop(rng):
    n, d, sigma, generations, replicates = 9, 3, 0.5, 5, 8000
    real = rng.standard_normal((replicates, n, d + 1)) * [1, 1, 1, sigma]
    true = np.array([1.0, -2.0, 0.0])
    real[..., -1] += real[..., :-1] @ true
    measure = {"weights": lambda model, data: model.weights}
    raw = run(LinearRegression(sigma), real, "accumulate", generations, rng, measure=measure)
    errors = laws.regression_pool_chain(n, d, generations, replicates, rng, sigma)
    assert errors.shape == (generations, replicates, d)
    for t in range(generations):
        a, b = raw["weights"][t] - true, errors[t]
        same_distribution(a[:, 0], b[:, 0])
        same_distribution((a**2).sum(axis=1), (b**2).sum(axis=1))
        law = regression.accumulate_error(t + 1, n, d, sigma**2, "fresh")
        assert_mean((b**2).sum(axis=1), law)
    # From one fit to the next.
    same_distribution(
        (raw["weights"][-1] - raw["weights"][-2])[:, 0], (errors[-1] - errors[-2])[:, 0]
    )


def test_categorical_chain_is_the_raw_loop(rng):
    p, n, generations, replicates = np.array([0.6, 0.25, 0.1, 0.05, 0.0]), 20, 5, 8000
    real = rng.choice(5, (replicates, n), p=p)
    measure = {"p": lambda model, data: model.p}
    raw = run(Categorical(5), real, "replace", generations, rng, measure=measure)["p"] * n
    counts = laws.categorical_chain(p, n, generations, replicates, rng)
    assert counts.shape == (generations, replicates, 5)
    assert (counts.sum(axis=-1) == n).all() and (counts[..., 4] == 0).all()
    assert ((counts[:-1] > 0) | (counts[1:] == 0)).all()  # what is gone stays gone
    for t in range(generations):
        for k in range(4):
            table = [
                np.bincount(np.round(x[t, :, k]).astype(int), minlength=n + 1)
                for x in (raw, counts)
            ]
            table = np.array(table)[:, np.sum(table, axis=0) >= 20]
            assert stats.chi2_contingency(table).pvalue > 1e-4
        assert_mean(counts[t].T[:4] / n, p[:4])  # a martingale
    covariance = (counts[0][:, 0] - n * p[0]) * (counts[0][:, 1] - n * p[1])
    assert_mean(covariance, -n * p[0] * p[1])


def test_rare_type_chain_is_the_limit_of_the_categorical_chain(rng):
    n, copies, generations = 20_000, 3, 6
    p = [copies / n, 1 - copies / n]
    rare = laws.categorical_chain(p, n, generations, R, rng)[..., 0]
    counts = laws.rare_type_chain(copies, generations, R, rng)
    assert counts.shape == (generations, R)
    assert ((counts[:-1] > 0) | (counts[1:] == 0)).all()
    for t in range(generations):
        most = 25
        table = np.array(
            [np.bincount(np.minimum(x[t], most), minlength=most + 1) for x in (rare, counts)]
        )
        table = table[:, table.sum(axis=0) >= 20]
        assert stats.chi2_contingency(table).pvalue > 1e-4
        assert_mean(counts[t], copies)


@pytest.mark.parametrize(
    "law",
    [
        lambda rng: laws.gaussian_chain(5, 4, 3, rng)[0],
        lambda rng: laws.gaussian_chain(5, 4, 3, rng)[1],
        lambda rng: laws.gaussian_covariance_chain(5, 2, 4, 3, rng),
        lambda rng: laws.gaussian_pool_chain(5, 2, 4, 3, rng)[0],
        lambda rng: laws.gaussian_pool_chain(5, 2, 4, 3, rng)[1],
        lambda rng: laws.regression_pool_chain(5, 2, 4, 3, rng),
        lambda rng: laws.categorical_chain([0.5, 0.5], 9, 4, 3, rng),
        lambda rng: laws.rare_type_chain(5.0, 4, 3, rng),
    ],
)
def test_same_seed_same_chain(law):
    a, b, c = (law(np.random.default_rng(seed)) for seed in (1, 1, 2))
    np.testing.assert_array_equal(a, b)
    assert not np.array_equal(a, c)
