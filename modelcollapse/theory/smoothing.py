"""Kernel density estimates that are fitted to their own samples."""

from __future__ import annotations

from numpy.typing import ArrayLike

from modelcollapse import _valid
from modelcollapse._valid import Array
from modelcollapse.theory import _common


def kernel_variance(t: ArrayLike, n: int, bandwidth: float) -> Array:
    """E of the sample variance (divisor n) that fit t of a kernel density estimate trains on.

    Each sample adds the kernel's variance, so that it grows: E v_{t+1} = (1 - 1 / n)
    (E v_t + h^2), with limit (n - 1) h^2, in units of the true variance.

    Source: derived for this course.
    Validity: exact for a Gaussian kernel of fixed bandwidth h (in true standard deviations).
    """
    n, h = _valid.integer("n", n, 2), _valid.number("bandwidth", bandwidth, 0)
    limit = (n - 1) * h**2
    first = 1 - 1 / n
    return limit + (first - limit) * (1 - 1 / n) ** (_common.fits(t, 1) - 1)
