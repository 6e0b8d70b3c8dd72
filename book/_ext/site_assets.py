"""What the pages of the site load, all of it from the site itself, and no more than they need.

MathJax
    from the package django-static-mathjax: the parts that turn TeX into HTML and say it to screen
    readers, joined into one file, on pages with mathematics.
The script of living charts
    as `modelcollapse.plots` makes it; ``course.js`` loads it when a reader comes near a chart.
Icons
    the theme's icon font, cut to the icons that the pages use. (``_templates/static`` leaves out
    the theme's script of all icons.)
Repairs
    to what the theme and the notebook reader leave for people with a screen reader or a keyboard.
"""

from __future__ import annotations

import html
import importlib.metadata
import io
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pydata_sphinx_theme
from fontTools import subset
from fontTools.ttLib import TTFont
from site_search import plain
from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.errors import ExtensionError

from modelcollapse.plots import living_script

# MathJax

#: The parts of MathJax that these pages need: its tex-chtml.js without the context menu, which is
#: two fifths of it. Their order is the order of loading.
MATHJAX_PARTS = [
    "core",
    "input/tex",
    "output/chtml",
    "output/chtml/fonts/tex",
    "a11y/assistive-mml",
]
MATHJAX_FOLDERS = {
    "output/chtml/fonts/woff-v2": "*.woff",
    "input/tex/extensions": "*.js",  # loaded when a page uses their macros
}
MATHJAX = "mathjax/tex.js"


def write_mathjax(app: Sphinx) -> None:
    """Write the parts of MathJax into the site."""
    if app.builder.format != "html":
        return
    package = importlib.metadata.distribution("django-static-mathjax")
    source = Path(str(package.locate_file("mathjax/static/mathjax/es5")))
    target = _static(app) / Path(MATHJAX).parent
    # The startup script begins its work only after the whole file has been read.
    loaded = "MathJax.loader.preLoad({});".format(", ".join(f'"{part}"' for part in MATHJAX_PARTS))
    parts = [(source / f"{part}.js").read_text("utf-8") for part in ["startup", *MATHJAX_PARTS]]
    write(target / Path(MATHJAX).name, "\n".join([*parts, loaded]).encode())
    for folder, pattern in MATHJAX_FOLDERS.items():
        (target / folder).mkdir(parents=True, exist_ok=True)
        for file in sorted((source / folder).glob(pattern)):
            shutil.copyfile(file, target / folder / file.name)


# Pages


def finish_page(
    app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: Any
) -> None:
    """Give a page the scripts that it needs, no others, and repair what the theme leaves."""
    body = context.get("body", "")
    if 'class="math' not in body:  # Sphinx also counts the mathematics of the pages below this one
        context["script_files"][:] = [
            script
            for script in context["script_files"]
            if MATHJAX not in str(getattr(script, "filename", ""))
        ]
    if 'class="living"' in body:
        _write_living_script(app)
    body = FORMULA.sub(_with_plain, FORMULA_AND_MARK.sub(_kept_together, body))
    # The entries of a bibliography stand in a list, but have a role that a list may not hold.
    context["body"] = body.replace('role="doc-biblioentry"', 'role="listitem"')
    if "generate_toctree_html" in context:
        context["generate_toctree_html"] = _with_names(context["generate_toctree_html"])


FORMULA = re.compile(r'<span class="math notranslate[^>]*(?=>\\\((.*?)\\\)</span>)', re.DOTALL)
FORMULA_AND_MARK = re.compile(r'(<span class="math notranslate[^>]*>([^<]*)</span>)([.,;:?!)]+)')


def _with_plain(match: re.Match[str]) -> str:
    """A formula with what stands in its place, as wide as it, where TeX is not yet set or never."""
    return f'{match[0]} data-plain="{html.escape(plain(html.unescape(match[1])))}"'


def _kept_together(match: re.Match[str]) -> str:
    """A short formula and the mark behind it, which must not begin a line."""
    if len(plain(html.unescape(match[2]))) > 24:
        return match[0]
    return f'<span class="together">{match[1]}{match[3]}</span>'


def _with_names(toctree: Callable[..., Any]) -> Callable[..., Any]:
    """The same table of contents, with a name on every arrow that unfolds a part of it."""

    def named(*args: Any, **options: Any) -> Any:
        soup = toctree(*args, **options)
        for arrow in soup.select("details > summary"):
            arrow["aria-label"] = f"Pages under {arrow.find_previous('a').get_text(strip=True)}"
        return soup

    return named


LIVING = "living.js"
_living_written: set[Path] = set()


def _write_living_script(app: Sphinx) -> None:
    file = _static(app) / LIVING
    if file not in _living_written:  # it takes a second to make
        _living_written.add(file)
        write(file, living_script().encode())


# Icons

ICON_SHEET = Path("styles/pydata-sphinx-theme.css")
#: Files of the theme that no page loads.
UNUSED = [
    "scripts/fontawesome.js*",
    "vendor/fontawesome/webfonts/*.ttf",
    "vendor/fontawesome/webfonts/*.woff2",
    "**/*.map",
    "locales",
    "*webpack-macros.html",
]
ICON_RULE = re.compile(r'((?:\.fa-[\w-]+::?before,?)+)\{content:"[^"]*"\}')
ICON_NAME = re.compile(r"\bfa-[\w-]+")
ICON_CODE = re.compile(r"\\([ef][0-9a-f]{3})\b|([\ue000-\uf8ff])")
ICON_FONT = re.compile(r"src:url\((?P<font>[^)]+)\.woff2\)[^,]+,url\([^)]+\.ttf\)[^,;}]+")


def cut_icons(app: Sphinx, exception: Exception | None) -> None:
    """Cut the theme's icon fonts, and its rules that name icons, to what the pages use."""
    if exception or app.builder.format != "html":
        return
    theme = Path(pydata_sphinx_theme.__file__).parent / "theme/pydata_sphinx_theme/static"
    here = _static(app)
    users = [*Path(app.outdir).rglob("*.html"), *(here / "scripts").glob("*-theme.js")]
    used = {name for user in users for name in ICON_NAME.findall(user.read_text("utf-8"))}
    css = ICON_RULE.sub(
        lambda rule: rule[0] if used.intersection(ICON_NAME.findall(rule[1])) else "",
        (theme / ICON_SHEET).read_text("utf-8"),
    )
    sheets = [css, *(f.read_text("utf-8") for f in here.rglob("*.css") if f != here / ICON_SHEET)]
    found = [code for sheet in sheets for code in ICON_CODE.findall(sheet)]
    codes = sorted({int(escape, 16) if escape else ord(plain) for escape, plain in found})
    fonts = sorted({Path(match["font"]) for match in ICON_FONT.finditer(css)})
    if not fonts:
        raise ExtensionError("the theme names its icon fonts in a way that cut_icons does not know")
    for font in fonts:
        file = (theme / ICON_SHEET).parent / font.with_suffix(".ttf")
        write((here / ICON_SHEET).parent / font.with_suffix(".woff"), _cut_font(file, codes))
    write(here / ICON_SHEET, ICON_FONT.sub(r'src:url(\g<font>.woff) format("woff")', css).encode())
    for pattern in UNUSED:
        for file in here.glob(pattern):
            shutil.rmtree(file) if file.is_dir() else file.unlink()


def _cut_font(file: Path, codes: list[int]) -> bytes:
    """A font with the glyphs of these code points alone, as WOFF."""
    font = TTFont(file, recalcTimestamp=False)  # the time would differ from build to build
    cutter = subset.Subsetter(subset.Options(layout_features=[], hinting=False))
    cutter.populate(unicodes=codes)
    cutter.subset(font)
    font.flavor = "woff"
    buffer = io.BytesIO()
    font.save(buffer)
    return buffer.getvalue()


# Files


def _static(app: Sphinx) -> Path:
    return Path(app.outdir) / "_static"


def write(file: Path, content: bytes) -> None:
    """Write a file, unless it is there with this content."""
    if not file.exists() or file.read_bytes() != content:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)


def configure(app: Sphinx, config: Config) -> None:
    config.mathjax_path = MATHJAX


def setup(app: Sphinx) -> dict[str, Any]:
    app.connect("config-inited", configure)
    app.connect("builder-inited", write_mathjax)
    app.connect("html-page-context", finish_page, priority=900)  # behind the theme
    app.connect("build-finished", cut_icons)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
