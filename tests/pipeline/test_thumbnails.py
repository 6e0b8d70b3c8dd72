"""A thumbnail is what stands within the first axes of a figure, and no word of it."""

from __future__ import annotations

import io
import re
from xml.etree import ElementTree

import matplotlib.pyplot as plt
import pytest
from matplotlib.figure import Figure

from modelcollapse.plots import use_style
from pipeline.thumbnails import thumbnail


def drawn(figure: Figure) -> str:
    buffer = io.StringIO()
    figure.savefig(buffer, format="svg")
    plt.close(figure)
    return buffer.getvalue()


@pytest.fixture
def figure() -> Figure:
    use_style()
    figure, (first, second) = plt.subplots(2, figsize=(5, 4))
    first.plot([1, 3, 2], color="#D55E00", label="copies")
    first.set(title="A title", xlabel="sample", ylabel="share")
    first.annotate("a line", (1, 3))
    first.legend()
    second.plot([3, 1, 2], color="#0072B2")
    return figure


def test_a_thumbnail_keeps_the_lines_of_the_first_axes_alone(figure: Figure) -> None:
    svg = drawn(figure)
    small = thumbnail(svg)
    assert "#d55e00" in small and "#0072b2" not in small
    groups = {name.rstrip("0123456789") for name in re.findall(r'<g id="([^"]+)"', small)}
    assert groups == {"figure_", "axes_", "patch_", "line2d_"}
    assert "<metadata" in svg and "<metadata" not in small
    assert thumbnail(svg) == small


def test_a_thumbnail_shows_the_axes_and_no_margin(figure: Figure) -> None:
    figure.canvas.draw()
    axes = figure.axes[0].get_window_extent().transformed(figure.dpi_scale_trans.inverted())
    root = ElementTree.fromstring(thumbnail(drawn(figure)))
    left, top, width, height = map(float, root.get("viewBox", "").split())
    found = [left, 4 * 72 - top - height, width, height]
    assert found == pytest.approx([72 * side for side in axes.bounds], abs=1)
    assert [root.get("width"), root.get("height")] == [f"{width:.0f}", f"{height:.0f}"]


@pytest.mark.parametrize("axes", [False, True], ids=["none", "hidden"])
def test_a_figure_without_axes_is_refused(axes: bool) -> None:
    figure = plt.figure()
    if axes:
        figure.add_subplot().axis("off")
    with pytest.raises(ValueError, match="without axes"):
        thumbnail(drawn(figure))
