"""Sliders, choices and text boxes over a real function in the running lab."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import matplotlib.pyplot as plt
from matplotlib.figure import Figure

from modelcollapse._display import MIME, building, emit
from modelcollapse.plots.pictures import both, checked_alt, image, svg

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
    checked_alt(alt)
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
        picture, more = both(function(**starts))
        record |= more
        emit({"play": record}, text=alt, svg=picture)
        return
    import ipywidgets

    def draw(**arguments: float | str) -> str:
        said = alt if arguments == starts else f"Moved; at the start values: {alt}"
        picture = image(svg(function(**arguments)), said)
        emit({}, text=said, html=picture)
        return picture

    widgets = {key: _widget(key, control) for key, control in controls.items()}
    played = ipywidgets.interactive(draw, **widgets)
    # The still is shown where the widget is not, as in a notebook that JupyterLab does not trust.
    emit(
        {"play": {"name": name, "alt": alt}},
        text=alt,
        html=f"{played.result or ''}<p>A still picture: run the cell to move it.</p>",
        widget=played._repr_mimebundle_()[MIME["widget"]],
    )


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
