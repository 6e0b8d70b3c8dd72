"""Exact sampling laws: the same chains as the raw loop, without drawing raw samples.

The mean and variance of a normal sample, or the counts of a categorical one, have known
distributions. Drawing from these gives runs that are equal in distribution to the raw loop and
much cheaper. A chain is that of replace, a *pool* chain that of accumulate. The first axis counts
fits: index 0 is t = 1, the fit to real data.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from modelcollapse import _valid
from modelcollapse._valid import Array
from modelcollapse.models import ESTIMATORS, multinomial


def gaussian_chain(
    n: int,
    generations: int,
    replicates: int,
    rng: np.random.Generator,
    estimator: str = "mle",
    mean: float = 0.0,
    variance: float = 1.0,
) -> tuple[Array, Array]:
    """Fitted means and variances of a normal distribution refitted to its own samples.

    Given the last fit, the next mean is ``mean + sqrt(variance / n) Z`` and the next variance is
    ``variance chi2 / n`` (or ``/ (n - 1)``), with Z standard normal and chi2 with n - 1 degrees
    of freedom, independent (Cochran's theorem).

    Parameters
    ----------
    n : int
        Sample size, at least 2.
    generations, replicates : int
        How many fits, in how many independent runs.
    rng : numpy.random.Generator
        Source of randomness.
    estimator : {"mle", "unbiased"}
        Divisor n or n - 1.
    mean, variance : float
        The true mean and variance.

    Returns
    -------
    means, variances : ndarray, shape (generations, replicates)
    """
    divisor = _divisor(n, estimator)
    shape = _shape(generations, replicates)
    rng = _valid.generator("rng", rng)
    mean = _valid.number("mean", mean)
    variance = _valid.number("variance", variance, 0)
    variances = rng.chisquare(n - 1, shape) / divisor
    variances[0] *= variance
    np.cumprod(variances, axis=0, out=variances)
    means = rng.standard_normal(shape) / np.sqrt(n)
    means[0] *= np.sqrt(variance)
    means[1:] *= np.sqrt(variances[:-1])
    means[0] += mean
    np.cumsum(means, axis=0, out=means)
    return means, variances


def gaussian_covariance_chain(
    n: int,
    d: int,
    generations: int,
    replicates: int,
    rng: np.random.Generator,
    estimator: str = "mle",
) -> Array:
    """Fitted covariance matrices of a normal distribution refitted to its own samples.

    The next covariance is ``F W F' / n`` (or ``/ (n - 1)``), where ``F F'`` is the last one and W
    is Wishart with n - 1 degrees of freedom, drawn by Bartlett's decomposition. Where n <= d the
    rank is n - 1 from the first fit on. The true covariance is the identity.

    Parameters
    ----------
    n, d : int
        Sample size, at least 2, and dimension.
    generations, replicates, rng, estimator
        As in `gaussian_chain`.

    Returns
    -------
    covariances : ndarray, shape (generations, replicates, d, d)
    """
    divisor = _divisor(n, estimator)
    d = _valid.integer("d", d, 1)
    generations, replicates = _shape(generations, replicates)
    rng = _valid.generator("rng", rng)
    covariances = np.empty((generations, replicates, d, d))
    root = np.broadcast_to(np.eye(d), (replicates, d, d))
    for t in range(generations):
        root = root @ _bartlett(n - 1, root.shape[2], replicates, rng) / np.sqrt(divisor)
        covariances[t] = root @ root.transpose(0, 2, 1)
    return covariances


def gaussian_pool_chain(
    n: int,
    d: int,
    generations: int,
    replicates: int,
    rng: np.random.Generator,
    estimator: str = "mle",
) -> tuple[Array, Array]:
    """Fitted means and covariances of a normal distribution refitted to all samples so far.

    Mean and scatter of each sample of n are drawn as in `gaussian_chain` and
    `gaussian_covariance_chain`, and added to those of the pool. The true mean is 0, the true
    covariance the identity.

    Parameters
    ----------
    n, d : int
        Sample size and dimension; n above d.
    generations, replicates, rng, estimator
        As in `gaussian_chain`.

    Returns
    -------
    means : ndarray, shape (generations, replicates, d)
    covariances : ndarray, shape (generations, replicates, d, d)
    """
    less = n - _divisor(n, estimator)
    d = _valid.integer("d", d, 1)
    if n <= d:
        raise ValueError(f"n must be above d = {d}, got {n}")
    generations, replicates = _shape(generations, replicates)
    rng = _valid.generator("rng", rng)
    means = np.empty((generations, replicates, d))
    covariances = np.empty((generations, replicates, d, d))
    mean, scatter = np.zeros((replicates, d)), np.zeros((replicates, d, d))
    root = np.broadcast_to(np.eye(d), scatter.shape)
    for t in range(generations):
        spread = root @ _bartlett(n - 1, d, replicates, rng)
        step = (root @ rng.standard_normal((replicates, d, 1)))[..., 0] / np.sqrt(n)
        scatter = scatter + spread @ spread.transpose(0, 2, 1)
        scatter += step[:, :, None] * step[:, None, :] * (n * t / (t + 1))
        mean = mean + step / (t + 1)
        means[t], covariances[t] = mean, scatter / (n * (t + 1) - less)
        root = np.linalg.cholesky(covariances[t])
    return means, covariances


def regression_pool_chain(
    n: int,
    d: int,
    generations: int,
    replicates: int,
    rng: np.random.Generator,
    sigma: float = 1.0,
) -> Array:
    """Errors of weights fitted by least squares to all labels so far, n new rows a fit.

    The inputs are standard normal and new in every generation; the last model labels them, with
    noise. The products of the inputs are Wishart with n degrees of freedom, and those of inputs
    and noise are normal, given the first.

    Parameters
    ----------
    n, d : int
        Rows a fit and inputs of a row; n at least d.
    generations, replicates, rng
        As in `gaussian_chain`.
    sigma : float
        Standard deviation of the noise on a label.

    Returns
    -------
    errors : ndarray, shape (generations, replicates, d)
        Fitted weights less the true ones.
    """
    n, d = _valid.integer("n", n, 2), _valid.integer("d", d, 1)
    if n < d:
        raise ValueError(f"n must be at least d = {d}, got {n}")
    generations, replicates = _shape(generations, replicates)
    rng, sigma = _valid.generator("rng", rng), _valid.number("sigma", sigma, 0)
    errors = np.empty((generations, replicates, d))
    products, labelled = np.zeros((replicates, d, d)), np.zeros((replicates, d, 1))
    error = np.zeros((replicates, d, 1))  # of the people who label the first rows
    for t in range(generations):
        root = _bartlett(n, d, replicates, rng)
        inputs = root @ root.transpose(0, 2, 1)
        noise = sigma * root @ rng.standard_normal((replicates, d, 1))
        products, labelled = products + inputs, labelled + inputs @ error + noise
        error = np.linalg.solve(products, labelled)
        errors[t] = error[..., 0]
    return errors


def categorical_chain(
    p: ArrayLike, n: int, generations: int, replicates: int, rng: np.random.Generator
) -> Array:
    """Counts of categories whose frequencies are estimated from n draws, again and again.

    Each generation's counts are multinomial with the last one's frequencies: the Wright-Fisher
    model of genetic drift, haploid with population size n.

    Parameters
    ----------
    p : array_like, shape (k,)
        The true probabilities.
    n : int
        Sample size, at least 2.
    generations, replicates, rng
        As in `gaussian_chain`.

    Returns
    -------
    counts : ndarray of int, shape (generations, replicates, k)
    """
    p = _valid.probabilities("p", p)
    if p.ndim != 1:
        raise ValueError(f"p must have the shape (k,), got {p.shape}")
    n = _valid.integer("n", n, 2)
    generations, replicates = _shape(generations, replicates)
    rng = _valid.generator("rng", rng)
    counts = np.empty((generations, replicates, len(p)), np.int64)
    last = np.broadcast_to(p, counts.shape[1:])
    for t in range(generations):
        counts[t] = multinomial(n, last, rng)
        last = counts[t] / n
    return counts


def rare_type_chain(
    copies: float, generations: int, replicates: int, rng: np.random.Generator
) -> Array:
    """Counts of one rare type, in the limit of a large sample.

    Each generation's count is Poisson with the last one as its mean: a branching process. This is
    `categorical_chain` for a type whose probability is small. After Suresh, Thangaraj and
    Khandavally (2025), theorem 2.

    Parameters
    ----------
    copies : float
        Expected count in the real sample.
    generations, replicates, rng
        As in `gaussian_chain`.

    Returns
    -------
    counts : ndarray of int, shape (generations, replicates)
    """
    copies = _valid.number("copies", copies, 0)
    counts = np.empty(_shape(generations, replicates), np.int64)
    rng = _valid.generator("rng", rng)
    counts[0] = rng.poisson(copies, replicates)
    for t in range(1, generations):
        counts[t] = rng.poisson(counts[t - 1])
    return counts


def _bartlett(freedom: int, d: int, replicates: int, rng: np.random.Generator) -> Array:
    """Roots of Wishart matrices of size d, with `freedom` degrees of freedom."""
    kept = min(d, freedom)
    root = np.tril(rng.standard_normal((replicates, d, kept)), -1)
    diagonal = np.arange(kept)
    root[:, diagonal, diagonal] = np.sqrt(rng.chisquare(freedom - diagonal, (replicates, kept)))
    return root


def _divisor(n: int, estimator: str) -> int:
    n = _valid.integer("n", n, 2)
    return n if _valid.one_of("estimator", estimator, ESTIMATORS) == "mle" else n - 1


def _shape(generations: int, replicates: int) -> tuple[int, int]:
    return (
        _valid.integer("generations", generations, 1),
        _valid.integer("replicates", replicates, 1),
    )
