"""Checks of arguments: each error names the argument, what was given and what is allowed."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[Any]


def integer(name: str, value: Any, low: int) -> int:
    """A whole number of at least `low`."""
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)) or value < low:
        raise ValueError(f"{name} must be a whole number of at least {low}, got {value!r}")
    return int(value)


def integers(name: str, value: ArrayLike, low: int) -> Array:
    """Whole numbers of at least `low`, as an array; floats are accepted if they are whole."""
    array = np.asarray(value)
    if (
        not np.issubdtype(array.dtype, np.number)
        or not (np.isfinite(array) & (array == np.floor(array)) & (array >= low)).all()
    ):
        raise ValueError(f"{name} must be whole numbers of at least {low}, got {value!r}")
    return array.astype(np.int64)


def number(name: str, value: Any, low: float = -np.inf) -> float:
    """A finite number of at least `low`."""
    if not (_is_real(value) and np.isfinite(value) and value >= low):
        allowed = "a finite number" if low == -np.inf else f"a finite number of at least {low}"
        raise ValueError(f"{name} must be {allowed}, got {value!r}")
    return float(value)


def fraction(name: str, value: Any) -> float:
    """A fraction, 0 and 1 included."""
    if not (_is_real(value) and 0 <= value <= 1):
        raise ValueError(f"{name} must be a fraction from 0 to 1, got {value!r}")
    return float(value)


def _is_real(value: Any) -> bool:
    return isinstance(value, (int, float, np.integer, np.floating)) and not isinstance(value, bool)


def one_of(name: str, value: Any, allowed: Collection[str]) -> str:
    """One of the `allowed` words."""
    if not isinstance(value, str) or value not in allowed:
        words = ", ".join(repr(word) for word in allowed)
        raise ValueError(f"{name} must be one of {words}, got {value!r}")
    return value


def probabilities(name: str, value: ArrayLike) -> Array:
    """Probabilities that sum to one along the last axis."""
    p = np.asarray(value, float)
    if p.ndim == 0 or not np.isfinite(p).all() or (p < 0).any():
        raise ValueError(f"{name} must be finite probabilities, none negative, got {value!r}")
    total = p.sum(axis=-1)
    if not np.allclose(total, 1, rtol=0, atol=1e-9):
        worst = total.flat[np.abs(total - 1).argmax()]
        raise ValueError(f"{name} must sum to 1 along the last axis, got a sum of {worst!r}")
    return p


def data(
    name: str, value: ArrayLike, shape: str, ndims: Collection[int] = (2, 3), least: int = 2
) -> Array:
    """Finite data of the form `shape`, with at least two rows, or as many as `least`."""
    array = np.asarray(value)
    if array.ndim not in ndims or array.size == 0:
        raise ValueError(f"{name} must have the shape {shape}, got {array.shape}")
    if array.shape[1] < least:
        rows = f"{least} rows" if least > 1 else "1 row"
        raise ValueError(f"{name} must have at least {rows} a replicate, got n = {array.shape[1]}")
    if np.issubdtype(array.dtype, np.inexact) and not np.isfinite(array).all():
        raise ValueError(f"{name} must be finite, got NaN or infinity in it")
    return array


def generator(name: str, value: Any) -> np.random.Generator:
    """An explicit random generator."""
    if not isinstance(value, np.random.Generator):
        raise TypeError(
            f"{name} must be a numpy.random.Generator, as numpy.random.default_rng(0) gives, "
            f"got {value!r}"
        )
    return value
