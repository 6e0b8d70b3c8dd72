"""Pictures: matplotlib figures as SVG, one for a wide page and one for a phone."""

from __future__ import annotations

import html
import io
import re
import textwrap
import urllib.parse
from itertools import pairwise
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.backend_bases import RendererBase
from matplotlib.colors import to_hex
from matplotlib.figure import Figure
from matplotlib.gridspec import GridSpec
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.lines import Line2D
from matplotlib.text import Annotation, Text
from matplotlib.transforms import IdentityTransform

from modelcollapse._display import building, emit
from modelcollapse.plots.style import COLOURS, INKS, NARROW, SMALL

_INK_OF = {COLOURS[key].lower(): ink for key, ink in INKS.items()}


_SAMPLE, _MARKER = 21.0, 7.0  # points of a line before its label, where colour does not tell it


class _EndLabel(Annotation):
    """The label of a line at its right end; `svg` moves it off its neighbours."""

    sample: Line2D | None = None
    width = 0.0

    def draw(self, renderer: RendererBase) -> None:
        """Draw the words, and before them a piece of the line if it is not known by its colour."""
        super().draw(renderer)
        if self.sample is not None:
            box, lines = self.get_window_extent(renderer), self.get_text().count("\n") + 1
            point = float(renderer.points_to_pixels(1))  # type: ignore[arg-type]
            end, y = box.x0 - 4 * point, box.y1 - box.height / lines / 2
            self.sample.set_data(end - point * self.width * np.array([1, 0.5, 0]), [y, y, y])
            self.sample.draw(renderer)


def show(fig: Figure, name: str, alt: str, narrow: Figure | None = None) -> None:
    """Show a matplotlib figure as SVG and close it.

    A running lab shows it as an image with its alt text. The book gets the SVG itself, and for
    phones a drawing of its own: panels below one another, titles broken into lines, the type as
    large as before.

    Parameters
    ----------
    fig : Figure
        The figure: `WIDE` or `SMALL` inches wide.
    name : str
        Identifier, unique in the lab; the text shows the same figure by this name.
    alt : str
        What the figure shows, in one or two sentences.
    narrow : Figure, optional
        The drawing for a phone, `NARROW` inches wide, where it cannot be had from `fig`; a figure
        with an attribute of this name brings it along.

    Raises
    ------
    ValueError
        If `alt` is shorter than a sentence.
    """
    record = {"name": name, "alt": checked_alt(alt)}
    if building():
        picture, more = both(fig, narrow)
        emit({"figure": record | more}, text=alt, svg=picture)
    else:
        emit({"figure": record}, text=alt, html=image(svg(fig), alt))


def label_ends(ax: Axes) -> None:
    """Write each line's label at its right end, in the line's colour, in place of a legend.

    Parameters
    ----------
    ax : Axes
        Its lines that have a label get it at the right edge, level with their last point. Where
        two of one colour have other dashes or markers, a piece of the line stands before each;
        so does the marker of those that are markers alone, if not all lines look like that.
    """
    lines = [line for line in ax.get_lines() if not str(line.get_label()).startswith("_")]
    lines = [line for line in lines if np.isfinite(np.asarray(line.get_ydata(), float)).any()]
    colours = [to_hex(line.get_color()) for line in lines]
    unlike = len({_look(line) for line in lines}) > 1
    for line, colour in zip(lines, colours, strict=True):
        text = str(line.get_label())
        ends = np.asarray(line.get_ydata(), float)
        ends = ends[np.isfinite(ends)]
        looks = {_look(other) for other, ink in zip(lines, colours, strict=True) if ink == colour}
        mere = unlike and line.get_linestyle() == "None"  # markers without a line
        width = _MARKER if mere else _SAMPLE if len(looks) > 1 else 0
        label = _EndLabel(
            text,
            xy=(1, float(ends[-1])),
            xycoords=ax.get_yaxis_transform(),
            xytext=(6 + (width and width + 10), 0),  # so far from the line that none goes on
            textcoords="offset points",
            va="center",
            color=_INK_OF.get(colour, colour),
            annotation_clip=False,
            clip_on=False,
            fontsize=plt.rcParams["xtick.labelsize"],
            linespacing=1.05,
        )
        if width:
            label.width = width
            label.sample = Line2D([], [], transform=IdentityTransform(), markevery=[1])
            label.sample.update_from(line)
            label.sample.set(transform=IdentityTransform(), clip_path=None, markevery=[1])
            label.sample.set_clip_on(False)
        ax.add_artist(label)


def _look(line: Line2D) -> tuple[str, ...]:
    """What tells a line from another of its colour."""
    dashes = line._unscaled_dash_pattern  # type: ignore[attr-defined]  # get_linestyle knows few
    return str(dashes), str(line.get_marker())


def checked_alt(alt: str) -> str:
    """`alt` itself, if it is as long as a sentence."""
    if len(alt.split()) < 6:
        raise ValueError(f"alt must say what the figure shows, in a sentence; got {alt!r}")
    return alt


def both(fig: Figure, narrow: Figure | None = None) -> tuple[str, dict[str, Any]]:
    """A figure as SVG, and for its page: ``narrow`` for a phone, ``cut`` words, those cut off."""
    picture = svg(fig)
    cut = _cut_off(fig)
    small = narrow or getattr(fig, "narrow", None) or _narrowed(fig)
    return picture, {"narrow": svg(small), "cut": cut + _cut_off(small)}


def svg(fig: Figure) -> str:
    """A figure as SVG, its titles broken to fit and its labels apart; it is closed."""
    fig.draw_without_rendering()
    for ax in fig.axes:
        _break_titles(ax)
    fig.draw_without_rendering()  # panels have their places now
    for ax in fig.axes:
        _part_labels(ax)
        _thin_ticks(ax)
    buffer = io.StringIO()
    fig.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None}, transparent=False)
    plt.close(fig)
    return buffer.getvalue()


def image(drawing: str, alt: str, style: str = "max-width: 100%; height: auto", **size: str) -> str:
    """A drawing as HTML, which JupyterLab shows in a notebook that it does not trust, too."""
    sized = "".join(f' {key}="{value}"' for key, value in size.items())
    return f'<img alt="{html.escape(alt)}" src="{data_uri(drawing)}"{sized} style="{style}">'


def data_uri(drawing: str) -> str:
    """An SVG as an address that holds all of it."""
    return "data:image/svg+xml," + urllib.parse.quote(drawing, safe="/:=;,'()")


def _narrowed(fig: Figure) -> Figure:
    """The same figure made to fit a phone: as wide as that, panels below one another."""
    width, height = fig.get_size_inches()
    panels = [ax for ax in fig.axes if ax.get_subplotspec() is not None]
    columns = max((ax.get_subplotspec().get_gridspec().ncols for ax in panels), default=1)  # type: ignore[union-attr]
    rows = len(panels) if width > SMALL and columns > 1 else 0
    if rows:
        per_row = height / max(1, len(panels) // columns)
        grid = GridSpec(rows, 1, figure=fig)
        for row, ax in enumerate(panels):
            ax.set_subplotspec(grid[row])
            ax.tick_params(labelleft=True, labelbottom=True)
        height = rows * min(per_row, 2.7)
        layout = fig.get_layout_engine()
        if isinstance(layout, ConstrainedLayoutEngine):
            layout.set(hspace=0.08)  # a panel's title keeps off the names above it
    fig.set_size_inches(NARROW, height)
    return fig


def _cut_off(fig: Figure) -> list[str]:
    """The words of a figure that run over its edge."""
    fig.draw_without_rendering()  # a file has other pixels
    axes = [axis for ax in fig.axes for axis in (ax.xaxis, ax.yaxis)]
    ticks = [tick for axis in axes for tick in axis.get_major_ticks() + axis.get_minor_ticks()]
    numbers = {text for tick in ticks for text in (tick.label1, tick.label2)}
    room = fig.bbox.padded(1)
    cut = []
    for text in fig.findobj(Text):
        if text in numbers or not text.get_visible() or not text.get_text().strip():
            continue
        box = text.get_window_extent()
        if not (room.contains(*box.p0) and room.contains(*box.p1)):
            cut.append(text.get_text())
    return cut


def _break_titles(ax: Axes) -> None:
    """Break titles and names of axes into lines that are no longer than their room."""
    here, right = ax.bbox, ax.figure.bbox.x1 - 8  # in a file letters are wider by a hair
    for other in ax.figure.axes:
        if other.bbox.x0 >= here.x1 and other.bbox.y0 < here.y1 and other.bbox.y1 > here.y0:
            right = min(right, other.bbox.x0 - 8)
    for text in (ax._left_title, ax.title, ax.xaxis.label):  # type: ignore[attr-defined]
        _break(text, right - here.x0)
    _break(ax.yaxis.label, here.height * 1.05)


def _break(text: Text, room: float) -> None:
    words = re.sub("[ \n]+", " ", text.get_text())  # a space that does not break stays
    words = re.sub(" ([=<>]) ", "\N{NO-BREAK SPACE}\\1\N{NO-BREAK SPACE}", words)
    columns = len(words)
    while columns > 8 and max(text.get_window_extent().size) > room > 0:
        columns -= 1
        text.set_text("\n".join(textwrap.wrap(words, columns)))


def _part_labels(ax: Axes) -> None:
    """Move the labels at the ends of lines up or down until none lies on another."""
    labels = [child for child in ax.get_children() if isinstance(child, _EndLabel)]
    if not labels:
        return
    for label in labels:
        label.xyann = (label.xyann[0], 0)
    points = 72 / ax.figure.dpi
    boxes = {label: label.get_window_extent() for label in labels}
    labels.sort(key=lambda label: boxes[label].y0)
    lines = [label.get_text().count("\n") + 1 for label in labels]
    apart = 0.5 if max(lines) > 1 else 0.1  # of a line: labels of two lines keep off each other
    heights = [
        boxes[label].height * (1 + apart / many) for label, many in zip(labels, lines, strict=True)
    ]
    wished = [(boxes[label].y0 + boxes[label].y1) / 2 for label in labels]
    # Groups of labels that touch, each laid around the mean of where its labels would be.
    groups: list[list[int]] = []
    for index in range(len(labels)):
        groups.append([index])
        while len(groups) > 1:
            (low, high), spans = groups[-2:], []
            for group in (low, high):
                size = sum(heights[i] for i in group)
                middle = sum(wished[i] for i in group) / len(group)
                spans.append((middle - size / 2, middle + size / 2))
            if spans[0][1] <= spans[1][0]:
                break
            groups[-2:] = [low + high]
    end = ax.bbox.y0 - heights[0] / 2  # of what lies below
    for group in groups:
        size = sum(heights[i] for i in group)
        end = max(end, sum(wished[i] for i in group) / len(group) - size / 2)
        for i in group:
            labels[i].xyann = (labels[i].xyann[0], (end + heights[i] / 2 - wished[i]) * points)
            end += heights[i]


def _thin_ticks(ax: Axes) -> None:
    """Leave out names of ticks below the x axis that would lie on one another; lower letters."""
    if not ax.xaxis.get_tick_params().get("labelbottom", True):
        return
    ticks = [tick for tick in ax.xaxis.get_major_ticks() if tick.label1.get_text()]
    shown = [tick.label1 for tick in ticks]
    for label in shown:
        label.set_visible(True)
    boxes = [label.get_window_extent().expanded(1.15, 1) for label in shown]
    if not any(left.x1 > right.x0 for left, right in pairwise(boxes)):
        return
    if all(label.get_text().isalpha() and len(label.get_text()) == 1 for label in shown):
        for tick in ticks[1::2]:
            tick.set_pad(plt.rcParams["xtick.major.pad"] + float(tick.label1.get_fontsize()))
    else:
        end = -1e9
        for label, box in zip(shown, boxes, strict=True):
            label.set_visible(bool(box.x0 >= end))
            end = box.x1 if box.x0 >= end else end
