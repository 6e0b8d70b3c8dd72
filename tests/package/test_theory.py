"""Every closed form against an independent simulation: within four standard errors."""

from __future__ import annotations

import numpy as np
import pytest
from agreement import assert_mean

from modelcollapse import laws
from modelcollapse.loop import run
from modelcollapse.metrics import gaussian_w2_squared, good_turing
from modelcollapse.models import Categorical, Gaussian, Scikit
from modelcollapse.regimes import Accumulate, Fixed, Fresh
from modelcollapse.theory import (
    accumulate,
    categories,
    facts,
    filtering,
    gaussian,
    linear_vae,
    mixing,
    provenance,
    regression,
    scale,
    sharpening,
    smoothing,
    weighing,
)

ESTIMATORS = ["mle", "unbiased"]
SEED = 11


@pytest.fixture
def rng():
    return np.random.default_rng(SEED)


# --- A normal distribution, replace (raw samples, no package code in the simulation) -------------


@pytest.fixture(scope="module", params=[(n, e) for n in (6, 25) for e in ESTIMATORS], ids=str)
def chains(request):
    """Fitted means and variances (8, R), and one fresh number from each last fit."""
    n, estimator = request.param
    rng = np.random.default_rng(SEED)
    replicates, means, variances = 40_000 if n == 6 else 15_000, [], []
    x = rng.standard_normal((replicates, n))
    for _ in range(8):
        means.append(x.mean(axis=1))
        variances.append(x.var(axis=1, ddof=0 if estimator == "mle" else 1))
        x = rng.normal(means[-1][:, None], np.sqrt(variances[-1])[:, None], x.shape)
    return n, estimator, np.arange(1, 9), np.array(means), np.array(variances), x[:, 0]


def test_c4():
    rng = np.random.default_rng(SEED)
    for n in (2, 3, 10, 100):
        assert_mean(np.sqrt(rng.chisquare(n - 1, 100_000) / (n - 1)), gaussian.c4(n))
        assert gaussian.c4(n) <= np.exp(-1 / (4 * n - 1))  # Suresh et al. (2025), theorem 3
    assert gaussian.c4(2) == pytest.approx(np.sqrt(2 / np.pi))
    assert gaussian.c4(1000) == pytest.approx(np.exp(-1 / (4 * 999)), abs=1e-6)


def test_gaussian_mean_variance(chains):
    n, estimator, t, _, v, _ = chains
    assert_mean(v, gaussian.mean_variance(t, n, estimator))


def test_gaussian_mean_sd(chains):
    n, estimator, t, _, v, _ = chains
    assert_mean(np.sqrt(v), gaussian.mean_sd(t, n, estimator))


def test_gaussian_log_variance(chains):
    n, estimator, t, _, v, _ = chains
    expected = gaussian.mean_log_variance(t, n, estimator)
    assert_mean(np.log(v), expected)
    spread = (np.log(v) - expected[:, None]) ** 2
    assert_mean(spread, gaussian.var_log_variance(t, n))


def test_gaussian_squared_mean(chains):
    n, estimator, t, mu, *_ = chains
    assert_mean(mu**2, gaussian.mean_squared_mean(t, n, estimator))


def test_gaussian_fresh_sample(chains):
    n, estimator, t, mu, v, fresh = chains
    expected = gaussian.fresh_sample_variance(t, n, estimator)
    assert_mean(mu**2 + v, expected)
    assert_mean(fresh**2, expected[-1])
    if estimator == "mle":
        np.testing.assert_allclose(expected, 1)


def test_gaussian_w2(chains):
    n, estimator, t, mu, v, _ = chains
    expected = gaussian.mean_w2_squared(t, n, estimator)
    assert_mean(mu**2 + (np.sqrt(v) - 1) ** 2, expected)
    assert_mean(gaussian_w2_squared(mu, v), expected)


def test_gaussian_w2_in_the_long_run():
    assert gaussian.mean_w2_squared(10**6, 20, "mle") == pytest.approx(2)
    assert gaussian.mean_w2_squared(10**6, 20, "unbiased") == pytest.approx(10**6 / 20 + 2)
    # Shumailov et al. (2024): 3/2 t / n to first order, for a large n.
    assert gaussian.mean_w2_squared(1, 10**6, "unbiased") == pytest.approx(1.5e-6, rel=1e-3)
    assert gaussian.mean_w2_squared(1, 10**6, "mle") == pytest.approx(1.5e-6, rel=1e-3)


@pytest.mark.parametrize("estimator", ESTIMATORS)
@pytest.mark.parametrize("n, t", [(10, 1), (10, 40), (30, 5), (100, 60)])
def test_gaussian_median_variance(rng, n, t, estimator):
    replicates = 100_000
    v = laws.gaussian_chain(n, t, replicates, rng, estimator)[1][-1]
    bias = 0.002 if n == 10 else 0.0002  # in log v, as the docstring has it
    middle = gaussian.median_variance(t, n, estimator)
    four = 4 * np.sqrt(0.25 / replicates)
    assert np.mean(v < middle * np.exp(-bias)) < 0.5 + four
    assert np.mean(v < middle * np.exp(bias)) > 0.5 - four


@pytest.mark.parametrize("estimator", ESTIMATORS)
@pytest.mark.parametrize("summary", gaussian.SUMMARIES)
def test_gaussian_half_life(rng, estimator, summary):
    n = 10
    half_life = gaussian.half_life(n, estimator, summary)
    if (estimator, summary) == ("unbiased", "mean"):
        assert half_life == np.inf
        return
    of = {
        "mean": gaussian.mean_variance,
        "median": gaussian.median_variance,
        "sd": gaussian.mean_sd,
    }[summary]
    before, after = of(np.floor(half_life) + [0, 1], n, estimator)
    assert before > 0.5 > after
    part = half_life % 1  # every summary falls by a constant factor
    assert before ** (1 - part) * after**part == pytest.approx(0.5)
    # The summaries themselves are simulated above; here once more, from the exact law.
    early, late = int(0.9 * half_life), int(1.1 * half_life) + 1
    v = laws.gaussian_chain(n, late, 200_000, rng, estimator)[1]
    seen = {"mean": np.mean, "median": np.median, "sd": lambda v: np.sqrt(v).mean()}[summary]
    assert seen(v[early - 1]) > 0.5 > seen(v[late - 1])


def test_gaussian_half_lives_of_a_hundred_samples():
    lives = {
        (estimator, summary): gaussian.half_life(100, estimator, summary)
        for estimator in ESTIMATORS
        for summary in gaussian.SUMMARIES
    }
    assert round(lives["mle", "mean"]) == 69
    assert round(lives["unbiased", "sd"]) == 274
    assert lives["mle", "median"] == pytest.approx(34.5, abs=0.1)
    assert lives["unbiased", "median"] == pytest.approx(68.7, abs=0.1)


@pytest.mark.parametrize("estimator", ESTIMATORS)
@pytest.mark.parametrize("n, d", [(8, 3), (5, 4), (40, 2)])
def test_gaussian_log_det_drift(rng, n, d, estimator):
    replicates, covariances = 6000, []
    x = rng.normal(size=(replicates, n, d))
    for _ in range(3):
        deviation = x - x.mean(axis=1, keepdims=True)
        divisor = n if estimator == "mle" else n - 1
        covariances.append(np.einsum("rni,rnj->rij", deviation, deviation) / divisor)
        root = np.linalg.cholesky(covariances[-1])
        x = np.einsum("rij,rnj->rni", root, rng.normal(size=x.shape))
    log_det = np.linalg.slogdet(covariances)[1]
    drift = gaussian.log_det_drift(n, d, estimator)
    assert drift < 0
    assert_mean(log_det, drift * np.arange(1, 4))
    # In every dimension, E[covariance] falls as the variance does in one.
    mean = gaussian.mean_variance([1, 2, 3], n, estimator)
    expected = mean[:, None, None] * np.eye(d)
    assert_mean(np.moveaxis(covariances, 1, -1), expected)


def test_log_det_drift_in_one_dimension_is_the_log_drift():
    for estimator in ESTIMATORS:
        one = gaussian.mean_log_variance(1, 12, estimator)
        assert gaussian.log_det_drift(12, 1, estimator) == pytest.approx(float(one))


def test_gaussian_time_zero_is_the_truth():
    for estimator in ESTIMATORS:
        assert gaussian.mean_variance(0, 9, estimator) == 1
        assert gaussian.mean_squared_mean(0, 9, estimator) == 0
        assert gaussian.mean_w2_squared(0, 9, estimator) == 0


def test_the_divergence_lives_in_runs_that_nobody_sees(rng):
    """n = 10, t = 400, unbiased: E[mu^2] is 40, but the typical run has frozen near 0."""
    mu, v = laws.gaussian_chain(10, 400, 20_000, rng, "unbiased")
    log_v = np.log(v[-1])
    assert_mean(log_v, gaussian.mean_log_variance(400, 10, "unbiased"))
    assert gaussian.mean_squared_mean(400, 10, "unbiased") == pytest.approx(40)
    assert np.median(mu[-1] ** 2) < 1
    assert np.median(log_v) < np.log(1e-18)


# --- Other families ------------------------------------------------------------------------------


def test_exponential(rng):
    n, replicates, mean = 8, 40_000, []
    x = rng.exponential(1, (replicates, n))
    for _ in range(5):
        mean.append(x.mean(axis=1))
        x = rng.exponential(mean[-1][:, None], x.shape)
    assert_mean(mean, 1)  # unbiased all the way
    assert_mean(np.log(mean), scale.exponential_log_mean_drift(n) * np.arange(1, 6))
    assert scale.exponential_log_mean_drift(10**4) == pytest.approx(-1 / 2e4, rel=1e-3)


def test_uniform(rng):
    n, replicates = 8, 40_000
    t = np.arange(1, 6)
    for unbiased in (False, True):
        theta, factor = [], (n + 1) / n if unbiased else 1
        x = rng.random((replicates, n))
        for _ in t:
            theta.append(x.max(axis=1) * factor)
            x = rng.random(x.shape) * theta[-1][:, None]
        if unbiased:
            assert_mean(theta, 1)
            assert_mean(np.log(theta), scale.uniform_umvue_log_drift(n) * t)
        else:
            assert_mean(theta, scale.uniform_mle_mean(t, n))
    assert scale.uniform_umvue_log_drift(100) == pytest.approx(-1 / (2 * 100**2), rel=0.01)


def test_uniform_mle_freezes_under_accumulate(rng):
    class UniformMLE:
        vectorised = True

        def fit(self, data, rng):
            self.theta = data.max(axis=1)
            return self

        def sample(self, n, rng):
            return rng.random((len(self.theta), n)) * self.theta[:, None]

    measure = {"theta": lambda model, data: model.theta}
    real = rng.random((50, 6))
    theta = run(UniformMLE(), real, "accumulate", 8, rng, measure=measure)["theta"]
    assert (theta == theta[0]).all()
    replaced = run(UniformMLE(), real, "replace", 8, rng, measure=measure)["theta"]
    assert (np.diff(replaced, axis=0) < 0).all()


# --- Accumulate ----------------------------------------------------------------------------------


def test_accumulate_gaussian(rng):
    n, replicates, t = 5, 20_000, np.arange(1, 11)
    measure = {
        "mean": lambda model, data: model.mean,
        "variance": lambda model, data: model.variance,
    }
    history = run(
        Gaussian(), rng.normal(size=(replicates, n)), "accumulate", 10, rng, measure=measure
    )
    expected = accumulate.variance(t, n)
    assert_mean(history["variance"], expected)
    assert_mean(history["mean"] ** 2, 1 - expected)
    np.testing.assert_allclose(expected, np.cumprod(1 - 1 / (n * t**2)))


def test_accumulate_bernoulli(rng):
    n, replicates, p, share = 5, 40_000, 0.3, []
    ones = rng.binomial(n, p, replicates)
    for t in range(1, 11):
        share.append(ones / (n * t))
        ones = ones + rng.binomial(n, share[-1])
    kept = accumulate.variance(np.arange(1, 11), n)
    share = np.array(share)
    assert_mean(share * (1 - share), p * (1 - p) * kept)
    assert_mean((share - p) ** 2, p * (1 - p) * (1 - kept))


@pytest.mark.parametrize("n, limit, inflation", [(5, 0.7020, 1.490), (10, 0.8434, 1.566)])
def test_accumulate_limit(n, limit, inflation):
    assert accumulate.limit(n) == pytest.approx(limit, abs=5e-5)
    assert accumulate.limit(n) == pytest.approx(accumulate.variance(10**7, n))
    assert accumulate.inflation(n) == pytest.approx(inflation, abs=5e-4)


def test_accumulate_inflation_rises_to_its_bound():
    r = np.array([accumulate.inflation(n) for n in (2, 5, 10, 100, 1000, 10**6)])
    assert (np.diff(r) > 0).all() and (r < np.pi**2 / 6).all()
    assert r[-1] == pytest.approx(np.pi**2 / 6, rel=1e-5)


def pool_of(batches, replicates, rng, p=0.3):
    """Share of ones in a pool that each batch is drawn from and added to."""
    ones, rows, shares = np.zeros(replicates, int), 0, []
    for batch in batches:
        ones = ones + rng.binomial(batch, ones / rows if rows else p, replicates)
        rows += batch
        shares.append(ones / rows)
    return np.array(shares)


@pytest.mark.parametrize("batches", [[5, 1, 20, 3], [8, 8, 8, 8], [2, 4, 8, 16], [30, 1, 1, 1]])
def test_kept_batches(rng, batches):
    share, kept = pool_of(batches, 40_000, rng), accumulate.kept_variance(batches)
    assert_mean(share * (1 - share), 0.21 * kept)
    assert_mean((share - 0.3) ** 2, 0.21 * (1 - kept))


def test_kept_batches_gaussian(rng):
    rows, pool, v = [4, 1, 9, 2], None, []
    for batch in rows:
        x = rng.standard_normal((40_000, batch))
        if pool is not None:
            x = pool.mean(axis=1)[:, None] + pool.std(axis=1)[:, None] * x
        pool = x if pool is None else np.hstack([pool, x])
        v.append(pool.var(axis=1))
    assert_mean(np.array(v), accumulate.kept_variance(rows))
    assert_mean(pool.mean(axis=1) ** 2, 1 - accumulate.kept_variance(rows)[-1])


def test_replaced_batches(rng):
    batches, mu, v, found = [4, 16, 36, 64], np.zeros(40_000), np.ones(40_000), []
    for batch in batches:
        x = mu[:, None] + np.sqrt(v)[:, None] * rng.standard_normal((40_000, batch))
        mu, v = x.mean(axis=1), x.var(axis=1)
        found.append(v)
    expected = accumulate.replaced_variance(batches)
    assert_mean(np.array(found), expected)
    assert_mean(mu**2, 1 - expected[-1])
    np.testing.assert_allclose(expected, accumulate.variance(np.arange(1, 5), 4))


@pytest.mark.parametrize("first, batch", [(10, 10), (6, 2), (3, 12), (7, 1)])
def test_exact_tax(first, batch):
    batches = [first] + [batch] * 200_000
    error = first * (1 - accumulate.kept_variance(batches))
    t = np.array([1, 2, 5, 100])
    np.testing.assert_allclose(accumulate.exact_tax(first, batch, t), error[t - 1])
    assert accumulate.exact_tax(first, batch) == pytest.approx(error[-1], rel=1e-4)
    if first == batch:
        assert accumulate.exact_tax(first, batch) == pytest.approx(accumulate.inflation(first))


def test_tax_runs_from_1_to_2(rng):
    kappa = np.array([1e-6, 0.1, 0.5, 1, 2, 10, 1e6])
    tax = accumulate.tax(kappa)
    assert (np.diff(tax) > 0).all()
    assert tax[[0, 3, -1]] == pytest.approx([1, np.pi**2 / 6, 2], abs=1e-5)
    large = [accumulate.exact_tax(round(k * 10**6), 10**6) for k in kappa[1:-1]]
    np.testing.assert_allclose(large, tax[1:-1], rtol=1e-5)
    for growth in (0.5, 1.0, 3.0):  # whatever the batches
        batches = np.maximum(rng.pareto(growth, (50, 300)) * 40, 1).astype(int) + 1
        costs = batches[:, 0] * (1 - accumulate.kept_variance(batches)[:, -1])
        assert ((costs >= 1) & (costs < 2)).all()


def test_coverage(rng):
    n, t, runs = 100, np.array([1, 2, 5, 20]), 20_000
    mu, squares, held = np.zeros(runs), np.zeros(runs), []
    for k in range(1, t[-1] + 1):
        v = squares / (n * (k - 1)) if k > 1 else np.ones(runs)
        gap = np.sqrt(v / n) * rng.standard_normal(runs)  # of the batch's mean from the pool's
        mu = mu + gap / k
        squares += v * rng.chisquare(n - 1, runs) + gap**2 * n * (k - 1) / k
        held.append(np.abs(mu) < 1.959964 * np.sqrt(squares) / (n * k))
    assert_mean(np.array(held)[t - 1].astype(float), accumulate.coverage(t, n), bias=0.005)
    assert accumulate.coverage(100, 100) == pytest.approx(0.121, abs=5e-4)


def test_spike_chance(rng):
    arrivals = rng.exponential(size=(200_000, 60)).cumsum(axis=1)
    best = np.argmax(arrivals / 4 - np.log(2) * np.arange(1, 61), axis=1)
    chance = 1 - np.exp(-np.take_along_axis(arrivals, best[:, None], 1)[:, 0] / 4)
    assert_mean(chance, accumulate.spike_chance())


def test_subsample_with_replacement(rng):
    n, p, pool, model = 10, 0.3, [], []
    ones = rng.binomial(n, p, 40_000)
    for t in range(1, 13):
        pool.append(ones / (n * t))
        model.append(rng.binomial(n, pool[-1]) / n)
        ones = ones + rng.binomial(n, model[-1])
    t = np.arange(1, 13)
    for of, share in (("pool", pool), ("model", model)):
        expected = accumulate.subsample_mean_error(t, n, of, replacement=True)
        assert_mean((np.array(share) - p) ** 2, p * (1 - p) * expected)
        plateau = 1e5 * accumulate.subsample_mean_error(10**4, 10**5, of, replacement=True)
        assert plateau == pytest.approx(np.pi**2 / 3 - (of == "pool"), rel=1e-3)


def test_subsample(rng):
    n, replicates, p, pool, model = 10, 40_000, 0.3, [], []
    ones = rng.binomial(n, p, replicates)
    for t in range(1, 13):
        taken = rng.hypergeometric(ones, n * t - ones, n)
        pool.append(ones / (n * t))
        model.append(taken / n)
        ones = ones + rng.binomial(n, model[-1])
    for of, share in (("pool", pool), ("model", model)):
        expected = accumulate.subsample_mean_error(np.arange(1, 13), n, of)
        assert_mean((np.array(share) - p) ** 2, p * (1 - p) * expected)


def test_subsample_in_the_loop(rng):
    real = (rng.random((10_000, 10)) < 0.3).astype(int)
    measure = {"p": lambda model, data: model.p[:, 1]}
    history = run(Categorical(2), real, "accumulate-subsample", 8, rng, measure=measure)
    expected = 0.21 * accumulate.subsample_mean_error(np.arange(1, 9), 10)
    assert_mean((history["p"] - 0.3) ** 2, expected)


def test_subsample_plateau():
    n = 10**5
    plateau = {of: accumulate.subsample_mean_error(10**4, n, of) * n for of in ("pool", "model")}
    assert plateau["pool"] == pytest.approx(np.pi**2 / 2 - 3, rel=1e-3)
    assert plateau["model"] == pytest.approx(np.pi**2 / 2 - 2, rel=1e-3)


def test_subsample_plateau_in_simulation(rng):
    n, replicates, p = 300, 20_000, 0.5
    ones = rng.binomial(n, p, replicates)
    for t in range(1, 201):
        share = rng.hypergeometric(ones, n * t - ones, n) / n
        ones = ones + rng.binomial(n, share)
    error = (share - p) ** 2 / (p * (1 - p) / n)
    assert_mean(error, n * accumulate.subsample_mean_error(200, n))
    assert_mean(error, np.pi**2 / 2 - 2, bias=0.03)  # the limit of large n and t


# --- Linear regression (least squares on raw rows; the inputs have unequal variances) ------------

N, D, SIGMA2, OMITTED = 14, 4, 0.5, 0.8


def refitted(regime, inputs, generations, replicates, omitted=0.0):
    """Squared prediction errors of least squares on labels of the last fit, (generations, R)."""
    rng = np.random.default_rng(SEED)
    scale, true = np.array([2.0, 1.0, 0.5, 0.1]), np.array([1.0, -2.0, 3.0, 0.5])
    fitted, pool, errors = np.tile(true, (replicates, 1)), [], []
    for t in range(generations):
        if t == 0 or inputs == "fresh":
            x = scale * rng.standard_normal((replicates, N, D))
        y = np.einsum("rnd,rd->rn", x, fitted) + np.sqrt(SIGMA2) * rng.standard_normal(x.shape[:2])
        if t == 0:
            y += np.sqrt(omitted) * rng.standard_normal(y.shape)
        pool = [(x, y)] if regime == "replace" else [*pool, (x, y)]
        all_x, all_y = (np.concatenate(part, axis=1) for part in zip(*pool, strict=True))
        fitted = (np.linalg.pinv(all_x) @ all_y[..., None])[..., 0]
        errors.append(omitted + ((fitted - true) ** 2 * scale**2).sum(axis=1))
    return np.array(errors)


@pytest.mark.parametrize("inputs", regression.INPUTS)
@pytest.mark.parametrize("omitted", [0.0, OMITTED])
def test_regression_replace_error(inputs, omitted):
    errors = refitted("replace", inputs, 4, 6000, omitted)
    expected = regression.replace_error(np.arange(1, 5), N, D, SIGMA2, omitted)
    assert_mean(errors, expected)


@pytest.mark.parametrize("inputs", regression.INPUTS)
def test_regression_accumulate_error(inputs):
    errors = refitted("accumulate", inputs, 5, 6000)
    t = np.arange(1, 6)
    assert_mean(errors, regression.accumulate_error(t, N, D, SIGMA2, inputs))
    other = "fresh" if inputs == "reused" else "reused"
    with pytest.raises(AssertionError):  # the simulation tells the two laws apart
        assert_mean(errors, regression.accumulate_error(t, N, D, SIGMA2, other))


@pytest.mark.parametrize("n, d", [(6, 4), (14, 4), (111, 10)])
@pytest.mark.parametrize("inputs", regression.INPUTS)
def test_regression_accumulate_limit(n, d, inputs):
    late = regression.accumulate_error(10**6, n, d, 2.0, inputs)
    limit = regression.accumulate_limit(n, d, 2.0, inputs)
    assert late == pytest.approx(limit, rel=1e-4)
    assert limit <= np.pi**2 / 6 * regression.replace_error(1, n, d, 2.0) + 1e-12


def test_regression_as_published():
    """Gerstgrasser et al. (2024): sigma = 1, d = 10, T = 111."""
    assert regression.replace_error(10, 111, 10) == pytest.approx(1.0)
    assert regression.accumulate_error(10, 111, 10) == pytest.approx(0.155, abs=1e-4)
    assert regression.accumulate_limit(111, 10) == pytest.approx(0.1645, abs=1e-4)


def test_descent_factor():
    eigenvalues, true = np.array([1.9, 1.0, 0.3, 0.0]), np.array([1.0, -2.0, 3.0, 4.0])
    fitted = true
    for t in range(1, 4):
        target, fitted = fitted, np.zeros(4)
        for _ in range(7):
            fitted = fitted + 0.9 * eigenvalues * (target - fitted)
        np.testing.assert_allclose(
            fitted, regression.descent_factor(eigenvalues, 7, 0.9) ** t * true
        )
    assert regression.descent_factor(0.5, 0, 1.0) == 0


# --- Real data in every batch --------------------------------------------------------------------

MOMENTS = {
    "mean": lambda model, data: model.mean,
    "variance": lambda model, data: model.variance,
}


@pytest.mark.parametrize("n, fraction", [(10, 0.1), (10, 0.5), (20, 0.05), (10, 1.0)])
def test_fresh(rng, n, fraction):
    replicates, generations = 8000, 12

    def fresh(m, rng):
        return rng.normal(size=(replicates, m))

    history = run(
        Gaussian(), fresh(n, rng), Fresh(fraction), generations, rng, fresh=fresh, measure=MOMENTS
    )
    t = np.arange(1, generations + 1)
    assert_mean(history["mean"] ** 2, mixing.fresh_mean_error(n, fraction, t))
    assert_mean(history["variance"], mixing.fresh_variance(n, fraction, t))
    settled = mixing.fresh_mean_error(n, fraction, 10**4), mixing.fresh_variance(n, fraction, 10**4)
    np.testing.assert_allclose(mixing.fresh_mean_error(n, fraction), settled[0])
    np.testing.assert_allclose(mixing.fresh_variance(n, fraction), settled[1])


def test_fresh_stationary(rng):
    """From anywhere: here from a real sample that is far off."""
    n, fraction, replicates = 20, 0.25, 20_000

    def fresh(m, rng):
        return rng.normal(size=(replicates, m))

    real = 3 + 0.1 * fresh(n, rng)
    history = run(Gaussian(), real, Fresh(fraction), 40, rng, fresh=fresh, measure=MOMENTS)
    assert_mean(history["mean"][-1] ** 2, mixing.fresh_mean_error(n, fraction))
    assert_mean(history["variance"][-1], mixing.fresh_variance(n, fraction))


def test_fresh_of_a_hundred():
    assert mixing.fresh_variance(100, 0.1) == pytest.approx(1 - 1 / 19.9)
    assert mixing.fresh_mean_error(100, 0.1) == pytest.approx(1 / 19.9)
    # Alemohammad et al. (2024), n = 1000: the squared error of the mean in d = 100 dimensions,
    # and as an effective number of fresh rows against the 100 that are real.
    assert 100 * mixing.fresh_mean_error(1000, 0.1) == pytest.approx(0.5238, abs=5e-5)
    assert 1 / mixing.fresh_mean_error(1000, 0.1) / 100 == pytest.approx(1.909, abs=5e-4)


def test_fresh_without_real_rows_is_replace():
    t = np.arange(1, 9)
    np.testing.assert_allclose(mixing.fresh_variance(10, 0.0, t), gaussian.mean_variance(t, 10))


@pytest.mark.parametrize("n, fraction", [(10, 0.2), (20, 0.5), (6, 1.0)])
def test_fixed(rng, n, fraction):
    replicates, m = 20_000, round(fraction * n)
    real = rng.normal(size=(replicates, n))
    history = run(Gaussian(), real, Fixed(fraction), 60, rng, measure=MOMENTS)
    centre, spread = real[:, :m].mean(axis=1), real[:, :m].var(axis=1)
    error = (history["mean"][-1] - centre) ** 2
    if fraction == 1:
        np.testing.assert_allclose(error, 0, atol=1e-20)
        np.testing.assert_allclose(history["variance"][-1], spread)
        assert mixing.fixed_mean_error(n, 1.0) == 0 and mixing.fixed_variance(n, 1.0) == 1
        return
    assert_mean(error - spread * mixing.fixed_mean_error(n, fraction), 0)
    assert_mean(history["variance"][-1] - spread * mixing.fixed_variance(n, fraction), 0)


@pytest.mark.parametrize("fraction", [0.1, 0.5, 0.9])
def test_accumulate_fresh(rng, fraction):
    n, replicates, generations = 10, 8000, 12

    def fresh(m, rng):
        return rng.normal(size=(replicates, m))

    history = run(
        Gaussian(),
        fresh(n, rng),
        Accumulate(fraction),
        generations,
        rng,
        fresh=fresh,
        measure=MOMENTS,
    )
    expected = mixing.accumulate_mean_error(np.arange(1, generations + 1), n, fraction)
    assert_mean(history["mean"] ** 2, expected)


@pytest.mark.parametrize("n, real", [(10, 2), (2, 1)])
def test_accumulate_fresh_bernoulli(rng, n, real):
    p, replicates, error = 0.3, 40_000, []
    ones = rng.binomial(n, p, replicates)
    for t in range(1, 31):
        share = ones / (n * t)
        error.append((share - p) ** 2)
        ones = ones + rng.binomial(real, p, replicates) + rng.binomial(n - real, share)
    expected = p * (1 - p) * mixing.accumulate_mean_error(np.arange(1, 31), n, real / n)
    assert_mean(error, expected)


def test_accumulate_fresh_of_nothing_is_accumulate():
    t = np.arange(1, 30)
    np.testing.assert_allclose(
        mixing.accumulate_mean_error(t, 10, 0.0), 1 - accumulate.variance(t, 10)
    )


@pytest.mark.parametrize("fraction", [0.1, 0.25, 0.75, 1.0])
def test_accumulate_fresh_exponent(fraction):
    t = np.array([10**5, 2 * 10**5])
    error = mixing.accumulate_mean_error(t, 100, fraction)
    slope = np.diff(np.log(error))[0] / np.log(2)
    assert slope == pytest.approx(-mixing.accumulate_exponent(fraction), abs=0.01)


def test_accumulate_fresh_exponent_at_a_half():
    """At 1/2 the error falls as log(t) / t."""
    t = np.array([10**4, 10**5])
    scaled = mixing.accumulate_mean_error(t, 100, 0.5) * t * 100
    assert np.diff(scaled)[0] == pytest.approx(np.log(10), rel=0.02)


def test_demixing_is_exact_with_known_variance(rng):
    n, real, replicates = 10, 3, 40_000
    a = real / n
    weight, mean, error = 1.0, rng.normal(size=(replicates, n)).mean(axis=1), []
    for _ in range(12):
        error.append(mean**2)
        batch = np.concatenate(
            [
                rng.normal(size=(replicates, real)),
                rng.normal(mean[:, None], 1, (replicates, n - real)),
            ],
            axis=1,
        )
        clean = (batch.mean(axis=1) - (1 - a) * mean) / a
        mean = (weight * mean + a**2 * clean) / (weight + a**2)
        weight += a**2
    assert_mean(error, mixing.demixed_mean_error(np.arange(1, 13), n, a))


def test_demixing_of_categories(rng):
    n, real, p, replicates = 1000, 100, 0.4, 20_000
    a = real / n
    weight, mean = 1.0, rng.binomial(n, p, replicates) / n
    for _ in range(99):
        ones = rng.binomial(real, p, replicates) + rng.binomial(n - real, mean)
        clean = (ones / n - (1 - a) * mean) / a
        mean = (weight * mean + a**2 * clean) / (weight + a**2)
        weight += a**2
    expected = p * (1 - p) * mixing.demixed_mean_error(100, n, a)
    assert_mean((mean - p) ** 2, expected, bias=expected * 2 / n)


def test_demixing_beats_the_pool_only_in_the_end():
    t = np.array([1, 1000])
    naive = mixing.accumulate_mean_error(t, 100, 0.1)
    clean = mixing.demixed_mean_error(t, 100, 0.1)
    assert naive[0] == clean[0] == 0.01
    assert 100 * clean[1] == pytest.approx(0.091, abs=5e-4)
    assert clean[1] < naive[1] / 4


@pytest.mark.parametrize("ratio", [0.0, 1.0, 4.0])
def test_golden_weight(rng, ratio):
    n, replicates = 10, 40_000
    best = mixing.golden_weight(ratio)

    def settled(w):
        mean = np.zeros(replicates)
        for _ in range(60):
            real = rng.normal(0, 1 / np.sqrt(n), replicates)
            made = rng.normal(mean, 1 / np.sqrt(ratio * n)) if ratio else 0.0
            mean = w * real + (1 - w) * made
        return mean**2

    assert ratio * best**2 + best == pytest.approx(1)
    here = settled(best)
    assert_mean(here, best / n)
    if ratio == 0:
        assert best == 1
        return
    for other in (best - 0.15, best + 0.15):
        gap = settled(other) - here
        assert gap.mean() > 4 * gap.std() / np.sqrt(replicates)


def test_golden_weight_is_golden():
    assert mixing.golden_weight(1.0) == pytest.approx((np.sqrt(5) - 1) / 2)


# --- What rows are worth beside each other -------------------------------------------------------


@pytest.mark.parametrize("ratio, weight", [(1.0, 0.2), (1.0, 0.618), (4.0, 0.5), (0.5, 1.0)])
def test_weighted_error(rng, ratio, weight):
    n, replicates, error = 10, 40_000, []
    mean = rng.normal(0, 1 / np.sqrt(n), replicates)
    for _ in range(30):
        error.append(n * mean**2)
        real = rng.normal(0, 1, (replicates, n)).mean(axis=1)
        mean = weight * real + (1 - weight) * rng.normal(mean, 1 / np.sqrt(ratio * n))
    assert_mean(error, weighing.weighted_error(ratio, weight, np.arange(1, 31)))
    settled = weighing.weighted_error(ratio, weight)
    assert settled == pytest.approx(weighing.weighted_error(ratio, weight, 10**4))


@pytest.mark.parametrize("ratio", [0.3, 1.0, 9.0])
def test_weighted_error_is_least_at_the_golden_weight(ratio):
    best = mixing.golden_weight(ratio)
    assert weighing.weighted_error(ratio, best) == pytest.approx(best)
    others = np.linspace(0.05, 1, 50)
    assert (weighing.weighted_error(ratio, others) >= best - 1e-12).all()


@pytest.mark.parametrize("n, m, bias", [(100, 1000, 0.1), (5, 3, 1.0), (20, 50, 0.0)])
def test_worth(rng, n, m, bias):
    """Clean and polluted means at the best weight, against that many clean rows more."""
    clean = rng.normal(0, 1 / np.sqrt(n), 100_000)
    polluted = rng.normal(bias, 1 / np.sqrt(m), 100_000)
    weights = np.linspace(0, 1, 1001)[:, None]
    a, b = (clean**2).mean(), (polluted**2).mean()
    between = (clean * polluted).mean()
    least = ((1 - weights) ** 2 * a + weights**2 * b + 2 * weights * (1 - weights) * between).min()
    assert 1 / least == pytest.approx(n + weighing.worth(m, bias), rel=0.03)
    assert weighing.worth(0, bias) == 0


def test_worth_has_a_ceiling_unless_there_is_no_bias():
    assert weighing.worth(1e12, 0.1) == pytest.approx(100)
    assert weighing.worth(1000, 0.1) == pytest.approx(90.9, abs=0.05)
    assert weighing.worth(1e12, 0) == 1e12


@pytest.mark.parametrize("n, m, read", [(30, 100, 50), (30, 10, 5)])
def test_foreign_worth(rng, n, m, read):
    replicates = 200_000
    clean = rng.normal(0, 1 / np.sqrt(n), replicates)
    foreign = rng.normal(rng.normal(0, 1 / np.sqrt(read), replicates), 1 / np.sqrt(m))
    worth = weighing.foreign_worth(m, read)
    assert_mean(((n * clean + worth * foreign) / (n + worth)) ** 2, 1 / (n + worth))
    assert worth == pytest.approx(read * m / (read + m))
    # One's own: what is drawn from the mean of the same rows carries no news, at any weight.
    own = rng.normal(clean, 1 / np.sqrt(m))
    assert_mean(clean * (own - clean), 0)


def test_clean_enough(rng):
    share, bias, clean = 0.1, 0.5, weighing.clean_enough(0.1, 0.5)
    assert clean == pytest.approx(400)
    # Endless rows of the pile have the mean share * bias.
    assert_mean(rng.normal(0, 1 / np.sqrt(clean), 100_000) ** 2, (share * bias) ** 2)


@pytest.mark.parametrize("fraction", [0.1, 0.5, 1.0])
def test_drift_bias(rng, fraction):
    n, bias, replicates, mean = 10, 0.02, 20_000, []
    m, now = round(fraction * n), rng.normal(0, 1 / np.sqrt(n), replicates)
    for _ in range(12):
        mean.append(now)
        real = rng.normal(0, 1, (replicates, m)).sum(axis=1)
        made = rng.normal(now[:, None] + bias, 1, (replicates, n - m)).sum(axis=1)
        now = (real + made) / n
    assert_mean(mean, weighing.drift_bias(fraction, bias, np.arange(1, 13)))
    assert weighing.drift_bias(fraction, bias, 10**4) == pytest.approx(
        weighing.drift_bias(fraction, bias)
    )


def test_a_tenth_of_real_data_leaves_nine_times_the_drift():
    assert weighing.drift_bias(0.1, 0.02) == pytest.approx(0.18)


@pytest.mark.parametrize(
    "call, words",
    [
        (lambda: weighing.weighted_error(0, 0.5), "ratio must be above 0"),
        (lambda: weighing.weighted_error(1, 0), "weight must be above 0"),
        (lambda: weighing.weighted_error(1, 1.5), "weight must be from 0 to 1"),
        (lambda: weighing.worth(-1, 0.1), "rows must be at least 0"),
        (lambda: weighing.foreign_worth(10, 0), "read must be above 0"),
        (lambda: weighing.clean_enough(0, 0.1), "share and bias must not be 0"),
        (lambda: weighing.drift_bias(0, 0.1), "fraction must be above 0"),
    ],
)
def test_weighing_names_bad_arguments(call, words):
    with pytest.raises(ValueError, match=words):
        call()


# --- Filters -------------------------------------------------------------------------------------


@pytest.mark.parametrize("share, right, wrong", [(0.2, 0.95, 0.3), (0.7, 0.5, 0.1), (0.5, 1, 1)])
def test_kept_share_and_precision(rng, share, right, wrong):
    human = rng.random((400, 4000)) < share
    kept = rng.random(human.shape) < np.where(human, right, wrong)
    found = (human & kept).sum(axis=1) / kept.sum(axis=1)
    assert_mean(found, filtering.kept_share(share, right, wrong))
    assert filtering.precision(share, right, wrong) == filtering.kept_share(share, right, wrong)


def test_a_perfect_filter_keeps_only_what_is_right():
    assert filtering.kept_share(0.01, 0.5, 0.0) == 1


def test_a_good_detector_is_wrong_about_half_where_machines_are_rare():
    assert filtering.precision(0.02, 0.9, 0.02) == pytest.approx(0.018 / (0.018 + 0.0196))


def test_prevalence(rng):
    machine = rng.random((1000, 500)) < 0.3
    flagged = rng.random(machine.shape) < np.where(machine, 0.7, 0.02)
    found = [filtering.prevalence(share, 0.7, 0.02) for share in flagged.mean(axis=1)]
    assert_mean(np.array(found), 0.3)


@pytest.mark.parametrize(
    "slip, right, wrong", [(0.1, 0.9, 0.3), (0.5, 0.9, 0.3), (0.4, 0.9, 0.6), (0.25, 0.8, 0.6)]
)
def test_wrong_share(rng, slip, right, wrong):
    n, worlds, share = 4000, 400, []
    bad = rng.random((worlds, n)) < 0
    for _ in range(12):
        share.append(bad.mean(axis=1))
        kept = rng.random(bad.shape) < np.where(bad, wrong, right)
        copied = [one[rng.choice(np.flatnonzero(k), n)] for one, k in zip(bad, kept, strict=True)]
        bad = np.array(copied) | (rng.random(bad.shape) < slip)
    expected = filtering.wrong_share(slip, right, wrong, np.arange(12))
    assert_mean(np.array(share)[1:], expected[1:], bias=2 / n)


@pytest.mark.parametrize("slip, right, wrong", [(0.1, 0.9, 0.3), (0.3, 0.9, 0.6), (0.5, 0.9, 0.6)])
def test_settled_wrong_is_where_the_loop_ends(slip, right, wrong):
    settled = filtering.settled_wrong(slip, right, wrong)
    assert filtering.wrong_share(slip, right, wrong, 10**4) == pytest.approx(settled)


def test_settled_wrong():
    assert filtering.settled_wrong(0.1, 0.9, 0.3) == pytest.approx(0.15)
    assert filtering.settled_wrong(0.2, 0.7, 0.05) == pytest.approx(0.2 / (1 - 0.05 / 0.7))
    assert filtering.settled_wrong(0.4, 0.9, 0.6) == 1
    assert filtering.settled_wrong(0.01, 0.5, 0.5) == 1  # a verifier that sees nothing
    assert filtering.settled_wrong(0, 0.5, 0.5) == 0


@pytest.mark.parametrize("right, wrong", [(0.9, 0.3), (0.7, 0.05)])
def test_majority_accuracy(rng, right, wrong):
    n, d, edge = 1000, 20, filtering.breakdown(right, wrong)
    for share in (edge - 0.05, edge, edge + 0.05):
        accuracy = []
        for _ in range(400):
            x = rng.standard_normal((n, d))
            label = np.sign(x[:, 0]) * np.where(rng.random(n) < share, -1, 1)
            keep = rng.random(n) < np.where(label == np.sign(x[:, 0]), right, wrong)
            w = (label[keep, None] * x[keep]).mean(axis=0)
            accuracy.append(1 - np.arccos(w[0] / np.linalg.norm(w)) / np.pi)
        assert_mean(accuracy, filtering.majority_accuracy(share, right, wrong, n, d))
    assert filtering.majority_accuracy(edge, right, wrong, n, d) == pytest.approx(0.5)


def test_breakdown():
    assert filtering.breakdown(0.9, 0.3) == pytest.approx(0.75)
    assert filtering.breakdown(0.7, 0.05) == pytest.approx(0.9333, abs=1e-4)
    assert filtering.breakdown(0.5, 0.5) == 0.5


@pytest.mark.parametrize("centre, width", [(1.0, 2.0), (-0.5, 1.0)])
def test_soft_verified(rng, centre, width):
    n, runs, mean, variance = 4000, 100, [], []
    m, v = np.zeros(runs), np.ones(runs)
    for _ in range(6):
        mean.append(m)
        variance.append(v)
        x = rng.normal(m[:, None], np.sqrt(v)[:, None], (runs, n))
        kept = rng.random(x.shape) < np.exp(-((x - centre) ** 2) / (2 * width**2))
        m = np.array([row[k].mean() for row, k in zip(x, kept, strict=True)])
        v = np.array([row[k].var() for row, k in zip(x, kept, strict=True)])
    expected = filtering.soft_verified(centre, width, np.arange(6))
    assert_mean(np.array(mean)[1:], expected[0][1:], bias=10 / n)
    assert_mean(np.array(variance)[1:], expected[1][1:], bias=10 / n)


def test_soft_verified_falls_like_one_over_t():
    mean, v = filtering.soft_verified(1, 2, np.array([4, 40, 4000]))
    assert v[:2] == pytest.approx([0.5, 1 / 11])
    assert mean[:2] == pytest.approx([0.5, 10 / 11])
    assert 4000 * v[2] == pytest.approx(4, rel=1e-2)


@pytest.mark.parametrize("fraction", [0.01, 0.1, 0.3])
def test_soft_verified_fresh(rng, fraction):
    """Endless rows are many rows here, and the loop is simulated row by row."""
    found, m, v, n = filtering.soft_verified_fresh(1, 2, fraction), 0.0, 1.0, 200_000
    late = []
    for t in range(60 if fraction > 0.05 else 160):
        x = rng.normal(m, np.sqrt(v), 2 * n)
        kept = x[rng.random(2 * n) < np.exp(-((x - 1) ** 2) / 8)][:n]
        people = rng.standard_normal(round(len(kept) * fraction / (1 - fraction)))
        batch = np.concatenate([people, kept])
        m, v = batch.mean(), batch.var()
        if t >= (40 if fraction > 0.05 else 140):
            late.append((m, v))
    assert np.mean(late, axis=0) == pytest.approx(found, abs=0.01)


def test_best_of(rng):
    for k, t in ((2, 1), (2, 5), (4, 2)):
        # Ranks in the first text, while each text repeats the law of what was selected.
        rank = rng.random((40_000, k**t))
        for _ in range(t):
            rank = rank.reshape(len(rank), -1, k).max(axis=2)
        assert_mean(rank[:, 0], filtering.best_of(k, t))
    assert filtering.best_of(2, 10) == filtering.best_of(1024, 1)


@pytest.mark.parametrize(
    "share, right, wrong, fraction", [(0.05, 0.99, 0.9, 0.1), (0.4, 1, 0.5, 0.5)]
)
def test_minority(rng, share, right, wrong, fraction):
    n, worlds, late = 20_000, 200, []
    m = np.full(worlds, share)
    for t in range(120):
        human = rng.binomial(round(fraction * n), share, worlds)
        minor = human + rng.binomial(n - round(fraction * n), m)
        kept = rng.binomial(minor, wrong)
        m = kept / (kept + rng.binomial(n - minor, right))
        if t >= 60:
            late.append(m)
    found = filtering.minority(share, right, wrong, fraction)
    assert_mean(np.mean(late, axis=0), found, bias=1e-4)


def test_minority_edges():
    assert filtering.minority(0.05, 0.99, 0.9, 0.1) == pytest.approx(0.02535, abs=1e-5)
    assert filtering.minority(0.05, 0.9, 0.9, 0.1) == pytest.approx(0.05)
    assert filtering.minority(0.05, 0.9, 0.8, 0) == 0
    assert filtering.minority(0.05, 0.9, 0.0, 0.1) == 0
    assert filtering.minority(0.05, 0.9, 0.9 - 1e-12, 0.1) == pytest.approx(0.05)


@pytest.mark.parametrize(
    "call, words",
    [
        (lambda: filtering.kept_share(0.5, 0, 0.1), "right must be above 0"),
        (lambda: filtering.kept_share(0, 0.5, 0), "share must be above 0"),
        (lambda: filtering.prevalence(0.5, 0.1, 0.1), "tpr must be above fpr"),
        (lambda: filtering.wrong_share(1, 0.9, 0.1, 3), "slip must be below 1"),
        (lambda: filtering.soft_verified(0, 0, 1), "width must be above 0"),
        (lambda: filtering.soft_verified_fresh(0, 1, 0), "fraction must be above 0"),
        (lambda: filtering.minority(0.1, 0.5, 0.6, 0.1), "wrong must be at most right"),
        (lambda: filtering.majority_accuracy(1, 0.5, 0, 10, 2), "something to keep"),
    ],
)
def test_filtering_names_bad_arguments(call, words):
    with pytest.raises(ValueError, match=words):
        call()


# --- Kernel density ------------------------------------------------------------------------------


def test_kernel_variance(rng):
    n, h, replicates, variance = 20, 0.4, 20_000, []
    x = rng.normal(size=(replicates, n))
    for _ in range(15):
        variance.append(x.var(axis=1))
        chosen = np.take_along_axis(x, rng.integers(0, n, x.shape), axis=1)
        x = chosen + h * rng.normal(size=x.shape)
    assert_mean(variance, smoothing.kernel_variance(np.arange(1, 16), n, h))
    assert smoothing.kernel_variance(10**5, n, h) == pytest.approx((n - 1) * h**2)


def test_kernel_variance_in_the_loop(rng):
    from sklearn.neighbors import KernelDensity

    measure = {"variance": lambda model, data: data.var(axis=1)}
    model = Scikit(KernelDensity(bandwidth=0.4))
    history = run(model, rng.normal(size=(500, 20)), "replace", 5, rng, measure=measure)
    assert_mean(history["variance"], smoothing.kernel_variance(np.arange(1, 6), 20, 0.4))


# --- Categories ----------------------------------------------------------------------------------


def wright_fisher(rng, p, n, generations, replicates):
    """Counts of one of two types, generation by generation, independent of the package."""
    ones, out = np.full(replicates, p * n), []
    for _ in range(generations):
        ones = rng.binomial(n, ones / n)
        out.append(ones)
    return np.array(out)


def test_heterozygosity(rng):
    p, n, replicates = np.array([0.5, 0.3, 0.2]), 12, 20_000
    x = rng.choice(3, (replicates, n), p=p)
    left = []
    for _ in range(10):
        shares = np.stack([(x == i).mean(axis=1) for i in range(3)])
        left.append(1 - (shares**2).sum(axis=0))
        x = np.take_along_axis(x, rng.integers(0, n, x.shape), axis=1)
    h0 = 1 - (p**2).sum()
    assert_mean(left, categories.heterozygosity(np.arange(1, 11), n, h0))
    assert categories.heterozygosity(0, n, h0) == pytest.approx(h0)


def test_fixation_probability(rng):
    p, n = np.array([0.5, 0.3, 0.15, 0.05]), 10
    counts = laws.categorical_chain(p, n, 400, 20_000, rng)[-1]
    assert (counts.max(axis=1) == n).all()
    assert_mean((counts == n).T, categories.fixation_probability(p))


@pytest.mark.parametrize("p, n", [(0.5, 20), (0.1, 20), (0.01, 50), (0.33, 10)])
def test_absorption_time_exact(rng, p, n):
    ones = wright_fisher(rng, p, n, 60 * n, 10_000)
    gone = (ones == 0) | (ones == n)
    assert gone[-1].all()
    assert_mean(1 + gone.argmax(axis=0), categories.absorption_time_exact(p, n))


def test_absorption_time_exact_known_values():
    for n, expected in ((20, 26.2), (100, 136.6), (400, 552.0)):
        assert categories.absorption_time_exact(0.5, n) == pytest.approx(expected, abs=0.05)
    assert categories.absorption_time_exact(0.01, 100) == pytest.approx(10.5, abs=0.05)
    np.testing.assert_array_equal(categories.absorption_time_exact([0.0, 1.0], 30), [0, 0])
    grid = categories.absorption_time_exact([[0.2, 0.5], [0.8, 0.1]], 30)
    assert grid.shape == (2, 2) and grid[0, 0] == pytest.approx(grid[1, 0])


def test_absorption_time_is_the_limit_of_the_exact_one():
    ratio = np.array(
        [
            categories.absorption_time(0.5, n) / categories.absorption_time_exact(0.5, n)
            for n in (20, 800)
        ]
    )
    assert ratio[0] == pytest.approx(1.055, abs=0.005)
    assert ratio[1] == pytest.approx(1, abs=0.003)
    assert categories.absorption_time(0.2, 50) == categories.absorption_time([0.2, 0.8], 50)


def test_absorption_time_of_many_categories(rng):
    p, n = np.array([0.4, 0.3, 0.2, 0.1]), 150
    counts = laws.categorical_chain(p, n, 10 * n, 2000, rng)
    fixed = counts.max(axis=2) == n
    time = 1 + fixed.argmax(axis=0)[fixed[-1]]
    assert fixed[-1].mean() > 0.999
    expected = categories.absorption_time(p, n)
    assert_mean(time, expected, bias=0.01 * expected)


def test_g():
    assert categories.g(1) == 1
    np.testing.assert_allclose(categories.g([2, 3, 4, 5]), [0.632, 0.469, 0.374, 0.312], atol=5e-4)
    k = np.array([1, 3, 10, 10**5])
    assert ((1 / k <= categories.g(k)) & (categories.g(k) <= 3 / k)).all()
    assert 10**5 * categories.g(10**5) == pytest.approx(2, abs=1e-3)


@pytest.mark.parametrize("copies", [0.5, 1.0, 5.0])
def test_survival_of_a_rare_type(rng, copies):
    counts = laws.rare_type_chain(copies, 30, 40_000, rng)
    k = np.arange(1, 31)
    assert_mean(counts > 0, categories.survival(k, copies))


def test_survival_in_a_sample_of_a_thousand(rng):
    k = np.array([1, 2, 5, 10, 20, 50])
    there = wright_fisher(rng, 0.001, 1000, 50, 100_000)[k - 1] > 0
    assert_mean(there, [0.6323, 0.4688, 0.2684, 0.1586, 0.0879, 0.0380], bias=5e-5)
    assert_mean(there, categories.survival(k), bias=4e-4)


def test_survival_of_an_observed_count(rng):
    """A type with c copies in hand: gone k fits later with probability exp(-c g_k)."""
    ones = wright_fisher(rng, 4 / 5000, 5000, 20, 40_000)
    assert_mean(ones > 0, categories.survival(np.arange(1, 21), 4), bias=2e-3)
    assert categories.survival(1000, 4) == pytest.approx(2 * 4 / 1000, rel=0.02)  # 2 c / k


def test_distinct_fraction(rng):
    n, replicates, share = 10_000, 40, []
    rows = np.tile(np.arange(n), (replicates, 1))
    for _ in range(5):
        rows = np.take_along_axis(rows, rng.integers(0, n, rows.shape), axis=1)
        share.append([len(np.unique(row)) / n for row in rows])
    expected = categories.distinct_fraction(np.arange(1, 6))
    assert_mean(share, expected, bias=np.arange(1, 6) / n)
    assert categories.distinct_fraction(0) == 1


def zipf(exponent, k):
    p = np.arange(1.0, k + 1) ** -exponent
    return p / p.sum()


def test_lost_mass(rng):
    p, n = zipf(1.5, 20_000), 2000
    counts = laws.categorical_chain(p, n, 20, 40, rng)
    m = np.array([1, 5, 20])
    lost = ((counts[m - 1] == 0) * p).sum(axis=-1)
    expected = categories.lost_mass(p, n, m)
    assert_mean(lost, expected, bias=0.01 * expected)
    assert expected[0] == pytest.approx(float(categories.missing_mass(p, n)), rel=1e-3)


def test_lost_mass_of_zipf_grows_as_a_power():
    p, m = zipf(2.0, 10**6), np.array([200, 800])
    slope = np.diff(np.log(categories.lost_mass(p, 10**5, m)))[0] / np.log(4)
    assert slope == pytest.approx(1 - 1 / 2, abs=0.02)


@pytest.mark.parametrize("n", [6, 200])
def test_missing_mass(rng, n):
    p = zipf(1.2, 500)
    counts = rng.multinomial(n, p, 5000)
    assert_mean(((counts == 0) * p).sum(axis=1), categories.missing_mass(p, n))
    # Good and Turing's estimate, from the sample alone.
    assert_mean(good_turing(counts), categories.missing_mass(p, n - 1))


# --- Sharpening -----------------------------------------------------------------------------------


@pytest.mark.parametrize("temperature", [0.5, 0.9, 1.0, 1.2])
def test_sharpened_is_decoding_again_and_again(temperature):
    p = np.array([0.5, 0.0, 0.3, 0.15, 0.05])
    expected, t = sharpening.sharpened(p, temperature, np.arange(1, 9)), 0
    q = p
    for t in range(8):
        np.testing.assert_allclose(expected[t], q, atol=1e-12)
        q = q ** (1 / temperature)
        q = q / q.sum()
    far = sharpening.sharpened(p, temperature, 5000)
    np.testing.assert_allclose(far.sum(), 1)
    assert far[1] == 0
    assert sharpening.sharpened(p, temperature, [[1, 2]]).shape == (1, 2, 5)


def steps(share, temperature, alpha, generations, real=0.5):
    """The map, written once more: decode, then mix with what people wrote."""
    for _ in range(generations):
        a, b = share ** (1 / temperature), (1 - share) ** (1 / temperature)
        share = alpha * real + (1 - alpha) * a / (a + b)
    return share


def test_two_mode_step():
    share = np.array([0.0, 0.02, 0.5, 0.7, 1.0])
    found = sharpening.two_mode_step(share, 0.7, 0.2, real=0.4)
    np.testing.assert_allclose(found, steps(share, 0.7, 0.2, 1, real=0.4))
    assert sharpening.two_mode_step(0.3, 1.0, 0.0) == pytest.approx(0.3)


@pytest.mark.parametrize("temperature", [0.3, 0.7, 0.95, 1.3])
def test_balance_slope_and_threshold(temperature):
    for alpha in (0.0, 0.2, 0.6):
        slope = (steps(0.5 + 1e-7, temperature, alpha, 1) - 0.5) / 1e-7
        assert sharpening.balance_slope(temperature, alpha) == pytest.approx(slope, rel=1e-5)
    threshold = sharpening.balance_threshold(temperature)
    assert threshold == pytest.approx(max(0, 1 - temperature))
    assert steps(0.9, temperature, threshold + 0.03, 3000) == pytest.approx(0.5, abs=1e-6)
    if threshold:
        assert steps(0.501, temperature, threshold - 0.03, 3000) > 0.55
    # The slope is the same for k equal categories.
    p = np.full(5, 0.2) + np.array([1, -1, 0, 0, 0]) * 1e-6
    decoded = sharpening.sharpened(p, temperature, 2)
    assert (decoded[0] - 0.2) / 1e-6 == pytest.approx(1 / temperature, rel=1e-4)


def test_two_mode_branch():
    for temperature in (0.5, 0.8):
        shares = np.array([0.02, 0.3, 0.55, 0.9, 0.999])
        alphas = sharpening.two_mode_branch(shares, temperature)
        found = [steps(x, temperature, alpha, 1) for x, alpha in zip(shares, alphas, strict=True)]
        np.testing.assert_allclose(found, shares, atol=1e-12)
        assert steps(0.51, temperature, alphas[3], 5000) == pytest.approx(0.9, abs=1e-6)
        d = 0.01
        near = 1 - temperature - d**2 * (1 - temperature**2) / (3 * temperature)
        assert sharpening.two_mode_branch((1 + d) / 2, temperature) == pytest.approx(near, abs=1e-7)
    assert sharpening.two_mode_branch(0.7, 1.2) < 0


def test_balance_amplification():
    for temperature, alpha in ((0.8, 0.25), (0.8, 0.6), (0.5, 0.7), (1.2, 0.1)):
        d = 2 * steps(0.5, temperature, alpha, 4000, real=0.5 + 5e-6) - 1
        expected = sharpening.balance_amplification(temperature, alpha)
        assert d / 1e-5 == pytest.approx(expected, rel=1e-4)


@pytest.mark.parametrize(("temperature", "alpha"), [(0.8, 0.3), (0.5, 0.6), (1.0, 0.05)])
def test_balance_noise(rng, temperature, alpha):
    n, share = 20_000, np.full(20_000, 0.5)
    for _ in range(150):
        share = rng.binomial(n, steps(share, temperature, alpha, 1)) / n
    d2 = (2 * share - 1) ** 2
    expected = sharpening.balance_noise(n, temperature, alpha)
    assert_mean(d2, expected, bias=0.01 * expected)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: sharpening.sharpened([0.5, 0.5], 0, 1), "temperature must be above 0"),
        (lambda: sharpening.sharpened([[0.5, 0.5]], 1, 1), "p must have the shape"),
        (lambda: sharpening.sharpened([0.5, 0.5], 1, 0), "t must be whole numbers of at least 1"),
        (lambda: sharpening.two_mode_step(1.2, 0.5, 0.1), "share must be from 0 to 1"),
        (lambda: sharpening.two_mode_step(0.2, 0.5, 1.1), "alpha must be a fraction"),
        (lambda: sharpening.two_mode_branch([0.2, 0.5], 0.5), "share must be between 0 and 1"),
        (lambda: sharpening.balance_amplification(0.8, 0.15), "alpha must be above the threshold"),
        (lambda: sharpening.balance_noise(100, 0.5, 0.5), "alpha must be above the threshold"),
    ],
)
def test_sharpening_says_what_is_wrong(call, words):
    with pytest.raises(ValueError, match=words):
        call()


def test_scalar_and_array_arguments_agree():
    t = np.array([1, 4, 9])
    for function in (
        lambda t: gaussian.mean_variance(t, 10),
        lambda t: gaussian.mean_sd(t, 10, "unbiased"),
        lambda t: gaussian.mean_log_variance(t, 10),
        lambda t: gaussian.median_variance(t, 10),
        lambda t: gaussian.mean_w2_squared(t, 10, "unbiased"),
        lambda t: scale.uniform_mle_mean(t, 10),
        lambda t: accumulate.variance(t, 10),
        lambda t: accumulate.subsample_mean_error(t, 10),
        lambda t: accumulate.exact_tax(10, 5, t),
        lambda t: accumulate.coverage(t, 10),
        lambda t: regression.replace_error(t, 10, 3, omitted=0.2),
        lambda t: regression.accumulate_error(t, 10, 3, inputs="fresh"),
        lambda t: mixing.fresh_mean_error(10, 0.2, t),
        lambda t: mixing.accumulate_mean_error(t, 10, 0.2),
        lambda t: mixing.demixed_mean_error(t, 10, 0.2),
        lambda t: smoothing.kernel_variance(t, 10, 0.2),
        lambda t: categories.heterozygosity(t, 10, 0.5),
        lambda t: categories.survival(t, 2.0),
        lambda t: categories.lost_mass([0.9, 0.1], 10, t),
    ):
        np.testing.assert_allclose(function(t), [function(int(one)) for one in t])
        assert np.shape(function(1)) == ()
        assert function(t.reshape(3, 1)).shape == (3, 1)


# --- A linear variational autoencoder (eigenvectors of raw rows, no package code) ----------------

INK = np.array([1.25, 0.75, 0.45, 0.25, 0.08])  # in units of sigma2 = 0.1 between whole numbers


def decoder(x, sigma2, latent=None):
    """The best linear decoder of rows (R, n, k) by Tipping and Bishop, and the noise."""
    centred = x - x.mean(axis=1, keepdims=True)
    values, vectors = np.linalg.eigh(centred.transpose(0, 2, 1) @ centred / x.shape[1])
    if latent is not None:
        sigma2 = values[:, :-latent].mean(axis=1)[:, None]
        values[:, :-latent] = 0
    return vectors * np.sqrt(np.maximum(values - sigma2, 0))[:, None, :], sigma2


def copied(rng, t, sigma2=0.1, *, noise=False, spread=1.0, fraction=0.0, pool=False, latent=None):
    """Variances along the axes of the means of models 1 to t, (t, k, R)."""
    shape, found = (10, 20_000, INK.size), []
    x = read = rng.standard_normal(shape) * np.sqrt(INK)
    for _ in range(t):
        w, s2 = decoder(read, sigma2, latent)
        x = spread * rng.standard_normal(shape) @ w.transpose(0, 2, 1)
        found.append(x.var(axis=1).T)
        if noise:
            x = x + np.sqrt(np.reshape(s2, (-1, 1, 1))) * rng.standard_normal(shape)
        real = round(fraction * shape[1])
        x[:, :real] = rng.standard_normal((shape[0], real, INK.size)) * np.sqrt(INK)
        read = np.concatenate([read, x], axis=1) if pool else x
    return np.array(found)


def assert_law(found, expected):
    """As `assert_mean`, and where the law says nothing is left, nothing but a trace is left."""
    gone = expected == 0
    assert (found.mean(axis=-1)[gone] < 5e-3).all()
    assert_mean(found[~gone], expected[~gone], bias=1e-3)


def test_linear_vae_means(rng):
    t = np.arange(1, 7)
    law = linear_vae.means(INK, 0.1, t)
    np.testing.assert_allclose(law, np.maximum(INK - 0.1 * t[:, None], 0), atol=1e-12)
    assert_law(copied(rng, 6), law)
    assert (law[2] > 0).tolist() == (linear_vae.lifetime(INK, 0.1) > 3).tolist()
    assert linear_vae.lifetime([0.3, 0.31, 0.0], 0.1).tolist() == [3, 4, 1]
    np.testing.assert_array_equal(linear_vae.means(INK, 0.1, 0), INK)


def test_linear_vae_with_fresh_rows(rng):
    t = np.arange(1, 13)
    law = linear_vae.means(INK, 0.1, t, 0.25)
    assert_law(copied(rng, 12, fraction=0.25), law)
    np.testing.assert_allclose(
        linear_vae.means(INK, 0.1, 200, 0.25), linear_vae.settled(INK, 0.1, 0.25), atol=1e-9
    )
    np.testing.assert_allclose(linear_vae.settled(INK, 0.1, 1), linear_vae.means(INK, 0.1, 1))


def test_linear_vae_pooled(rng):
    law = linear_vae.pooled(INK, 0.1, np.arange(1, 9))
    assert_law(copied(rng, 8, pool=True), law)
    np.testing.assert_allclose(law[0], linear_vae.means(INK, 0.1, 1))


def test_linear_vae_with_noise(rng):
    t = np.arange(1, 7)
    assert_law(copied(rng, 6, noise=True), linear_vae.noisy(INK, 0.1, t))
    assert_law(copied(rng, 4, noise=True, spread=0.9), linear_vae.noisy(INK, 0.1, t[:4], 0.9))


def test_linear_vae_that_learns_its_noise(rng):
    kept, sigma2 = linear_vae.learnt(INK, 3)
    assert sigma2 == pytest.approx((0.25 + 0.08) / 2)
    law = np.broadcast_to(kept, (4, INK.size))
    assert_law(copied(rng, 4, latent=3), law)
    assert_law(copied(rng, 4, latent=3, noise=True), law)
    shuffled, _ = linear_vae.learnt(INK[::-1], 3)
    np.testing.assert_array_equal(shuffled, kept[::-1])


def test_bound_of_a_linear_vae_is_the_likelihood(rng):
    """At the best linear encoder, whose posterior is exact; below it at any other."""
    w, s2 = rng.normal(size=(5, 2)), 0.3
    x = rng.normal(size=5)
    precision = np.eye(2) + w.T @ w / s2
    mean, covariance = np.linalg.solve(precision, w.T @ x / s2), np.linalg.inv(precision)
    cov = w @ w.T + s2 * np.eye(5)
    log_p = -(x @ np.linalg.solve(cov, x) + np.linalg.slogdet(2 * np.pi * cov)[1]) / 2

    def bound(m, c):
        squares = ((x - w @ m) ** 2).sum() + np.trace(w @ c @ w.T)
        fit = -(squares / s2 + 5 * np.log(2 * np.pi * s2)) / 2
        return fit - (m @ m + np.trace(c) - 2 - np.linalg.slogdet(c)[1]) / 2

    assert bound(mean, covariance) == pytest.approx(log_p)
    assert bound(mean + 0.1, covariance) < log_p - 1e-3
    assert bound(mean, 2 * covariance) < log_p - 1e-3


# --- Facts ------------------------------------------------------------------------------------


def test_first_errors(rng):
    p = 1.0 / np.arange(1, 61)
    p /= p.sum()
    n, worlds, stating = 400, 3000, 0.25
    stated = rng.multinomial(100, p, size=worlds)
    mentioned = (stated + rng.multinomial(300, p, size=worlds)) / n
    found = (mentioned * (stated == 0)).sum(axis=1)
    assert_mean(found, facts.first_errors(p, 100, stating))
    singletons = (stated == 1).sum(axis=1) / 100
    assert_mean(singletons, facts.first_errors(p, 99, 0))


@pytest.mark.parametrize("stating", [0.2, 0.6])
def test_still_stated(rng, stating):
    begin = np.repeat([[1], [4], [15]], 40_000, axis=1)
    m, alive, found = begin, np.ones(begin.shape, bool), []
    for _ in range(6):
        states, tells = rng.poisson(stating * m), rng.poisson((1 - stating) * m)
        m, alive = states + tells, alive & (states > 0)
        found.append(alive)
    assert_mean(np.array(found), facts.still_stated(np.arange(1, 7), [1, 4, 15], stating))


def test_still_stated_if_every_sentence_states_a_fact():
    t = np.array([1, 2, 5, 20])
    expected = categories.survival(t[:, None], [1, 3, 8])
    np.testing.assert_allclose(facts.still_stated(t, [1, 3, 8], 1.0), expected, atol=1e-9)
    assert (facts.still_stated(0, [1, 3], 0.2) == 1).all()
    assert (facts.still_stated(t, 0, 0.2) == 0).all()


@pytest.mark.parametrize("c, answers, looked_up", [(1, 10, 0), (3, 10, 0), (1, 10, 0.5), (2, 5, 1)])
def test_asked_accuracy(rng, c, answers, looked_up):
    x, found = np.ones(60_000), []
    for _ in range(8):
        k = rng.poisson(c, x.shape)
        right = rng.binomial(k, looked_up + (1 - looked_up) * x)
        x = np.where(k > 0, right / np.maximum(k, 1), 1 / answers)
        found.append(x)
    expected = facts.asked_accuracy(np.arange(1, 9), c, answers, looked_up)
    assert_mean(np.array(found), expected)
    settled = facts.asked_settled(c, answers, looked_up)
    assert facts.asked_accuracy(10**6, c, answers, looked_up) == pytest.approx(settled)


def test_asked_accuracy_without_looking_up():
    t, q = np.arange(30), 1 - np.exp(-3)
    np.testing.assert_allclose(facts.asked_accuracy(t, 3, 10), 0.1 + 0.9 * q**t)
    assert facts.asked_settled(1, 10, 0.1) == pytest.approx(0.23197, abs=1e-5)


def test_counts_that_leave_half():
    t = np.array([1, 5, 10, 100])
    asked, free = facts.count_if_asked(t), facts.count_if_free(t)
    np.testing.assert_allclose((1 - np.exp(-asked)) ** t, 0.5)
    np.testing.assert_allclose(categories.survival(t, free), 0.5)
    assert asked[-1] == pytest.approx(np.log(100 / np.log(2)), abs=0.01)
    assert free[-1] == pytest.approx(50 * np.log(2), rel=0.05)


def test_polluted_store(rng):
    human, made, slip, worlds = 6, 2, 0.2, 40_000
    true, size, found = np.full(worlds, human), human, []
    for _ in range(30):
        true = true + rng.binomial(made, (1 - slip) * true / size)
        size += made
        found.append(true / size)
    assert_mean(np.array(found), facts.polluted_store(np.arange(1, 31), human, made, slip))
    assert facts.polluted_store(0, human, made, slip) == pytest.approx(1)
    late = facts.polluted_store(np.array([10**4, 10**5]), human, made, slip)
    assert late[1] / late[0] == pytest.approx(10**-slip, rel=1e-3)


def test_urn_variance(rng):
    start, p, worlds = 5, 0.4, 60_000
    share, size, found = np.full(worlds, p), start, []
    for _ in range(20):
        share = (share * size + (rng.random(worlds) < share)) / (size + 1)
        size += 1
        found.append((share - p) ** 2)
    expected = p * (1 - p) * facts.urn_variance(np.arange(1, 21), start)
    assert_mean(np.array(found), expected)
    assert facts.urn_variance(10**9, start) == pytest.approx(1 / (start + 1))


@pytest.mark.parametrize("weights", [0.0, 0.2, 1.0])
def test_prompt_variance(rng, weights):
    n, p, worlds = 8, 0.3, 60_000
    share, found = np.full(worlds, p), []
    for t in range(12):
        chance = p if t == 0 else weights * p + (1 - weights) * share
        share = rng.binomial(n, chance, worlds) / n
        found.append((share - p) ** 2)
    t = np.arange(1, 13)
    assert_mean(np.array(found), p * (1 - p) * facts.prompt_variance(t, n, weights))
    if weights == 0:
        expected = 1 - categories.heterozygosity(t, n)
        np.testing.assert_allclose(facts.prompt_variance(t, n, 0.0), expected)


# --- Marks and labels ----------------------------------------------------------------------------

SHAPES = [[0.9, 0.1], [0.25] * 4, [0.5, 0.3, 0.15, 0.05], [1 / 27] * 27]


@pytest.mark.parametrize("delta", [0, 0.5, 2])
def test_green_share(rng, delta):
    p, green = np.array([0.5, 0.3, 0.2]), np.array([1, 0, 1])
    raised = p * np.exp(delta * green)
    drawn = rng.choice(3, 50_000, p=raised / raised.sum())
    assert_mean(green[drawn], provenance.green_share(0.7, delta))


@pytest.mark.parametrize("p", SHAPES, ids=len)
def test_gumbel_score(rng, p):
    u = rng.random((100_000, len(p)))
    winner = (np.log(u) / p).argmax(axis=1)
    score = -np.log1p(-u[np.arange(len(u)), winner])
    assert_mean(score, provenance.gumbel_score(p))
    assert_mean(winner[None] == np.arange(len(p))[:, None], p)  # each as often as it should
    harmonic = (1 / np.arange(1, len(p) + 1)).sum()
    even = np.full(len(p), 1 / len(p))
    assert provenance.gumbel_score(even) == pytest.approx(harmonic)
    assert provenance.gumbel_score([[1, 0], [0.5, 0.5]]) == pytest.approx([1, 1.5])


@pytest.mark.parametrize("p", SHAPES, ids=len)
def test_tournament_share(rng, p):
    coins = rng.random((100_000, len(p))) < 0.5
    pair = rng.choice(len(p), (2, 100_000), p=p)
    assert_mean(coins[np.arange(100_000), pair].max(axis=0), provenance.tournament_share(p))


@pytest.mark.parametrize("share", [1.0, 0.3])
def test_symbols_needed(rng, share):
    n = int(provenance.symbols_needed(0.74, 0.5, share, 4.0))
    count = rng.binomial(n, 0.5 + share * 0.24, 40_000)
    assert_mean((count / n - 0.5) / np.sqrt(0.25 / n), 4, bias=4 / n)
    assert provenance.symbols_needed(0.88, share=0.05) == pytest.approx(11_080, abs=1)


@pytest.mark.parametrize("fraction", [0.0, 0.2])
def test_marked_again(rng, fraction):
    n, share, path = 100_000, np.full(400, 0.3), []
    for _ in range(6):
        read = fraction * 0.3 + (1 - fraction) * share
        odds = read / (1 - read) * np.exp(0.7)
        share = rng.binomial(n, odds / (1 + odds)) / n
        path.append(share)
    expected = provenance.marked_again(0.3, 0.7, np.arange(1, 7), fraction)
    assert_mean(path, expected, bias=1e-4)


def test_marked_again_adds_to_the_log_odds_and_people_hold_it():
    t = np.array([1, 2, 4, 8])
    assert provenance.marked_again(0.5, 0.5, t) == pytest.approx(1 / (1 + np.exp(-t / 2)))
    held = [provenance.marked_again(0.5, 0.5, 2000, a) for a in (0.5, 0.2, 0.1)]
    assert held == pytest.approx([0.721, 0.859, 0.926], abs=1e-3)
    assert provenance.marked_again(0.5, 0.5, 0) == 0.5


@pytest.mark.parametrize("k", [1, 7, 300])
def test_before_it_repeats(rng, k):
    lengths = []
    for _ in range(3000):
        after, place, seen = rng.integers(k, size=k), 0, set()
        while place not in seen:
            seen.add(place)
            place = int(after[place])
        lengths.append(len(seen))
    if k > 1:
        assert_mean(np.array(lengths), provenance.before_it_repeats(k))
        assert provenance.before_it_repeats(k) == pytest.approx(
            np.sqrt(np.pi * k / 2) - 1 / 3, abs=0.1
        )
    else:
        assert set(lengths) == {provenance.before_it_repeats(1)}


def test_left_after_edits(rng):
    touched = rng.random((20_000, 5)) < 0.2
    assert_mean(~touched.any(axis=1), provenance.left_after_edits(0.2, 4))


@pytest.mark.parametrize("human, missed, accused", [(0.1, 0.3, 0.02), (0.5, 0.1, 0.2), (0.3, 0, 0)])
def test_label_worth(rng, human, missed, accused):
    people = rng.random((3000, 3000)) < human
    flagged = rng.random(people.shape) < np.where(people, accused, 1 - missed)
    r = np.where(flagged, people[flagged].mean() if flagged.any() else 0, people[~flagged].mean())
    worth = float(provenance.label_worth(human, missed, accused))
    assert (r**2).mean() == pytest.approx(worth, rel=0.01)
    # What it is worth: the squared error of people's mean, by rows weighed with r.
    x = rng.normal(0, 1, people.shape)
    assert_mean(((r * x).sum(axis=1) / (r**2).sum(axis=1)) ** 2, 1 / (3000 * worth), bias=1e-6)


def test_a_perfect_label_is_worth_the_share_and_none_its_square():
    assert provenance.label_worth(0.1, 0, 0) == pytest.approx(0.1)
    assert provenance.label_worth(0.1, 1, 0) == pytest.approx(0.01)
    assert provenance.label_worth(0.1, 0.1, 0.02) == pytest.approx(0.0511, abs=1e-4)
    assert provenance.label_worth(0, [0, 0.5], 0) == pytest.approx([0, 0])


@pytest.mark.parametrize(
    "call, words",
    [
        (lambda: provenance.green_share(1.5, 1), "green must be from 0 to 1"),
        (lambda: provenance.gumbel_score([0.5, 0.4]), "p must sum to 1"),
        (lambda: provenance.symbols_needed(0.5, 0.5), "gamma must be above 0 and below green"),
        (lambda: provenance.symbols_needed(0.7, 0.5, 0), "share must be above 0"),
        (lambda: provenance.marked_again(0.5, -1, 3), "delta must be"),
        (lambda: provenance.before_it_repeats(0), "k must be"),
        (lambda: provenance.left_after_edits(0.1, 0), "window must be"),
        (lambda: provenance.label_worth(2, 0, 0), "human must be"),
    ],
)
def test_provenance_names_bad_arguments(call, words):
    with pytest.raises(ValueError, match=words):
        call()
