"""Linear regression that learns from the answers of the regression before it."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from modelcollapse import _valid
from modelcollapse._valid import Array
from modelcollapse.theory import _common

INPUTS = ("reused", "fresh")


def replace_error(t: ArrayLike, n: int, d: int, sigma2: float = 1.0, omitted: float = 0.0) -> Array:
    """E[(x . (w_t - w))^2] for least squares refitted to n new labels of the last fit.

    The mean squared error of the prediction at a new input, without the noise of the label:
    u + (t sigma2 + u) d / (n - d - 1), with u the variance that the family leaves out.

    Parameters
    ----------
    t : array_like of int
        Number of fits.
    n : int
        Rows a fit, with normal inputs of any covariance; new inputs each time or the same ones.
    d : int
        Weights that are fitted; no intercept.
    sigma2 : float
        Variance of the noise on every label, real or made by a model.
    omitted : float
        Variance of that part of the true function that no weight can represent, its inputs being
        normal and independent of those that are fitted.

    Notes
    -----
    Source: Dohmatob et al. (2024, regression) and Gerstgrasser et al. (2024), theorem 2, for
    omitted = 0; the rest derived for this course.
    Validity: exact, n >= d + 2.
    """
    sigma2, omitted = _valid.number("sigma2", sigma2, 0), _valid.number("omitted", omitted, 0)
    return omitted + (_common.fits(t, 1) * sigma2 + omitted) * d * _per_weight(n, d)


def accumulate_error(
    t: ArrayLike, n: int, d: int, sigma2: float = 1.0, inputs: str = "reused"
) -> Array:
    """E[(x . (w_t - w))^2] for least squares refitted to all labels so far, n new ones a fit.

    Parameters
    ----------
    t, n, d, sigma2
        As in `replace_error`.
    inputs : {"reused", "fresh"}
        Whether every model labels the n inputs of the first sample again, or n new ones. The
        error is the sum over i <= t of sigma2 d / (i^2 (n - d - 1)), or of
        sigma2 d / (i (i n - d - 1)), which is less.

    Notes
    -----
    Source: Gerstgrasser et al. (2024), theorem 2, for "reused"; derived for this course for
    "fresh".
    Validity: exact, n >= d + 2, normal inputs of any covariance, no intercept.
    """
    inputs = _valid.one_of("inputs", inputs, INPUTS)
    _per_weight(n, d)
    t = _common.fits(t, 1)
    i = np.arange(1, int(t.max()) + 1)
    steps = 1 / (i**2 * (n - d - 1)) if inputs == "reused" else 1 / (i * (i * n - d - 1))
    return _valid.number("sigma2", sigma2, 0) * d * np.cumsum(steps)[t - 1]


def accumulate_limit(n: int, d: int, sigma2: float = 1.0, inputs: str = "reused") -> float:
    """Limit of `accumulate_error` for t to infinity.

    ``"reused"``: pi^2 / 6 times the first fit's error. ``"fresh"``: sigma2 d / (d + 1) times
    (-gamma - psi(1 - (d + 1) / n)), which is less.

    Source: Gerstgrasser et al. (2024) for "reused"; derived for this course for "fresh".
    Validity: as `accumulate_error`.
    """
    sigma2 = _valid.number("sigma2", sigma2, 0)
    first = sigma2 * d * _per_weight(n, d)
    if _valid.one_of("inputs", inputs, INPUTS) == "reused":
        return float(first * np.pi**2 / 6)
    return float(-sigma2 * d / (d + 1) * (np.euler_gamma + special.digamma(1 - (d + 1) / n)))


def descent_factor(eigenvalue: ArrayLike, steps: int, rate: float) -> Array:
    """Share of a weight that gradient descent from zero learns: 1 - (1 - rate * eigenvalue)^steps.

    For least squares, along a direction in which the inputs have the variance `eigenvalue`. Each
    generation that starts from zero multiplies the weight by it once more.

    Source: the gradient of a quadratic; its power over generations as in this course.
    Validity: exact with exact expectations; every rate * eigenvalue from 0 to 2, or it diverges.
    """
    rate, steps = _valid.number("rate", rate, 0), _valid.integer("steps", steps, 0)
    speed = rate * np.asarray(eigenvalue, float)
    if not ((speed >= 0) & (speed <= 2)).all():
        raise ValueError(f"rate * eigenvalue must be from 0 to 2, got {speed!r}")
    return 1 - (1 - speed) ** steps


def _per_weight(n: int, d: int) -> float:
    """E[(X'X)^-1] = I / (n - d - 1) for n rows of d standard normal inputs."""
    n, d = _valid.integer("n", n, 2), _valid.integer("d", d, 1)
    if n < d + 2:
        raise ValueError(f"n must be at least d + 2 = {d + 2}, or the error is infinite, got {n}")
    return 1 / (n - d - 1)
