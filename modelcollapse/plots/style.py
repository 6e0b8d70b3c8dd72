"""One face, one palette and one set of sizes for every figure."""

from __future__ import annotations

from typing import Any

import matplotlib.pyplot as plt

#: The same thing always in the same colour (Okabe and Ito's palette, with a dark violet).
COLOURS = {
    "real": "#000000",
    "replace": "#D55E00",
    "typical": "#7A2E00",
    "early": "#F2B56B",
    "accumulate": "#0072B2",
    "accumulate-subsample": "#56B4E9",
    "fresh": "#009E73",
    "fixed": "#CC79A7",
    "cold": "#56328A",
    "theory": "#595959",
    "highlight": "#E69F00",
}
#: Darker ones for words: at least 4.5 to 1 on white. What is not here is dark enough itself.
#: Two that are one here would be one in the dark: only `early` may be as `replace` is.
INKS = {
    "replace": "#B24700",
    "early": "#B24700",
    "accumulate": "#0067A3",
    "accumulate-subsample": "#00699E",
    "fresh": "#00775A",
    "fixed": "#A8407C",
    "highlight": "#7A5300",
}
#: Words, words of less weight, axes, lines of a grid.
INK, MUTED, AXIS, GRID = "#1C2128", "#48566B", "#8C95A1", "#D5D9DE"
#: The ground of a figure, and an area that recedes.
PAPER, SHADE = "#FFFFFF", "#C3C8CE"

#: Every colour that a figure may have, and what it is on a dark page.
DARK = {
    PAPER: "#1A1D22",
    SHADE: "#4A525C",
    INK: "#F2F4F6",
    MUTED: "#A9B1BA",
    AXIS: "#6B7480",
    GRID: "#343A42",
    COLOURS["real"]: "#F2F4F6",
    COLOURS["replace"]: "#FF8A3D",
    COLOURS["typical"]: "#FFC9A3",
    COLOURS["early"]: "#A65A1F",
    COLOURS["accumulate"]: "#2F8FE0",
    COLOURS["accumulate-subsample"]: "#9AD9FF",
    COLOURS["fresh"]: "#2FD0A0",
    COLOURS["fixed"]: "#FF9FD2",
    COLOURS["cold"]: "#B9A2FF",
    COLOURS["theory"]: "#8B949E",
    COLOURS["highlight"]: "#FFD166",
}
DARK |= {ink: DARK[COLOURS[key]] for key, ink in INKS.items() if key != "early"}

#: Inches: a figure as wide as the column of text, a small one, and one for a phone.
WIDE, SMALL, NARROW = 7.17, 5.0, 3.65

STYLE: dict[str, Any] = {
    "font.family": "Source Sans Pro",
    "mathtext.fontset": "custom",
    "mathtext.rm": "Source Sans Pro",
    "mathtext.it": "Source Sans Pro:italic",
    "mathtext.bf": "Source Sans Pro:semibold",
    "mathtext.cal": "Source Sans Pro:italic",
    "mathtext.fallback": "stixsans",
    "figure.figsize": (WIDE, 3.6),
    "figure.dpi": 96,
    "figure.constrained_layout.use": True,
    "figure.facecolor": "#FFFFFF",
    "font.size": 10.5,
    "axes.labelsize": 10.5,
    "xtick.labelsize": 9.75,
    "ytick.labelsize": 9.75,
    "legend.fontsize": 9.75,
    "legend.title_fontsize": 9.75,
    "legend.frameon": False,
    "axes.titlesize": 11.25,
    "axes.titleweight": 600,
    "axes.titlelocation": "left",
    "axes.titlepad": 10,
    "text.color": INK,
    "axes.titlecolor": INK,
    "axes.labelcolor": MUTED,
    "xtick.color": AXIS,
    "ytick.color": AXIS,
    "xtick.labelcolor": MUTED,
    "ytick.labelcolor": MUTED,
    "axes.edgecolor": AXIS,
    "axes.linewidth": 0.75,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.spines.left": False,
    "xtick.major.size": 3,
    "xtick.minor.size": 0,
    "ytick.major.size": 0,
    "ytick.minor.size": 0,
    "axes.grid": True,
    "axes.grid.axis": "y",
    "axes.axisbelow": True,
    "grid.color": GRID,
    "grid.linewidth": 0.75,
    "grid.alpha": 1.0,
    "lines.linewidth": 1.65,
    "lines.markersize": 4.5,
    "lines.solid_capstyle": "round",
    "svg.hashsalt": "copies-of-copies",
    "svg.fonttype": "path",
}


def add_fonts() -> None:
    """Tell matplotlib of the course's typeface."""
    import font_source_sans_pro
    from matplotlib import font_manager

    for face in ("SourceSansPro", "SourceSansProIt", "SourceSansProSemibold"):
        font_manager.fontManager.addfont(font_source_sans_pro.font_files_ttf[face])


def use_style() -> None:
    """Set the course's matplotlib style for the session."""
    add_fonts()
    for key, value in STYLE.items():
        plt.rcParams[key] = value  # type: ignore[index]
