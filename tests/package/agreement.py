"""How the tests of this folder compare a simulation with a closed form."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike


def assert_mean(samples: ArrayLike, expected: ArrayLike, *, bias: ArrayLike = 0.0) -> None:
    """The mean over the last axis agrees with `expected` within four standard errors.

    `bias` is a known error of an approximation, which is allowed on top.
    """
    x = np.asarray(samples, float)
    error = np.abs(x.mean(axis=-1) - expected)
    se = x.std(axis=-1, ddof=1) / np.sqrt(x.shape[-1])
    z = np.maximum(error - bias, 0) / se
    assert np.isfinite(z).all()
    assert (z < 4).all(), f"mean {x.mean(axis=-1)}, expected {expected}, se {se}, z {z}"


def global_state() -> bytes:
    """The state of NumPy's global generator, which nothing in the package may touch."""
    return np.random.get_state()[1].tobytes()  # noqa: NPY002
