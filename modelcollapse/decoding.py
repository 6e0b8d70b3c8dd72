"""Decoding: what is done to a model's probabilities before the next symbol is drawn."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

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
