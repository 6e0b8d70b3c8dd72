"""Brings executed labs into the book: their pages, and when a page is written again.

A page is written again when a lab that it quotes was executed again, or when its source or a file
that it depends on has another content, whatever their time stamps say. After a build that was
interrupted, failed or warned, every page is.

In the coursework edition Sphinx has the tag ``coursework``, for the directive ``{only}``.
"""

from __future__ import annotations

import functools
import hashlib
import html
import shutil
import zlib
from collections.abc import Callable, Iterable, Iterator
from itertools import groupby
from pathlib import Path
from typing import Any

import lab_downloads
import nbformat
from lab_figures import picture
from lab_quotes import EVERY_LAB, LAB_DOCS, quoted, quoting
from lab_results import Back, quoted_by, results
from nbformat import NotebookNode
from sphinx.application import ENV_PICKLE_FILENAME, Sphinx
from sphinx.config import Config
from sphinx.environment import BuildEnvironment

from modelcollapse import plots
from pipeline import execution, folding, handout, quotes
from pipeline.claims import by_section
from pipeline.labs import ROOT, heading, labs
from pipeline.quotes import executed

Picture = Callable[[dict[str, Any], str], str]  # of a figure's record and SVG, its HTML


def lab_page(
    notebook: NotebookNode,
    lab: str,
    picture: Picture,
    edition: str = "",
    back: Back = lambda name: "",
) -> NotebookNode:
    """An executed lab, made ready for its page.

    Parameters
    ----------
    notebook : NotebookNode
        The executed lab.
    lab : str
        Its stem.
    picture : callable
        From the record of a figure and its SVG to the HTML that shows it.
    edition : str
        The edition of the book: solutions are folded or cut.
    back : callable
        From the name of a result to HTML that leads to where it is quoted.
    """
    solved = edition != lab_downloads.COURSEWORK
    notebook = nbformat.from_dict(notebook) if solved else _unsolved(notebook)
    prompts = folding.prompts(notebook)
    notebook.cells = folding.joined(notebook.cells, prompts)
    for cell in notebook.cells:
        tags = cell.metadata.setdefault("tags", [])
        if cell.cell_type == "code":
            if "answer" in tags and solved:
                _fold(cell, "Show a solution", "Hide the solution")
            elif prompt := prompts.get(cell.id):
                _fold(cell, prompt, prompt)
            cell.outputs = list(_outputs(cell, lab, picture, back))
        elif "answer" in tags and solved:
            text = handout.SOLUTION_IN_TEXT.sub(lambda m: m["solution"], cell.source).strip()
            cell.source = _folded("Show a model answer", text)
        elif "rubric" in tags:
            cell.source = _folded("Show the rubric", cell.source)
    return notebook


def _unsolved(notebook: NotebookNode) -> NotebookNode:
    """An executed lab without its solutions and without what its answers and checks put out."""
    page = handout.without_solutions(notebook)
    outputs = {cell.id: cell.outputs for cell in notebook.cells if cell.cell_type == "code"}
    for cell in page.cells:
        if cell.cell_type == "code" and not set(cell.metadata.get("tags", [])) & quotes.EXERCISES:
            cell.outputs = outputs[cell.id]
    return nbformat.from_dict(page)


def _fold(cell: NotebookNode, show: str, hide: str) -> None:
    cell.metadata.tags = [*cell.metadata.tags, "hide-input"]
    cell.metadata["mystnb"] = {"code_prompt_show": show, "code_prompt_hide": hide}


def _folded(summary: str, text: str) -> str:
    return f"<details><summary>{summary}</summary>\n\n{text}\n\n</details>"


def _failed_box(notebook: NotebookNode) -> list[NotebookNode]:
    """A cell for the head of a lab's page that says which claims failed, if any did."""
    names = [
        f'<a href="#claim-{record["name"]}">{html.escape(record["statement"])}</a>'
        for record in quotes.failed(notebook)
    ]
    if not names:
        return []
    with_ = html.escape(execution.where(notebook))
    text = f"✗ Executed with {with_}, this does not hold: {'; '.join(names)}."
    box = f'<div class="admonition warning failed-claims"><p>{text}</p></div>'
    return [nbformat.v4.new_markdown_cell(box, id="failed-claims")]


def _outputs(cell: NotebookNode, lab: str, picture: Picture, back: Back) -> Iterator[Any]:
    """The outputs of a cell as its page shows them."""
    for kind, group in groupby(cell.outputs, key=_kind):
        outputs = list(group)
        records = [
            (kind, record, output)
            for output in outputs
            for kind, record in output.get("metadata", {}).get("modelcollapse", {}).items()
        ]
        if kind == "results":
            yield _html_output(results(records, lab, back))
        elif kind == "pictures":
            for one in records:
                yield from _picture(*one, picture, back)
        else:
            yield from outputs


def _kind(output: Any) -> str:
    kinds = set(output.get("metadata", {}).get("modelcollapse", {}))
    return "results" if kinds & folding.RESULTS else "pictures" if kinds else ""


def _picture(
    kind: str, record: dict[str, Any], output: Any, picture: Picture, back: Back
) -> Iterator[Any]:
    name = record["name"]
    yield _html_output(
        f'<div class="anchor" id="figure-{name}">{quoted_by(back(name), "div")}</div>'
    )
    if kind == "living":
        yield _html_output(output.data["text/html"])
        return
    yield _html_output(picture(record, output.data["image/svg+xml"]))
    if kind == "play":
        ranges = "; ".join(
            f"<code>{html.escape(key)}</code> {_range(control)}"
            for key, control in record["controls"].items()
        )
        yield _html_output(f'<p class="play-note">Run the lab to move this: {ranges}.</p>')


def _range(control: dict[str, Any]) -> str:
    """What a learner may choose, in words."""
    match control:
        case {"slider": [low, high, *_]}:
            return f"from {low:g} to {high:g}"
        case {"choice": [*others, last]}:
            return html.escape(f"{', '.join(others)} or {last}")
    return "any text"


def _html_output(text: str) -> Any:
    return nbformat.v4.new_output("display_data", {"text/html": text, "text/plain": ""})


# Sphinx's events


def begin(app: Sphinx, config: Config) -> None:
    """Mark the build as unfinished; if the last one still is, have everything read again.

    Sphinx stores what it has read before it writes the pages that show it.
    """
    mark = _unfinished(app)
    if mark.exists():
        (mark.parent / ENV_PICKLE_FILENAME).unlink(missing_ok=True)
    mark.parent.mkdir(parents=True, exist_ok=True)
    mark.touch()


def finish(app: Sphinx, error: Exception | None) -> None:
    """Take the mark away; after a warning it stays, or the warning would not be said twice."""
    if not (error or app._warncount):
        _unfinished(app).unlink()


def _unfinished(app: Sphinx) -> Path:
    return Path(app.doctreedir) / "unfinished"


def clear_the_other_edition(app: Sphinx) -> None:
    """Empty a folder that holds another edition, so that nothing of that stays behind."""
    site, edition = Path(app.outdir), lab_downloads.edition()
    mark = site / ".edition"
    if edition != (mark.read_text("utf-8") if mark.exists() else ""):
        shutil.rmtree(site.parent / "jupyter_execute", ignore_errors=True)
        shutil.rmtree(site)
        site.mkdir()
    if edition:
        mark.write_text(edition, "utf-8")


def execute(app: Sphinx) -> None:
    """Execute the labs that are out of date, before anything is read."""
    execution.execute_out_of_date()


def read_lab(app: Sphinx, docname: str, source: list[str]) -> None:
    """Give the reader the executed lab in place of the bare one."""
    if docname.startswith(LAB_DOCS):
        path = ROOT / f"{docname}.ipynb"
        edition = lab_downloads.edition()
        app.env.note_dependency(str(ROOT / "book" / f"{path.stem}.md"))  # describes the lab
        lab = executed(path)
        drawn = functools.partial(picture, app.env, path.stem)
        page = lab_page(lab, path.stem, drawn, edition, _back(app.env, path.stem))
        links = lab_downloads.lab_links(path.stem, *lab_downloads.repository(app), edition)
        page.cells.insert(1, nbformat.v4.new_markdown_cell(links, id="lab-links"))
        page.cells[2:2] = _failed_box(lab)
        source[0] = nbformat.writes(page)


def _back(env: BuildEnvironment, lab: str) -> Back:
    """Makes links to the sentences that quote a result of a lab, those of a section together."""

    def back(name: str) -> str:
        sections = []
        for first, *others in by_section(env.quoting.get(f"{lab}-{name}", [])):
            page = env.app.builder.get_relative_uri(LAB_DOCS + lab, env.path2doc(str(first.page)))
            where = html.escape(", ".join(filter(None, (first.title, first.heading))))
            links = [f'<a href="{page}#{first.anchor}">{where}</a>']
            links += [
                f'<a href="{page}#{place.anchor}" aria-label="{where}, {number}">{number}</a>'
                for number, place in enumerate(others, 2)
            ]
            sections.append(", ".join(links))
        return f"↩ back to: {'; '.join(sections)}" if sections else ""

    return back


def outdated(
    app: Sphinx, env: BuildEnvironment, added: set[str], changed: set[str], removed: set[str]
) -> set[str]:
    """The labs that were executed again or are quoted elsewhere, and the pages that quote them."""
    now = {
        path.stem: (
            execution.digest(path),
            heading(nbformat.read(path, as_version=4)),
            lab_downloads.repository(app),
        )
        for path in labs()
    }
    before: dict[str, Any] = getattr(env, "lab_digests", {})
    again = {lab for lab in now.keys() | before.keys() if now.get(lab) != before.get(lab)}
    env.lab_digests = now
    pages = {
        page for page, labs in quoted(env).items() if labs & again or (again and EVERY_LAB in labs)
    }
    before, env.quoting = getattr(env, "quoting", {}), quoting(env)
    moved = {name for name in {*before, *env.quoting} if before.get(name) != env.quoting.get(name)}
    again |= {lab for lab in now if any(name.startswith(f"{lab}-") for name in moved)}
    before = getattr(env, "contents", {})
    pages |= {page for page in before if before[page] != content(env, page)}
    # Sphinx copies style sheets and scripts again only where a page is written again.
    static = [file for folder in app.config.html_static_path for file in _files(app, folder)]
    before, env.static = getattr(env, "static", ""), digest(static)
    if before != env.static:
        pages.add(app.config.root_doc)
    return (pages | {LAB_DOCS + lab for lab in again & now.keys()}) & set(env.found_docs)


def content(env: BuildEnvironment, page: str) -> str:
    """A digest of a page's source and of every file that it depends on."""
    root = Path(env.srcdir)
    return digest({Path(env.doc2path(page)), *(root / file for file in env.dependencies[page])})


def digest(files: Iterable[Path]) -> str:
    """A digest of what files hold."""
    whole = hashlib.sha256()
    for file in sorted(files):
        whole.update(file.read_bytes() if file.is_file() else b"gone")
    return whole.hexdigest()


def _files(app: Sphinx, folder: str | Path) -> list[Path]:
    return [file for file in Path(app.confdir, folder).rglob("*") if file.is_file()]


def keep_contents(app: Sphinx, env: BuildEnvironment) -> None:
    """Remember what every page was made of."""
    env.contents = {page: content(env, page) for page in env.found_docs}


def add_tabs(
    app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: Any
) -> None:
    """Put links to the text and to the lab of a chapter above both."""
    stem = pagename.rpartition("/")[2]
    tabs = {f"book/{stem}": "Text", f"{LAB_DOCS}{stem}": "Lab"}
    if pagename not in tabs or not tabs.keys() <= app.env.found_docs:
        return
    links = "".join(
        f'<a aria-current="page">{name}</a>'
        if page == pagename
        else f'<a href="{app.builder.get_relative_uri(pagename, page)}">{name}</a>'
        for page, name in tabs.items()
    )
    nav = f'<nav class="text-and-lab" aria-label="This chapter">{links}</nav>'
    context["body"] = nav + context["body"]


def forget(app: Sphinx, env: BuildEnvironment, docname: str) -> None:
    quoted(env).pop(docname, None)


def merge(app: Sphinx, env: BuildEnvironment, docnames: list[str], other: Any) -> None:
    quoted(env).update({page: quoted(other)[page] for page in docnames if page in quoted(other)})


def setup(app: Sphinx) -> dict[str, Any]:
    edition = lab_downloads.edition()
    if edition:
        app.tags.add(edition)
    app.connect("config-inited", begin)
    app.connect("builder-inited", clear_the_other_edition)
    app.connect("builder-inited", execute)
    app.connect("env-get-outdated", outdated)
    app.connect("source-read", read_lab, priority=100)
    app.connect("env-updated", keep_contents)
    app.connect("html-page-context", add_tabs)
    app.connect("env-purge-doc", forget)
    app.connect("env-merge-info", merge)
    app.connect("build-finished", finish)
    extensions, templates = Path(__file__).parent, Path(__file__).parents[1] / "_templates"
    made_by = [*extensions.glob("*.py"), *Path(handout.__file__).parent.glob("*.py")]
    made_by += [*_files(app, templates), *Path(plots.__file__).parent.glob("*.js")]
    return {
        "version": "1",
        # Pages are read again when what makes them changes.
        "env_version": zlib.crc32((digest(made_by) + edition).encode()),
        "parallel_read_safe": True,
        "parallel_write_safe": True,
    }
