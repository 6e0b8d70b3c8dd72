"""Hidden tests of chapter 12, for inputs that nobody knows before the release."""

from collections.abc import Callable
from typing import Any

import numpy as np
from scipy import stats

from coursework.prelude import apart, generator, near, number, numbers, seeded

Tell = Callable[[object, str], None]
BY_CHANCE = 1e-8  # how often a right answer may fail one comparison


def kept(batches: list[int]) -> float:
    """Mean variance of a pool, by the exact product."""
    b = np.array(batches, float)
    return float(np.prod(1 - b / np.cumsum(b) ** 2))


def some_batches(draw: np.random.Generator, low: int, high: int) -> list[int]:
    """A real sample and some batches, of sizes that differ much."""
    sizes = np.exp(draw.uniform(np.log(low), np.log(high), int(draw.integers(2, 9))))
    return [int(size) for size in np.rint(sizes)]


# --- 12.1 ---------------------------------------------------------------------------------------


def test_12_1_large_samples(answers: Any, draw: np.random.Generator, tell: Tell) -> None:
    """1 point: The worth of pools with many rows is right to within 2 %."""
    for _ in range(8):
        batches = some_batches(draw, 200, 20_000)
        found, right = number(answers.worth(batches)), 1 / (1 - kept(batches))
        tell(found is not None, "worth must return one finite number.")
        tell(
            abs(found / right - 1) < 0.02,
            f"For the batches {batches} your worth is {found:.1f} rows, more than 2 % off. By how "
            "much does each batch move the mean of the pool that it joins?",
        )


def test_12_1_small_samples(answers: Any, draw: np.random.Generator, tell: Tell) -> None:
    """1 point: The worth is exact for pools with few rows too."""
    for batches in ([int(draw.integers(2, 9))], *(some_batches(draw, 2, 40) for _ in range(10))):
        found, right = number(answers.worth(batches)), 1 / (1 - kept(batches))
        tell(found is not None, "worth must return one finite number.")
        yours, theirs = apart(found, right, 6)
        tell(
            near(found, right, rtol=1e-5),
            f"For the batches {batches} your worth is {yours}, not {theirs}. Small samples need "
            "the whole product.",
        )


def test_12_1_tax(answers: Any, draw: np.random.Generator, tell: Tell) -> None:
    """1 point: The tax is right, for batches of any sizes."""
    for _ in range(10):
        batches = some_batches(draw, 2, 2000)
        found, right = number(answers.tax_paid(batches)), batches[0] * (1 - kept(batches))
        tell(found is not None, "tax_paid must return one finite number.")
        yours, theirs = apart(found, right, 6)
        tell(
            near(found, right, rtol=1e-5),
            f"For the batches {batches} your tax is {yours}, not {theirs}. In which unit is it?",
        )


# --- 12.2 ---------------------------------------------------------------------------------------


def interval(
    answers: Any, mu: Any, v: Any, batches: list[int], level: float, tell: Tell
) -> np.ndarray:
    """The two ends that an answer gives, as an array with the ends first."""
    found = numbers(answers.honest_interval(mu, v, batches, level))
    tell(
        found is not None and found.shape == (2, *np.shape(mu)),
        "honest_interval must return two ends, each a number, or an array where mu is one.",
    )
    return found


def half_width(v: float, batches: list[int], level: float) -> float:
    left = kept(batches)
    return float(stats.norm.ppf((1 + level) / 2) * np.sqrt(v * (1 - left) / left))


def test_12_2_large_samples(answers: Any, draw: np.random.Generator, tell: Tell) -> None:
    """1 point: The interval of a large pool lies about mu and is right to within 2 %."""
    for _ in range(8):
        batches = some_batches(draw, 300, 20_000)
        mu, v = float(draw.normal(0, 5)), float(draw.uniform(0.5, 20))
        low, high = interval(answers, mu, v, batches, 0.95, tell)
        right = half_width(v, batches, 0.95)
        tell(near(high + low, 2 * mu, atol=1e-6), f"Your interval does not lie about mu = {mu:.3f}")
        tell(
            abs((high - low) / 2 / right - 1) < 0.02,
            f"For the batches {batches} and v = {v:.3f} your 95 % interval reaches "
            f"{(high - low) / 2:.4f} to either side, which is more than 2 % off. What is the mean "
            "squared error of the pool's mean, in the unit of the data?",
        )


def test_12_2_small_samples(answers: Any, draw: np.random.Generator, tell: Tell) -> None:
    """1 point: The loss of variance of a small pool is made good."""
    for _ in range(8):
        batches, v = some_batches(draw, 3, 30), float(draw.uniform(0.5, 20))
        low, high = interval(answers, 0.0, v, batches, 0.95, tell)
        yours, theirs = apart((high - low) / 2, half_width(v, batches, 0.95), 6)
        tell(
            near((high - low) / 2, half_width(v, batches, 0.95), rtol=1e-5),
            f"For the batches {batches} and v = {v:.3f} your interval reaches {yours} to either "
            f"side, not {theirs}. The fitted variance is not the one of people.",
        )


def test_12_2_level(answers: Any, draw: np.random.Generator, tell: Tell) -> None:
    """1 point: The interval has the level that is asked for."""
    batches = some_batches(draw, 50, 500)
    for level in map(float, draw.uniform(0.3, 0.999, 6)):
        wide = np.diff(interval(answers, 0.0, 1.0, batches, level, tell))[0] / 2
        usual = np.diff(interval(answers, 0.0, 1.0, batches, 0.95, tell))[0] / 2
        tell(usual > 0, "The interval must be wider than nothing, and low must come first.")
        right = stats.norm.ppf((1 + level) / 2) / stats.norm.ppf(0.975)
        tell(
            near(wide / usual, right, rtol=1e-5),
            f"Your interval of level {level:.3f} is {wide / usual:.4f} times as wide as that of "
            f"level 0.95, not {right:.4f}. The level is the probability between the two ends.",
        )


def test_12_2_many_pools(answers: Any, draw: np.random.Generator, tell: Tell) -> None:
    """1 point: Of many pools at once, the promised share of intervals holds the truth."""
    n, rounds, runs = int(draw.integers(40, 80)), int(draw.integers(20, 60)), 20_000
    mu, squares, rows = np.zeros(runs), np.zeros(runs), 0
    for _ in range(rounds):
        v = squares / rows if rows else np.ones(runs)
        step = np.sqrt(v / n) * draw.standard_normal(runs)
        squares = squares + step**2 * n * rows / (n + rows) + v * draw.chisquare(n - 1, runs)
        rows += n
        mu = mu + step * n / rows
    low, high = interval(answers, mu, squares / rows, [n] * rounds, 0.8, tell)
    share = float(np.mean((low < 0) & (high > 0)))
    tell(
        abs(share - 0.8) < 0.03,
        f"With {rounds} batches of {n} rows, {share:.1%} of your intervals of level 0.8 hold the "
        "truth.",
    )


# --- 12.3 ---------------------------------------------------------------------------------------


def right_store(
    n: int, window: int, generations: int, runs: int, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Means and variances of the last model, by the laws of each batch."""
    means = [rng.standard_normal(runs) / np.sqrt(n)]
    squares = [rng.chisquare(n - 1, runs)]

    def fitted() -> tuple[np.ndarray, np.ndarray]:
        some, inner = np.array(means[-window:]), np.array(squares[-window:])
        mu = some.mean(axis=0)
        return mu, (inner.sum(axis=0) + n * ((some - mu) ** 2).sum(axis=0)) / (n * len(some))

    for _ in range(generations - 1):
        mu, v = fitted()
        means.append(mu + np.sqrt(v / n) * rng.standard_normal(runs))
        squares.append(v * rng.chisquare(n - 1, runs))
    return fitted()


def store(
    answers: Any, n: int, window: int, generations: int, runs: int, draw: Any, tell: Tell
) -> np.ndarray:
    found = numbers(answers.forgetful(n, window, generations, runs, generator(draw)), (2, runs))
    tell(found is not None, f"forgetful must return two rows of {runs} numbers.")
    tell(bool(np.isfinite(found).all() and (found[1] > 0).all()), "A variance must be above 0.")
    return found


def compare(
    answers: Any, n: int, window: int, generations: int, draw: np.random.Generator, tell: Tell
) -> None:
    """Compare means and variances of many runs with those of a right store."""
    found = store(answers, n, window, generations, 20_000, draw, tell)
    expected = right_store(n, window, generations, 60_000, draw)
    case = f"With n = {n}, a window of {window} and {generations} models,"
    for what, mine, theirs in zip(("means", "variances"), found, expected, strict=True):
        compared = stats.ks_2samp(mine, theirs, method="asymp")
        place = compared.statistic_location
        tell(
            compared.pvalue > BY_CHANCE,
            f"{case} {np.mean(mine <= place):.1%} of your {what} are below {place:.3g}, in a right "
            f"store {np.mean(theirs <= place):.1%}. "
            "Which batches does the last model read, and how many fits were there?",
        )


def test_12_3_before_it_is_full(answers: Any, draw: np.random.Generator, tell: Tell) -> None:
    """1 point: As long as there is room, everything is kept."""
    n = int(draw.integers(4, 9))
    for window, generations in ((9, 1), (int(draw.integers(6, 9)), int(draw.integers(4, 7)))):
        compare(answers, n, window, generations, draw, tell)


def test_12_3_once_it_is_full(answers: Any, draw: np.random.Generator, tell: Tell) -> None:
    """2 points: A full store pushes out its oldest batch, and the real sample with the others."""
    n = int(draw.integers(4, 9))
    for window, generations in ((2, 3), (int(draw.integers(3, 6)), int(draw.integers(15, 30)))):
        compare(answers, n, window, generations, draw, tell)


def test_12_3_replace_and_seed(answers: Any, draw: np.random.Generator, tell: Tell) -> None:
    """1 point: A window of 1 is replace, and everything is drawn from rng."""
    compare(answers, int(draw.integers(4, 9)), 1, int(draw.integers(4, 12)), draw, tell)
    seeded(lambda rng: answers.forgetful(5, 2, 4, 300, rng), (2, 300), draw)
