"""Normal distributions under regimes that keep what came before.

Units of the true variance (sigma^2 = 1); the true mean is 0.
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


def inflation(n: int) -> float:
    """Final mean squared error of the mean under accumulate, in units of the first fit's, 1 / n.

    Source: n (1 - limit(n)); tends to pi^2 / 6 from below. Gerstgrasser et al. (2024)
    have the bound for regression, Dey and Donoho (2024) for exponential families.
    Validity: exact, n >= 2.
    """
    return n * (1 - limit(n))


def subsample_mean_error(t: ArrayLike, n: int, of: str = "model") -> Array:
    """E[(P_t - p)^2] / (p (1 - p)) under accumulate-subsample, for a category of probability p.

    Parameters
    ----------
    t : array_like of int
        Number of fits.
    n : int
        Rows a batch, and rows that a model trains on.
    of : {"model", "pool"}
        P_t as the frequency in the n rows trained on, or in the pool of all t n rows.

    Notes
    -----
    Source: derived for this course: with N = t n, the pool's relative heterozygosity obeys
    h_{t+1} = h_t (1 - c_t / (t + 1)^2), c_t = 1/n + (1 - 1/n) (1/n) (N - n) / (N - 1).
    Validity: exact, n >= 2. For large n and t it tends to pi^2 / 2 - 3 = 1.93 (pool) and
    pi^2 / 2 - 2 = 2.93 (model) times the first fit's 1 / n.
    """
    n = _valid.integer("n", n, 2)
    of = _valid.one_of("of", of, ("model", "pool"))
    t = _common.fits(t, 1)
    s = np.arange(1, int(t.max()) + 1)
    spread = (s * n - n) / (s * n - 1) / n  # sampling n of s n without replacement
    c = 1 / n + (1 - 1 / n) * spread
    h = np.cumprod(np.concatenate([[1 - 1 / n], 1 - c[:-1] / s[1:] ** 2]))
    return (1 - h + (h * spread if of == "model" else 0))[t - 1]
