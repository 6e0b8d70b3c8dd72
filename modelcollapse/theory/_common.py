"""What the formulas check of their arguments."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from modelcollapse import _valid
from modelcollapse._valid import Array


def fits(t: ArrayLike, low: int = 0) -> Array:
    return _valid.integers("t", t, low)


def unit(name: str, p: ArrayLike) -> Array:
    array = np.asarray(p, float)
    if not ((array >= 0) & (array <= 1)).all():
        raise ValueError(f"{name} must be from 0 to 1, got {p!r}")
    return array
