"""What is measured: distances from the truth, and diversity.

Categories lie on the last axis. The measures of samples take numeric data, (replicates, n) or
(replicates, n, d), and return one number a replicate. The measures of text take a sequence of
tokens (words, or a string for its characters) and a `length`: the first so many tokens are
measured and no others, since every one of these measures depends on how long a text is.
"""

from __future__ import annotations

import bz2
from collections import Counter
from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike
from scipy import optimize, special
from scipy.spatial.distance import cdist

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
    Source: Good (1953). Its mean is `categories.missing_mass` of a sample smaller by one.
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


# Samples


def _pair(first: tuple[str, ArrayLike], second: tuple[str, ArrayLike]) -> tuple[Array, Array]:
    """Two sets of samples of the same replicates, each as (replicates, n, d)."""
    a, b = (
        _valid.data(name, value, "(replicates, n) or (replicates, n, d)")
        for name, value in (first, second)
    )
    if a.ndim != b.ndim or len(a) != len(b) or a.shape[2:] != b.shape[2:]:
        raise ValueError(
            f"{second[0]} must have the replicates and the d of {first[0]}, {a.shape}, "
            f"got {b.shape}"
        )
    return (a[..., None], b[..., None]) if a.ndim == 2 else (a, b)


def precision_recall(real: ArrayLike, made: ArrayLike, k: int = 5) -> tuple[Array, Array]:
    """Precision and recall of samples, by the balls of k nearest neighbours.

    Around each row of a sample lies a ball that reaches to its k-th nearest neighbour in the same
    sample. Precision is the share of the made rows that lie in a ball of a real one; recall is the
    share of the real rows that lie in a ball of a made one.

    Parameters
    ----------
    real, made : array_like, shape (replicates, n) or (replicates, n, d)
        The two samples; their n may differ.
    k : int
        Which neighbour a ball reaches to; the row itself does not count.

    Returns
    -------
    precision, recall : ndarray, shape (replicates,)
        Shares. Two samples from one distribution do not reach 1: compare with real against real.

    Raises
    ------
    ValueError
        If the samples do not fit each other, or k is not below both numbers of rows.

    Notes
    -----
    Source: Kynkaanniemi et al. (2019). Alemohammad et al. (2024) take k = 5.
    """
    real, made = _pair(("real", real), ("made", made))
    k = _valid.integer("k", k, 1)
    if k >= min(real.shape[1], made.shape[1]):
        raise ValueError(
            f"k must be below the number of rows of both samples, {real.shape[1]} and "
            f"{made.shape[1]}, got {k}"
        )

    def radius(sample: Array) -> Array:
        return np.partition(cdist(sample, sample), k, axis=1)[:, k]

    shares = []
    for r, m in zip(real, made, strict=True):
        apart = cdist(r, m)
        inside_real, inside_made = apart <= radius(r)[:, None], apart <= radius(m)
        shares.append((inside_real.any(axis=0).mean(), inside_made.any(axis=1).mean()))
    precision, recall = np.array(shares).T
    return precision, recall


def sample_w2_squared(x: ArrayLike, y: ArrayLike) -> Array:
    """Squared 2-Wasserstein distance between two samples of equal size.

    The mean squared distance of the rows of one from those of the other, matched one to one so
    that it is smallest. In squared units of the data.

    Parameters
    ----------
    x, y : array_like, shape (replicates, n) or (replicates, n, d)
        The two samples. The time grows like n cubed.

    Returns
    -------
    ndarray, shape (replicates,)
        Above 0 for two samples from one distribution: compare with real against real.
    """
    x, y = _pair(("x", x), ("y", y))
    if x.shape[1] != y.shape[1]:
        raise ValueError(f"y must have as many rows as x, {x.shape[1]}, got {y.shape[1]}")
    found = []
    for a, b in zip(x, y, strict=True):
        cost = cdist(a, b, "sqeuclidean")
        found.append(cost[optimize.linear_sum_assignment(cost)].mean())
    return np.array(found)


def gaussian_similarity(x: ArrayLike, width: float) -> Array:
    """Similarities ``exp(-|x_i - x_j|^2 / (2 width^2))`` of the rows of samples.

    Parameters
    ----------
    x : array_like, shape (replicates, n) or (replicates, n, d)
        The samples.
    width : float
        Distance over which rows count as alike, in the unit of the data; above 0.

    Returns
    -------
    ndarray, shape (replicates, n, n)
    """
    rows = _valid.data("x", x, "(replicates, n) or (replicates, n, d)")
    if _valid.number("width", width, 0) == 0:
        raise ValueError(f"width must be above 0, got {width!r}")
    rows = rows[..., None] if rows.ndim == 2 else rows
    apart = np.stack([cdist(a, a, "sqeuclidean") for a in rows])
    return np.exp(-apart / (2 * width**2))


def vendi_score(similarity: ArrayLike) -> Array:
    """Vendi score: the number of rows in a sample that are effectively different.

    The exponential of the entropy of the eigenvalues of the similarities over n. Rows that are all
    alike give 1, rows that have nothing in common n. No real data are needed; what counts as alike
    is the choice of whoever measures.

    Parameters
    ----------
    similarity : array_like, shape (..., n, n)
        Similarity of each pair of rows: symmetric, positive semidefinite, 1 on the diagonal.

    Returns
    -------
    ndarray, shape (...)

    Notes
    -----
    Source: Friedman and Dieng (2023).
    """
    matrix = np.asarray(similarity, float)
    if matrix.ndim < 2 or matrix.shape[-1] != matrix.shape[-2] or matrix.size == 0:
        raise ValueError(f"similarity must have the shape (..., n, n), got {matrix.shape}")
    if not (
        np.isfinite(matrix).all()
        and np.allclose(matrix, np.swapaxes(matrix, -1, -2))
        and np.allclose(np.diagonal(matrix, axis1=-2, axis2=-1), 1)
    ):
        raise ValueError("similarity must be finite and symmetric, with 1 on the diagonal")
    values = np.linalg.eigvalsh(matrix / matrix.shape[-1])
    if values.min() < -1e-9:
        raise ValueError(f"similarity must be positive semidefinite, got {values.min():.2g}")
    # Rounding leaves values a little below 0 that stand for 0.
    return np.exp(special.entr(np.maximum(values, 0.0)).sum(axis=-1))


# Text


def _first(name: str, tokens: Sequence[str], length: int, least: int = 1) -> Sequence[str]:
    """The first `length` tokens, of at least that many."""
    length = _valid.integer("length", length, least)
    if len(tokens) < length:
        raise ValueError(f"{name} must have at least length = {length} tokens, got {len(tokens)}")
    return tokens[:length]


def _counts(tokens: Sequence[str], length: int) -> Array:
    """How often each different one of the first `length` tokens is there."""
    return np.array(list(Counter(_first("tokens", tokens, length)).values()))


def distinct_n(tokens: Sequence[str], n: int, length: int) -> float:
    """Share of different n-grams among the n-grams of the first `length` tokens.

    Notes
    -----
    Source: Li et al. (2016).
    """
    n = _valid.integer("n", n, 1)
    text = _first("tokens", tokens, length, least=n)
    grams = set(zip(*(text[i:] for i in range(n)), strict=False))
    return len(grams) / (length - n + 1)


def token_entropy(tokens: Sequence[str], length: int) -> float:
    """Entropy, in nats a token, of the shares of the first `length` tokens.

    The order of the tokens does not matter. Rare tokens that a short text misses make it too
    small, so that only texts of one length can be compared.
    """
    return float(entropy(_counts(tokens, length) / length))


def vocabulary(tokens: Sequence[str], length: int) -> int:
    """Number of different ones among the first `length` tokens."""
    return len(_counts(tokens, length))


def hapaxes(tokens: Sequence[str], length: int) -> int:
    """Number of tokens that are there once among the first `length`."""
    return int((_counts(tokens, length) == 1).sum())


def zipf_exponent(tokens: Sequence[str], length: int) -> float:
    """Zipf's exponent b of the first `length` tokens, by maximum likelihood.

    Under Zipf's law the token of rank r has a share proportional to r ** -b, and the number of
    tokens that are there c times falls like c ** -a with a = 1 + 1 / b. The exponent a is fitted
    to the counts c = 1, 2, ..., and b = 1 / (a - 1) returned. Ranks are not used: they would be
    estimated from the very counts that are fitted.

    Returns
    -------
    float
        About 1 for a long text by people; 0 if no token is there twice.

    Notes
    -----
    Source: Clauset, Shalizi and Newman (2009), the discrete case.
    """
    counts = _counts(tokens, length)
    mean_log = np.log(counts).mean()
    if mean_log == 0:
        return 0.0
    best = optimize.minimize_scalar(
        lambda b: mean_log * (1 + 1 / b) + np.log(special.zeta(1 + 1 / b)),
        bounds=(0.01, 100),
        method="bounded",
        options={"xatol": 1e-9},
    )
    return float(best.x)


def mtld(tokens: Sequence[str], length: int, threshold: float = 0.72) -> float:
    """Measure of textual lexical diversity: words until repetition has set in, on average.

    Read on until the share of different tokens is down to `threshold`, count one factor, and
    begin anew; what is left at the end counts as the part of a factor it has come to. The measure
    is the number of tokens by the number of factors, averaged over reading forwards and backwards.

    Parameters
    ----------
    tokens : sequence of str
        Words.
    length : int
        How many of them are measured.
    threshold : float
        Share of different tokens, above 0 and below 1.

    Returns
    -------
    float
        In tokens; `length` if all of them differ.

    Notes
    -----
    Source: McCarthy and Jarvis (2010).
    """
    if not 0 < _valid.fraction("threshold", threshold) < 1:
        raise ValueError(f"threshold must be above 0 and below 1, got {threshold!r}")
    text = _first("tokens", tokens, length)

    def one_way(text: Sequence[str]) -> float:
        factors, seen, n = 0.0, set[str](), 0
        for token in text:
            seen.add(token)
            n += 1
            if len(seen) <= threshold * n:
                factors, seen, n = factors + 1, set(), 0
        if n:
            factors += (1 - len(seen) / n) / (1 - threshold)
        return length / factors if factors else float(length)

    return (one_way(text) + one_way(text[::-1])) / 2


def compression_ratio(text: str, length: int) -> float:
    """Bytes of the first `length` characters, in UTF-8, by their bytes after compression.

    The more a text repeats itself, the higher. The compressor is bzip2, which sees up to 900,000
    bytes at once and comes to the same size on every machine.

    Notes
    -----
    Source: Shaib et al. (2024), who use gzip.
    """
    raw = str(_first("text", text, length)).encode()
    return len(raw) / len(bz2.compress(raw))
