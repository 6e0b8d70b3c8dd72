"""Decoding: what is done to a model's probabilities before the next symbol is drawn."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from scipy import sparse

from modelcollapse import _valid
from modelcollapse._valid import Array


def options(
    temperature: float = 1.0, top_k: int | None = None, top_p: float | None = None
) -> dict[str, Any]:
    """The options of `sharpen`, checked, as keywords for it.

    Raises
    ------
    ValueError
        If `temperature` is negative or not finite, `top_k` is less than 1, or `top_p` is not
        above 0 and at most 1.
    """
    if top_k is not None:
        top_k = _valid.integer("top_k", top_k, 1)
    if top_p is not None:
        top_p = _valid.fraction("top_p", top_p)
        if top_p == 0:
            raise ValueError("top_p must be above 0: nothing would be left to choose, got 0")
    return {
        "temperature": _valid.number("temperature", temperature, 0),
        "top_k": top_k,
        "top_p": top_p,
    }


def sharpen(
    p: ArrayLike,
    temperature: float = 1.0,
    top_k: int | None = None,
    top_p: float | None = None,
) -> Array:
    """Probabilities after temperature, then top-k, then top-p.

    Parameters
    ----------
    p : array_like, shape (..., vocabulary)
        Probabilities; they need not sum to one.
    temperature : float
        Probabilities are raised to the power ``1 / temperature``. 1 changes nothing, less makes
        the likely likelier; 0 is greedy: the most probable symbol gets everything.
    top_k : int, optional
        Keep the `top_k` most probable symbols.
    top_p : float, optional
        Keep the fewest most probable symbols that have the probability `top_p` together.

    Returns
    -------
    ndarray, shape (..., vocabulary)
        Probabilities that sum to one. Among equals the one with the lowest id comes first.

    Raises
    ------
    ValueError
        If an option is not allowed (see `options`), or `p` is negative, not finite, or all zero.

    Notes
    -----
    Source: top-k, Fan, Lewis and Dauphin (2018); top-p or nucleus sampling, Holtzman et al. (2020).
    """
    chosen = options(temperature, top_k, top_p)
    q = np.array(p, float)
    if q.ndim == 0 or not np.isfinite(q).all() or (q < 0).any() or not (q.sum(axis=-1) > 0).all():
        raise ValueError(
            f"p must be finite, not negative and not all zero along the last axis, got {p!r}"
        )
    if chosen["temperature"] == 0:
        best = q.argmax(axis=-1)[..., None]
        q[:] = 0
        np.put_along_axis(q, best, 1.0, axis=-1)
        return q
    if chosen["temperature"] != 1:
        q /= q.max(axis=-1, keepdims=True)  # the largest stays 1: no underflow of them all
        q **= 1 / chosen["temperature"]
    if top_k is not None and top_k < q.shape[-1]:
        order = np.argsort(-q, axis=-1, kind="stable")
        np.put_along_axis(q, order[..., top_k:], 0.0, axis=-1)
    q /= q.sum(axis=-1, keepdims=True)
    if top_p is not None and top_p < 1:
        order = np.argsort(-q, axis=-1, kind="stable")
        ranked = np.take_along_axis(q, order, axis=-1)
        before = np.cumsum(ranked, axis=-1) - ranked
        # A sum of rounded numbers may miss top_p by a rounding error.
        np.put_along_axis(q, order, np.where(before < top_p - 1e-12, ranked, 0.0), axis=-1)
        q /= q.sum(axis=-1, keepdims=True)
    return q


def choose(p: ArrayLike, rng: np.random.Generator) -> Array:
    """Draw one symbol from each row of probabilities; one of probability 0 is never drawn.

    Parameters
    ----------
    p : array_like, shape (..., vocabulary)
        Probabilities; they need not sum to one.
    rng : numpy.random.Generator
        Source of randomness: one uniform number a row.

    Returns
    -------
    ndarray of int, shape (...)
        The ids drawn.
    """
    upto = np.cumsum(p, axis=-1, dtype=float)
    u = rng.random(upto.shape[:-1])[..., None] * upto[..., -1:]
    return (upto <= u).sum(axis=-1)


def likeliest(p: Any, m: int) -> tuple[Array, Array]:
    """The most probable successors of every symbol under a bigram model.

    Parameters
    ----------
    p : array_like or scipy.sparse array, shape (k, k)
        Row i holds the probabilities of the symbol after symbol i.
    m : int
        How many successors.

    Returns
    -------
    ids : ndarray of int, shape (k, m)
        The successors of each symbol, the most probable first; among equals the lowest id.
    log_p : ndarray, shape (k, m)
        Their log probabilities; minus infinity where there are fewer.

    Raises
    ------
    ValueError
        If `p` is not square or not of finite numbers, none negative, or `m` is less than 1.
    """
    m = _valid.integer("m", m, 1)
    table = sparse.csr_array(p, dtype=float)
    if table.shape[0] != table.shape[1]:
        raise ValueError(f"p must have the shape (k, k), got {table.shape}")
    if not (np.isfinite(table.data) & (table.data >= 0)).all():
        raise ValueError("p must be finite and not negative")
    table.sum_duplicates()
    table.eliminate_zeros()
    row = np.repeat(np.arange(len(table.indptr) - 1), np.diff(table.indptr))
    order = np.lexsort((table.indices, -table.data, row))
    rank = np.arange(row.size) - table.indptr[row]
    kept = rank < m
    ids = np.zeros((table.shape[0], m), np.int64)
    log_p = np.full((table.shape[0], m), -np.inf)
    ids[row[kept], rank[kept]] = table.indices[order][kept]
    log_p[row[kept], rank[kept]] = np.log(table.data[order][kept])
    return ids, log_p


def beam_search(
    ids: ArrayLike,
    log_p: ArrayLike,
    starts: ArrayLike,
    width: int,
    length: int,
    penalty: float = 1.0,
) -> Array:
    """Probable texts of a bigram model, one from each start: nothing is drawn.

    At each step every one of the `width` best beginnings is continued by each of its symbol's
    successors, and the `width` best of these are kept; the best text at the end is returned. Width
    1 is greedy. Like all beam search it may miss the most probable text. Among equals, to nine
    decimals of the log probability, the one that continues the better beginning comes first.

    Parameters
    ----------
    ids, log_p : array_like, shape (k, m)
        Successors of each symbol, as `likeliest` gives them. With m at least `width` (with a
        penalty, `width + length`) the result is that of a search among all successors.
    starts : array_like of int, shape (n,)
        The first symbol of each text.
    width : int
        How many beginnings are kept.
    length : int
        Symbols in a text, the start included.
    penalty : float
        The log probability of a symbol that the text already has is multiplied by it: 1 changes
        nothing, more discourages repetition.

    Returns
    -------
    ndarray of int, shape (n, length)

    Raises
    ------
    ValueError
        If an argument is not as described, or a text cannot go on.

    Notes
    -----
    Source: the repetition penalty is that of Keskar et al. (2019).
    """
    ids = _valid.integers("ids", ids, 0)
    log_p = np.asarray(log_p, float)
    starts = _valid.integers("starts", starts, 0)
    if ids.ndim != 2 or ids.shape != log_p.shape or ids.max(initial=0) >= len(ids):
        raise ValueError(
            "ids and log_p must have the shape (k, m) with ids below k, got the shapes "
            f"{ids.shape} and {log_p.shape}"
        )
    if starts.ndim != 1 or starts.max(initial=0) >= len(ids):
        raise ValueError(f"starts must be a row of ids below {len(ids)}, got {starts!r}")
    width, length = _valid.integer("width", width, 1), _valid.integer("length", length, 1)
    penalty = _valid.number("penalty", penalty, 1)
    text, score = starts[:, None, None], np.zeros((len(starts), 1))
    for _ in range(length - 1):
        after, gain = ids[text[..., -1]], log_p[text[..., -1]]
        if penalty != 1:
            used = np.zeros(after.shape, bool)
            for place in range(text.shape[2]):
                used |= after == text[:, :, place, None]
            gain = np.where(used, penalty * gain, gain)
        total = (score[:, :, None] + gain).reshape(len(starts), -1)
        # Texts with the same pairs in another order differ by rounding errors alone.
        best = np.argsort(-total.round(9), axis=1, kind="stable")[:, :width]
        score = np.take_along_axis(total, best, axis=1)
        if not np.isfinite(score[:, 0]).all():
            raise ValueError("ids and log_p must give every symbol that is met a successor")
        old = np.take_along_axis(text, best[:, :, None] // ids.shape[1], axis=1)
        new = np.take_along_axis(after.reshape(len(starts), -1), best, axis=1)
        text = np.concatenate([old, new[:, :, None]], axis=2)
    return text[:, 0]
