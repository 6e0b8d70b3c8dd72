"""Timings as ratios, measured in one run: ``make bench``.

The plain loops below are what public notebooks on model collapse write: one replicate after the
other, numpy inside. Each is timed against the package's loop on raw samples and against the
exact sampling laws, for the same replicates, generations and sample size. Absolute times depend
on the machine and on what else it does; each figure is the median of several rounds in which the
three take turns.
"""

from __future__ import annotations

import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import nbformat
import numpy as np

from modelcollapse.laws import categorical_chain, gaussian_chain
from modelcollapse.loop import run
from modelcollapse.models import Categorical, Gaussian

ROOT = Path(__file__).resolve().parents[1]
REPLICATES = 500
GENERATIONS = 50
ROUNDS = 5
SIZES = (10, 100, 1000)
CATEGORIES = 50
STUDENTS, OTTER_FILES = 60, 12


def plain_gaussian(n: int, rng: np.random.Generator) -> np.ndarray:
    """The plain loop: variances, shape (generations, replicates)."""
    variances = np.empty((GENERATIONS, REPLICATES))
    for r in range(REPLICATES):
        data = rng.normal(0.0, 1.0, n)
        for t in range(GENERATIONS):
            mu, sigma = np.mean(data), np.std(data)
            variances[t, r] = sigma**2
            data = rng.normal(mu, sigma, n)
    return variances


def package_gaussian(n: int, rng: np.random.Generator) -> np.ndarray:
    """The package's loop on raw samples."""
    real = rng.standard_normal((REPLICATES, n))
    measure = {"variance": lambda model, data: model.variance}
    return run(Gaussian(), real, "replace", GENERATIONS, rng, measure=measure)["variance"]


def law_gaussian(n: int, rng: np.random.Generator) -> np.ndarray:
    """The exact law of mean and variance, no samples."""
    return gaussian_chain(n, GENERATIONS, REPLICATES, rng)[1]


def plain_categorical(n: int, rng: np.random.Generator) -> np.ndarray:
    """The plain loop: relative frequencies, shape (generations, replicates, categories)."""
    result = np.empty((GENERATIONS, REPLICATES, CATEGORIES))
    for r in range(REPLICATES):
        p = np.full(CATEGORIES, 1 / CATEGORIES)
        for t in range(GENERATIONS):
            data = rng.choice(CATEGORIES, size=n, p=p)
            p = np.bincount(data, minlength=CATEGORIES) / n
            result[t, r] = p
    return result


def package_categorical(n: int, rng: np.random.Generator) -> np.ndarray:
    """The package's loop on raw samples."""
    real = rng.integers(CATEGORIES, size=(REPLICATES, n))
    measure = {"p": lambda model, data: model.p}
    return run(Categorical(CATEGORIES), real, "replace", GENERATIONS, rng, measure=measure)["p"]


def law_categorical(n: int, rng: np.random.Generator) -> np.ndarray:
    """The exact law: multinomial counts."""
    p = np.full(CATEGORIES, 1 / CATEGORIES)
    return categorical_chain(p, n, GENERATIONS, REPLICATES, rng) / n


def timed(functions: list[Callable], n: int) -> list[float]:
    """Median seconds of each function, taking turns."""
    seconds: list[list[float]] = [[] for _ in functions]
    for turn in range(ROUNDS + 1):
        for function, column in zip(functions, seconds, strict=True):
            rng = np.random.default_rng(turn)
            start = time.perf_counter()
            function(n, rng)
            if turn:  # the first turn warms up
                column.append(time.perf_counter() - start)
    return [statistics.median(column) for column in seconds]


def loops() -> None:
    """Print how many times faster the package is than the plain loop."""
    print(f"{REPLICATES} replicates, {GENERATIONS} generations, median of {ROUNDS} rounds\n")
    print(f"{'model':12} {'n':>5} {'plain loop':>11} {'raw samples':>12} {'exact law':>10}")
    families = {
        "Gaussian": [plain_gaussian, package_gaussian, law_gaussian],
        f"{CATEGORIES} categories": [plain_categorical, package_categorical, law_categorical],
    }
    for name, functions in families.items():
        for n in SIZES:
            plain, raw, law = timed(functions, n)
            print(
                f"{name:12} {n:5} {plain:9.3f} s {plain / raw:10.1f} x {plain / law:8.0f} x",
                flush=True,
            )
    print(
        "\nThe plain loop is bound by calls from Python at small n, by drawing random numbers at "
        "large n.\nRaw samples are bound by drawing them at every n: at n = 1000 both loops draw "
        "as many.\nThe exact law draws two numbers a Gaussian generation, or one multinomial "
        "count a category, whatever n is."
    )


def book() -> None:
    """Print the time of a second build of the book against the first, in a copy of the tree."""
    with tempfile.TemporaryDirectory() as scratch:
        tree = Path(scratch) / "tree"
        skip = shutil.ignore_patterns(".git", ".venv", "_build", "dist", "*.egg-info", ".*_cache")
        shutil.copytree(ROOT, tree, ignore=skip)
        jb = Path(sys.executable).with_name("jb")
        commands = [
            [sys.executable, "book/_ext/lab_runs.py"],
            [str(jb), "build", ".", "-W", "-n", "--keep-going", "-q"],
        ]
        seconds = []
        for _ in range(2):
            start = time.perf_counter()
            for command in commands:
                subprocess.run(command, cwd=tree, check=True, stdout=subprocess.DEVNULL)
            seconds.append(time.perf_counter() - start)
    first, second = seconds
    print(f"\nbook, first build {first:.0f} s, second {second:.1f} s: {first / second:.0f} x")


def a_class(handout: Path, solution: Path, folder: Path) -> list[Path]:
    """Notebooks of a class: two thirds solved, one third with the first answer missing."""
    given, solved = (nbformat.read(path, as_version=4) for path in (handout, solution))
    first = next(i for i, c in enumerate(solved.cells) if "answer" in c.metadata.get("tags", []))
    files = []
    for number in range(STUDENTS):
        notebook = nbformat.from_dict(solved)
        if number % 3 == 0:
            notebook.cells[first].source = given.cells[first].source
        notebook.cells[first].source += f"\n# handed in by number {number}"
        files.append(folder / f"student {number:02}.ipynb")
        files[-1].write_text(nbformat.writes(notebook), "utf-8")
    return files


def coursework() -> None:
    """Print the time of marking a class against Otter's own command, one file after the other."""
    chapter = "02"
    with tempfile.TemporaryDirectory() as scratch:
        out = Path(scratch)
        commands = [sys.executable, "-m", "coursework"]
        release = [*commands, "release", chapter, "--out", str(out)]
        subprocess.run(release, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
        made, folder = out / chapter, out / "submissions"
        folder.mkdir()
        lab = next((made / "handout").glob("*.ipynb"))
        files = a_class(lab, made / "solution.ipynb", folder)
        bundle = str(made / "marking.zip")
        quiet = {"check": True, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}

        start = time.perf_counter()
        marks = ["--bundle", bundle, "--out", str(out / "marks"), "--jobs", "2"]
        subprocess.run([*commands, "grade", chapter, str(folder), *marks], cwd=ROOT, **quiet)
        ours = time.perf_counter() - start

        some = files[:: STUDENTS // OTTER_FILES]
        start = time.perf_counter()
        for file in some:
            otter = [sys.executable, "-m", "otter", "run", "-a", bundle, "-o", scratch, str(file)]
            subprocess.run(otter, cwd=scratch, **quiet)
        theirs = (time.perf_counter() - start) * STUDENTS / len(some)
    print(
        f"\nmarking {STUDENTS} notebooks of chapter {chapter}, two at once: {ours:.0f} s; Otter's "
        f"own command,\none after the other: {theirs:.0f} s (from {len(some)} of them): "
        f"{theirs / ours:.1f} x, a share of {ours / theirs:.2f}"
    )


if __name__ == "__main__":
    loops()
    book()
    coursework()
