"""Pictures: matplotlib figures, shown as SVG."""

from __future__ import annotations

import io

import matplotlib.pyplot as plt
from matplotlib.figure import Figure

from modelcollapse._display import emit


def show(fig: Figure, name: str, alt: str) -> None:
    """Show a matplotlib figure as SVG and close it.

    Parameters
    ----------
    fig : Figure
        The figure.
    name : str
        Identifier, unique in the lab; the text shows the same figure by this name.
    alt : str
        What the figure shows, in one or two sentences.

    Raises
    ------
    ValueError
        If `alt` is shorter than a sentence.
    """
    emit({"figure": {"name": name, "alt": checked_alt(alt)}}, text=alt, svg=svg(fig))


def checked_alt(alt: str) -> str:
    if len(alt.split()) < 6:
        raise ValueError(f"alt must say what the figure shows, in a sentence; got {alt!r}")
    return alt


def svg(fig: Figure) -> str:
    buffer = io.StringIO()
    fig.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None}, transparent=False)
    plt.close(fig)
    return buffer.getvalue()
