"""Normal distributions when part of every training set is real.

Units of the true variance (sigma^2 = 1); the true mean is 0.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from modelcollapse import _valid
from modelcollapse._valid import Array
from modelcollapse.theory import _common


def fresh_variance(n: int, fraction: float, t: ArrayLike | None = None) -> Array:
    """E[v_t] with fresh real rows in every batch, maximum likelihood: 1 - `fresh_mean_error`.

    Source, validity: as `fresh_mean_error`.
    """
    return 1 - fresh_mean_error(n, fraction, t)


def fresh_mean_error(n: int, fraction: float, t: ArrayLike | None = None) -> Array:
    """E[mu_t^2] where each batch of n has a share of fresh real rows, the rest from the last model.

    Without `t` the stationary value 1 / D, with D = 1 - a + a n (2 - a), a the fraction. It is
    approached from 1 / n at the rate (1 - a) (1 - a - 1 / n) a generation.

    Source: derived for this course; the stationary loop is that of Alemohammad et al. (2024).
    Validity: exact where fraction * n is whole and generation 1 fits n real rows; n >= 2.
    """
    n, a = _valid.integer("n", n, 2), _valid.fraction("fraction", fraction)
    stationary = np.asarray(1 / _real_share(n, a))
    if t is None:
        return stationary
    return stationary + (1 / n - stationary) * ((1 - a) * (1 - a - 1 / n)) ** (
        _common.fits(t, 1) - 1
    )


def fixed_variance(n: int, fraction: float) -> float:
    """Stationary E[v], in units of the frozen sample's variance, with fixed real rows.

    The frozen sample is the fraction * n real rows that every batch holds; its variance is taken
    with their number as the divisor. Equal to 1 - `fixed_mean_error`.

    Source, validity: as `fixed_mean_error`.
    """
    return 1 - fixed_mean_error(n, fraction)


def fixed_mean_error(n: int, fraction: float) -> float:
    """Stationary E[(mu - m)^2], in units of the frozen sample's variance; m is its mean.

    (1 - a) / D, with D = 1 - a + a n (2 - a), a the fraction.

    Source: derived for this course.
    Validity: exact given the frozen sample, for t large; fraction * n whole, fraction > 0.
    """
    n, a = _valid.integer("n", n, 2), _valid.fraction("fraction", fraction)
    if a == 0:
        raise ValueError(f"fraction must be above 0: nothing is fixed otherwise, got {fraction}")
    return (1 - a) / _real_share(n, a)


def accumulate_mean_error(t: ArrayLike, n: int, fraction: float) -> Array:
    """E[mu_t^2] when all batches are kept and each holds a share of fresh real rows.

    The mean is that of the whole pool. For a category, in units of p (1 - p). It obeys
    e_{t+1} = (((t + 1 - a)^2 - (1 - a) / n) e_t + 1 / n) / (t + 1)^2, e_1 = 1 / n, with a the
    fraction; for a = 0, 1 - `accumulate.variance`.

    Source: derived for this course.
    Validity: exact where fraction * n is whole; n >= 2.
    """
    n, a = _valid.integer("n", n, 2), _valid.fraction("fraction", fraction)
    t = _common.fits(t, 1)
    e = np.empty(int(t.max()))
    e[0] = 1 / n
    for s in range(2, len(e) + 1):
        e[s - 1] = (((s - a) ** 2 - (1 - a) / n) * e[s - 2] + 1 / n) / s**2
    return e[t - 1]


def accumulate_exponent(fraction: float) -> float:
    """The power of 1 / t at which `accumulate_mean_error` falls: min(1, 2 a).

    Source: derived for this course.
    Validity: asymptotic, t large, 0 < a <= 1; at a = 1/2 with a factor log t.
    """
    a = _valid.fraction("fraction", fraction)
    if a == 0:
        raise ValueError(f"fraction must be above 0: the error stays otherwise, got {fraction}")
    return min(1.0, 2 * a)


def demixed_mean_error(t: ArrayLike, n: int, fraction: float) -> Array:
    """Error of the mean in the same loop when each batch is de-mixed first, in true variances.

    A batch with mean b, made with the last estimate m, gives (b - (1 - a) m) / a, which is
    unbiased; estimates are weighted by their precision, a^2 for every batch after the first:
    1 / (n (1 + a^2 (t - 1))).

    Source: derived for this course; Kanabar and Gastpar (2026) find the same a^2 n.
    Validity: exact where the variance of a sample does not depend on the mean (normal, known
    variance); to leading order in 1 / n for categories.
    """
    n, a = _valid.integer("n", n, 2), _valid.fraction("fraction", fraction)
    return 1 / (n * (1 + a**2 * (_common.fits(t, 1) - 1)))


def golden_weight(ratio: float) -> float:
    """Best weight of the real part when a fit averages fresh real and synthetic estimates.

    Each generation has n fresh real rows and ratio * n rows of the last model. The weight w
    solves ratio w^2 + w = 1; ratio 1 gives 0.618, one over the golden ratio. The stationary
    mean squared error is then w / n in units of the variance.

    Source: He, Xu and Cheng (2026); derived again for this course.
    Validity: leading order in 1 / n; exact for a mean with known variance.
    """
    ratio = _valid.number("ratio", ratio, 0)
    return float(2 / (1 + np.sqrt(1 + 4 * ratio)))


def _real_share(n: int, a: float) -> float:
    return 1 - a + a * n * (2 - a)
