"""A normal distribution that is fitted to its own samples, again and again.

Units of the true variance (sigma^2 = 1); the true mean is 0. Each generation trains on n samples
of the last.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from modelcollapse import _valid
from modelcollapse._valid import Array
from modelcollapse.models import ESTIMATORS
from modelcollapse.theory import _common

SUMMARIES = ("mean", "median", "sd")


def c4(n: int) -> float:
    """E[s] / sigma for the standard deviation s (divisor n - 1) of n normal samples.

    Source: the mean of the chi distribution; quality control calls the constant c4.
    Validity: exact, n >= 2. Close to exp(-1 / (4 (n - 1))).
    """
    n = _valid.integer("n", n, 2)
    return float(
        np.sqrt(2 / (n - 1)) * np.exp(special.gammaln(n / 2) - special.gammaln((n - 1) / 2))
    )


def mean_variance(t: ArrayLike, n: int, estimator: str = "mle") -> Array:
    """E[v_t], the mean over replicates of the fitted variance.

    Source: derived for this course from E[chi2_{n-1}] = n - 1; the unbiased case is the
    martingale of Alemohammad et al. (2024).
    Validity: exact, n >= 2. With "unbiased" v_t is heavy-tailed: at large t, the mean of any
    feasible number of runs lies far below it.
    """
    return (_variance_factor(n, estimator)) ** _common.fits(t)


def mean_sd(t: ArrayLike, n: int, estimator: str = "mle") -> Array:
    """E[sqrt(v_t)], the mean over replicates of the fitted standard deviation.

    Source: Bertrand et al. (2024) for the unbiased estimator; the other follows.
    Validity: exact, n >= 2.
    """
    return (c4(n) * np.sqrt(_variance_factor(n, estimator))) ** _common.fits(t)


def mean_log_variance(t: ArrayLike, n: int, estimator: str = "mle") -> Array:
    """E[log v_t]; close to -2 t / n ("mle") or -t / (n - 1) ("unbiased").

    Source: derived for this course from E[log chi2_k] = psi(k / 2) + log 2.
    Validity: exact, n >= 2.
    """
    return _common.fits(t) * _log_drift(n, estimator)


def var_log_variance(t: ArrayLike, n: int) -> Array:
    """Var[log v_t], the same for both estimators.

    Source: derived for this course from Var[log chi2_k] = psi_1(k / 2).
    Validity: exact, n >= 2.
    """
    n = _valid.integer("n", n, 2)
    return _common.fits(t) * special.polygamma(1, (n - 1) / 2)


def median_variance(t: ArrayLike, n: int, estimator: str = "mle") -> Array:
    """Median over replicates of v_t, approximately.

    log v_t is a sum of t independent log chi2 variables; its median is taken as its mean less
    skewness * sd / 6 (Cornish and Fisher), with exact mean, variance and third cumulant. The
    last term does not grow with t.

    Source: derived for this course.
    Validity: approximate, t >= 1. The error in log v_t is largest at t = 1: 0.002 at n = 10,
    0.0002 at n = 30.
    """
    n = _valid.integer("n", n, 2)
    k = (n - 1) / 2
    shift = -special.polygamma(2, k) / (6 * special.polygamma(1, k))
    return np.exp(_common.fits(t, 1) * _log_drift(n, estimator) + shift)


def mean_squared_mean(t: ArrayLike, n: int, estimator: str = "mle") -> Array:
    """E[mu_t^2], the mean squared error of the fitted mean.

    Source: the sum of E[v_s] / n over s < t; Shumailov et al. (2024) have t / n.
    Validity: exact, n >= 2. With "unbiased" heavy-tailed, as `mean_variance` is.
    """
    t = _common.fits(t)
    return 1 - _variance_factor(n, estimator) ** t if _mle(estimator) else t / n


def fresh_sample_variance(t: ArrayLike, n: int, estimator: str = "mle") -> Array:
    """Variance about the true mean of one sample drawn from generation t: E[v_t] + E[mu_t^2].

    With "mle" it is 1 for ever: what the runs lose inside, they gain between them.

    Source: the law of total variance; Shumailov et al. (2024) have 1 + t / n.
    Validity: exact, n >= 2.
    """
    return mean_variance(t, n, estimator) + mean_squared_mean(t, n, estimator)


def mean_w2_squared(t: ArrayLike, n: int, estimator: str = "mle") -> Array:
    """E[W2^2], the mean squared 2-Wasserstein distance of the fit from the truth.

    W2^2 = mu^2 + (sqrt(v) - 1)^2, hence E[v] + E[mu^2] + 1 - 2 E[sqrt(v)]. Tends to 2 with "mle";
    grows as t / n with "unbiased".

    Source: derived for this course; 1.5 t / n, its first order, is in Shumailov et al. (2024).
    Validity: exact, n >= 2. With "unbiased" heavy-tailed, as `mean_variance` is.
    """
    return fresh_sample_variance(t, n, estimator) + 1 - 2 * mean_sd(t, n, estimator)


def half_life(n: int, estimator: str = "mle", summary: str = "mean") -> float:
    """Number of fits, not rounded, at which a summary of the runs has halved.

    Parameters
    ----------
    n : int
        Sample size.
    estimator : {"mle", "unbiased"}
        Divisor n or n - 1.
    summary : {"mean", "median", "sd"}
        E[v_t], the median of v_t, or E[sqrt(v_t)]. The first never halves with "unbiased": inf.

    Notes
    -----
    Source: derived for this course.
    Validity: exact for "mean" and "sd"; as `median_variance` for "median".
    """
    summary = _valid.one_of("summary", summary, SUMMARIES)
    if summary == "median":
        at_one = np.log(median_variance(1, n, estimator))
        drift = _log_drift(n, estimator)
        return float(1 + (np.log(0.5) - at_one) / drift)
    of = mean_variance if summary == "mean" else mean_sd
    factor = float(of(1, n, estimator))
    return float(np.log(0.5) / np.log(factor)) if factor < 1 else np.inf


def log_det_drift(n: int, d: int, estimator: str = "mle") -> float:
    """E[log det covariance] gained a generation, in d dimensions; it is negative.

    Source: the determinant of a Wishart matrix is a product of independent chi2_{n-i},
    i = 1 to d; derived for this course from that.
    Validity: exact, n > d. Where n <= d the determinant is 0 from the first fit on.
    """
    n, d = _valid.integer("n", n, 2), _valid.integer("d", d, 1)
    if n <= d:
        raise ValueError(f"n must be greater than d = {d}, or the determinant is 0, got {n}")
    divisor = n if _mle(estimator) else n - 1
    i = np.arange(1, d + 1)
    return float((special.digamma((n - i) / 2) + np.log(2 / divisor)).sum())


def _mle(estimator: str) -> bool:
    return _valid.one_of("estimator", estimator, ESTIMATORS) == "mle"


def _variance_factor(n: int, estimator: str) -> float:
    n = _valid.integer("n", n, 2)
    return (n - 1) / n if _mle(estimator) else 1.0


def _log_drift(n: int, estimator: str) -> float:
    n = _valid.integer("n", n, 2)
    divisor = n if _mle(estimator) else n - 1
    return float(special.digamma((n - 1) / 2) + np.log(2 / divisor))
