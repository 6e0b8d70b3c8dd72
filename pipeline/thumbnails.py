"""Cuts small pictures, without words, out of the figures of the labs."""

from __future__ import annotations

import re
from xml.etree import ElementTree

SVG = "http://www.w3.org/2000/svg"
GROUP = f"{{{SVG}}}g"
#: What matplotlib calls the groups that a small picture does without.
LEFT_OUT = re.compile(r"(matplotlib\.axis|text|legend)_\d+$|axes_(?!1$)\d+$")
NUMBER = re.compile(r"-?\d+(?:\.\d+)?")
#: Lines stay as thick as they were.
STYLE = "* { vector-effect: non-scaling-stroke; stroke-linejoin: round; stroke-linecap: butt }"

ElementTree.register_namespace("", SVG)
ElementTree.register_namespace("xlink", "http://www.w3.org/1999/xlink")


def thumbnail(figure: str) -> str:
    """What stands within the first axes of a figure.

    Parameters
    ----------
    figure : str
        An SVG that matplotlib has drawn.

    Returns
    -------
    str
        The SVG without ticks, words and margins.

    Raises
    ------
    ValueError
        If it has no axes, or hidden ones.
    """
    root = ElementTree.fromstring(figure)
    for parent in list(root.iter()):
        for child in list(parent):
            left_out = child.tag == GROUP and LEFT_OUT.match(child.get("id", ""))
            if left_out or child.tag == f"{{{SVG}}}metadata":
                parent.remove(child)
    for style in root.iter(f"{{{SVG}}}style"):
        style.text = STYLE
    ground = root.find(f".//{GROUP}[@id='axes_1']/{GROUP}[@id='patch_2']/{{{SVG}}}path")
    corners = [] if ground is None else list(map(float, NUMBER.findall(ground.get("d", ""))))
    if len(corners) != 8:
        raise ValueError("no thumbnail can be cut from a figure without axes")
    left, top = min(corners[::2]), min(corners[1::2])
    width, height = max(corners[::2]) - left, max(corners[1::2]) - top
    root.set("viewBox", f"{left:.0f} {top:.0f} {width:.0f} {height:.0f}")
    root.set("width", f"{width:.0f}")
    root.set("height", f"{height:.0f}")
    return ElementTree.tostring(root, "unicode")
