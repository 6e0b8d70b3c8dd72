"""The book as the tests build it, and how much they try."""

from __future__ import annotations

import html
import io
import json
import os
import re
import shutil
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[1]
MADE = ROOT / "_build" / "test"  # the sites that tests/run.py has built
READY = "COPIES_OF_COPIES_TEST_SITES"  # set where they are the present ones
THOROUGH = "COPIES_OF_COPIES_THOROUGH"  # set by pytest's option --thorough


def thorough() -> bool:
    """Whether every proof is wanted, however long it takes."""
    return bool(os.environ.get(THOROUGH))


def until(true: Callable[[], Any]) -> None:
    """Wait for something, a minute at most."""
    for _ in range(600):
        if true():
            return
        time.sleep(0.1)
    raise AssertionError("it never came")


def documents() -> list[str]:
    """Every page that ``_toc.yml`` names, as a path without ending."""

    def names(node: object) -> Iterator[str]:
        if isinstance(node, dict):
            yield from (node[key] for key in ("root", "file") if key in node)
            for value in node.values():
                yield from names(value)
        elif isinstance(node, list):
            for value in node:
                yield from names(value)

    return list(names(yaml.safe_load((ROOT / "_toc.yml").read_text("utf-8"))))


JB = (str(Path(sys.executable).with_name("jb")),)


def build(
    project: Path, output: Path | None = None, edition: str = "", jb: Iterable[str] = JB
) -> subprocess.CompletedProcess[str]:
    """Build a book as `make book` does; the site lies under ``_build/html`` of `output`."""
    command = [*jb, "build", "."]
    command += ["-W", "-n", "--keep-going", "-q"]
    if output:
        command += ["--path-output", str(output)]
    environment = {**os.environ, "PYTHONPATH": str(project), "NO_COLOR": "1"}
    environment["EDITION"] = edition
    return subprocess.run(
        command, cwd=project, env=environment, capture_output=True, text=True, check=False
    )


def contents(folder: Path) -> Iterator[tuple[str, bytes]]:
    """Every file below a folder, and every member of the archives among them."""

    def unpacked(name: str, content: bytes) -> Iterator[tuple[str, bytes]]:
        yield name, content
        if zipfile.is_zipfile(io.BytesIO(content)):
            with zipfile.ZipFile(io.BytesIO(content)) as archive:
                for member in archive.namelist():
                    yield from unpacked(f"{name}/{member}", archive.read(member))

    for file in sorted(folder.rglob("*")):
        if file.is_file():
            yield from unpacked(file.relative_to(folder).as_posix(), file.read_bytes())


def words(text: str) -> str:
    """The words of a text with a space around each: what is left of it in any markup."""
    return " ".join(["", *re.findall(r"[^\W_]+", text), ""])


def searchable(content: bytes) -> str:
    """The words of a file as it is and, for a page, as its readers see it."""
    text = content.decode("utf-8", "replace")
    if "<" not in text:
        return words(text)
    # Tags stand inside of words in highlighted code, and between words elsewhere.
    bare = (html.unescape(re.sub(r"<[^<>]*>", gap, text)) for gap in ("", " "))
    return "\n".join(map(words, (text, *bare)))


@cache
def texts(folder: Path) -> dict[str, str]:
    """What there is to search of every file of a site, which is read once."""
    return {name: searchable(content) for name, content in contents(folder)}


def leaks(needles: Iterable[str], folder: Path, below: str = "") -> dict[str, list[str]]:
    """Which of these texts stand in a folder, and in which files, whatever the markup."""
    wanted = [
        (needle, spelled := words(needle), max(spelled.split(), key=len)) for needle in needles
    ]
    found: dict[str, list[str]] = {}
    for name, text in texts(folder).items():
        if not name.startswith(below):
            continue
        there = set(text.split())
        for needle, spelled, longest in wanted:
            if longest in there and spelled in text:  # the first is quick, and mostly enough
                found.setdefault(needle, []).append(name)
    return found


@dataclass
class Site:
    """A built book: where its files lie, what the build said, and what a second build did."""

    html: Path
    returncode: int
    said: str
    said_again: str = ""
    written_again: list[str] = field(default_factory=list)

    @property
    def output(self) -> Path:
        return self.html.parents[1]


def make_site(folder: Path, edition: str = "") -> Site:
    """Build an edition of the book from nothing, below `folder`; the whole book twice."""
    output = folder / (edition or "book")
    shutil.rmtree(output, ignore_errors=True)
    output.mkdir(parents=True)
    html = output / "_build" / "html"

    def written() -> dict[str, int]:
        pages = html.rglob("*.html")
        return {str(page.relative_to(html)): page.stat().st_mtime_ns for page in pages}

    done = build(ROOT, output, edition)
    site = Site(html, done.returncode, done.stdout + done.stderr)
    if not edition:
        before = written()
        again = build(ROOT, output)
        after = written()
        site.said_again = again.stdout + again.stderr
        site.written_again = [name for name in after if after[name] != before.get(name)]
    kept = {**asdict(site), "html": str(html)}
    (output / "site.json").write_text(json.dumps(kept), "utf-8")
    return site


def read_site(folder: Path, edition: str = "") -> Site:
    """What `make_site` built."""
    kept = json.loads((folder / (edition or "book") / "site.json").read_text("utf-8"))
    return Site(**{**kept, "html": Path(kept["html"])})
