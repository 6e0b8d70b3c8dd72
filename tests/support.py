"""The book as the tests build it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[1]


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


def build(project: Path, output: Path | None = None) -> subprocess.CompletedProcess[str]:
    """Build a book as `make book` does; the site lies under ``_build/html`` of `output`."""
    command = [str(Path(sys.executable).with_name("jb")), "build", "."]
    command += ["-W", "-n", "--keep-going", "-q"]
    if output:
        command += ["--path-output", str(output)]
    environment = {**os.environ, "PYTHONPATH": str(project), "NO_COLOR": "1"}
    return subprocess.run(
        command, cwd=project, env=environment, capture_output=True, text=True, check=False
    )


@dataclass
class Site:
    """A built book: where its files lie, and what the build said."""

    html: Path
    built: subprocess.CompletedProcess[str]

    @property
    def output(self) -> Path:
        return self.html.parents[1]
