"""Charts that readers move on the published page, without a kernel."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from modelcollapse._display import building, emit
from modelcollapse.plots.pictures import checked_alt, data_uri, image
from modelcollapse.plots.style import AXIS, DARK, GRID, INK, MUTED, PAPER

FONT = "Course Sans, Source Sans Pro, system-ui, sans-serif"
#: The configuration of every chart, which the chart's own goes before.
THEME: dict[str, Any] = {
    "font": FONT,
    "background": PAPER,
    "aria": False,
    "view": {"stroke": None},
    "axis": {
        "labelFontSize": 13,
        "titleFontSize": 14,
        "titleFontWeight": 400,
        "labelColor": MUTED,
        "titleColor": MUTED,
        "domainColor": AXIS,
        "tickColor": AXIS,
        "gridColor": GRID,
        "tickSize": 4,
        "labelPadding": 5,
        "labelOverlap": True,
    },
    "axisX": {"grid": False},
    "axisY": {  # its title lies above it
        "domain": False,
        "ticks": False,
        "titleAngle": 0,
        "titleAlign": "left",
        "titleAnchor": "end",
        "titleX": 0,
        "titleY": -8,
    },
    "legend": {
        "labelFontSize": 13,
        "titleFontSize": 13,
        "titleFontWeight": 400,
        "labelColor": MUTED,
        "titleColor": MUTED,
    },
    "title": {"anchor": "start", "fontSize": 15, "fontWeight": 600, "color": INK},
    "mark": {"color": INK},
    "text": {"fontSize": 14, "color": INK},
    "rule": {"color": AXIS},
    "line": {"strokeWidth": 2.2, "strokeCap": "round"},
    "point": {"size": 36},
    "range": {"category": ["#D55E00", "#0072B2", "#009E73", "#CC79A7", "#56328A", "#595959"]},
}
WIDTHS = {"wide": 688, "narrow": 350}  # pixels, of the stills: a page's column, a phone's


def living(
    chart: Any,
    name: str,
    alt: str,
    says: str = "",
    values: Mapping[str, Any] | None = None,
) -> None:
    """Show an Altair chart that works on the published page, without a kernel or a server.

    Parameters
    ----------
    chart : altair.Chart
        The chart, with ``width="container"``, so that it fits a phone. Its parameters that are
        bound to inputs get controls below it, sliders first.
    name, alt : str
        As in `show`; `alt` describes the chart at its start values.
    says : str
        A Vega expression that gives the sentence of what is seen now, over the chart's parameters
        and `values`: ``"'Generation ' + t + ': ' + format(real[t - 1], '.0%') + ' real.'"``. It
        stands below the chart, and a screen reader says it after each move: every chart that
        changes should have one, and needs no numbers inside the plot then.
    values : mapping of str to array, list, dict, number or str
        Constants by name, for `says` and for the chart's own expressions; those of an array count
        from 0. Give them unrounded, since what is rounded twice may say another number than the
        text.

    Raises
    ------
    ValueError
        If `alt` is shorter than a sentence, the chart has a width of its own, a control has no
        name, a value has the name of a parameter, or `says` cannot be computed or is no text.
    """
    import vl_convert

    _register_font()
    spec = chart.to_dict()
    spec["description"] = checked_alt(alt)
    spec["config"] = _over(THEME, spec.get("config", {}))
    params = spec.setdefault("params", [])
    plain = json.loads(json.dumps(values or {}, default=lambda array: array.tolist()))
    constants = [{"name": key, "value": value} for key, value in plain.items()]
    if says:
        constants.append({"name": "says", "expr": says})
    if taken := {p["name"] for p in params} & {c["name"] for c in constants}:
        raise ValueError(f"values must not have the names of parameters: {sorted(taken)}")
    form = _form(params)
    spec["params"] = [
        {k: v for k, v in p.items() if not _is_control(p) or k != "bind"} for p in params
    ] + constants
    if spec.get("width") != "container":
        raise ValueError(f'width of the chart must be "container", got {spec.get("width")!r}')
    spec |= {"width": WIDTHS["wide"], "autosize": {"type": "fit-x", "contains": "padding"}}
    vega = vl_convert.vegalite_to_vega(spec)
    sentence = _sentence(vega) if says else ""
    stills = {size: _still(vega | {"width": width}) for size, width in WIDTHS.items()}
    # "</" would end the script element early if a string held it.
    data = json.dumps(vega, separators=(",", ":"), sort_keys=True).replace("</", "<\\/")
    # The still is there until the chart is drawn, and stays where no script may run: on paper, in
    # a reader without scripts, in a notebook that JupyterLab does not trust. There, what only a
    # script can move is not shown, and on a page it has its room from the beginning.
    hidden = "" if building() else " hidden"
    body = "".join(
        [
            f'<figure class="living"><div class="living-chart">{_picture(stills, alt)}</div>',
            f'<p class="living-says">{html.escape(sentence)}</p>' if says else "",
            f'<form class="living-controls" autocomplete="off"{hidden}>{form}</form>',
            f'<p class="living-note">{_NOTE}</p>',
            f'<script type="application/json" class="living-spec">{data}</script></figure>',
        ]
    )
    if not building():  # a page loads the script once; a running lab carries it in the output
        body += f"<script>{living_script()}</script>"
    emit(
        {"living": {"name": name, "alt": alt, "says": sentence}},
        text=alt,
        html=body,
        svg=stills["wide"],
    )


@cache
def living_script() -> str:
    """JavaScript, Vega included, that draws every chart that `living` left on a page."""
    import vl_convert

    dark = ":is(html[data-theme=dark], [data-jp-theme-light=false]) .living-drawing "
    rules = f"{dark}svg{{background:none!important}}" + _dark_rules([*DARK], dark)
    source = Path(__file__).with_suffix(".js").read_text("utf-8")
    # Vega alone, without Vega-Lite and Vega-Embed, by the name that it has inside the package.
    vega = f'import {{ View, parse }} from "/npm/vega@{vl_convert.get_vega_version()}/+esm";'
    bundle = vl_convert.javascript_bundle(f"{vega}\nconst dark = {json.dumps(rules)};\n{source}")
    # The bundle is a module: its names would clash with a page's own.
    return f"(function(){{{bundle}}})();"


_NOTE = (
    "A still picture: this figure moves where scripts may run. "
    "JupyterLab lets them run in a notebook that you trust."
)


def _over(theme: dict[str, Any], own: dict[str, Any]) -> dict[str, Any]:
    """A configuration with another before it, key by key."""
    both = {k: _over(theme[k], v) for k, v in own.items() if isinstance(theme.get(k), dict)}
    return theme | own | both


# Controls


def _is_control(param: Mapping[str, Any]) -> bool:
    return isinstance(param.get("bind"), dict) and "input" in param["bind"]


def _form(params: list[dict[str, Any]]) -> str:
    """The controls of a chart, dead until the script runs; sliders first."""
    bound = [param for param in params if _is_control(param)]
    bound.sort(key=lambda param: param["bind"]["input"] != "range")
    return "".join(_control(param["name"], param.get("value"), param["bind"]) for param in bound)


def _control(param: str, start: Any, bind: dict[str, Any]) -> str:
    """HTML of one control. It is called by its name alone; values are written as JSON."""
    name = html.escape(str(bind.get("name", param)).strip())
    if not name:
        raise ValueError(f"chart has a control without a name: {param!r}")
    kind = bind["input"]
    head = f'name="{html.escape(param)}" disabled'
    said = f'<span class="living-name">{name}</span>'
    options = bind.get("options", [])
    pairs = list(zip(options, bind.get("labels", options), strict=True))
    match kind:
        case "range":
            limits = " ".join(f'{k}="{bind[k]}"' for k in ("min", "max", "step") if k in bind)
            inner = (
                f'<label>{said}<span class="living-track"><input type="range" {head}'
                f' aria-label="{name}" {limits} value="{start}">'
                f'<span class="living-value">{start}</span></span></label>'
            )
        case "checkbox":
            checked = " checked" * bool(start)
            inner = f'<label><input type="checkbox" {head}{checked}>{said}</label>'
        case "radio":
            radios = "".join(
                f'<label><input type="radio" {head} value="{_json(value)}"'
                f"{' checked' * (value == start)}>{html.escape(str(label))}</label>"
                for value, label in pairs
            )
            inner = (
                f'<span class="living-name" aria-hidden="true">{name}</span>'
                f'<span class="living-choices" role="radiogroup" aria-label="{name}">{radios}'
                "</span>"
            )
        case "select":
            choices = "".join(
                f'<option value="{_json(value)}"{" selected" * (value == start)}>'
                f"{html.escape(str(label))}</option>"
                for value, label in pairs
            )
            inner = f'<label>{said}<select {head} aria-label="{name}">{choices}</select></label>'
        case _:
            raise ValueError(f"no control for {kind!r}: take a range, radio, select or checkbox")
    return f'<div class="living-control living-{kind}">{inner}</div>'


def _json(value: Any) -> str:
    return html.escape(json.dumps(value, ensure_ascii=False))


# What is seen before the script runs


def _sentence(vega: dict[str, Any]) -> str:
    """What a chart says at its start values."""
    import vl_convert

    text = {"type": "text", "encode": {"update": {"text": {"signal": "says"}}}}
    drawn = vl_convert.vega_to_scenegraph(
        {"signals": vega["signals"], "width": vega["width"], "marks": [text]}
    )
    (item,) = drawn["scenegraph"]["items"][0]["items"][0]["items"]
    if not isinstance(item.get("text"), str) or re.search("NaN|undefined", item["text"]):
        raise ValueError(f"says must be a text at the start values, got {item.get('text')!r}")
    return item["text"]


def _still(vega: dict[str, Any]) -> str:
    """SVG of a chart at its start values, which has other colours in the dark."""
    import vl_convert

    svg = vl_convert.vega_to_svg(vega)
    svg = re.sub(  # tenths of a pixel are enough
        r' d="[^"]*"', lambda path: re.sub(r"(\.\d)\d+", r"\1", path[0]), svg
    )
    rules = _dark_rules([colour for colour in DARK if colour in svg])
    style = f"<style>@media (prefers-color-scheme:dark){{{rules}}}</style>"
    return re.sub(r"^<svg[^>]*>", lambda tag: tag[0] + style, svg)


def _dark_rules(colours: list[str], within: str = "") -> str:
    """CSS that gives what is drawn in these colours those that it has in the dark."""
    return "".join(
        f'{within}[{part}="{colour}"]{{{part}:{DARK[colour]}}}'
        for colour in colours
        for part in ("fill", "stroke")
    )


def _picture(stills: dict[str, str], alt: str) -> str:
    """The stills as HTML: the narrow one on a phone, in the room that the chart will take."""
    width, height = re.findall(r'(?:width|height)="(\d+)', stills["wide"])[:2]
    room = f"width: 100%; height: {height}px; object-fit: contain; object-position: left top"
    return (
        f'<picture><source media="(max-width: 36rem)" srcset="{data_uri(stills["narrow"])}">'
        f"{image(stills['wide'], alt, room, width=width, height=height)}</picture>"
    )


@cache
def _register_font() -> None:
    """Let the still's text be measured with the font of the pages."""
    import vl_convert
    from font_source_sans_pro import font_directory

    vl_convert.register_font_directory(font_directory)
