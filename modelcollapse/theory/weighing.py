"""What human and machine-made rows are worth beside each other.

For a mean with known variance, in units of the true variance (sigma^2 = 1). A *clean* row is a
draw from the truth. A *polluted* row is a draw whose mean is off by a bias, given as a share of
the true standard deviation.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from modelcollapse import _valid
from modelcollapse._valid import Array
from modelcollapse.theory import _common


def weighted_error(ratio: float, weight: ArrayLike, t: ArrayLike | None = None) -> Array:
    """Mean squared error of a mean that weighs fresh real rows against copies, times n.

    Generation 1 is the mean of n real rows. Each later one is `weight` times the mean of n fresh
    real rows plus 1 - `weight` times the mean of ratio * n rows of the last model, so that

        e_{t+1} = w^2 + (1 - w)^2 (e_t + 1 / ratio), e_1 = 1.

    Without `t` the stationary value (w^2 + (1 - w)^2 / ratio) / (1 - (1 - w)^2); it is least at
    `mixing.golden_weight`.

    Parameters
    ----------
    ratio : float
        Rows of the last model for each fresh real row, above 0.
    weight : array_like
        Weight of the fresh real rows, above 0 and at most 1.
    t : array_like of int, optional
        Number of fits.

    Notes
    -----
    Source: derived for this course; He, Xu and Cheng (2026) study the same loop.
    Validity: exact for a mean with known variance; to leading order in 1 / n for shares.
    """
    ratio = _valid.number("ratio", ratio, 0)
    if ratio == 0:
        raise ValueError("ratio must be above 0: there are no rows of the last model, got 0")
    w = _common.unit("weight", weight)
    if not (w > 0).all():
        raise ValueError(
            f"weight must be above 0: nothing holds the loop otherwise, got {weight!r}"
        )
    kept = (1 - w) ** 2
    stationary = np.asarray((w**2 + kept / ratio) / (1 - kept))
    if t is None:
        return stationary
    return stationary + (1 - stationary) * kept ** (_common.fits(t, 1) - 1)


def worth(rows: ArrayLike, bias: ArrayLike) -> Array:
    """How many clean rows the same error would take: m / (1 + m bias^2).

    Clean and polluted means, weighted by the inverse of their mean squared errors, together have
    the error of n + worth clean rows. It stays below 1 / bias^2, however many rows there are.

    Parameters
    ----------
    rows : array_like
        m, polluted rows, at least 0.
    bias : array_like
        How far their mean is off, in true standard deviations.

    Notes
    -----
    Source: inverse-variance weighting with the bias counted in; in this form derived for this
    course.
    Validity: exact, for a bias that is known or drawn with mean 0 and mean square bias^2.
    """
    m, b = np.asarray(rows, float), np.asarray(bias, float)
    if not (m >= 0).all():
        raise ValueError(f"rows must be at least 0, got {rows!r}")
    return m / (1 + m * b**2)


def foreign_worth(rows: ArrayLike, read: ArrayLike) -> Array:
    """How many clean rows m rows of another's generator are worth: n0 m / (n0 + m).

    The generator is the mean of `read` = n0 real rows that its user has not seen. It is `worth`
    with bias^2 = 1 / n0. Rows of one's own generator are worth 0: they tell nothing that the n
    real rows behind it do not tell.

    Source: derived for this course.
    Validity: exact, known variance; the generator's rows independent of the user's.
    """
    n0 = np.asarray(read, float)
    if not (n0 > 0).all():
        raise ValueError(f"read must be above 0, got {read!r}")
    return worth(rows, 1 / np.sqrt(n0))


def clean_enough(share: ArrayLike, bias: ArrayLike) -> Array:
    """Clean rows that no number of polluted ones alone can beat: 1 / (share bias)^2.

    Parameters
    ----------
    share : array_like
        Share of machine-made rows in the pile, above 0 and at most 1.
    bias : array_like
        How far a machine-made row is off, in true standard deviations; not 0.

    Notes
    -----
    Source: derived for this course.
    Validity: exact for endless polluted rows used alone; weighed, they still help.
    """
    f, b = _common.unit("share", share), np.asarray(bias, float)
    if not (f * b != 0).all():
        raise ValueError(f"share and bias must not be 0, got {share!r} and {bias!r}")
    return 1 / (f * b) ** 2


def drift_bias(fraction: float, bias: float, t: ArrayLike | None = None) -> Array:
    """Bias of a mean when every generation adds a bias of its own: (1 - a) bias / a.

    A share a of every batch is fresh and real; the other rows are the last model's, shifted by
    `bias`. Generation 1 is the fit to real rows. Without `t` what it settles at; it is approached
    at the rate 1 - a.

    Source: derived for this course.
    Validity: exact, a > 0.
    """
    a = _valid.fraction("fraction", fraction)
    if a == 0:
        raise ValueError(f"fraction must be above 0: the bias grows without end, got {fraction}")
    settled = np.asarray((1 - a) * bias / a)
    return settled if t is None else settled * (1 - (1 - a) ** (_common.fits(t, 1) - 1))
