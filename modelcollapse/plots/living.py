"""Charts that readers move on the published page, without a kernel."""

from __future__ import annotations

import html
import json
import urllib.parse
from typing import Any

from modelcollapse._display import building, emit
from modelcollapse.plots.pictures import checked_alt


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
    spec["description"] = checked_alt(alt)
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
