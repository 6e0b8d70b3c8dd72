"""Families with one scale that is fitted to their own samples: exponential and uniform."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from modelcollapse import _valid
from modelcollapse._valid import Array
from modelcollapse.theory import _common


def exponential_log_mean_drift(n: int) -> float:
    """E[log mean] gained a generation by an exponential distribution; close to -1 / (2 n).

    The fitted mean is the sample mean: unbiased, and the maximum-likelihood estimate.

    Source: derived for this course from E[log Gamma(n)] = psi(n).
    Validity: exact, n >= 1.
    """
    n = _valid.integer("n", n, 1)
    return float(special.digamma(n) - np.log(n))


def uniform_mle_mean(t: ArrayLike, n: int) -> Array:
    """E[theta_t] / theta for Uniform(0, theta) fitted by the sample maximum.

    Source: derived for this course from E[max] = theta n / (n + 1).
    Validity: exact, n >= 1.
    """
    n = _valid.integer("n", n, 1)
    return (n / (n + 1)) ** _common.fits(t)


def uniform_umvue_log_drift(n: int) -> float:
    """E[log theta] gained a generation with the unbiased (n + 1) / n max; close to -1 / (2 n^2).

    Source: derived for this course from E[log(max / theta)] = -1 / n.
    Validity: exact, n >= 1.
    """
    n = _valid.integer("n", n, 1)
    return float(np.log1p(1 / n) - 1 / n)
