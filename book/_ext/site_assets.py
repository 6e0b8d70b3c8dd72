"""What the pages of the site load, all of it from the site itself, and no more than they need.

MathJax
    from the package django-static-mathjax: the parts that turn TeX into HTML and say it to screen
    readers, joined into one file, on pages with mathematics.
The script of living charts
    as `modelcollapse.plots` makes it; ``course.js`` loads it when a reader comes near a chart.
Repairs
    to what the theme and the notebook reader leave for people with a screen reader, a keyboard or
    a phone.
"""

from __future__ import annotations

import html
import importlib.metadata
import re
import shutil
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from pybtex.backends.plaintext import Backend
from pybtex.plugin import register_plugin
from site_search import plain
from sphinx.application import Sphinx
from sphinx.config import Config

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
    target = static(app) / Path(MATHJAX).parent
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
    body = _with_marks(NUMBER.sub(_as_text, body))
    body = DISPLAYED.sub(_with_lines, body)
    body = FORMULA.sub(_with_plain, FORMULA_AND_MARK.sub(_kept_together, body))
    body = CODE.sub(_in_lines, OUTPUT.sub(_aligned, body))
    body = body.replace(UNNAMED, "<summary>")
    # The entries of a bibliography stand in a list, but have a role that a list may not hold.
    context["body"] = body.replace('role="doc-biblioentry"', 'role="listitem"')
    if "generate_toctree_html" in context:
        context["generate_toctree_html"] = _with_names(context["generate_toctree_html"])


UNNAMED = '<summary aria-label="Toggle hidden content">'  # and what it says is not read out
NUMBER = re.compile(
    r'<span class="math notranslate[^>]*>\\\(([\d.,{}]*\d(?:\\,)?(?:\\%)?)\\\)</span>'
)
FORMULA = re.compile(r'<span class="math notranslate[^>]*(?=>\\\((.*?)\\\)</span>)', re.DOTALL)
DISPLAYED = re.compile(r'<div class="math notranslate[^>]*(?=>\s*\\\[(.*?)\\\]</div>)', re.DOTALL)
SIGN = re.compile(r"([_^]\([^)]*\))|(?<=[\w)])([-+=<>])(?=[\w(])")  # none that is raised or lowered
FORMULA_AND_REF = re.compile(r'<span class="math notr[^>]*>([^<]*)</span>(?=<span class="lab-ref)')
SPAN = re.compile(r"<(?:/span|(span)\b[^>]*)>")
FORMULA_AND_MARK = re.compile(
    r'([(\[“]?)(<span class="math notranslate[^>]*>([^<]*)</span>)((?:-\w+)?[.,;:?!)]*)'
)
SHORT = 32  # letters of a formula that may stand in one line with its marks
FAIR = 64  # the same where there is room
CODE = re.compile(
    r'(<div class="(?:cell_input|highlight-)[^>]*>\s*(?:<div[^>]*>)*<pre>)(.*?)(?=</pre>)', re.S
)
OUTPUT = re.compile(
    r'(?<=<div class="output )((?:stream|text_plain)[^>]*>(?:<div[^>]*>)*<pre>)(.*?)(?=</pre>)',
    re.S,
)
TAG = re.compile(r"<[^>]*>")


def _as_text(match: re.Match[str]) -> str:
    """A formula that is but a number is written like the numbers beside it."""
    return plain(match[1]).replace(" ", "")


def _with_plain(match: re.Match[str]) -> str:
    """A formula with what stands in its place, as wide as it, where TeX is not yet set or never."""
    return f'{match[0]} data-plain="{html.escape(_spaced(match[1]))}"'


def _with_lines(match: re.Match[str]) -> str:
    """A displayed formula with what stands in its place where no script runs."""
    lines = [_spaced(line) for line in match[1].split(r"\\")]
    return f'{match[0]} data-plain="{html.escape(chr(10).join(filter(None, lines)))}"'


def _spaced(tex: str) -> str:
    """A formula as plain text, with spaces around its signs."""
    return SIGN.sub(lambda found: found[1] or f" {found[2]} ", plain(html.unescape(tex)))


def _kept_together(match: re.Match[str]) -> str:
    """A short formula and the marks around it, which must not end or begin a line."""
    size = len(plain(html.unescape(match[3])))
    if not (match[1] or match[4]) or size > FAIR:
        return match[0]
    return f'<span class="together{" long" * (size > SHORT)}">{match[0]}</span>'


def _with_marks(body: str) -> str:
    """The same page, with a short formula and the ✓ behind it kept together."""
    for match in reversed([*FORMULA_AND_REF.finditer(body)]):
        depth = 0
        for tag in SPAN.finditer(body, match.end()):
            depth += 1 if tag[1] else -1
            if depth == 0:
                break
        inside = body[match.start() : tag.end()]
        if len(plain(html.unescape(match[1]))) <= SHORT:
            together = f'<span class="together">{inside}</span>'
            body = body[: match.start()] + together + body[tag.end() :]
    return body


def _in_lines(match: re.Match[str]) -> str:
    """The same code, each line in an element that knows how far it is indented."""
    lines, inside = [], list[str]()
    for line in match[2].removeprefix("<span></span>").splitlines(keepends=True):
        begin = "".join(inside)
        for tag in TAG.findall(line):
            if tag == "</span>":
                inside.pop()
            else:
                inside.append(tag)
        text = html.unescape(TAG.sub("", line))
        many = len(text) - len(text.lstrip(" "))
        blanks = " " * many
        line = re.sub(f"^((?:<span[^>]*>)*){blanks}", r"\1", line)
        style = f' style="--in:{many}"><span class="in">{blanks}</span>' if many else ">"
        lines.append(f'<span class="line"{style}{begin}{line}{"</span>" * len(inside)}</span>')
    return f"{match[1]}<span></span>{''.join(lines)}"


def _aligned(match: re.Match[str]) -> str:
    """The same output, marked if it has columns, which may not be wrapped.

    It has if in most lines blanks, two or more, begin or end at the same place.
    """
    lines = [line for line in html.unescape(TAG.sub("", match[2])).splitlines() if line.strip()]
    edges = Counter[tuple[str, int]]()
    for line in lines:
        gaps = list(re.finditer(r"(?<=\S) {2,}(?=\S)", line))
        edges.update(
            {("begins", gap.start()) for gap in gaps} | {("ends", gap.end()) for gap in gaps}
        )
    columns = len(lines) > 1 and max(edges.values(), default=0) >= len(lines) / 2
    return f"{'aligned ' if columns else ''}{match[1]}{match[2]}"


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
    file = static(app) / LIVING
    if file not in _living_written:  # it takes a second to make
        _living_written.add(file)
        write(file, living_script().encode())


# Files


def static(app: Sphinx) -> Path:
    return Path(app.outdir) / "_static"


def write(file: Path, content: bytes) -> None:
    """Write a file, unless it is there with this content."""
    if not file.exists() or file.read_bytes() != content:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)


def configure(app: Sphinx, config: Config) -> None:
    config.mathjax_path = MATHJAX
    # Else pybtex looks for it among all installed distributions, anew for each citation.
    register_plugin("pybtex.backends", "plaintext", Backend, force=True)


def setup(app: Sphinx) -> dict[str, Any]:
    app.connect("config-inited", configure)
    app.connect("builder-inited", write_mathjax)
    app.connect("html-page-context", finish_page, priority=900)  # behind the theme
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
