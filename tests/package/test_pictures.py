"""Pictures: the typeface, labels at the ends of lines, a drawing for a phone."""

import re
from itertools import pairwise

import matplotlib

matplotlib.use("agg")

import matplotlib.pyplot as plt  # noqa: E402
import numpy as np  # noqa: E402
import pytest  # noqa: E402
from matplotlib import font_manager  # noqa: E402

from modelcollapse import plots  # noqa: E402
from modelcollapse.plots import pictures  # noqa: E402

ALT = "Two lines that rise from the left to the right"


@pytest.fixture(autouse=True)
def style():
    with matplotlib.rc_context():
        plots.use_style()
        yield
    plt.close("all")


def lines(ends, columns=1, **options):
    fig, axes = plt.subplots(1, columns, squeeze=False, **options)
    for ax in axes.flat:
        for k, end in enumerate(ends):
            ax.plot([0, 1], [0, end], label=f"line {k}")
        ax.set(title="What is seen in this panel in rather many words, for it is long")
        plots.label_ends(ax)
    return fig


def size(svg):
    return [float(n) for n in re.search(r'width="([\d.]+)pt" height="([\d.]+)pt"', svg).groups()]


def test_the_typeface_is_that_of_the_course():
    found = font_manager.findfont(font_manager.FontProperties(family=plt.rcParams["font.family"]))
    assert "SourceSansPro" in found


@pytest.mark.parametrize(
    "ends", [[1, 1, 1], [0.98, 1, 0.99, 0.2, 0.21, 0], [np.nan, 1, 1.01], [0] * 6 + [0.22, 1]]
)
def test_labels_at_the_ends_of_lines_lie_beside_and_not_on_one_another(ends):
    fig = lines(ends)
    pictures.svg(fig)
    (ax,) = fig.axes
    labels = ax.findobj(pictures._EndLabel)
    assert {label.get_text() for label in labels} == {f"line {k}" for k in range(len(ends))}
    boxes = sorted((label.get_window_extent() for label in labels), key=lambda box: box.y0)
    assert all(low.y1 <= high.y0 + 1 for low, high in pairwise(boxes))
    assert all(box.x0 > ax.bbox.x1 for box in boxes)
    order = sorted(labels, key=lambda label: label.get_window_extent().y0)
    assert [label.xy[1] for label in order] == sorted(label.xy[1] for label in labels)


def test_a_label_has_the_ink_of_its_line():
    fig, ax = plt.subplots()
    for name in ("fresh", "cold"):
        ax.plot([0, 1], color=plots.COLOURS[name], label=name)
    ax.plot([1, 2])  # without a label
    plots.label_ends(ax)
    found = {label.get_text(): label.get_color() for label in ax.findobj(pictures._EndLabel)}
    assert {key: colour.upper() for key, colour in found.items()} == {
        "fresh": plots.INKS["fresh"],
        "cold": plots.COLOURS["cold"],
    }


def test_lines_of_one_colour_and_mere_markers_have_a_sample_before_their_labels():
    fig, ax = plt.subplots()
    looks = {"one": ("--", "o", "fresh"), "two": (":", "s", "fresh"), "alone": ("-", "", "cold")}
    looks["markers"] = ("None", "^", "real")
    for name, (dashes, marker, colour) in looks.items():
        look = {"ls": dashes, "marker": marker, "color": plots.COLOURS[colour]}
        ax.plot([0, 1], **look, label=name)
    plots.label_ends(ax)
    pictures.svg(fig)
    fig.draw_without_rendering()  # a file has other pixels
    labels = {label.get_text(): label for label in ax.findobj(pictures._EndLabel)}
    assert labels["alone"].sample is None
    widths = {}
    for name in ("one", "two", "markers"):
        sample, box = labels[name].sample, labels[name].get_window_extent()
        assert (sample.get_linestyle(), sample.get_marker()) == looks[name][:2]
        assert ax.bbox.x1 < min(sample.get_xdata()) < max(sample.get_xdata()) < box.x0
        widths[name] = np.ptp(sample.get_xdata())
        assert box.y0 < sample.get_ydata()[0] < box.y1
    assert widths["markers"] < widths["one"] == pytest.approx(widths["two"])


def test_no_two_inks_become_one_in_the_dark():
    inks = [ink for name, ink in plots.INKS.items() if name != "early"]  # as replace, on purpose
    assert len(set(inks)) == len(inks)


def luminance(colour):
    channels = np.array(matplotlib.colors.to_rgb(colour))
    linear = np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)
    return linear @ [0.2126, 0.7152, 0.0722]


@pytest.mark.parametrize("name", plots.COLOURS)
def test_words_in_a_colour_can_be_read(name):
    ink = plots.INKS.get(name, plots.COLOURS[name])
    assert 1.05 / (luminance(ink) + 0.05) >= 4.5


@pytest.mark.parametrize("columns", [1, 2, 3])
def test_a_phone_gets_a_drawing_of_its_own(columns, shown, monkeypatch):
    monkeypatch.setenv("COPIES_OF_COPIES_BUILD", "1")
    ((data, metadata),) = shown(plots.show, lines([1, 2], columns), "lines", ALT)
    record = metadata["modelcollapse"]["figure"]
    wide, narrow = size(data["image/svg+xml"]), size(record["narrow"])
    assert wide[0] == pytest.approx(72 * plots.WIDE)
    assert narrow[0] == pytest.approx(72 * plots.NARROW)
    assert narrow[1] == pytest.approx(wide[1]) if columns == 1 else narrow[1] > 1.4 * wide[1]
    assert record["cut"] == []  # titles were broken to fit both


def test_on_a_phone_a_title_keeps_off_the_panel_above():
    fig = lines([1, 2], columns=2)
    for ax in fig.axes:
        ax.set_xlabel("generation")
    small = pictures._narrowed(fig)
    small.draw_without_rendering()
    above, below = small.axes
    name, title = above.xaxis.label, below._left_title
    line = plt.rcParams["axes.titlesize"] * small.dpi / 72
    assert name.get_window_extent().y0 - title.get_window_extent().y1 > line


def test_a_phone_gets_the_drawing_that_was_made_for_it(shown, monkeypatch):
    monkeypatch.setenv("COPIES_OF_COPIES_BUILD", "1")
    narrow = lines([1, 2], figsize=(plots.NARROW, 5))
    ((_, metadata),) = shown(plots.show, lines([1, 2]), "lines", ALT, narrow)
    assert size(metadata["modelcollapse"]["figure"]["narrow"])[1] == 72 * 5


def test_words_that_are_cut_off_are_told(shown, monkeypatch):
    monkeypatch.setenv("COPIES_OF_COPIES_BUILD", "1")
    fig = lines([1, 2])
    fig.text(0.5, 0.5, "wider than a phone, and so some of it is cut off there")
    ((_, metadata),) = shown(plots.show, fig, "lines", ALT)
    assert metadata["modelcollapse"]["figure"]["cut"] == [fig.texts[0].get_text()]


def test_words_at_the_edge_are_not_cut_off():
    fig, ax = plt.subplots(figsize=(plots.NARROW, 3))
    ax.set(xlabel="in two\nlines", ylabel="in two\nlines")
    assert pictures.both(fig)[1]["cut"] == []


def test_names_of_ticks_do_not_lie_on_one_another():
    fig, ax = plt.subplots(figsize=(plots.NARROW, 2))
    ax.set_xlim(0, 30_000)
    ax.set_xticks(range(0, 30_001, 2_000), [f"{k:,}" for k in range(0, 30_001, 2_000)])
    pictures.svg(fig)
    shown = [tick.label1 for tick in ax.xaxis.get_major_ticks() if tick.label1.get_visible()]
    boxes = [label.get_window_extent() for label in shown]
    assert 3 <= len(boxes) < 16
    assert all(left.x1 < right.x0 for left, right in pairwise(boxes))


def test_letters_below_an_axis_are_lowered_in_turn_and_not_left_out():
    fig, ax = plt.subplots(figsize=(3, 2))
    ax.set_xticks(range(26), "mwmwqjklmnopqrstuvwxyzabcd")
    pictures.svg(fig)
    fig.draw_without_rendering()
    shown = [tick.label1 for tick in ax.xaxis.get_major_ticks() if tick.label1.get_visible()]
    boxes = [label.get_window_extent() for label in shown]
    assert len(shown) == 26
    assert all(low.y1 <= high.y0 + 1 for high, low in zip(boxes[::2], boxes[1::2], strict=True))
    assert all(left.x1 <= right.x0 for left, right in zip(boxes, boxes[2:], strict=False))


def test_names_of_ticks_that_a_figure_does_not_show_stay_away():
    fig, (above, below) = plt.subplots(2, 1, sharex=True)
    below.xaxis.tick_top()
    pictures.svg(fig)
    for ax in (above, below):
        assert not any(tick.label1.get_visible() for tick in ax.xaxis.get_major_ticks())


#: Machado, Oliveira and Fernandes 2009, severity 1: what somebody without one kind of cone sees.
BLINDNESS = {
    "none": [[1, 0, 0], [0, 1, 0], [0, 0, 1]],
    "protan": [
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ],
    "deutan": [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
    ],
    "tritan": [
        [1.255528, -0.076749, -0.178779],
        [-0.078411, 0.930809, 0.147602],
        [0.004733, 0.691367, 0.303900],
    ],
}


def lab(colour, kind):
    """A colour as somebody sees it, in CIELAB (D65)."""
    channels = np.array(matplotlib.colors.to_rgb(colour))
    linear = np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)
    linear = np.clip(np.array(BLINDNESS[kind]) @ linear, 0, 1)
    rgb_to_xyz = [
        [0.4124, 0.3576, 0.1805],
        [0.2126, 0.7152, 0.0722],
        [0.0193, 0.1192, 0.9505],
    ]
    ratio = np.array(rgb_to_xyz) @ linear / [0.9505, 1, 1.089]
    x, y, z = np.where(ratio > 216 / 24389, np.cbrt(ratio), (841 / 108) * ratio + 4 / 29)
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


REGIMES = ["real", "replace", "accumulate", "fresh", "fixed", "cold"]


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("kind", BLINDNESS)
def test_regimes_are_told_apart_without_a_kind_of_cone(kind, dark):
    """Lines have labels, dashes or markers besides; a difference of ten is seen at a glance."""
    colours = [plots.COLOURS[name] for name in REGIMES]
    seen = [lab(plots.DARK[colour] if dark else colour, kind) for colour in colours]
    apart = {
        (REGIMES[i], REGIMES[j]): float(np.linalg.norm(seen[i] - seen[j]))
        for i in range(len(seen))
        for j in range(i)
    }
    assert min(apart.values()) >= 10, min(apart, key=apart.get)
