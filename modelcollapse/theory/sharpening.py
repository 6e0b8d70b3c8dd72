"""Shares of categories that are written at a temperature below 1, and two modes in balance."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from modelcollapse import _valid
from modelcollapse._valid import Array
from modelcollapse.theory import _common


def sharpened(p: ArrayLike, temperature: float, t: ArrayLike) -> Array:
    """Probabilities of generation t where every text is endless and decoded at a temperature.

    Proportional to p ** (1 / temperature ** (t - 1)): generation 1 is the fit to real data, and
    every later one has its parent's decoded probabilities.

    Parameters
    ----------
    p : array_like, shape (k,)
        The true probabilities.
    temperature : float
        Above 0.
    t : array_like of int
        Number of fits, at least 1.

    Returns
    -------
    ndarray, shape (..., k)
        The axes of `t` first.

    Notes
    -----
    Source: derived for this course.
    Validity: exact for categories without sampling error. A category of probability 0 stays there.
    """
    p = _valid.probabilities("p", p)
    if p.ndim != 1:
        raise ValueError(f"p must have the shape (k,), got {p.shape}")
    with np.errstate(over="ignore"):  # the power is then infinite, and the likeliest are left
        powers = np.asarray(_temperature(temperature) ** (1.0 - _common.fits(t, 1)))
    q = np.where(p > 0, (p / p.max()) ** powers[..., None], 0.0)
    return q / q.sum(axis=-1, keepdims=True)


def two_mode_step(share: ArrayLike, temperature: float, alpha: float, real: float = 0.5) -> Array:
    """Share of the first of two categories in the next generation, with real data in every text.

    alpha real + (1 - alpha) share^b / (share^b + (1 - share)^b), b = 1 / temperature: a part alpha
    of what the next model reads is written by people and read as it is, the rest is the last
    model's text, decoded at the temperature. Every text is endless.

    Source: derived for this course.
    Validity: exact without sampling error.
    """
    share, alpha = _common.unit("share", share), _valid.fraction("alpha", alpha)
    with np.errstate(divide="ignore"):
        decoded = special.expit(special.logit(share) / _temperature(temperature))
    return alpha * _valid.fraction("real", real) + (1 - alpha) * decoded


def balance_slope(temperature: float, alpha: float) -> float:
    """Factor by which a small imbalance of two equal categories changes in a generation.

    The derivative of `two_mode_step` at one half, (1 - alpha) / temperature. It is the same for
    any number of equal categories.

    Source: derived for this course.
    Validity: exact for small imbalances.
    """
    return (1 - _valid.fraction("alpha", alpha)) / _temperature(temperature)


def balance_threshold(temperature: float) -> float:
    """Real part of every text above which equal categories stay equal: 1 - temperature.

    Where `balance_slope` is 1; 0 for temperatures above 1. For two categories the balance is then
    reached from every start. For more, it is stable against small disturbances only: a lopsided
    state can be stable beside it, up to a larger real part.

    Source: derived for this course.
    Validity: exact without sampling error.
    """
    return max(0.0, 1 - _temperature(temperature))


def two_mode_branch(share: ArrayLike, temperature: float) -> Array:
    """Real part of every text at which a share other than one half keeps itself.

    With d = 2 share - 1 the imbalance: 1 - d / tanh(artanh(d) / temperature), for two categories
    that are equal in the real data. It is negative, so that there is none, where the temperature
    is above 1. Near the threshold it is 1 - T - d^2 (1 - T^2) / (3 T), so that d grows as the
    square root of the distance: a continuous transition.

    Parameters
    ----------
    share : array_like
        Share of one of the two, between 0 and 1, both excluded, and not one half.
    temperature : float
        Above 0.

    Notes
    -----
    Source: derived for this course.
    Validity: exact without sampling error.
    """
    share = _common.unit("share", share)
    if not ((share > 0) & (share < 1) & (share != 0.5)).all():
        raise ValueError(f"share must be between 0 and 1 and not one half, got {share!r}")
    d = 2 * share - 1
    return 1 - d / np.tanh(np.arctanh(d) / _temperature(temperature))


def balance_amplification(temperature: float, alpha: float) -> float:
    """Factor by which a small real imbalance of two categories has grown in the long run.

    alpha / (1 - (1 - alpha) / temperature), which diverges at the threshold.

    Source: derived for this course.
    Validity: small imbalances, alpha above `balance_threshold`.
    """
    slope = balance_slope(temperature, alpha)
    if slope >= 1:
        raise ValueError(
            f"alpha must be above the threshold {balance_threshold(temperature)}, got {alpha!r}"
        )
    return _valid.fraction("alpha", alpha) / (1 - slope)


def balance_noise(n: int, temperature: float, alpha: float) -> float:
    """Stationary variance of 2 share - 1 about the balance, where each text has n symbols.

    Each text adds the variance 1 / n, and each generation keeps the square of `balance_slope` of
    what was there: 1 / (n (1 - slope^2)). It diverges at the threshold.

    Source: derived for this course.
    Validity: n large and alpha far enough above `balance_threshold` that the imbalance is small.
    """
    n = _valid.integer("n", n, 1)
    slope = balance_slope(temperature, alpha)
    if slope >= 1:
        raise ValueError(
            f"alpha must be above the threshold {balance_threshold(temperature)}, got {alpha!r}"
        )
    return 1 / (n * (1 - slope**2))


def _temperature(temperature: float) -> float:
    value = _valid.number("temperature", temperature, 0)
    if value == 0:
        raise ValueError("temperature must be above 0, got 0")
    return value
