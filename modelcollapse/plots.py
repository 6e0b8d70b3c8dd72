"""One style for every figure, and the three ways a lab shows one.

`show` for a picture, `living` for a chart that readers move on the published page without a
kernel, `play` for sliders, choices and text boxes over a real function in the running lab. Each
needs alt text that says what the figure shows to somebody who cannot see it.
"""

from __future__ import annotations

import html
import io
import json
import math
import urllib.parse
from collections.abc import Callable
from typing import Any

import matplotlib.pyplot as plt
from matplotlib.figure import Figure

from modelcollapse._display import building, emit

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

    Raises
    ------
    ValueError
        If `alt` is shorter than a sentence, or a control has no name.
    """
    import vl_convert

    spec = chart.to_dict()
    spec["description"] = _alt(alt)
    for param in spec.get("params", []):
        if "bind" in param and not str(param["bind"].get("name", param["name"])).strip():
            raise ValueError(f"chart has a control without a name: {param['name']!r}")
    still = vl_convert.vegalite_to_svg(_fixed_width(spec))
    # "</" would end the script element early if a string held it.
    data = json.dumps(spec, separators=(",", ":"), sort_keys=True).replace("</", "<\\/")
    # The still is there until the chart is drawn, and stays where no script may run: on paper, in
    # a reader without scripts, in a notebook that JupyterLab does not trust.
    body = (
        '<figure class="living"><div class="living-chart"></div>'
        f'<div class="living-still"><img alt="{html.escape(alt)}" src="{_data_uri(still)}">'
        f"<p>{_STILL}</p></div>"
        f'<script type="application/json" class="living-spec">{data}</script></figure>'
    )
    if not building():  # a page loads the script once; a running lab carries it in the output
        body += f"<script>{living_script()}</script>"
    emit(
        {"living": {"name": name, "alt": alt}},
        text=alt,
        html=body,
        svg=still,
    )


def living_script() -> str:
    """JavaScript, Vega included, that draws every chart that `living` left on a page."""
    import vl_convert

    # The bundle is a module: its names would clash with a page's own.
    return f"(function(){{{vl_convert.javascript_bundle(_DRAW)}}})();"


_STILL = (
    "A still picture: this figure moves where scripts may run. "
    "JupyterLab lets them run in a notebook that you trust."
)
_DRAW = """
document.querySelectorAll("figure.living:not([data-drawn])").forEach(function (figure) {
  figure.dataset.drawn = "yes";
  var spec = JSON.parse(figure.querySelector(".living-spec").textContent);
  var chart = figure.querySelector(".living-chart");
  chart.style.cssText = "display: block; width: 100%";  // JupyterLab would shrink it
  // Vega's own "container" follows the window, not the page; and a new width that happens to be
  // that of the drawing without its padding passes for no change: hence `force`.
  var wide = spec.width === "container";
  var drawn = chart.clientWidth;
  if (wide) {
    spec.width = drawn || 200;
    spec.autosize = {type: "fit-x", contains: "padding"};
  }
  vegaEmbed(chart, spec, {actions: false, renderer: "svg"}).then(function (result) {
    // Each control is called by its name alone: its label also holds the value.
    chart.querySelectorAll(".vega-bind").forEach(function (bound) {
      var name = bound.querySelector(".vega-bind-name").textContent.trim();
      var radios = bound.querySelector(".vega-bind-radio");
      if (radios) radios.setAttribute("role", "radiogroup");
      (radios || bound.querySelector("input, select")).setAttribute("aria-label", name);
    });
    figure.querySelector(".living-still").remove();
    var busy = false;
    function fit() {
      var room = chart.clientWidth;
      if (busy || !room || room === drawn) return;
      busy = true;
      drawn = room;
      result.view.signal("width", room, {force: true}).runAsync().then(function () {
        busy = false;
        fit();
      });
    }
    if (wide) new ResizeObserver(fit).observe(chart);
  });
});
"""


def _data_uri(svg: str) -> str:
    return "data:image/svg+xml," + urllib.parse.quote(svg, safe=" /:=;,'()")


def _fixed_width(spec: dict[str, Any], width: int = 640) -> dict[str, Any]:
    """The same chart for a still picture: outside a page there is no container."""
    return {k: width if (k, v) == ("width", "container") else v for k, v in spec.items()}


# What is typed into every text box of `play` while the book is built, for a learner may type
# anything: nothing, characters that no alphabet of the course holds, and a great many of them.
TYPED = ("", "TÄNK På 1861 §& 漢字 <b>$\\x$</b> {0} %s", "Ünbekannt, 漢字 $_$ 1861! " * 100)

Control = tuple[float, float, float, float] | list[str] | str


def play(function: Callable[..., Figure], name: str, alt: str, **controls: Control) -> None:
    """Put sliders, choices and text boxes over a function that draws a figure.

    The published page shows the figure at the start values and says that the lab moves it;
    while the book is built, the function is also called at both ends of every slider, at every
    choice, and with an empty, a foreign and a very long text in every text box.

    Parameters
    ----------
    function : callable
        Takes one keyword a control and returns a figure.
    name, alt : str
        As in `show`; `alt` describes the figure at the start values.
    **controls : tuple, list of str or str
        For each argument of `function`, what sets it:

        - ``(low, high, step, start)`` is a slider; whole numbers give a slider of whole numbers.
        - ``["replace", "cold"]`` is a choice, which begins with the first.
        - ``"the "`` is a text box, which begins with this text. The function must bear any text.

    Raises
    ------
    ValueError
        If a control is none of these, a slider is not ``low <= start <= high`` with low below
        high and a positive step, a choice has not two or more different strings, or `alt` is too
        short.
    """
    _alt(alt)
    kinds = {key: _kind(key, control) for key, control in controls.items()}
    values = {key: _values(control) for key, control in controls.items()}
    starts = {key: start for key, (start, _) in values.items()}
    if building():
        tried = [{**starts, key: value} for key, (_, some) in values.items() for value in some]
        for arguments in tried:
            plt.close(function(**arguments))
        record = {
            "name": name,
            "alt": alt,
            "controls": {key: {kinds[key]: control} for key, control in controls.items()},
            "tried": tried,
        }
        emit({"play": record}, text=alt, svg=_svg(function(**starts)))
        return
    import ipywidgets
    from IPython.display import SVG, display

    def draw(**arguments: float | str) -> None:
        display(SVG(_svg(function(**arguments))))

    ipywidgets.interact(draw, **{key: _widget(key, control) for key, control in controls.items()})


def _kind(key: str, control: Any) -> str:
    """What sets the argument `key`: a slider, a choice or a text box."""
    match control:
        case str():
            return "text"
        case [str(), str(), *rest] if isinstance(control, list):
            if all(isinstance(item, str) for item in rest) and len({*control}) == len(control):
                return "choice"
        case (low, high, step, start) if isinstance(control, tuple):
            numbers = all(isinstance(n, int | float) and math.isfinite(n) for n in control)
            if numbers and low < high and low <= start <= high and step > 0:
                return "slider"
    raise ValueError(
        f"{key} must be a slider (low, high, step, start) with low < high, low <= start <= high "
        f"and step > 0, a list of two or more different strings, or a string, got {control!r}"
    )


def _values(control: Control) -> tuple[float | str, tuple[float | str, ...]]:
    """The start value, and those at which the function is tried while the book is built."""
    match control:
        case str():
            return control, TYPED
        case list():
            return control[0], tuple(control)
    low, high, _, start = control
    return start, (low, high)


def _widget(key: str, control: Control) -> Any:
    import ipywidgets

    options = {
        "value": _values(control)[0],
        "description": key,
        "style": {"description_width": "initial"},
    }
    match control:
        case str():
            return ipywidgets.Text(continuous_update=False, **options)
        case list():
            return ipywidgets.Dropdown(options=control, **options)
    low, high, step, _ = control
    whole = all(isinstance(number, int) for number in control)
    slider = ipywidgets.IntSlider if whole else ipywidgets.FloatSlider
    return slider(min=low, max=high, step=step, continuous_update=False, **options)


def _alt(alt: str) -> str:
    if len(alt.split()) < 6:
        raise ValueError(f"alt must say what the figure shows, in a sentence; got {alt!r}")
    return alt


def _svg(fig: Figure) -> str:
    buffer = io.StringIO()
    fig.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None}, transparent=False)
    plt.close(fig)
    return buffer.getvalue()
