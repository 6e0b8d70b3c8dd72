"""The labs' pictures on the site: each wide and for a phone, light and dark in one file.

``{lab-figure} 02_gaussian::half-lives``
    the lab's figure with a caption; on the chapter's own page it is numbered, and
    ``{numref}`fig:02_gaussian:half-lives``` refers to it.
"""

from __future__ import annotations

import html
import re
from pathlib import Path
from typing import Any

from docutils import nodes
from lab_quotes import link, quote_id, quotes_lab
from site_assets import write
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.environment.collectors.toctree import TocTreeCollector
from sphinx.util.docutils import SphinxDirective

from modelcollapse.plots import DARK
from pipeline import quotes
from pipeline.quotes import Found, LabQuoteError

# Light and dark

HEX = re.compile("|".join(DARK), re.IGNORECASE)
BLACK = "#000000"  # what matplotlib fills with it has no fill


def adaptive(svg: str) -> str:
    """A picture that is light or dark as its page is.

    A browser tells a picture the ``color-scheme`` of the page around it, and one that does not
    tells it that of the system: it is legible on either, for it brings its own ground.
    """
    used = {found.upper() for found in HEX.findall(svg)} | {BLACK}
    svg = HEX.sub(lambda found: f"var(--{found[0][1:].upper()},{found[0]})", svg)
    dark = "".join(f"--{colour[1:]}:{DARK[colour]};" for colour in sorted(used))
    style = f"svg{{fill:var(--{BLACK[1:]},{BLACK})}}@media (prefers-color-scheme:dark)"
    # What is a raster is ink on paper.
    style = f"<style>{style}{{:root{{{dark}}}image{{filter:invert(1)}}}}</style>"
    return re.sub(r"(<svg[^>]*>)", rf"\1{style}", svg, count=1)


# Files

SIZE = re.compile(r'<svg[^>]*\bwidth="([\d.]+)pt" height="([\d.]+)pt"')


def size(svg: str) -> str:
    """The attributes that tell a page how much room a picture takes, in pixels."""
    found = SIZE.search(svg)
    if not found:
        raise ValueError("a picture without its size in points")
    width, height = (round(float(points) * 4 / 3) for points in found.groups())
    return f'width="{width}" height="{height}"'


def shown(env: BuildEnvironment) -> dict[str, dict[str, str]]:
    """For each page, the files of the pictures that it shows."""
    if not hasattr(env, "figures_shown"):
        env.figures_shown = {}
    return env.figures_shown


def picture(env: BuildEnvironment, lab: str, record: dict[str, Any], svg: str) -> str:
    """A picture as HTML, as seen from the page being read, which from now on shows it."""
    files = shown(env).setdefault(env.docname, {})
    name = f"{lab}-{record['name']}.svg"
    files[name] = svg
    up = "../" * env.docname.count("/")
    image = (
        f'<img src="{up}_images/{name}" alt="{html.escape(record["alt"])}" {size(svg)} '
        'loading="lazy" decoding="async">'
    )
    if not (narrow := record.get("narrow")):
        return f'<picture class="drawing">{image}</picture>'
    phone = name.replace(".svg", "-narrow.svg")
    files[phone] = narrow
    source = f'<source media="(max-width: 36rem)" srcset="{up}_images/{phone}" {size(narrow)}>'
    return f'<picture class="drawing">{source}{image}</picture>'


SMALL = "-small.svg"


def small_picture(env: BuildEnvironment, lab: str, name: str, svg: str) -> str:
    """A small picture as HTML, an ornament, which the page being read shows from now on."""
    file = f"{lab}-{name}{SMALL}"
    shown(env).setdefault(env.docname, {})[file] = svg
    up = "../" * env.docname.count("/")
    return (
        f'<picture class="drawing"><img src="{up}_images/{file}" alt="" width="176" height="120" '
        'loading="lazy" decoding="async"></picture>'
    )


def write_pictures(app: Sphinx, error: Exception | None) -> None:
    """Write the pictures that the pages show."""
    if error or app.builder.format != "html":
        return
    for files in shown(app.env).values():
        for name, svg in files.items():
            write(Path(app.outdir) / "_images" / name, adaptive(svg).encode())


# Figures of the text


class LabFigure(SphinxDirective):
    """A lab's figure on a text page, numbered, with a caption."""

    required_arguments = 1
    has_content = True

    def run(self) -> list[nodes.Node]:
        address = self.arguments[0]
        quotes_lab(self.env, address.partition("::")[0])
        try:
            found = quotes.find(address)
            if found.kind not in ("figure", "living", "play"):
                raise LabQuoteError(f"{address!r} is a {found.kind}, not a figure")
        except LabQuoteError as error:
            return [self.state.document.reporter.error(str(error), line=self.lineno)]
        # Only the chapter's own page numbers its figures; elsewhere they are a second showing.
        own = Path(self.env.docname).name == found.lab
        figure = (nodes.figure if own else nodes.container)("", classes=["lab-figure"])
        figure["ids"].append(quote_id(self.env, found.lab, found.name))
        figure += nodes.raw("", self.drawing(found), format="html")
        caption = nodes.caption() if own else nodes.paragraph("", classes=["caption"])
        text, messages = self.state.inline_text(" ".join(self.content), self.lineno)
        caption += text
        uri = link(self.env, found.lab, found.kind, found.name)
        caption += [
            nodes.Text(" "),
            nodes.reference(
                "", "How it was made", internal=True, refuri=uri, classes=["from-lab", "how"]
            ),
        ]
        figure += caption
        if own:
            figure["names"].append(nodes.fully_normalize_name(f"fig:{found.lab}:{found.name}"))
            self.state.document.note_explicit_target(figure, figure)
        return [figure, *messages]

    def drawing(self, found: Found) -> str:
        data = found.output.data
        if found.kind == "living":
            return str(data["text/html"])
        return picture(self.env, found.lab, found.record, data["image/svg+xml"])


def number_by_chapter(collector: TocTreeCollector, env: BuildEnvironment) -> list[str]:
    """Number figures as Sphinx does where chapters are numbered sections: Fig. 4.1 in chapter 4."""
    sections = env.toc_secnumbers
    chapters = {page: re.match(r"book/(\d\d)_", page) for page in env.found_docs}
    env.toc_secnumbers = {page: {"": (int(m[1]),)} for page, m in chapters.items() if m}
    try:
        return number_figures(collector, env)
    finally:
        env.toc_secnumbers = sections


number_figures = TocTreeCollector.assign_figure_numbers


def forget(app: Sphinx, env: BuildEnvironment, docname: str) -> None:
    shown(env).pop(docname, None)


def merge(app: Sphinx, env: BuildEnvironment, docnames: list[str], other: Any) -> None:
    shown(env).update({page: shown(other)[page] for page in docnames if page in shown(other)})


def setup(app: Sphinx) -> dict[str, Any]:
    TocTreeCollector.assign_figure_numbers = number_by_chapter
    app.add_directive("lab-figure", LabFigure)
    app.connect("build-finished", write_pictures)
    app.connect("env-purge-doc", forget)
    app.connect("env-merge-info", merge)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
