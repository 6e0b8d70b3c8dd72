"""One style for every figure, and the three ways a lab shows one.

`show` for a picture, `living` for a chart that readers move on the published page without a
kernel, `play` for sliders, choices and text boxes over a real function in the running lab. Each
needs alt text that says what the figure shows to somebody who cannot see it.
"""

from modelcollapse.plots.living import living, living_script
from modelcollapse.plots.pictures import label_ends, show
from modelcollapse.plots.playing import TYPED, Control, play
from modelcollapse.plots.style import (
    AXIS,
    COLOURS,
    DARK,
    GRID,
    INK,
    INKS,
    MUTED,
    NARROW,
    PAPER,
    SHADE,
    SMALL,
    STYLE,
    WIDE,
    add_fonts,
    use_style,
)

__all__ = [
    "AXIS",
    "COLOURS",
    "DARK",
    "GRID",
    "INK",
    "INKS",
    "MUTED",
    "NARROW",
    "PAPER",
    "SHADE",
    "SMALL",
    "STYLE",
    "TYPED",
    "WIDE",
    "Control",
    "add_fonts",
    "label_ends",
    "living",
    "living_script",
    "play",
    "show",
    "use_style",
]
