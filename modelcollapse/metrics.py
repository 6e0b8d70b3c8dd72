"""What is measured: distances from the truth, and diversity. Categories lie on the last axis."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from modelcollapse import _valid
from modelcollapse._valid import Array


def gaussian_w2_squared(
    mean: ArrayLike, variance: ArrayLike, mean0: ArrayLike = 0.0, variance0: ArrayLike = 1.0
) -> Array:
    """Squared 2-Wasserstein distance between normal distributions in one dimension.

    ``(mean - mean0)^2 + (sd - sd0)^2``, in squared units of the data.
    """
    v, v0 = np.asarray(variance, float), np.asarray(variance0, float)
    for name, value in (("variance", v), ("variance0", v0)):
        if not (value >= 0).all():
            raise ValueError(f"{name} must not be negative or NaN, got {value!r}")
    return (np.asarray(mean, float) - mean0) ** 2 + (np.sqrt(v) - np.sqrt(v0)) ** 2


def heterozygosity(p: ArrayLike) -> Array:
    """Probability that two draws differ: 1 - sum p_i^2. p has shape (..., k)."""
    p = _valid.probabilities("p", p)
    return 1 - (p**2).sum(axis=-1)


def entropy(p: ArrayLike) -> Array:
    """Shannon entropy in nats. p has shape (..., k)."""
    return special.entr(_valid.probabilities("p", p)).sum(axis=-1)


def support_size(p: ArrayLike) -> Array:
    """Number of categories of positive probability, or count. p has shape (..., k)."""
    return (np.asarray(p) > 0).sum(axis=-1)


def total_variation(p: ArrayLike, q: ArrayLike) -> Array:
    """Total variation distance, half the sum of absolute differences: 0 if equal, 1 if disjoint."""
    p, q = _valid.probabilities("p", p), _valid.probabilities("q", q)
    return np.abs(p - q).sum(axis=-1) / 2


def kl_divergence(p: ArrayLike, q: ArrayLike) -> Array:
    """Kullback-Leibler divergence KL(p || q) in nats; infinite where q lacks a category of p."""
    p, q = _valid.probabilities("p", p), _valid.probabilities("q", q)
    return special.rel_entr(p, q).sum(axis=-1)


def good_turing(counts: ArrayLike) -> Array:
    """Share of singletons in a sample: Good and Turing's estimate of the unseen probability.

    It needs the sample alone, so that a model's own output can be watched with it.

    Parameters
    ----------
    counts : array_like of int, shape (..., k)
        How often each category was seen.

    Notes
    -----
    Source: Good (1953). Its mean is `theory.missing_mass` of a sample smaller by one.
    """
    counts = _valid.integers("counts", counts, 0)
    n = counts.sum(axis=-1)
    if not (n > 0).all():
        raise ValueError("counts must hold at least one observation, got none")
    return (counts == 1).sum(axis=-1) / n


def tail_mass(p: ArrayLike, which: ArrayLike) -> Array:
    """Probability of some categories together.

    Parameters
    ----------
    p : array_like, shape (..., k)
        Probabilities.
    which : array_like
        The categories: a mask of shape (k,), or their numbers.
    """
    return _valid.probabilities("p", p)[..., np.asarray(which)].sum(axis=-1)
