"""A variational autoencoder with a linear decoder, copied.

Rows are normal with some covariance. Its eigenvalues are the variances along its principal
directions. The decoder adds normal noise of variance sigma2 to a mean W z + mu, where z is standard
normal. The best linear encoder makes the bound equal to the likelihood, so that the fit is that of
probabilistic principal components (Tipping and Bishop 1999; Lucas et al. 2019). For many rows it
finds the covariance exactly, and the directions stay. `t` counts fits, and what is returned is the
variance of the means that model t writes, along each direction; at t = 0 that of the truth.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from modelcollapse import _valid
from modelcollapse._valid import Array
from modelcollapse.theory import _common


def means(eigenvalues: ArrayLike, sigma2: float, t: ArrayLike, fraction: float = 0.0) -> Array:
    """Variances of the means of model t, where each model reads the means of the last one.

    A model with a fixed sigma2 keeps max(l - sigma2, 0) of a variance l. Alone, copies lose sigma2
    each, and are left with max(l - t sigma2, 0). With a share a of fresh real rows the next one
    reads a l_0 + (1 - a) l, which settles at max(l_0 - sigma2 / a, 0).

    Parameters
    ----------
    eigenvalues : array_like, shape (k,)
        Variances of the real rows.
    sigma2 : float
        Variance of the decoder's noise, fixed.
    t : array_like of int
        Number of fits.
    fraction : float
        Share of fresh real rows in what each model reads.

    Returns
    -------
    ndarray, shape of `t` + (k,)

    Notes
    -----
    Source: derived for this course from Tipping and Bishop's solution.
    Validity: the limit of many rows, and as many latent numbers as directions.
    """
    real, sigma2, t = _given(eigenvalues, sigma2, t)
    fraction = _valid.fraction("fraction", fraction)
    kept = [real]
    for _ in range(int(t.max(initial=0))):
        read = real if len(kept) == 1 else fraction * real + (1 - fraction) * kept[-1]
        kept.append(np.maximum(read - sigma2, 0))
    return np.array(kept)[t]


def settled(eigenvalues: ArrayLike, sigma2: float, fraction: float) -> Array:
    """Limit of `means` with a share of fresh real rows: max(l - sigma2 / a, 0).

    Source: the fixed point of m = a l + (1 - a) m - sigma2; derived for this course.
    Validity: as `means`; a above 0.
    """
    real, sigma2, _ = _given(eigenvalues, sigma2, 0)
    if _valid.fraction("fraction", fraction) == 0:
        raise ValueError("fraction must be above 0, or nothing is left in the end, got 0")
    return np.maximum(real - sigma2 / fraction, 0)


def lifetime(eigenvalues: ArrayLike, sigma2: float) -> Array:
    """The model whose means have nothing left along a direction: ceil(l / sigma2), at least 1.

    Source: `means` without fresh rows; derived for this course.
    Validity: as `means`.
    """
    real, sigma2, _ = _given(eigenvalues, sigma2, 0)
    # A quotient that is whole but for rounding is whole.
    return np.maximum(np.ceil(real / sigma2 - 1e-9), 1).astype(np.int64)


def pooled(eigenvalues: ArrayLike, sigma2: float, t: ArrayLike) -> Array:
    """Variances of the means of model t, where all real rows and all means so far are kept.

    The pool that model t reads has l - sigma2 (H_t - 1), with H_t = 1 + 1/2 + ... + 1/t, as long as
    that is above sigma2, and model t keeps l - sigma2 H_t. A direction dies when H_t reaches
    l / sigma2, after about exp(l / sigma2 - 0.577) fits.

    Parameters, Returns: as `means`; t is at least 1, and all batches have the size of the real one.

    Source: derived for this course; the pool of t batches changes by 1 / (t + 1) of the loss.
    Validity: as `means`.
    """
    real, sigma2, t = _given(eigenvalues, sigma2, t, low=1)
    harmonic = special.digamma(t + 1.0) + np.euler_gamma
    return np.maximum(real - sigma2 * harmonic[..., None], 0)


def noisy(eigenvalues: ArrayLike, sigma2: float, t: ArrayLike, spread: float = 1.0) -> Array:
    """Variances of the means of model t, where each model reads rows with the noise of the last.

    With the noise, rows have max(l, sigma2) again, which is a fixed point: the means keep
    max(l - sigma2, 0) for ever. If z is drawn with a standard deviation s, what is above sigma2
    shrinks by s^2 a copy; `means` of models are then those of z as they are drawn.

    Source: derived for this course.
    Validity: as `means`.
    """
    real, sigma2, t = _given(eigenvalues, sigma2, t, low=1)
    spread = _valid.number("spread", spread, 0)
    return spread ** (2 * t[..., None]) * np.maximum(real - sigma2, 0)


def learnt(eigenvalues: ArrayLike, latent: int) -> tuple[Array, float]:
    """What a model keeps that learns its noise: variances of its means, and sigma2.

    The noise is the mean of the variances that the `latent` largest leave over, and each of these
    loses it. Rows written as means have no other directions, so that the next model finds a noise
    of 0 and nothing more is lost; rows written with the noise are a fixed point.

    Parameters
    ----------
    eigenvalues : array_like, shape (k,)
        Variances of the rows.
    latent : int
        Latent numbers, below k.

    Returns
    -------
    kept : ndarray, shape (k,)
        In the order of `eigenvalues`.
    sigma2 : float

    Notes
    -----
    Source: Tipping and Bishop (1999).
    Validity: the limit of many rows. For n rows the kept part is a normal distribution refitted in
    `latent` dimensions, and `gaussian.log_det_drift` is what it loses by chance.
    """
    real, _, _ = _given(eigenvalues, 1.0, 0)
    latent = _valid.integer("latent", latent, 1)
    if latent >= len(real):
        raise ValueError(
            f"latent must be below the number of eigenvalues, {len(real)}, got {latent}"
        )
    order = np.argsort(-real, kind="stable")
    sigma2 = float(real[order[latent:]].mean())
    kept = np.zeros_like(real)
    kept[order[:latent]] = real[order[:latent]] - sigma2
    return kept, sigma2


def _given(
    eigenvalues: ArrayLike, sigma2: float, t: ArrayLike, low: int = 0
) -> tuple[Array, float, Array]:
    real = np.asarray(eigenvalues, float)
    if real.ndim != 1 or real.size == 0 or not (np.isfinite(real) & (real >= 0)).all():
        raise ValueError(f"eigenvalues must be finite and not negative, got {eigenvalues!r}")
    if _valid.number("sigma2", sigma2, 0) == 0:
        raise ValueError(f"sigma2 must be above 0, got {sigma2!r}")
    return real, float(sigma2), _common.fits(t, low)
