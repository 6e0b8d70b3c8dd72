"""The fonts of the site, cut to what the pages need.

Typeface
    Source Sans Pro from the package font-source-sans-pro, with its licence. Cut, it has a name of
    its own, Course Sans, for the name Source is reserved for the whole.
Icons
    the theme's icon font, cut to the icons that the pages use. (``_templates/static`` leaves out
    the theme's script of all icons.)
"""

from __future__ import annotations

import base64
import html
import io
import re
import shutil
import urllib.parse
from functools import cache
from pathlib import Path
from typing import Any

import font_source_sans_pro
import pydata_sphinx_theme
from fontTools import subset
from fontTools.ttLib import TTFont
from site_assets import static, write
from sphinx.application import Sphinx
from sphinx.errors import ExtensionError

# Typeface

FAMILY = "Course Sans"
FACES = {  # which weights, and which style, each of them is for
    "SourceSansPro": ("400", "normal"),
    "SourceSansProSemibold": ("500 900", "normal"),
    "SourceSansProIt": ("400", "italic"),
}
SHEET = "course-fonts.css"
#: The faces stand in the style sheet itself, so that no line of text ever moves.
RULE = """@font-face {{
  font-family: "{family}";
  src: url("data:font/woff;base64,{font}") format("woff");
  font-weight: {weight};
  font-style: {style};
}}
"""
#: Latin with the accents of Europe, Greek, punctuation, raised digits, arrows, mathematics, marks.
LETTERS = [
    *range(0x20, 0x180),
    *range(0x391, 0x3CA),
    *range(0x2010, 0x2040),
    *range(0x2070, 0x20A0),
    *range(0x2190, 0x2194),
    *range(0x2200, 0x2270),
    *map(ord, "€™✓▲▶▼◀●"),
]


def write_typeface(app: Sphinx) -> None:
    """Write the typeface into the site, and its licence beside it."""
    if app.builder.format != "html":
        return
    features = ["kern", "mark", "lnum", "tnum", "pnum", "liga"]
    rules = ""
    for face, (weight, style) in FACES.items():
        file = Path(font_source_sans_pro.font_files_ttf[face])
        font = base64.b64encode(_cut_font(file, LETTERS, features, FAMILY)).decode()
        rules += RULE.format(family=FAMILY, font=font, weight=weight, style=style)
    write(static(app) / SHEET, rules.encode())
    app.add_css_file(SHEET)
    licence = Path(font_source_sans_pro.font_directory) / "LICENSE.txt"
    write(static(app) / "fonts" / "LICENSE.txt", licence.read_bytes())


# Pictures that stand in a page as they are

PICTURE = re.compile(r'(?<=")data:image/svg\+xml,[^"]*')
WORDS = re.compile(r"<text\b[^>]*>(.*?)</text>", re.DOTALL)


def give_pictures_the_typeface(
    app: Sphinx, page: str, template: str, context: dict[str, Any], tree: Any
) -> None:
    """Give each picture in the page the letters of its words: it cannot use the page's own."""
    if FAMILY in (body := context.get("body", "")):
        context["body"] = PICTURE.sub(_with_letters, body)


def _with_letters(picture: re.Match[str]) -> str:
    head, svg = "data:image/svg+xml,", urllib.parse.unquote(html.unescape(picture[0]))
    letters = "".join(html.unescape(re.sub("<[^>]*>", "", text)) for text in WORDS.findall(svg))
    if FAMILY not in svg or not letters:
        return picture[0]
    face = f"<style>{_face_of(''.join(sorted(set(letters))))}</style>"
    svg = re.sub(r"<svg[^>]*>", lambda tag: tag[0] + face, svg.removeprefix(head), count=1)
    return head + urllib.parse.quote(svg, safe="/:=;,'()")


@cache
def _face_of(letters: str) -> str:
    """The rule that holds these letters."""
    file = Path(font_source_sans_pro.font_files_ttf["SourceSansPro"])
    font = base64.b64encode(_cut_font(file, [*map(ord, letters)], [], FAMILY)).decode()
    return RULE.format(family=FAMILY, font=font, weight="400", style="normal")


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
    here = static(app)
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


# Both


def _cut_font(
    file: Path, codes: list[int], features: list[str] | None = None, family: str = ""
) -> bytes:
    """A font with the glyphs of these code points alone, as WOFF, under another name if given."""
    font = TTFont(file, recalcTimestamp=False)  # the time would differ from build to build
    if not features:  # their tables are of no use then, and take nearly all of the time
        for table in {"GDEF", "GPOS", "GSUB"}.intersection(font.keys()):
            del font[table]
    options = subset.Options(layout_features=features or [], hinting=False)
    cutter = subset.Subsetter(options)
    cutter.populate(unicodes=codes)
    cutter.subset(font)
    if family:
        for record in font["name"].names:
            text = str(record).replace("Source Sans Pro", family)
            record.string = text.replace("SourceSansPro", family.replace(" ", ""))
    font.flavor = "woff"
    buffer = io.BytesIO()
    font.save(buffer)
    return buffer.getvalue()


def setup(app: Sphinx) -> dict[str, Any]:
    app.connect("builder-inited", write_typeface)
    app.connect("html-page-context", give_pictures_the_typeface)
    app.connect("build-finished", cut_icons)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
