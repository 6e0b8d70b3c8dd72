"""Shares of categories that are counted in their own samples: genetic drift."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from modelcollapse import _valid
from modelcollapse._valid import Array
from modelcollapse.theory import _common


def heterozygosity(t: ArrayLike, n: int, h0: float = 1.0) -> Array:
    """E[1 - sum p_i^2] after t fits: h0 (1 - 1 / n)^t.

    The probability that two samples are of different categories; h0 is the true one.

    Source: Wright (1931), Fisher (1930); Seddik et al. (2024) for language models.
    Validity: exact, n >= 1.
    """
    n = _valid.integer("n", n, 1)
    return _valid.fraction("h0", h0) * (1 - 1 / n) ** _common.fits(t)


def fixation_probability(p: ArrayLike) -> Array:
    """Probability that a category is the only one left in the end: its true probability.

    Source: Wright (1931); the frequency is a bounded martingale.
    Validity: exact.
    """
    return _common.unit("p", p)


def absorption_time(p: ArrayLike, n: int) -> float:
    """Mean number of fits until one category is left: -2 n sum (1 - p_i) log(1 - p_i).

    Parameters
    ----------
    p : float or array_like, shape (k,)
        Probability of one of two categories, or the probabilities of all.
    n : int
        Sample size.

    Notes
    -----
    Source: the diffusion limit; Kimura (1955), Kimura and Ohta (1969) for two categories.
    Validity: n large, n p_i not small. Six per cent high at n = 20, p = 1/2.
    """
    n = _valid.integer("n", n, 1)
    p = _two(p) if np.ndim(p) == 0 else _valid.probabilities("p", p)
    return float(-2 * n * special.xlogy(1 - p, 1 - p).sum())


def absorption_time_exact(p: ArrayLike, n: int) -> Array:
    """Mean number of fits until one of two categories is left.

    Parameters
    ----------
    p : array_like
        Probability of one of the two.
    n : int
        Sample size.

    Notes
    -----
    Source: the Wright-Fisher Markov chain on counts, solved as a linear system of n - 1 unknowns.
    Validity: exact, n >= 2; n up to a few thousand.
    """
    n = _valid.integer("n", n, 2)
    p = _common.unit("p", p)
    inner = np.arange(1, n)
    from_counts = np.linalg.solve(np.eye(n - 1) - _binomial(n, inner / n)[:, 1:-1], np.ones(n - 1))
    time = 1 + _binomial(n, p.ravel())[:, 1:-1] @ from_counts
    return np.where((p > 0) & (p < 1), time.reshape(p.shape), 0.0)


def g(k: ArrayLike) -> Array:
    """The recursion g_1 = 1, g_{k+1} = 1 - exp(-g_k), which falls as 2 / k.

    Source: Suresh, Thangaraj and Khandavally (2025).
    Validity: k >= 1.
    """
    k = _valid.integers("k", k, 1)
    table = np.empty(int(k.max()))
    table[0] = 1
    for i in range(1, len(table)):
        table[i] = -np.expm1(-table[i - 1])
    return table[k - 1]


def survival(k: ArrayLike, copies: ArrayLike = 1.0) -> Array:
    """Probability that a rare type is still there at fit k: 1 - exp(-copies g_k).

    Parameters
    ----------
    k : array_like of int
        Number of fits.
    copies : array_like
        Expected count in the real sample, n p.

    Notes
    -----
    Source: Suresh, Thangaraj and Khandavally (2025), theorem 2.
    Validity: exact for Poisson counts (`laws.rare_type_chain`); a lower bound for a category,
    close where p is small.
    """
    copies = np.asarray(copies, float)
    if not (np.isfinite(copies) & (copies >= 0)).all():
        raise ValueError(f"copies must be finite and not negative, got {copies!r}")
    return -np.expm1(-copies * g(k))


def distinct_fraction(k: ArrayLike) -> Array:
    """Share of n distinct rows still there after resampling k times with replacement: g_{k+1}.

    Source: derived for this course from `g`: each row begins as one copy.
    Validity: the limit of large n, k much smaller than n.
    """
    return g(_valid.integers("k", k, 0) + 1)


def lost_mass(p: ArrayLike, n: int, generations: ArrayLike) -> Array:
    """Expected true probability of all categories that are gone at a fit.

    The sum of p_i exp(-n p_i g_m), m = `generations`. For Zipf's law p_i ~ i^-b it grows as
    (m / n)^(1 - 1 / b).

    Source: derived for this course from Suresh, Thangaraj and Khandavally (2025), theorem 2.
    Validity: categories of small probability; m much smaller than n.
    """
    p = _valid.probabilities("p", p)
    gone = np.exp(-n * p * g(generations)[..., None])
    return (p * gone).sum(axis=-1)


def missing_mass(p: ArrayLike, n: int) -> Array:
    """Expected true probability of the categories that a sample of n does not hold.

    The sum of p_i (1 - p_i)^n. The share of singletons in the sample estimates it
    (`metrics.good_turing`).

    Source: Good (1953).
    Validity: exact.
    """
    p = _valid.probabilities("p", p)
    return (p * (1 - p) ** _valid.integer("n", n, 1)).sum(axis=-1)


def _two(p: ArrayLike) -> Array:
    one = float(_common.unit("p", p))
    return np.array([one, 1 - one])


def _binomial(n: int, p: Array) -> Array:
    """Probabilities of 0 to n successes, one row for each p."""
    j = np.arange(n + 1)
    log_choose = special.gammaln(n + 1) - special.gammaln(j + 1) - special.gammaln(n - j + 1)
    p = p[:, None]
    return np.exp(log_choose + special.xlogy(j, p) + special.xlog1py(n - j, -p))
