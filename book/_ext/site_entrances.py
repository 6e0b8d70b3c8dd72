"""The ways into the site: what a link to a page shows, its icons, its first address, a wrong one.

Heads
    A description and a title for search engines and for whoever shares a link; where the site's
    address is known, also that of the page, and of its card, a picture drawn for it.
Icons
    drawn from the site's own, for what cannot read that.
The first address
    shows the front page.
An address that is not there
    shows the page ``404.html``, whose own links are complete, for it is shown at any address.

The site's address is ``html.baseurl`` in ``_config.yml``, or else that of the GitHub pages of the
repository.
"""

from __future__ import annotations

import html
import io
import re
import textwrap
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import matplotlib
import numpy as np
import vl_convert
from docutils import nodes
from lab_downloads import edition, repository, repository_slug
from lab_quotes import FIGURES, LAB_DOCS
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from PIL import Image
from site_assets import write
from site_search import plain
from sphinx.application import Sphinx
from sphinx.config import Config

from modelcollapse.plots import COLOURS, STYLE
from pipeline.chapters import TEXTS, Chapter, chapter, chapters

LOST = "404"  # the page for addresses that are not there

# Heads


def chapter_of(page: str) -> Chapter | None:
    """The chapter that a text or a lab belongs to, if it belongs to any."""
    text = TEXTS / f"{Path(page).name}.md"
    return chapter(text) if re.match(r"\d\d_", text.name) else None


def description(page: str, document: nodes.document) -> str:
    """What stands on a page: the chapter's own sentence, or how the page begins."""
    if one := chapter_of(page):
        return f"Lab of chapter {one.number}. {one.hook}" if page.startswith(LAB_DOCS) else one.hook
    paragraphs = document.findall(nodes.paragraph)
    of_text = (p for p in paragraphs if isinstance(p.parent, nodes.section))
    return next((plain(p.astext()) for p in of_text), "")


def finish_head(
    app: Sphinx, page: str, template: str, context: dict[str, Any], document: nodes.document | None
) -> None:
    """Put into the head of a page what the theme leaves out."""
    if document is None:  # the search, and the page for addresses that are not there
        context |= {"pageurl": None, "chapters": chapters() if page == LOST else []}
        return
    site = app.config.html_title
    title = html.unescape(re.sub(r"<[^>]*>", "", context["title"]))
    said = description(page, document)
    context["page_title"] = f"{title} \N{EM DASH} {site}"
    if page == app.config.root_doc:
        context["page_title"] = f"{site}: {title}"
    names = {"description": said, "twitter:card": "summary"}
    properties = {"og:site_name": site, "og:type": "article"}
    properties |= {"og:title": title, "og:description": said}
    if base := app.config.html_baseurl:
        context["pageurl"] = base if page == app.config.root_doc else f"{base}{page}.html"
        card = f"_static/cards/{page.replace('/', '-')}.png"
        drawn = draw_card(site, title, said.replace(title, ""), first_picture(app, page))
        write(Path(app.outdir) / card, drawn)
        properties |= {"og:url": context["pageurl"], "og:image": f"{base}{card}"}
        properties |= {"og:image:width": str(CARD[0]), "og:image:height": str(CARD[1])}
        names["twitter:card"] = "summary_large_image"
    # Sphinx and docutils each say how wide a page is.
    context["metatags"] = re.sub(r'<meta name="viewport"[^>]*>', "", context["metatags"])
    for key, pairs in (("name", names), ("property", properties)):
        for name, content in pairs.items():
            context["metatags"] += f'\n    <meta {key}="{name}" content="{html.escape(content)}" />'


def first_picture(app: Sphinx, page: str) -> str | None:
    """The first figure of a page, or of a lab's text, that is a picture, as SVG."""
    page = page.replace(LAB_DOCS, "book/")
    for image in app.env.get_doctree(page).findall(nodes.image):
        file = FIGURES / Path(image["uri"]).name
        if file.exists() and image.get("alt"):  # without it, an ornament
            return file.read_text("utf-8")
    return None


# Cards

CARD = (1200, 630)  # pixels, as those who show cards want them


def draw_card(site: str, title: str, said: str, picture: str | None) -> bytes:
    """Draw what stands beside a shared link: the title, what the page says, a figure of its."""
    style = {**STYLE, "figure.constrained_layout.use": False, "text.parse_math": False}
    with matplotlib.rc_context(style):
        card = Figure(figsize=(CARD[0] / 100, CARD[1] / 100), dpi=100)
        words = 22 if picture else 42
        card.text(0.05, 0.9, site, size=16, color=COLOURS["theory"], va="top")
        heading = textwrap.fill(title, words)
        card.text(0.05, 0.8, heading, size=32, weight="bold", va="top", linespacing=1.15)
        lines = textwrap.wrap(said, int(1.6 * words), max_lines=8 if picture else 4)
        y = 0.75 - 0.082 * len(heading.splitlines())
        card.text(0.05, y, "\n".join(lines), size=18, va="top", linespacing=1.4)
        if picture:
            place = card.add_axes((0.5, 0.04, 0.47, 0.92))
            image = Image.open(io.BytesIO(vl_convert.svg_to_png(picture, scale=2)))
            place.imshow(image, interpolation="lanczos")
            place.axis("off")
        else:
            draw_hills(card.add_axes((0, 0, 1, 0.3)))
        buffer = io.BytesIO()
        card.savefig(buffer, format="png", facecolor="white", metadata={"Software": None})
    return buffer.getvalue()


def draw_hills(axes: Axes) -> None:
    """Grey is the real data, orange are copies, each narrower than the one before."""
    x = np.linspace(-3.5, 3.5, 400)
    axes.fill_between(x, np.exp(-(x**2) / 2), color="#C3C8CE", lw=0)
    for centre, width in ((0.5, 0.7), (0.9, 0.45), (1.15, 0.25)):
        axes.plot(centre + width * x, np.exp(-(x**2) / 2), color=COLOURS["replace"], lw=3)
    axes.set(xlim=(-6, 6), ylim=(0, 1.05))
    axes.axis("off")


# Icons

ICON = Path(__file__).parents[1] / "_static" / "favicon.svg"


def write_icons(site: Path) -> None:
    """Draw the icon of old browsers and that of a phone's home screen."""
    drawing = ICON.read_text("utf-8")

    def drawn(pixels: int) -> Image.Image:
        return Image.open(io.BytesIO(vl_convert.svg_to_png(drawing, scale=pixels / 32)))

    home = Image.new("RGB", (180, 180), "white")
    home.paste(drawn(140), (20, 20), drawn(140))
    for name, image in (("apple-touch-icon.png", home), ("favicon.ico", drawn(48))):
        buffer = io.BytesIO()
        image.save(buffer, format=name.rpartition(".")[2])
        write(site / name, buffer.getvalue())


# The first address, and one that is not there

LINK = re.compile(r'(\s(?:href|src|srcset|action|data-content_root)=")(?!#|[a-z]+:|/)')


def moved(page: str, folder: str) -> str:
    """A page of the folder as it must be elsewhere: its links lead on from there."""
    return LINK.sub(rf"\g<1>{folder}", page)


def write_entrances(app: Sphinx, error: Exception | None) -> None:
    """Write icons, copy the front page to the first address, complete the links of page 404."""
    if error or app.builder.format != "html":
        return
    site, front = Path(app.outdir), Path(f"{app.config.root_doc}.html")
    write_icons(site)
    folder = f"{front.parent.as_posix()}/"
    copy = moved((site / front).read_text("utf-8"), folder).replace(f'"{folder}../', '"./')
    write(site / "index.html", copy.encode())
    lost = site / f"{LOST}.html"
    base = urlsplit(app.config.html_baseurl).path or "/"
    write(lost, moved(lost.read_text("utf-8"), base).encode())


def find_address(app: Sphinx, config: Config) -> None:
    """Where no address of the site is given, take that of the GitHub pages of the repository."""
    slug = repository_slug(repository(app)[0])
    if edition():  # it lies elsewhere
        config.html_baseurl = ""
    elif slug and not config.html_baseurl:
        owner, name = slug.split("/")
        host = f"{owner.lower()}.github.io"
        config.html_baseurl = f"https://{host}/" + (f"{name}/" if name.lower() != host else "")
    elif config.html_baseurl:
        config.html_baseurl = config.html_baseurl.rstrip("/") + "/"


def setup(app: Sphinx) -> dict[str, Any]:
    app.connect("config-inited", find_address)
    app.connect("html-page-context", finish_head, priority=900)  # behind the theme
    app.connect("build-finished", write_entrances)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
