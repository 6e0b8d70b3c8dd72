"""Reads notebooks whatever their state, and finds the written answers in them."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Any

from nbformat import NotebookNode

from pipeline.handout import TEXT_STUB

EXERCISE_HEADING = re.compile(
    r"^ {0,3}#{1,6}[ \t]*Exercise[ \t]+(\d{1,3}\.\d{1,3})\b", re.IGNORECASE
)


class Unreadable(ValueError):
    """A file that cannot be marked: `reason` in two words, `detail` in a sentence."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason, self.detail = reason, detail


def shortened(text: str, longest: int) -> str:
    """Anybody's text, which says where it was cut if it is longer than this."""
    if len(text) <= longest:
        return text
    return f"{text[:longest]} … (cut here, {len(text):,} characters in all)"


def few(notes: Iterable[str], most: int, longest: int = 300) -> list[str]:
    """The first of these notes, each once and none too long, and how many more there are."""
    each = list(dict.fromkeys(notes))
    kept = [shortened(note, longest) for note in each[:most]]
    return [*kept, f"And {len(each) - most:,} more."] if len(each) > most else kept


def read_notebook(content: bytes) -> NotebookNode:
    """The cells of a notebook, whatever wrote it and whatever its metadata are.

    Read are format 4 and, with worksheets, format 3; UTF-8, UTF-16 and UTF-32 with a byte order
    mark, UTF-8 without one, and Windows' Western encoding. Of a cell remain its type, its id if
    it has one, its source and its tags; outputs are dropped.

    Raises
    ------
    Unreadable
        With the reason "empty file", "not a notebook" or "damaged notebook", and nothing else,
        whatever the bytes are.
    """
    if not content.strip(b"\x00\t\n\r \xef\xbb\xbf\xff\xfe"):
        raise Unreadable("empty file", "There is nothing in the file.")
    text = _decode(content)
    try:
        data = json.loads(text)
    except (ValueError, RecursionError) as error:
        if not re.search(r'"(?:cells|worksheets|nbformat|cell_type)"', text):
            raise Unreadable("not a notebook", _what_it_is(content)) from None
        deep = isinstance(error, RecursionError)
        where = f", at line {error.lineno}" if isinstance(error, json.JSONDecodeError) else ""
        detail = "It is nested too deeply." if deep else f"Its text breaks off or is spoilt{where}."
        raise Unreadable("damaged notebook", detail) from None
    notebook = NotebookNode(nbformat=4, nbformat_minor=5, metadata=NotebookNode(), cells=[])
    notebook.cells = [_cell(number, cell) for number, cell in enumerate(_raw_cells(data), 1)]
    return notebook


def _decode(content: bytes) -> str:
    for mark, encoding in (
        (b"\xef\xbb\xbf", "utf-8-sig"),
        (b"\xff\xfe\x00\x00", "utf-32"),
        (b"\x00\x00\xfe\xff", "utf-32"),
        (b"\xff\xfe", "utf-16"),
        (b"\xfe\xff", "utf-16"),
    ):
        if content.startswith(mark):
            return content.decode(encoding, "replace")
    for encoding in ("utf-8", "cp1252"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            pass
    return content.decode("latin-1")


def _what_it_is(content: bytes) -> str:
    start = content.lstrip()[:512].lower()
    for mark, what in (
        (b"%pdf", "It is a PDF."),
        (b"pk\x03\x04", "It is a zip, or a document of an office program."),
        (b"\xd0\xcf\x11\xe0", "It is a document of an office program."),
        (b"rar!", "It is a RAR archive."),
        (b"7z\xbc\xaf", "It is a 7z archive."),
        (b"\x1f\x8b", "It is a compressed archive."),
        (b"\x89png", "It is a picture."),
        (b"\xff\xd8\xff", "It is a picture."),
        (b"<!doctype html", "It is a web page."),
        (b"<html", "It is a web page."),
    ):
        if start.startswith(mark):
            return what
    return "Its content is not that of a notebook."


def _raw_cells(data: Any) -> list[Any]:
    if not isinstance(data, dict):
        raise Unreadable("not a notebook", "Its content is not that of a notebook.")
    known = "nbformat" in data
    cells = data.get("cells")
    if cells is None and isinstance(sheets := data.get("worksheets"), list):
        cells, known = [], True
        for sheet in sheets:
            inner = sheet.get("cells", []) if isinstance(sheet, dict) else None
            if not isinstance(inner, list):
                raise Unreadable("damaged notebook", "A worksheet in it has no list of cells.")
            cells += inner
    if not known and not (
        isinstance(cells, list) and any(isinstance(c, dict) and "cell_type" in c for c in cells)
    ):
        raise Unreadable("not a notebook", "Its content is not that of a notebook.")
    if not isinstance(cells, list):
        raise Unreadable("damaged notebook", "It has no list of cells.")
    return cells


def _plain(text: str) -> str:
    """Text that can be written as UTF-8, with newlines as Python has them."""
    text = text.encode("utf-8", "replace").decode("utf-8")
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _cell(number: int, raw: Any) -> NotebookNode:
    kind = raw.get("cell_type") if isinstance(raw, dict) else None
    if not isinstance(kind, str):
        raise Unreadable("damaged notebook", f"Cell {number} has no type.")
    source = raw.get("source")
    if source is None:
        source = raw.get("input") or ""
    if isinstance(source, list) and all(isinstance(line, str) for line in source):
        source = "".join(source)
    if not isinstance(source, str):
        raise Unreadable("damaged notebook", f"Cell {number} holds something that is not text.")
    if kind == "heading":
        level = raw.get("level")
        level = level if isinstance(level, int) and 1 <= level <= 6 else 1
        kind, source = "markdown", f"{'#' * level} {source}"
    kind = {"code": "code", "markdown": "markdown", "html": "markdown"}.get(kind, "raw")
    metadata = raw.get("metadata")
    tags = metadata.get("tags") if isinstance(metadata, dict) else None
    cell = NotebookNode(cell_type=kind, metadata=NotebookNode(), source=_plain(source))
    if isinstance(tags, list) and (texts := [_plain(t) for t in tags if isinstance(t, str)]):
        cell.metadata["tags"] = texts
    if isinstance(name := raw.get("id"), str) and 1 <= len(name) <= 64:
        cell["id"] = _plain(name)
    return cell


def _sections(notebook: NotebookNode) -> Iterator[tuple[str | None, NotebookNode, str]]:
    """Every cell with the number of the exercise it stands under, split where a heading begins."""
    number: str | None = None
    for cell in notebook.cells:
        if cell.cell_type == "code":
            yield number, cell, cell.source
            continue
        part: list[str] = []
        for line in cell.source.split("\n"):
            if heading := EXERCISE_HEADING.match(line):
                if part:
                    yield number, cell, "\n".join(part)
                number, part = heading[1], []
            part.append(line)
        yield number, cell, "\n".join(part)


def written_answers(
    notebook: NotebookNode, handout: NotebookNode, numbers: Iterable[str]
) -> dict[str, str]:
    """A student's text for each written exercise, as Markdown; "" where there is none.

    It is what stands in the cell with the id of the handout's answer cell, wherever it was moved,
    and in every other Markdown cell between the exercise's heading and the next exercise's, less
    what the handout itself says there. If that is nothing, code cells there count too.
    """
    numbers = list(numbers)
    given: set[str] = set()
    statement: dict[str, set[str]] = defaultdict(set)
    answer_id: dict[str, str] = {}
    for number, cell, text in _sections(handout):
        given.add(text.strip())
        if number in numbers and cell.cell_type == "markdown":
            if EXERCISE_HEADING.match(text):
                statement[number] |= {line.strip() for line in text.split("\n")}
            elif "answer" in cell.metadata.get("tags", []) or TEXT_STUB in text:
                answer_id.setdefault(number, cell.get("id", ""))
    ids = {name: number for number, name in answer_id.items() if name}

    # Dictionaries, since a student may hand in any number of cells: each text once, in order.
    texts: dict[str, dict[str, None]] = {number: {} for number in numbers}
    code: dict[str, dict[str, None]] = {number: {} for number in numbers}
    for under, cell, text in _sections(notebook):
        own = ids.get(cell.get("id", ""))
        if own is not None and not EXERCISE_HEADING.match(text):
            under = own
        if under is None or under not in texts or text.strip() in given:
            continue
        if EXERCISE_HEADING.match(text):
            kept = [line for line in text.split("\n")[1:] if line.strip() not in statement[under]]
            text = "\n".join(kept)
        text = text.replace(TEXT_STUB, "").strip()
        as_code = cell.cell_type == "code" and own is None
        if re.search(r"\w", text) and text.strip("* .") != TEXT_STUB.strip("* ."):
            (code if as_code else texts)[under][text] = None
    return {n: "\n\n".join(texts[n]) or "\n\n".join(code[n]) for n in numbers}
