"""Brings executed labs into the book: their pages, and their figures and numbers in the text.

On a text page:

``{num}`02_gaussian::half-life:.0f```
    the number that the lab reports under that name, as a link to the cell that made it;
    for a claim, ``{num}`02_gaussian::mean-variance.measured:.3f``` (also ``expected``, ``se``,
    ``z``; ``measured[2]`` for one element).
``{words}`08_neural_names::rare-letters```
    the words that the lab reports under that name, several as "f, q and x"; ``rare-letters[0]``
    for one of them.
``{claim}`02_gaussian::mean-variance```
    the word "checked", as a link to the claim; where the claim failed, a cross that says so.
``{lab-figure} 02_gaussian::half-lives``
    the lab's figure with a caption; on the chapter's own page it is numbered, and
    ``{numref}`fig:02_gaussian:half-lives``` refers to it.
``{claims-table}``, ``{run-times}``, ``{versions-table}``
    every claim of every lab; how long each lab took; what is installed.
``{failed-claims}``
    which claims failed when the labs were executed; nothing where all held.

A page is written again when a lab that it quotes was executed again, or when its source or a file
that it depends on has another content, whatever their time stamps say.

What an answer or a check computes is not handed on: no page quotes it. So the coursework edition,
in which answers and checks have no outputs and answers no solutions, has the same numbers and
figures. In that edition Sphinx has the tag ``coursework``, for the directive ``{only}``.
"""

from __future__ import annotations

import hashlib
import html
import importlib.metadata
import platform
import re
import shutil
import sys
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import lab_downloads
import lab_runs
import nbformat
from docutils import nodes
from nbformat import NotebookNode
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.util.docutils import SphinxDirective, SphinxRole

sys.path.insert(0, str(lab_runs.ROOT))  # where coursework/ lies
from coursework import handout  # noqa: E402

LAB_DOCS = "notebooks/"
EVERY_LAB = "*"
EXERCISES = {"answer", "check"}  # tags of cells that compute for the reader alone
FIGURES = lab_runs.ROOT / "_build" / "figures"
ID = {"figure": "figure-{}", "living": "figure-{}", "play": "figure-{}"} | {
    "claim": "claim-{}",
    "report": "report-{}",
}


class LabQuoteError(Exception):
    """A page asks a lab for something it does not have."""


# What the labs hold


def find(env: BuildEnvironment, page: str, address: str) -> tuple[str, str, str, dict, Any]:
    """Look up ``lab::name`` for a page: the lab, the name, the kind, the record, the output."""
    lab, _, name = address.partition("::")
    quoted(env).setdefault(page, set()).add(lab)
    path = lab_runs.LABS / f"{lab}.ipynb"
    if not path.exists():
        raise LabQuoteError(f"there is no lab {lab!r}")
    notebook = _executed(path, lab_runs.digest(path))
    for kind, record, output in handed_on(notebook):
        if record["name"] == name:
            return lab, name, kind, record, output
    if name in {record["name"] for _, record, _ in lab_runs.records(notebook)}:
        raise LabQuoteError(
            f"lab {lab!r} makes {name!r} in an answer or a check: no page may quote what these "
            "compute"
        )
    raise LabQuoteError(f"lab {lab!r} has no figure, claim or number called {name!r}")


def handed_on(notebook: NotebookNode) -> Iterator[tuple[str, dict, Any]]:
    """The records of an executed lab that pages may quote: not those of its exercises."""
    cells = [cell for cell in notebook.cells if not _tags(cell) & EXERCISES]
    return lab_runs.records(NotebookNode(cells=cells))


def _tags(cell: NotebookNode) -> set[str]:
    return set(cell.metadata.get("tags", []))


_read: dict[Path, tuple[str, NotebookNode]] = {}


def _executed(path: Path, digest: str) -> NotebookNode:
    if path not in _read or _read[path][0] != digest:
        _read[path] = digest, lab_runs.executed(path)
    return _read[path][1]


def quoted(env: BuildEnvironment) -> dict[str, set[str]]:
    """Which labs each page quotes."""
    if not hasattr(env, "labs_quoted"):
        env.labs_quoted = {}
    return env.labs_quoted


def link(env: BuildEnvironment, lab: str, kind: str, name: str) -> str:
    """Address of a result on its lab's page, as seen from the page being read."""
    page = env.app.builder.get_relative_uri(env.docname, LAB_DOCS + lab)
    return f"{page}#{ID[kind].format(name)}"


# Roles and directives


class Num(SphinxRole):
    """A number of a lab, linked to where it was made."""

    pattern = re.compile(
        r"(?P<lab>\w+)::(?P<name>[\w-]+)(\.(?P<field>\w+)(\[(?P<index>\d+)\])?)?"
        r"(:(?P<format>.+))?$"
    )
    form = "lab::name, lab::claim.field or with a format behind a colon"

    def run(self) -> tuple[list[nodes.Node], list[nodes.system_message]]:
        match = self.pattern.match(self.text)
        try:
            if not match:
                raise LabQuoteError(f"{self.text!r} is not {self.form}")
            text, uri = self._shown(match)
        except (LabQuoteError, ValueError) as error:
            message = self.inliner.reporter.error(str(error), line=self.lineno)
            return [self.inliner.problematic(self.rawtext, self.rawtext, message)], [message]
        reference = nodes.reference("", text, internal=True, refuri=uri, classes=["from-lab"])
        return [reference], []

    def _shown(self, match: re.Match) -> tuple[str, str]:
        """What the page shows, and the address it leads to."""
        address = f"{match['lab']}::{match['name']}"
        lab, name, kind, record, _ = find(self.env, self.env.docname, address)
        field = match["field"] or "value"
        if not isinstance(record.get(field), int | float | list):
            raise LabQuoteError(f"{kind} {address!r} has no number called {field!r}")
        value = record[field]
        if match["index"]:
            value = value[int(match["index"])]
        if isinstance(value, list):
            raise LabQuoteError(
                f"{address}.{field} has {len(value)} elements: name one, as in {field}[0]"
            )
        text = format(value, match["format"] or ".3g").replace("-", "\N{MINUS SIGN}")
        return text, link(self.env, lab, kind, name)


class Words(Num):
    """Words that a lab reports, linked to where they were found."""

    pattern = re.compile(r"(?P<lab>\w+)::(?P<name>[\w-]+)(\[(?P<index>\d+)\])?$")
    form = "lab::name or lab::name[index]"

    def _shown(self, match: re.Match) -> tuple[str, str]:
        address = f"{match['lab']}::{match['name']}"
        lab, name, kind, record, _ = find(self.env, self.env.docname, address)
        value = record.get("value")
        if not isinstance(value, str | list):
            raise LabQuoteError(f"{kind} {address!r} has no words")
        if match["index"]:
            if not isinstance(value, list) or int(match["index"]) >= len(value):
                raise LabQuoteError(f"{address!r} has no word {match['index']}: {value!r}")
            value = value[int(match["index"])]
        return in_a_row(value), link(self.env, lab, kind, name)


def in_a_row(words: str | list[str]) -> str:
    """Several words as a sentence has them: one, one and two, one, two and three."""
    if isinstance(words, str):
        return words
    *others, last = words
    return f"{', '.join(others)} and {last}" if others else last


class ClaimLink(SphinxRole):
    """The word "checked", linked to the claim."""

    def run(self) -> tuple[list[nodes.Node], list[nodes.system_message]]:
        try:
            lab, name, kind, record, _ = find(self.env, self.env.docname, self.text)
            if kind != "claim":
                raise LabQuoteError(f"{self.text!r} is a {kind}, not a claim")
        except LabQuoteError as error:
            message = self.inliner.reporter.error(str(error), line=self.lineno)
            return [self.inliner.problematic(self.rawtext, self.rawtext, message)], [message]
        uri = link(self.env, lab, kind, name)
        text, title, classes = "checked", record["statement"], ["from-lab", "checked"]
        if not record["holds"]:
            text, classes = "✗ does not hold here", ["from-lab", "failed"]
            title = f"{title}: {compared(record)} ({executed_with(lab)})"
        reference = nodes.reference(
            "", text, internal=True, refuri=uri, classes=classes, reftitle=title
        )
        return [reference], []


def compared(record: dict[str, Any]) -> str:
    """What a claim measured and what it expected."""
    relation = {"=": "", "<": "below ", ">": "above "}[record["relation"]]
    return (
        f"measured {_numbers(record['measured'])}, "
        f"expected {relation}{_numbers(record['expected'])}"
    )


def executed_with(lab: str) -> str:
    """The processor and the versions that a lab was executed with."""
    path = lab_runs.LABS / f"{lab}.ipynb"
    return lab_runs.where(_executed(path, lab_runs.digest(path)))


class FailedClaims(SphinxDirective):
    """The claims that failed when the labs were executed, or nothing."""

    def run(self) -> list[nodes.Node]:
        quoted(self.env).setdefault(self.env.docname, set()).add(EVERY_LAB)
        rows = nodes.bullet_list()
        for path in lab_runs.labs():
            for record in failed(_executed(path, lab_runs.digest(path))):
                uri = link(self.env, path.stem, "claim", record["name"])
                statement = nodes.reference("", record["statement"], internal=True, refuri=uri)
                rest = nodes.Text(f": {compared(record)} ({executed_with(path.stem)}).")
                rows += nodes.list_item("", nodes.paragraph("", "", statement, rest))
        if not rows.children:
            return []
        many = len(rows.children)
        title = f"{many} claim{'s' if many > 1 else ''} failed when this book was built"
        box = nodes.admonition(classes=["warning", "failed-claims"])
        box += [nodes.title("", title), rows]
        return [box]


def failed(notebook: NotebookNode) -> list[dict[str, Any]]:
    """Records of the claims of an executed lab that do not hold, its exercises aside."""
    return [r for kind, r, _ in handed_on(notebook) if kind == "claim" and not r["holds"]]


class LabFigure(SphinxDirective):
    """A lab's figure on a text page, numbered, with a caption."""

    required_arguments = 1
    has_content = True

    def run(self) -> list[nodes.Node]:
        try:
            lab, name, kind, record, output = find(self.env, self.env.docname, self.arguments[0])
            if kind not in ("figure", "living", "play"):
                raise LabQuoteError(f"{self.arguments[0]!r} is a {kind}, not a figure")
        except LabQuoteError as error:
            return [self.state.document.reporter.error(str(error), line=self.lineno)]
        # Only the chapter's own page numbers its figures; elsewhere they are a second showing.
        own = Path(self.env.docname).name == lab
        figure = (nodes.figure if own else nodes.container)("", classes=["lab-figure"])
        if kind == "living":
            figure += nodes.raw("", output.data["text/html"], format="html")
        else:
            file = FIGURES / f"{lab}-{name}.svg"
            file.parent.mkdir(parents=True, exist_ok=True)
            picture = output.data["image/svg+xml"]
            # Pages depend on the file: written again, it would make all that show it out of date.
            if not file.exists() or file.read_text("utf-8") != picture:
                file.write_text(picture, "utf-8")
            uri = "/" + file.relative_to(lab_runs.ROOT).as_posix()
            figure += nodes.image("", uri=uri, alt=record["alt"])
        caption = nodes.caption() if own else nodes.paragraph("", classes=["caption"])
        text, messages = self.state.inline_text(" ".join(self.content), self.lineno)
        caption += text
        uri = link(self.env, lab, kind, name)
        caption += [
            nodes.Text(" "),
            nodes.reference(
                "", "How it was made", internal=True, refuri=uri, classes=["from-lab", "how"]
            ),
        ]
        figure += caption
        if own:
            figure["names"].append(nodes.fully_normalize_name(f"fig:{lab}:{name}"))
            self.state.document.note_explicit_target(figure, figure)
        return [figure, *messages]


class ClaimsTable(SphinxDirective):
    """Every claim of every lab, its exercises aside."""

    def run(self) -> list[nodes.Node]:
        quoted(self.env).setdefault(self.env.docname, set()).add(EVERY_LAB)
        rows = []
        for path in lab_runs.labs():
            notebook = _executed(path, lab_runs.digest(path))
            for kind, record, _ in handed_on(notebook):
                if kind == "claim":
                    rows.append(self._row(path.stem, record))
        return [_table(["Claim", "Expected", "Measured", "Apart", "Source"], rows, "claims")]

    def _row(self, lab: str, record: dict[str, Any]) -> list[nodes.Node | str]:
        uri = link(self.env, lab, "claim", record["name"])
        statement = nodes.reference("", record["statement"], internal=True, refuri=uri)
        relation = {"=": "", "<": "below ", ">": "above "}[record["relation"]]
        if record["z"] is not None:
            apart = f"{abs(record['z']):.1f} se"
        else:
            apart = "within tolerance" if record["relation"] == "=" else "as ordered"
        if not record["holds"]:
            apart = f"✗ does not hold here ({executed_with(lab)})"
        se = record["se"]
        spread = "" if se is None or isinstance(se, list) else f" ± {se:.1g}"
        return [
            statement,
            relation + _numbers(record["expected"]),
            _numbers(record["measured"]) + spread,
            apart,
            record["source"],
        ]


class RunTimes(SphinxDirective):
    """How long each lab took."""

    def run(self) -> list[nodes.Node]:
        quoted(self.env).setdefault(self.env.docname, set()).add(EVERY_LAB)
        rows: list[list[nodes.Node | str]] = []
        for path in lab_runs.labs():
            notebook = _executed(path, lab_runs.digest(path))
            uri = self.env.app.builder.get_relative_uri(self.env.docname, LAB_DOCS + path.stem)
            title = nodes.reference("", _title(notebook), internal=True, refuri=uri)
            spent = notebook.metadata["execution"]
            rows.append([title, f"{spent['cpu_seconds']:.0f} s", f"{spent['seconds']:.0f} s"])
        head = ["Lab", "Processor time, one thread", "Time by the clock"]
        return [_table(head, rows, "run-times")]


class VersionsTable(SphinxDirective):
    """What the labs were executed with."""

    def run(self) -> list[nodes.Node]:
        quoted(self.env).setdefault(self.env.docname, set()).add(EVERY_LAB)
        versions: dict[str, str] = {}
        for path in lab_runs.labs():
            versions |= lab_runs.dependencies(path)[1]
        rows: list[list[nodes.Node | str]] = [["Python", platform.python_version()]]
        rows += [["jupyter-book", importlib.metadata.version("jupyter-book")]]
        rows += [[name, versions[name]] for name in sorted(versions)]
        return [_table(["Distribution", "Version"], rows, "versions")]


def _numbers(value: float | list) -> str:
    flat = list(_flatten(value))
    shown = ", ".join(f"{number:.4g}" for number in flat[:6]).replace("-", "\N{MINUS SIGN}")
    return shown + (f", … ({len(flat)} values)" if len(flat) > 6 else "")


def _flatten(value: Any) -> Any:
    if isinstance(value, list):
        for item in value:
            yield from _flatten(item)
    else:
        yield value


def _title(notebook: NotebookNode) -> str:
    return notebook.cells[0].source.splitlines()[0].lstrip("# ").strip()


def _table(head: list[str], rows: list[list[nodes.Node | str]], name: str) -> nodes.Node:
    def row(cells: list[nodes.Node | str]) -> nodes.row:
        entries = [
            nodes.entry("", nodes.paragraph("", "", nodes.Text(c) if isinstance(c, str) else c))
            for c in cells
        ]
        return nodes.row("", *entries)

    group = nodes.tgroup("", cols=len(head))
    group += [nodes.colspec(colwidth=1) for _ in head]
    group += nodes.thead("", row(list(head)))
    group += nodes.tbody("", *[row(cells) for cells in rows])
    return nodes.table("", group, classes=[name])


# Lab pages


def lab_page(notebook: NotebookNode, edition: str = "") -> NotebookNode:
    """An executed lab, made ready for its page: pictures described, solutions folded or cut."""
    solved = edition != lab_downloads.COURSEWORK
    notebook = nbformat.from_dict(notebook) if solved else _unsolved(notebook)
    for cell in notebook.cells:
        tags = cell.metadata.setdefault("tags", [])
        if cell.cell_type == "code":
            if "answer" in tags and solved:
                tags.append("hide-input")
                cell.metadata["mystnb"] = {
                    "code_prompt_show": "Show a solution",
                    "code_prompt_hide": "Hide the solution",
                }
            cell.outputs = [shown for out in cell.outputs for shown in _outputs(out, cell)]
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
        if cell.cell_type == "code" and not _tags(cell) & EXERCISES:
            cell.outputs = outputs[cell.id]
    return nbformat.from_dict(page)


def _folded(summary: str, text: str) -> str:
    return f"<details><summary>{summary}</summary>\n\n{text}\n\n</details>"


def _failed_box(notebook: NotebookNode) -> list[NotebookNode]:
    """A cell for the head of a lab's page that says which claims failed, if any did."""
    names = [
        f'<a href="#claim-{r["name"]}">{html.escape(r["statement"])}</a>' for r in failed(notebook)
    ]
    if not names:
        return []
    with_ = html.escape(lab_runs.where(notebook))
    text = f"✗ Executed with {with_}, this does not hold: {'; '.join(names)}."
    box = f'<div class="admonition warning failed-claims"><p>{text}</p></div>'
    return [nbformat.v4.new_markdown_cell(box, id="failed-claims")]


def _outputs(output: Any, cell: NotebookNode) -> list[Any]:
    """One output of a lab as the outputs that its page shows."""
    for kind, record in output.get("metadata", {}).get("modelcollapse", {}).items():
        if kind not in ("figure", "living", "play"):
            continue
        before = _html_output(f'<div class="anchor" id="figure-{record["name"]}"></div>')
        if kind == "living":
            return [before, _html_output(output.data["text/html"])]
        cell.metadata.setdefault("mystnb", {})["image"] = {"alt": record["alt"]}
        picture = nbformat.v4.new_output(
            "display_data", {"image/svg+xml": output.data["image/svg+xml"]}
        )
        if kind == "figure":
            return [before, picture]
        ranges = "; ".join(
            f"<code>{html.escape(key)}</code> {_range(control)}"
            for key, control in record["controls"].items()
        )
        note = f'<p class="play-note">Run the lab to move this: {ranges}.</p>'
        return [before, picture, _html_output(note)]
    return [output]


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
    lab_runs.execute_out_of_date()


def read_lab(app: Sphinx, docname: str, source: list[str]) -> None:
    """Give the reader the executed lab in place of the bare one."""
    if docname.startswith(LAB_DOCS):
        path = lab_runs.ROOT / f"{docname}.ipynb"
        edition = lab_downloads.edition()
        page = lab_page(_executed(path, lab_runs.digest(path)), edition)
        links = lab_downloads.lab_links(path.stem, *lab_downloads.repository(app), edition)
        page.cells.insert(1, nbformat.v4.new_markdown_cell(links, id="lab-links"))
        page.cells[2:2] = _failed_box(page)
        source[0] = nbformat.writes(page)


def outdated(
    app: Sphinx, env: BuildEnvironment, added: set[str], changed: set[str], removed: set[str]
) -> set[str]:
    """The labs that were executed again or look different, and the pages that quote them."""
    now = {
        path.stem: (
            lab_runs.digest(path),
            _title(nbformat.read(path, as_version=4)),
            lab_downloads.repository(app),
        )
        for path in lab_runs.labs()
    }
    before: dict[str, Any] = getattr(env, "lab_digests", {})
    again = {lab for lab in now.keys() | before.keys() if now.get(lab) != before.get(lab)}
    env.lab_digests = now
    pages = {
        page for page, labs in quoted(env).items() if labs & again or (again and EVERY_LAB in labs)
    }
    before = getattr(env, "contents", {})
    pages |= {page for page in before if before[page] != content(env, page)}
    return (pages | {LAB_DOCS + lab for lab in again & now.keys()}) & set(env.found_docs)


def content(env: BuildEnvironment, page: str) -> str:
    """A digest of a page's source and of every file that it depends on."""
    root = Path(env.srcdir)
    files = {Path(env.doc2path(page)), *(root / file for file in env.dependencies[page])}
    whole = hashlib.sha256()
    for file in sorted(files):
        whole.update(file.read_bytes() if file.is_file() else b"gone")
    return whole.hexdigest()


def keep_contents(app: Sphinx, env: BuildEnvironment) -> None:
    """Remember what every page was made of."""
    env.contents = {page: content(env, page) for page in env.found_docs}


def forget_a_failure(app: Sphinx, error: Exception | None) -> None:
    """After a warning, read everything again next time, or it would not be said twice."""
    if error or app._warncount:
        (Path(app.doctreedir) / "environment.pickle").unlink(missing_ok=True)


def forget(app: Sphinx, env: BuildEnvironment, docname: str) -> None:
    quoted(env).pop(docname, None)


def merge(app: Sphinx, env: BuildEnvironment, docnames: list[str], other: Any) -> None:
    quoted(env).update({page: quoted(other)[page] for page in docnames if page in quoted(other)})


def setup(app: Sphinx) -> dict[str, Any]:
    edition = lab_downloads.edition()
    if edition:
        app.tags.add(edition)
    app.add_role("num", Num())
    app.add_role("words", Words())
    app.add_role("claim", ClaimLink())
    app.add_directive("lab-figure", LabFigure)
    app.add_directive("claims-table", ClaimsTable)
    app.add_directive("failed-claims", FailedClaims)
    app.add_directive("run-times", RunTimes)
    app.add_directive("versions-table", VersionsTable)
    app.connect("builder-inited", clear_the_other_edition)
    app.connect("builder-inited", execute)
    app.connect("env-get-outdated", outdated)
    app.connect("source-read", read_lab, priority=100)
    app.connect("env-updated", keep_contents)
    app.connect("env-purge-doc", forget)
    app.connect("env-merge-info", merge)
    app.connect("build-finished", forget_a_failure)
    files = [*sorted(Path(__file__).parent.glob("*.py")), Path(handout.__file__)]
    made_by = b"".join(path.read_bytes() for path in files) + edition.encode()
    return {
        "version": "1",
        "env_version": zlib.crc32(made_by),  # pages are read again when what makes them changes
        "parallel_read_safe": True,
        "parallel_write_safe": True,
    }
