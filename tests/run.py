"""Runs the tests in stages that share one execution of the labs and one build of the book.

``make test`` is ``python tests/run.py``, ``make test-all`` is ``python tests/run.py --all``. What
comes behind the options is pytest's: ``python tests/run.py tests/labs -k gaussian``.

The stages are style and types, the labs, the book (twice) and its coursework edition, and pytest
on all cores. At its end it says where the time went.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import browser
from support import MADE, READY, ROOT, make_site

BIN = Path(sys.executable).parent
STYLE = (["ruff", "check", "."], ["ruff", "format", "--check", "."])

spent: dict[str, float] = {}


@contextmanager
def stage(name: str) -> Iterator[None]:
    """Say what is done, and keep how long it took."""
    print(f"== {name}", flush=True)
    start = time.perf_counter()
    try:
        yield
    finally:
        spent[name] = time.perf_counter() - start


def run(*command: str | Path, **environment: str) -> bool:
    return not subprocess.call(list(map(str, command)), cwd=ROOT, env={**os.environ, **environment})


def tool(name: str, *arguments: str) -> bool:
    return run(BIN / name, *arguments)


def sites() -> None:
    """Build the book, once more with nothing to do, and the coursework edition beside it."""
    with ThreadPoolExecutor(2) as pool:
        for waiting in [pool.submit(make_site, MADE, edition) for edition in ("", "coursework")]:
            waiting.result()


def main() -> int:
    parser = argparse.ArgumentParser(description="Run the tests.")
    parser.add_argument("--all", action="store_true", help="every proof, as make test-all does")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    wanted, rest = parser.parse_known_args()
    fine = []
    with stage("style"):
        fine += [tool(*command) for command in STYLE]
        browser.main()
    with ThreadPoolExecutor(1) as beside:
        types = beside.submit(tool, "mypy")
        with stage("labs, and types"):
            # A lab that fails is seen by its tests.
            run(sys.executable, "-m", "pipeline.execution", "--jobs", str(wanted.jobs))
            fine.append(types.result())
    with stage("book, book again, coursework edition"):
        sites()
    with stage("pytest"):
        command = [sys.executable, "-m", "pytest", "-q", *rest, *["--thorough"] * wanted.all]
        if wanted.jobs > 1:  # and one more, for browsers and the marker also wait
            command += ["-n", str(wanted.jobs + 1), "--dist", "loadscope", "--no-loadscope-reorder"]
        fine.append(run(*command, **{READY: "1"}))
    if wanted.all:
        with stage("portable"):
            portable = ROOT / "tests" / "portable.py"
            fine.append(run(sys.executable, portable, "--jobs", str(wanted.jobs)))
    print("\nWhere the time went, by the clock:")
    for name, seconds in spent.items():
        print(f"  {seconds / 60:6.1f} min  {name}")
    print(f"  {sum(spent.values()) / 60:6.1f} min  in all", flush=True)
    return not all(fine)


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit("\nstopped")
