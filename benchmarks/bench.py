"""Timings as ratios, measured in one run: ``make bench``, or ``make bench PARTS="loops ngrams"``.

The plain loops below are what public notebooks on model collapse write: one replicate after the
other, numpy inside. Each is timed against the package's loop on raw samples and against the
exact sampling laws, for the same replicates, generations and sample size. Absolute times depend
on the machine and on what else it does; each figure is the median of several rounds in which the
three take turns. Text and networks are timed by the processor's clock, on one thread.
"""

from __future__ import annotations

import argparse
import functools
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import nbformat
import numpy as np

from modelcollapse.data import state_of_the_union
from modelcollapse.laws import (
    categorical_chain,
    gaussian_chain,
    gaussian_pool_chain,
    regression_pool_chain,
)
from modelcollapse.loop import run
from modelcollapse.models import Categorical, Gaussian, LinearRegression
from modelcollapse.ngrams import NGram
from modelcollapse.text import Alphabet, blocks, normalise

ROOT = Path(__file__).resolve().parents[1]
REPLICATES = 500
GENERATIONS = 50
ROUNDS = 5
SIZES = (10, 100, 1000)
CATEGORIES = 50
# Under accumulate: seeds, generations, rows a generation, dimensions.
POOLS = (100, 100, 100, 10)
STUDENTS, OTTER_FILES = 60, 12

# Text, as in labs 7 and 9.
ORDER, LENGTH = 5, 500  # characters in an n-gram, in a row of n-gram text
WRITERS, WRITTEN = 5, 200  # n-gram models side by side, rows that each writes
ALONE = 3000  # characters that the plain n-gram loop writes
BLOCK = 96
GRU: dict[str, Any] = {"width": 96}  # as in lab 9; what is not named is the class's default
CHARACTERS = 144_000
SIDE_BY_SIDE = (3, 15)  # networks trained at once
SAMPLED = 300  # rows that each network writes
HELD = 800  # held-out rows
EMBEDDING = 32  # numbers for a symbol in the plain loop, which learns slower with 96
# Its batch and constant learning rate: the best of these, tried outside the clock.
CHOICES = [(32, 0.01), (64, 0.01), (64, 0.02), (128, 0.02)]
WORLDS = (1, 2, 3)  # whose text the plain loop is timed on
EVERY = 10  # steps of the plain loop between two looks at held-out text


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


def plain_pool(n: int, rng: np.random.Generator) -> np.ndarray:
    """The plain loop under accumulate: total variances, shape (generations, replicates)."""
    replicates, generations, _, d = POOLS
    total = np.empty((generations, replicates))
    for r in range(replicates):
        pool = rng.standard_normal((n, d))
        for t in range(generations):
            mean, covariance = pool.mean(axis=0), np.cov(pool.T, bias=True)
            total[t, r] = np.trace(covariance)
            pool = np.concatenate([pool, rng.multivariate_normal(mean, covariance, n)])
    return total


def package_pool(n: int, rng: np.random.Generator) -> np.ndarray:
    """The package's loop on raw samples."""
    replicates, generations, _, d = POOLS
    real = rng.standard_normal((replicates, n, d))
    measure = {"total": lambda model, data: np.trace(model.covariance, axis1=1, axis2=2)}
    return run(Gaussian(), real, "accumulate", generations, rng, measure=measure)["total"]


def law_pool(n: int, rng: np.random.Generator) -> np.ndarray:
    """Mean and scatter of each batch from their law."""
    replicates, generations, _, d = POOLS
    covariances = gaussian_pool_chain(n, d, generations, replicates, rng)[1]
    return np.trace(covariances, axis1=2, axis2=3)


def plain_regression(n: int, rng: np.random.Generator) -> np.ndarray:
    """The plain loop under accumulate: squared errors, shape (generations, replicates)."""
    replicates, generations, _, d = POOLS
    errors = np.empty((generations, replicates))
    for r in range(replicates):
        x, y, w = np.empty((0, d)), np.empty(0), np.zeros(d)
        for t in range(generations):
            more = rng.standard_normal((n, d))
            x = np.concatenate([x, more])
            y = np.concatenate([y, more @ w + rng.standard_normal(n)])
            w = np.linalg.lstsq(x, y)[0]
            errors[t, r] = w @ w
    return errors


def package_regression(n: int, rng: np.random.Generator) -> np.ndarray:
    """The package's loop on raw samples; the true weights are 0."""
    replicates, generations, _, d = POOLS
    real = rng.standard_normal((replicates, n, d + 1))
    measure = {"error": lambda model, data: (model.weights**2).sum(axis=1)}
    return run(LinearRegression(), real, "accumulate", generations, rng, measure=measure)["error"]


def law_regression(n: int, rng: np.random.Generator) -> np.ndarray:
    """Products of inputs and labels of each batch from their law."""
    replicates, generations, _, d = POOLS
    return (regression_pool_chain(n, d, generations, replicates, rng) ** 2).sum(axis=-1)


def pools() -> None:
    """Print how many times faster accumulating is than the plain loop that refits the pool."""
    replicates, generations, n, d = POOLS
    print(
        f"accumulate: {replicates} replicates, {generations} generations of {n} rows, d = {d}; "
        f"median of {ROUNDS} rounds\n"
    )
    print(f"{'model':18} {'plain loop':>11} {'raw samples':>12} {'exact law':>10}")
    families = {
        "Gaussian": [plain_pool, package_pool, law_pool],
        "linear regression": [plain_regression, package_regression, law_regression],
    }
    for name, functions in families.items():
        plain, raw, law = timed(functions, n)
        print(f"{name:18} {plain:9.3f} s {plain / raw:10.1f} x {plain / law:8.0f} x", flush=True)


def book() -> None:
    """Print the time of a second build of the book against the first, in a copy of the tree."""
    with tempfile.TemporaryDirectory() as scratch:
        tree = Path(scratch) / "tree"
        skip = shutil.ignore_patterns(".git", ".venv", "_build", "dist", "*.egg-info", ".*_cache")
        shutil.copytree(ROOT, tree, ignore=skip)
        jb = Path(sys.executable).with_name("jb")
        commands = [
            [sys.executable, "-m", "pipeline.execution"],
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


@functools.cache
def text(length: int) -> tuple[Alphabet, np.ndarray]:
    """The presidents' messages in shuffled rows of so many characters."""
    alphabet = Alphabet()
    ids = alphabet.encode(" ".join(normalise(said) for _, _, said in state_of_the_union()))
    rows = blocks(ids, length)
    return alphabet, rows[np.random.default_rng(0).permutation(len(rows))]


def spent(function: Callable[[], Any], rounds: int = 1) -> tuple[float, Any]:
    """Processor seconds of a call, the fewest of some rounds, and what it returned."""
    seconds = []
    for _ in range(rounds):
        start = time.process_time()
        result = function()
        seconds.append(time.process_time() - start)
    return min(seconds), result


def plain_ngram(rows: Iterable[str]) -> list[dict[str, Counter]]:
    """Kneser-Ney counts by length of the context, as lab 7 counts them."""
    follows: list[dict[str, Counter]] = [defaultdict(Counter) for _ in range(ORDER)]
    for row in rows:
        row = "^" * (ORDER - 1) + row
        for i in range(ORDER - 1, len(row)):
            for size in reversed(range(ORDER)):
                context = row[i - size : i]
                known = row[i] in follows[size][context]
                follows[size][context][row[i]] += 1
                if known and not context[1:].startswith("^"):
                    break
    return follows


def plain_write(follows: list[dict[str, Counter]], n: int, symbols: str) -> str:
    """n characters, one after the other, as lab 7 writes them."""
    rng, written = np.random.default_rng(0), "^" * (ORDER - 1)
    place = {symbol: i for i, symbol in enumerate(symbols)}
    while len(written) < n + ORDER - 1:
        context, p = written[-ORDER + 1 :], np.full(len(symbols), 1 / len(symbols))
        for size, table in enumerate(follows):
            after = table.get(context[len(context) - size :])
            if not after:
                break
            total = sum(after.values())
            p *= 0.75 * len(after) / total
            for symbol, times in after.items():
                p[place[symbol]] += (times - 0.75) / total
        written += symbols[rng.choice(len(p), p=p)]
    return written[ORDER - 1 :]


def ngrams() -> None:
    """Print how many times faster the package's n-gram model writes than a plain loop."""
    alphabet, rows = text(LENGTH)
    real = rows[: WRITERS * 320].reshape(WRITERS, 320, LENGTH)
    follows = plain_ngram(alphabet.decode(row) for row in real[0])
    theirs, _ = spent(lambda: plain_write(follows, ALONE, alphabet.symbols), 3)
    seconds = []
    for turn in range(ROUNDS):  # a fitted model keeps what its first sample needed: fit anew
        model, rng = NGram(ORDER, len(alphabet)).fit(real), np.random.default_rng(turn)
        seconds.append(spent(functools.partial(model.sample, WRITTEN, rng))[0])
    speeds = WRITERS * WRITTEN * LENGTH / statistics.median(seconds), ALONE / theirs
    print(
        f"\nn-grams of {ORDER} characters, writing, in characters a second: package "
        f"{speeds[0]:,.0f},\nplain loop {speeds[1]:,.0f}: {speeds[0] / speeds[1]:.0f} x",
        flush=True,
    )


def network_text() -> tuple[int, np.ndarray, np.ndarray]:
    """How many symbols there are, held-out rows, and rows for as many networks as are needed."""
    import torch

    torch.set_num_threads(1)
    alphabet, rows = text(BLOCK)
    many, n = max(SIDE_BY_SIDE), CHARACTERS // BLOCK
    return len(alphabet), rows[:HELD], rows[HELD : HELD + many * n].reshape(many, n, BLOCK)


def seconds_to(target: float, world: int, batch: int, rate: float, most: float = np.inf) -> float:
    """Seconds of the plain loop to so many held-out bits a character; infinite above the most."""
    import plain_networks as plain
    import torch

    symbols, held, data = network_text()
    held, rows = (torch.as_tensor(part.astype(np.int64)) for part in (held, data[world]))
    torch.manual_seed(world)
    model = plain.GRU(symbols, GRU["width"], EMBEDDING)
    before = 0.0, np.log2(symbols)
    for seconds, bits in plain.training(model, rows, held, symbols, batch, rate, EVERY):
        if bits <= target:  # somewhere between the last two looks
            return float(np.interp(-target, [-before[1], -bits], [before[0], seconds]))
        if seconds > most:
            break
        before = seconds, bits
    return np.inf


def training() -> None:
    """Print how much sooner networks side by side are trained than alone, and what bounds them."""
    import torch

    from modelcollapse.networks import gru

    symbols, held, data = network_text()
    square = torch.randn(1536, 1536)
    peak = 2 * len(square) ** 3 / spent(lambda: square @ square, 10)[0]

    def train(many: int) -> tuple[float, float]:
        model = gru.GRU(symbols, **{"characters": CHARACTERS, **GRU})
        seconds, model = spent(lambda: model.fit(data[:many], np.random.default_rng(many)))
        return seconds, float(-model.log_probability(held[None]).mean() / np.log(2))

    train(1)  # warms up
    trained = {many: train(many) for many in SIDE_BY_SIDE}
    target = max(bits for _, bits in trained.values())
    best, chosen = 60.0, CHOICES[0]
    for choice in CHOICES:
        seconds = seconds_to(target, 0, *choice, most=best)
        if seconds < best:
            best, chosen = seconds, choice
    alone = statistics.mean(seconds_to(target, world, *chosen, most=5 * best) for world in WORLDS)
    print(
        f"\nGRU of {GRU['width']} units, {CHARACTERS:,} characters each; seconds of one network to "
        f"{target:.3f} held-out bits a character:\nplain loop {alone:.1f} (mean of {len(WORLDS)}; "
        f"batches of {chosen[0]}, Adam at {chosen[1]})"
    )
    # Products of a character, forward and twice as many backward: three of width x width in the
    # cell, one of width x symbols behind it.
    products = 3 * 2 * (3 * GRU["width"] ** 2 + GRU["width"] * symbols) * CHARACTERS
    for many, (seconds, bits) in trained.items():
        rate = products * many / seconds
        print(
            f"package, {many:2} side by side: {seconds / many:.2f} each, {bits:.3f} bits: "
            f"{alone * many / seconds:.1f} x; {rate / 1e9:.0f} GFLOP/s in matrix products, "
            f"{rate / peak:.0%} of the {peak / 1e9:.0f} of a large one",
            flush=True,
        )


def writing() -> None:
    """Print how many times faster networks write than by reading all again for each character."""
    import plain_networks as plain

    from modelcollapse.networks import gru, transformer

    symbols, _, data = network_text()
    rng = np.random.default_rng(0)
    recurrent = gru.GRU(symbols, **{**GRU, "characters": 20_000}).fit(data[:3], rng)
    attending = transformer.Transformer(symbols, characters=20_000).fit(data[:3], rng)
    sizes = attending.width, attending.layers, attending.heads
    print("\nwriting, in characters a second, and reading all again for each character:")
    for name, model, textbook in (
        ("GRU", recurrent, plain.GRU(symbols, recurrent.width, EMBEDDING)),
        ("transformer", attending, plain.Transformer(symbols, *sizes, length=BLOCK)),
    ):
        seconds, rows = spent(functools.partial(model.sample, SAMPLED, rng), 3)
        again = functools.partial(plain.generate, textbook, SAMPLED, BLOCK, symbols)
        ours, theirs = rows.size / seconds, SAMPLED * BLOCK / spent(again, 2)[0]
        print(f"{name:12} {ours:12,.0f} {theirs:9,.0f} {ours / theirs:6.0f} x", flush=True)


PARTS = {
    part.__name__: part for part in (loops, pools, ngrams, training, writing, book, coursework)
}

if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Timings as ratios, measured in one run.")
    parser.add_argument("parts", nargs="*", metavar="part", help=f"{', '.join(PARTS)}; all if none")
    asked = parser.parse_args().parts
    if unknown := [part for part in asked if part not in PARTS]:
        parser.error(f"part must be one of {', '.join(PARTS)}, got {', '.join(unknown)}")
    for name, part in PARTS.items():
        if not asked or name in asked:
            part()
