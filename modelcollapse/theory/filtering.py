"""Filters in the loop: what a verifier, a detector or a curator makes of the next generation.

A filter *keeps* the share phi of what is right, or human, and the share psi of what is wrong, or
machine-made. For a detector that flags machine text phi = 1 - FPR and psi = 1 - TPR.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from modelcollapse import _valid
from modelcollapse._valid import Array
from modelcollapse.theory import _common


def _ratio(right: float, wrong: float) -> float:
    """psi / phi, how much more rarely a wrong row is kept."""
    phi, psi = _valid.fraction("right", right), _valid.fraction("wrong", wrong)
    if phi == 0:
        raise ValueError("right must be above 0: nothing that is right is kept otherwise, got 0")
    return psi / phi


def kept_share(share: ArrayLike, right: float, wrong: float) -> Array:
    """Share of right rows behind the filter: a phi / (a phi + (1 - a) psi).

    Parameters
    ----------
    share : array_like
        a, the share of right (human) rows before the filter.
    right, wrong : float
        phi and psi, which shares of the right and of the wrong rows are kept; phi above 0.

    Notes
    -----
    Source: Bayes' rule. A loop with this filter is `regimes.Fresh` with the share that it gives.
    Validity: exact on average, for a filter that judges each row by its kind alone.
    """
    a, r = _common.unit("share", share), _ratio(right, wrong)
    if r == 0 and (a == 0).any():
        raise ValueError("share must be above 0 if nothing wrong is kept: nothing is left")
    return np.asarray(a / (a + (1 - a) * r))


def precision(prevalence: ArrayLike, tpr: float, fpr: float) -> Array:
    """Share of the flagged texts that machines wrote: pi tpr / (pi tpr + (1 - pi) fpr).

    Parameters
    ----------
    prevalence : array_like
        pi, the share of machine text among all texts.
    tpr, fpr : float
        Which shares of the machine's and of people's texts are flagged; tpr above 0.

    Notes
    -----
    Source: Bayes' rule.
    Validity: exact, where the texts are like those on which the rates were measured.
    """
    return kept_share(prevalence, tpr, fpr)


def prevalence(flagged: ArrayLike, tpr: float, fpr: float) -> Array:
    """Share of machine text, from the share that is flagged: (flagged - fpr) / (tpr - fpr).

    It may lie below 0 or above 1 by chance. tpr must be above fpr.

    Source: Rogan and Gladen (1978).
    Validity: unbiased if both rates hold for the texts at hand.
    """
    tpr, fpr = _valid.fraction("tpr", tpr), _valid.fraction("fpr", fpr)
    if tpr <= fpr:
        raise ValueError(f"tpr must be above fpr, got {tpr} and {fpr}")
    return np.asarray((_common.unit("flagged", flagged) - fpr) / (tpr - fpr))


def breakdown(right: float, wrong: float) -> float:
    """Share of wrong labels at which one round of majority learning breaks: 1 / (1 + psi / phi).

    Source: Feng et al. (2025).
    Validity: many rows; labels wrong independently of the row.
    """
    return 1 / (1 + _ratio(right, wrong))


def majority_accuracy(
    share: ArrayLike, right: float, wrong: float, rows: int, dimensions: int
) -> Array:
    """Mean accuracy of one round of majority learning behind a filter.

    Rows x are standard normal, the true label is the sign of one coordinate, a share of the labels
    is wrong, and the learner takes the sign of x times the mean of label times x over what is
    kept. With M the rows kept on average, and c = sqrt(2 / pi) times (right - wrong among the
    kept), the accuracy is the mean of 1 - angle / pi, where the mean vector has a normal component
    c +- sqrt((1 - c^2) / M) along the truth, and chi_{d-1} / sqrt(M) across it.

    Parameters
    ----------
    share : array_like
        p, the share of wrong labels before the filter.
    right, wrong : float
        phi and psi, which shares of the right and of the wrong labels are kept; phi above 0.
    rows, dimensions : int
        Labels before the filter; coordinates d, at least 2.

    Notes
    -----
    Source: derived for this course; the point at which it is 1/2 is `breakdown`.
    Validity: many rows, since the component along the truth is normal only then and the number
    kept is not random; with 20 rows it is off by some thousandths.
    """
    _ratio(right, wrong)
    p = _common.unit("share", share)[..., None, None]
    n = _valid.integer("rows", rows, 1)
    d = _valid.integer("dimensions", dimensions, 2)
    good, bad = right * (1 - p), wrong * p
    if (good + bad == 0).any():
        raise ValueError("share must leave something to keep")
    kept, c = n * (good + bad), np.sqrt(2 / np.pi) * (good - bad) / (good + bad)
    u = (np.arange(400) + 0.5) / 400
    along = c + np.sqrt((1 - c**2) / kept) * special.ndtri(u)[:, None]
    across = np.sqrt(2 * special.gammaincinv((d - 1) / 2, u) / kept)  # a chi, d - 1 directions
    return np.asarray(1 - np.arctan2(across, along).mean(axis=(-2, -1)) / np.pi)


def wrong_share(slip: float, right: float, wrong: float, t: ArrayLike) -> Array:
    """Share of wrong rows that model t of a verified loop writes.

    Model 1 copies right rows and gets the share eps wrong. A filter keeps phi of the right and psi
    of the wrong rows; the next model copies what is kept, and again gets the share eps of the
    right ones wrong. With r = psi / phi, 1 / (1 - p_t) = u_t obeys u_t = (r u_{t-1} + 1 - r) /
    (1 - eps), u_0 = 1.

    Parameters
    ----------
    slip : float
        eps, from 0 to below 1.
    right, wrong : float
        phi and psi; phi above 0.
    t : array_like of int
        Number of models, at least 0.

    Notes
    -----
    Source: derived for this course; selection against recurrent mutation in population genetics.
    Validity: endless rows; for n rows to order 1 / n.
    """
    eps, r = _slip(slip), _ratio(right, wrong)
    t = _common.fits(t)
    factor = r / (1 - eps)
    if np.isclose(factor, 1, rtol=0, atol=1e-12):
        u = 1 + t * (1 - r) / (1 - eps)
    else:
        still = (1 - r) / (1 - eps - r)
        with np.errstate(over="ignore"):  # 1 / infinity is what is right then
            u = still + (1 - still) * factor ** np.asarray(t, float)
    return np.asarray(1 - 1 / u)


def settled_wrong(slip: float, right: float, wrong: float) -> float:
    """Share of wrong rows at which a verified loop settles: eps / (1 - psi / phi), at most 1.

    Everything is wrong in the end once eps >= 1 - psi / phi.

    Source: derived for this course; mutation and selection (Haldane, Eigen).
    Validity: endless rows. Without slips it is 0, also where the filter does nothing.
    """
    eps, r = _slip(slip), _ratio(right, wrong)
    if eps == 0:
        return 0.0
    return 1.0 if eps >= 1 - r else eps / (1 - r)


def _slip(slip: float) -> float:
    eps = _valid.fraction("slip", slip)
    if eps == 1:
        raise ValueError("slip must be below 1: nothing right is ever written otherwise, got 1")
    return eps


def soft_verified(centre: float, width: float, t: ArrayLike) -> tuple[Array, Array]:
    """Mean and variance of model t + 1 behind t rounds of a soft verifier.

    Model 1 is the truth, mean 0 and variance 1. In each round a row x is kept with the probability
    exp(-(x - centre)^2 / (2 width^2)), and the next normal is fitted to what is kept. Precisions
    add: 1 / v = 1 + t / width^2, and the mean is v t centre / width^2.

    Parameters
    ----------
    centre, width : float
        The verifier's taste, in true standard deviations; width above 0.
    t : array_like of int
        Rounds of selection, at least 0.

    Returns
    -------
    mean, variance : ndarray

    Notes
    -----
    Source: product of normal densities; in this form derived for this course.
    Validity: endless rows.
    """
    w = _width(width)
    t = np.asarray(_common.fits(t), float)
    v = 1 / (1 + t / w**2)
    return np.asarray(t * centre / w**2 * v), np.asarray(v)


def soft_verified_fresh(centre: float, width: float, fraction: float) -> tuple[float, float]:
    """Mean and variance at which a soft verifier and a human share after it settle.

    As `soft_verified`, but each normal is fitted to a batch of which a share is human and was not
    selected, the rest is what the verifier kept.

    Source: fixed point of the two moments, found by iteration; derived for this course.
    Validity: endless rows, fraction above 0.
    """
    a, w = _valid.fraction("fraction", fraction), _width(width)
    if a == 0:
        raise ValueError("fraction must be above 0: the variance goes to 0 otherwise, got 0")
    mean, v, last = 0.0, 1.0, np.inf
    while abs(last - v) > 1e-13:
        last = v
        kept_v = 1 / (1 / v + 1 / w**2)
        kept_mean = kept_v * (mean / v + centre / w**2)
        mean = (1 - a) * kept_mean
        v = a + (1 - a) * (kept_v + kept_mean**2) - mean**2
    return mean, v


def _width(width: float) -> float:
    w = _valid.number("width", width, 0)
    if w == 0:
        raise ValueError("width must be above 0, got 0")
    return w


def best_of(k: int, t: ArrayLike) -> Array:
    """Mean rank, from 0 to 1, of what t rounds of best-of-k leave: k^t / (k^t + 1).

    t rounds of best-of-k are one round of best-of-k^t.

    Source: the maximum of k uniform numbers, nested; in this form derived for this course.
    Validity: each model repeats the law of what was selected; ranks in the first model's text.
    """
    alternatives = float(_valid.integer("k", k, 1)) ** _common.fits(t)
    return np.asarray(alternatives / (alternatives + 1))


def minority(share: ArrayLike, right: float, wrong: float, fraction: float) -> Array:
    """Share of a minority at which the loop settles if the filter keeps it more rarely.

    Human text holds the minority with the share m0. Each generation reads a share a of fresh human
    text, the rest is the last model's; all of it goes through a filter that keeps the share phi of
    the majority's texts and psi of the minority's. With r = psi / phi and x = a m0 + (1 - a) m the
    next model has m' = r x / (1 - x + r x).

    Parameters
    ----------
    share : array_like
        m0.
    right, wrong : float
        phi of the majority and psi of the minority; phi above 0, psi at most phi.
    fraction : float
        a, fresh human share before the filter.

    Notes
    -----
    Source: derived for this course. For a small m0 it is r a m0 / (1 - r (1 - a)).
    Validity: endless rows, models that copy both styles faithfully.
    """
    m0, r = _common.unit("share", share), _ratio(right, wrong)
    a = _valid.fraction("fraction", fraction)
    if r > 1:
        raise ValueError(f"wrong must be at most right, got {wrong} and {right}")
    if a == 0 or r == 1:
        return np.where(r == 1, m0, np.zeros_like(m0))
    # The smaller root of square m^2 - line m + constant = 0, in the form that keeps its digits.
    square, constant = (1 - r) * (1 - a), r * a * m0
    line = 1 - (1 - r) * a * m0 - r * (1 - a)
    return np.asarray(2 * constant / (line + np.sqrt(line**2 - 4 * square * constant)))
