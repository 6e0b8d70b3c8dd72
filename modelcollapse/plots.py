"""One style for every figure, and the three ways a lab shows one.

`show` for a picture, `living` for a chart that readers move on the published page without a
kernel, `play` for sliders over a real function in the running lab. Each needs alt text that says
what the figure shows to somebody who cannot see it.
"""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from typing import Any

import matplotlib.pyplot as plt
from matplotlib.figure import Figure

from modelcollapse._display import building, emit

#: The same thing always in the same colour (Okabe and Ito's palette, safe for colour blindness).
COLOURS = {
    "real": "#000000",
    "replace": "#D55E00",
    "accumulate": "#0072B2",
    "accumulate-subsample": "#56B4E9",
    "fresh": "#009E73",
    "fixed": "#CC79A7",
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
    emit({"figure": {"name": name, "alt": _alt(alt)}}, text=alt, svg=_svg(fig))


def living(chart: Any, name: str, alt: str) -> None:
    """Show an Altair chart that works on the published page, without a kernel or a server.

    Parameters
    ----------
    chart : altair.Chart
        The chart; give it ``width="container"``, so that it fits a phone.
    name, alt : str
        As in `show`.
    """
    import vl_convert

    spec = chart.to_dict()
    spec["description"] = _alt(alt)
    # "</" would end the script element early if a string held it.
    data = json.dumps(spec, separators=(",", ":"), sort_keys=True).replace("</", "<\\/")
    body = (
        '<figure class="living"><div class="living-chart"></div>'
        f'<script type="application/json" class="living-spec">{data}</script></figure>'
    )
    if not building():  # a page loads the script once; a running lab carries it in the output
        body += f"<script>{living_script()}</script>"
    emit(
        {"living": {"name": name, "alt": alt}},
        text=alt,
        html=body,
        svg=vl_convert.vegalite_to_svg(_fixed_width(spec)),
    )


def living_script() -> str:
    """JavaScript, Vega included, that draws every chart that `living` left on a page."""
    import vl_convert

    # The bundle is a module: its names would clash with a page's own.
    return f"(function(){{{vl_convert.javascript_bundle(_DRAW)}}})();"


_DRAW = """
document.querySelectorAll("figure.living:not([data-drawn])").forEach(function (figure) {
  figure.dataset.drawn = "yes";
  var spec = JSON.parse(figure.querySelector(".living-spec").textContent);
  var chart = figure.querySelector(".living-chart");
  chart.style.cssText = "display: block; width: 100%";  // JupyterLab would shrink it
  vegaEmbed(chart, spec, {actions: false, renderer: "svg"}).then(function () {
    chart.querySelectorAll(".vega-bind-radio").forEach(function (radios) {
      radios.setAttribute("role", "radiogroup");
      radios.setAttribute("aria-label", radios.parentNode.firstChild.textContent.trim());
    });
  });
  // Vega asks for its container's width when the window changes, not when the page around it does.
  var width = chart.clientWidth;
  new ResizeObserver(function () {
    if (chart.clientWidth === width) return;
    width = chart.clientWidth;
    window.dispatchEvent(new Event("resize"));
  }).observe(chart);
});
"""


def _fixed_width(spec: dict[str, Any], width: int = 640) -> dict[str, Any]:
    """The same chart for a still picture: outside a page there is no container."""
    return {k: width if (k, v) == ("width", "container") else v for k, v in spec.items()}


def play(
    function: Callable[..., Figure],
    name: str,
    alt: str,
    **sliders: tuple[float, float, float, float],
) -> None:
    """Put sliders over a function that draws a figure, for the running lab.

    The published page shows the figure at the start values and says that the lab moves it;
    while the book is built, the function is also called at both ends of every slider.

    Parameters
    ----------
    function : callable
        Takes one keyword a slider and returns a figure.
    name, alt : str
        As in `show`; `alt` describes the figure at the start values.
    **sliders : tuple
        ``(low, high, step, start)`` for each argument of `function`; whole numbers give a slider
        of whole numbers.

    Raises
    ------
    ValueError
        If a slider is not ``low <= start <= high`` with a positive step, or `alt` is too short.
    """
    _alt(alt)
    for key, (low, high, step, start) in sliders.items():
        if not (low < high and low <= start <= high and step > 0):
            raise ValueError(
                f"{key} must be (low, high, step, start) with low <= start <= high and step > 0, "
                f"got {(low, high, step, start)}"
            )
    starts = {key: slider[3] for key, slider in sliders.items()}
    if building():
        tried = [{**starts, key: end} for key, slider in sliders.items() for end in slider[:2]]
        for values in tried:
            plt.close(function(**values))
        record = {"name": name, "alt": alt, "sliders": sliders, "tried": tried}
        emit({"play": record}, text=alt, svg=_svg(function(**starts)))
        return
    import ipywidgets
    from IPython.display import SVG, display

    def draw(**values: float) -> None:
        display(SVG(_svg(function(**values))))

    widgets = {
        key: (
            ipywidgets.IntSlider
            if all(isinstance(number, int) for number in slider)
            else ipywidgets.FloatSlider
        )(
            value=slider[3],
            min=slider[0],
            max=slider[1],
            step=slider[2],
            description=key,
            continuous_update=False,
            style={"description_width": "initial"},
        )
        for key, slider in sliders.items()
    }
    ipywidgets.interact(draw, **widgets)


def _alt(alt: str) -> str:
    if len(alt.split()) < 6:
        raise ValueError(f"alt must say what the figure shows, in a sentence; got {alt!r}")
    return alt


def _svg(fig: Figure) -> str:
    buffer = io.StringIO()
    fig.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None}, transparent=False)
    plt.close(fig)
    return buffer.getvalue()
