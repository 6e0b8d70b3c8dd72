"""Regimes that keep what came before, and how large batches replace them.

Units of the true variance (sigma^2 = 1); the true mean is 0. What is said of the variance and the
mean of a normal distribution holds as well of categories: of their heterozygosity as a share of
the true one, and of E[(P_t - p)^2] / (p (1 - p)).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from modelcollapse import _valid
from modelcollapse._valid import Array
from modelcollapse.theory import _common


def variance(t: ArrayLike, n: int) -> Array:
    """E[v_t] when all batches are kept: the product of 1 - 1 / (n k^2), k = 1 to t.

    For the maximum-likelihood variance of a normal distribution, and equally for the
    heterozygosity of categories as a share of the true one. The mean squared error of the
    fitted mean is 1 minus it.

    Source: derived for this course, from E[v_{t+1} | v_t] = v_t (1 - 1 / (n (t + 1)^2)); Kazdan
    et al. (2024) study the same loop.
    Validity: exact, n >= 2.
    """
    x = 1 / np.sqrt(_valid.integer("n", n, 2))
    t = _common.fits(t)
    log_product = (
        special.gammaln(t + 1 - x) + special.gammaln(t + 1 + x) - 2 * special.gammaln(t + 1)
    )
    return np.exp(log_product) * np.sinc(x)


def limit(n: int) -> float:
    """Limit of `variance`: sin(pi / sqrt(n)) / (pi / sqrt(n)).

    Source: Euler's product for the sine.
    Validity: exact, n >= 2.
    """
    return float(np.sinc(1 / np.sqrt(_valid.integer("n", n, 2))))


def kept_variance(batches: ArrayLike) -> Array:
    """E[v_t] for batches of any sizes, all of them kept, after each of them.

    With N_k the rows of the first k batches together, b_k those of batch k alone, it is the product
    of 1 - b_k / N_k^2. The mean squared error of the fitted mean is 1 minus it.

    Parameters
    ----------
    batches : array_like of int, shape (..., T)
        Rows of the real sample, then of each batch that a model adds.

    Returns
    -------
    ndarray, shape (..., T)
        For t = 1 to T; entry t - 1 belongs to the model of the first t batches.

    Notes
    -----
    Source: derived for this course; equal batches give `variance`.
    Validity: exact. N_1 >= 2, or the first fit has no variance.
    """
    b = _valid.integers("batches", batches, 1)
    return np.cumprod(1 - b / np.cumsum(b, axis=-1).astype(float) ** 2, axis=-1)


def replaced_variance(batches: ArrayLike) -> Array:
    """E[v_t] for batches of any sizes, each of which replaces the last: product of 1 - 1 / b_k.

    With b_k = n k^2 it is `variance`: keeping everything is worth batches that grow like this, by
    the mean variance and the mean squared error of the mean. Single runs differ.

    Parameters, Returns: as `kept_variance`.

    Source: derived for this course from E[chi2_{n-1}] = n - 1. That an unbiased estimator needs
    batches that grow faster than k is in Xu, He and Cheng (2025).
    Validity: exact.
    """
    return np.cumprod(1 - 1 / _valid.integers("batches", batches, 1), axis=-1)


def tax(kappa: ArrayLike) -> Array:
    """Final mean squared error under accumulate, in units of the first fit's: 1 + k psi_1(1 + k).

    Parameters
    ----------
    kappa : array_like
        Rows of the real sample by those of each later batch, k; above 0.

    Notes
    -----
    Source: derived for this course; k = 1 gives pi^2 / 6. It rises from 1 (one huge batch) to 2
    (one row at a time).
    Validity: the limit of many rows and rounds; `exact_tax` has both finite.
    """
    k = np.asarray(kappa, float)
    if not (np.isfinite(k).all() and (k > 0).all()):
        raise ValueError(f"kappa must be finite and above 0, got {kappa!r}")
    return 1 + k * special.polygamma(1, 1 + k)


def exact_tax(first: int, batch: int, t: ArrayLike | None = None) -> Array:
    """Mean squared error under accumulate, in units of the first fit's, for finite batches.

    Parameters
    ----------
    first, batch : int
        Rows of the real sample, and of each batch that a model adds.
    t : array_like of int, optional
        Number of fits; without it, the limit.

    Notes
    -----
    Source: `kept_variance` by Gamma functions, derived for this course.
    Validity: exact, first >= 2. Below 2, as it is for batches of any sizes: b_k / N_k^2 is at most
    1 / N_{k-1} - 1 / N_k.
    """
    first, batch = _valid.integer("first", first, 2), _valid.integer("batch", batch, 1)
    k, a = first / batch, 1 / np.sqrt(batch)

    def log_ratio(x: Array) -> Array:  # of Gamma(x - a) Gamma(x + a) to Gamma(x)^2; 0 for large x
        return special.gammaln(x - a) + special.gammaln(x + a) - 2 * special.gammaln(x)

    late = 0.0 if t is None else log_ratio(k + _common.fits(t, 1))
    log_kept = np.log1p(-1 / first) + late - log_ratio(np.asarray(k + 1))
    return -first * np.expm1(log_kept)


def coverage(t: ArrayLike, n: int, level: float = 0.95) -> Array:
    """Probability that the interval which a pool of t n rows claims for the mean holds the truth.

    The pool's mean plus or minus z sqrt(v_t / (t n)), with z the normal quantile of the level.
    The probability is 2 Phi(z sqrt(V / (t n (1 - V)))) - 1 with V = `variance`.

    Source: derived for this course.
    Validity: approximate: the error of the mean is taken as normal, and v_t as its mean.
    """
    level = _valid.fraction("level", level)
    v = variance(_common.fits(t, 1), n)
    z = special.ndtri((1 + level) / 2)
    return 2 * special.ndtr(z * np.sqrt(v / (np.asarray(t) * n * (1 - v)))) - 1


def spike_chance() -> float:
    """Probability that accumulate collapses at the second fit in the spike family of chapter 12.

    1 - E exp(-G_I / 4), where G_i is the time of the i-th arrival of a Poisson process of rate 1
    and I is the i >= 1 at which G_i / 4 - i log 2 is largest: 1 - 0.8 (1 - u / 4) / (1 - w / 5)
    with u 2^-u = 1 / 4 and w 2^-w = 1 / 8.

    Source: derived for this course, for a family after Barzilai and Shamir (2025). The walk over i
    has exponential jumps upwards, so each new maximum lies an exponential distance above the last
    one, independent of the steps in between; Wald's identity gives these steps.
    Validity: the limit of many rows.
    """
    u, w = (-special.lambertw(-np.log(2) / c).real / np.log(2) for c in (4, 8))
    return float(1 - 0.8 * (1 - u / 4) / (1 - w / 5))


def inflation(n: int) -> float:
    """Final mean squared error of the mean under accumulate, in units of the first fit's, 1 / n.

    Source: n (1 - limit(n)); tends to pi^2 / 6 from below. Gerstgrasser et al. (2024)
    have the bound for regression, Dey and Donoho (2024) for exponential families.
    Validity: exact, n >= 2.
    """
    return n * (1 - limit(n))


def subsample_mean_error(
    t: ArrayLike, n: int, of: str = "model", *, replacement: bool = False
) -> Array:
    """E[(P_t - p)^2] / (p (1 - p)) under accumulate-subsample, for a category of probability p.

    Parameters
    ----------
    t : array_like of int
        Number of fits.
    n : int
        Rows a batch, and rows that a model trains on.
    of : {"model", "pool"}
        P_t as the frequency in the n rows trained on, or in the pool of all t n rows.
    replacement : bool
        Whether the n rows are drawn from the pool with replacement.

    Notes
    -----
    Source: derived for this course: with N = t n, the pool's relative heterozygosity obeys
    h_{t+1} = h_t (1 - c_t / (t + 1)^2), c_t = 1/n + (1 - 1/n) (1/n) (N - n) / (N - 1). With
    replacement the last fraction is 1. The regime is that of Kazdan et al. (2024), whose code
    draws without replacement.
    Validity: exact, n >= 2. For large n and t it tends to pi^2 / 2 - 3 = 1.93 (pool) and
    pi^2 / 2 - 2 = 2.93 (model) times the first fit's 1 / n; with replacement to pi^2 / 3 - 1 =
    2.29 and pi^2 / 3 = 3.29.
    """
    n = _valid.integer("n", n, 2)
    of = _valid.one_of("of", of, ("model", "pool"))
    t = _common.fits(t, 1)
    s = np.arange(1, int(t.max()) + 1)
    # The variance of the mean of n rows out of s n, over that of a row.
    spread = np.full(s.shape, 1 / n) if replacement else (s * n - n) / (s * n - 1) / n
    c = 1 / n + (1 - 1 / n) * spread
    h = np.cumprod(np.concatenate([[1 - 1 / n], 1 - c[:-1] / s[1:] ** 2]))
    return (1 - h + (h * spread if of == "model" else 0))[t - 1]
