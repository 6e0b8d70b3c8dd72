"""The labs' pictures on the site: in the dark, all of a picture is as light as its page asks."""

import matplotlib.pyplot as plt
from lab_figures import adaptive
from playwright.sync_api import Browser

from modelcollapse import plots
from modelcollapse.plots import pictures

FILLS = """() => [...document.querySelectorAll("svg g[id] :is(path, use)")]
  .filter((part) => !part.closest("defs")).map((part) => getComputedStyle(part).fill)"""


def test_in_the_dark_nothing_stays_black(browser: Browser) -> None:
    with plt.rc_context():
        plots.use_style()
        fig, ax = plt.subplots()
        ax.plot([0, 1], "o:", color=plots.COLOURS["real"], label="people")
        ax.bar([0], [1], color=plots.COLOURS["real"])
        plots.label_ends(ax)
        svg = adaptive(pictures.svg(fig))
    for scheme, black in (("light", True), ("dark", False)):
        page = browser.new_page(color_scheme=scheme)
        page.set_content(svg)
        assert ("rgb(0, 0, 0)" in page.evaluate(FILLS)) is black
        page.close()
