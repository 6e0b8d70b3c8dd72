"""One style for every figure."""

from __future__ import annotations

from typing import Any

import matplotlib.pyplot as plt

#: The same thing always in the same colour (Okabe and Ito's palette, with a dark violet).
COLOURS = {
    "real": "#000000",
    "replace": "#D55E00",
    "accumulate": "#0072B2",
    "accumulate-subsample": "#56B4E9",
    "fresh": "#009E73",
    "fixed": "#CC79A7",
    "cold": "#56328A",
    "theory": "#595959",
    "highlight": "#E69F00",
}

STYLE: dict[str, Any] = {
    "figure.figsize": (7.0, 3.6),
    "figure.dpi": 100,
    "figure.constrained_layout.use": True,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.titlelocation": "left",
    "axes.titlesize": "medium",
    "grid.alpha": 0.25,
    "font.size": 11,
    "lines.linewidth": 1.8,
    "legend.frameon": False,
    "svg.hashsalt": "copies-of-copies",
    "svg.fonttype": "path",
}


def use_style() -> None:
    """Set the course's matplotlib style for the session."""
    for key, value in STYLE.items():
        plt.rcParams[key] = value  # type: ignore[index]
