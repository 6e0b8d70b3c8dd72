"""Hidden tests of chapter 2, for inputs that nobody knows before the release."""

from collections.abc import Callable
from typing import Any

import numpy as np
from scipy import special, stats

Tell = Callable[[object, str], None]
BY_CHANCE = 1e-8  # how often a right answer may fail one comparison


def number(value: Any) -> float | None:
    """A single finite number as a float; None if it is anything else."""
    found = numbers(value)
    single = found is not None and found.size == 1 and np.isfinite(found).all()
    return float(found.item()) if single else None


def numbers(value: Any, shape: tuple[int, ...] | None = None) -> np.ndarray | None:
    """Real numbers as an array of floats; None if they are anything else, or of another shape."""
    try:
        found = np.asarray(value)
    except ValueError:
        return None
    if found.dtype.kind not in "iuf" or shape is not None and found.shape != shape:
        return None
    return found.astype(float)


def generator(draw: np.random.Generator) -> np.random.Generator:
    """A generator for one call of an answer."""
    return np.random.default_rng(int(draw.integers(2**62)))


# --- 2.1 ----------------------------------------------------------------------------------------


def generations_to(share: float, n: int) -> float:
    return np.log(share) / np.log1p(-1 / n)


def test_2_1_within_one(answers: Any, draw: np.random.Generator, tell: Tell) -> None:
    """1 point: The number of generations is right to within one generation."""
    for _ in range(15):
        n, share = int(draw.integers(50, 5000)), float(draw.uniform(0.2, 0.95))
        found, expected = number(answers.generations_until(share, n)), generations_to(share, n)
        tell(found is not None, "generations_until must return one finite number.")
        tell(
            abs(found - expected) <= 1 + 1e-6,
            f"With n = {n} your answer for the share {share:.3f} is {found:.6g} generations, but "
            f"((n - 1) / n) to this power is not near {share:.3f}.",
        )


def test_2_1_to_the_digit(answers: Any, draw: np.random.Generator, tell: Tell) -> None:
    """2 points: The number of generations is exact, and not rounded, for small and large n."""
    for _ in range(20):
        n, share = int(np.exp(draw.uniform(np.log(2), np.log(2000)))), float(draw.uniform(0.01, 1))
        found, expected = number(answers.generations_until(share, n)), generations_to(share, n)
        tell(found is not None, "generations_until must return one finite number.")
        tell(
            abs(found - expected) <= 1e-7 * max(1, expected),
            f"After your {found:.8g} generations with n = {n} the mean variance is "
            f"{np.exp(found * np.log1p(-1 / n)):.8g}, not {share:.8g}. Solve the formula for t "
            "without rounding and without an approximation for large n.",
        )


# --- 2.3 ----------------------------------------------------------------------------------------


def d_of(m: float, n: int) -> float:
    """D: one over the loss that m fresh rows in n leave."""
    a = m / n
    return 1 - a + a * n * (2 - a)


def a_loss(m: int, n: int, draw: np.random.Generator) -> float:
    """A loss for which m rows are needed, well away from where m - 1 or m + 1 would be."""
    low, high = 1 / d_of(m, n), 1 / d_of(m - 1, n)
    return float(low + draw.uniform(0.05, 0.95) * (high - low))


def rows(answers: Any, n: int, loss: float, tell: Tell) -> float:
    found = number(answers.rows_needed(n, loss))
    tell(
        found is not None and found == np.rint(found),
        f"rows_needed({n}, {loss:.4f}) must return one whole number.",
    )
    return found


def test_2_3_rows_roughly(answers: Any, draw: np.random.Generator, tell: Tell) -> None:
    """1 point: The number of fresh rows in large batches is right to within one row."""
    for _ in range(8):
        n, m = int(draw.integers(1000, 5000)), int(draw.integers(2, 9))
        loss = a_loss(m, n, draw)
        found = rows(answers, n, loss, tell)
        tell(
            abs(found - m) <= 1,
            f"With n = {n} and loss {loss:.4f} your {found:.0f} rows are not within one of the "
            "fewest that are enough. For which m is 1 / D at most the loss?",
        )


def test_2_3_rows_exactly(answers: Any, draw: np.random.Generator, tell: Tell) -> None:
    """1 point: The number of fresh rows is the smallest that is enough, in batches of any size."""
    for few in (True, False) * 6:
        n = int(draw.integers(20, 400))
        m = int(draw.integers(1, 6)) if few else int(draw.integers(n // 4, 3 * n // 4))
        loss = a_loss(m, n, draw)
        found = rows(answers, n, loss, tell)
        case = f"With n = {n} and loss {loss:.4f} your {found:.0f} rows are"
        tell(found >= m, f"{case} not enough. Does D have all its terms, and is m rounded up?")
        tell(found <= m, f"{case} enough, but not the fewest.")


def right_loop(n: int, m: int, runs: int, rng: np.random.Generator) -> np.ndarray:
    """Variances in generation 100 by the laws of sample mean and sample variance."""
    made = n - m
    mu, v = rng.standard_normal(runs) / np.sqrt(n), rng.chisquare(n - 1, runs) / n
    for _ in range(99):
        real = rng.standard_normal(runs) / np.sqrt(m)
        copied = mu + np.sqrt(v / made) * rng.standard_normal(runs)
        squares = m * made / n * (real - copied) ** 2
        if m > 1:
            squares += rng.chisquare(m - 1, runs)
        if made > 1:
            squares += v * rng.chisquare(made - 1, runs)
        mu, v = (m * real + made * copied) / n, squares / n
    return v


def compare_loops(
    answers: Any, n: int, m: int, calls: int, draw: np.random.Generator, tell: Tell
) -> None:
    """Compare many runs, from several calls, with a right loop's, and the calls with each other."""
    runs, found = 200, []
    for _ in range(calls):
        v = numbers(answers.keep_alive(n, m, runs, generator(draw)), (runs,))
        tell(v is not None, f"keep_alive must return one variance for each of its {runs} runs.")
        tell(np.all((v > 0) & np.isfinite(v)), "keep_alive must return positive, finite variances.")
        found.append(v)
    case = f"With {m} fresh rows in {n}"
    tell(
        any(not np.array_equal(v, found[0]) for v in found),
        f"{case} two different generators give the same variances: draw everything from rng.",
    )
    logs = np.log(found)
    between, within = logs.mean(axis=1).var(ddof=1), logs.var(axis=1, ddof=1).mean()
    tell(
        runs * between < stats.chi2.isf(BY_CHANCE, calls - 1) / (calls - 1) * within,
        f"{case} the runs of one call resemble each other too much. They must be independent: "
        "each draws rows of its own.",
    )
    expected = right_loop(n, m, 20_000, draw)
    tell(
        stats.ks_2samp(np.ravel(found), expected, method="asymp").pvalue > BY_CHANCE,
        f"{case} half of your variances in generation 100 are below {np.median(found):.3f}; in a "
        f"right loop half are below {np.median(expected):.3f}. Look at the number of generations, "
        "at how many rows a batch has in all, at the divisor, at the mean that synthetic rows "
        "scatter about, and whether the real rows are new each time.",
    )


def test_2_3_small_batches(answers: Any, draw: np.random.Generator, tell: Tell) -> None:
    """2 points: The loop is right for small batches."""
    for n, m in ((3, 2), (int(draw.integers(4, 7)), 1)):
        compare_loops(answers, n, m, 13, draw, tell)


def test_2_3_few_fresh_rows(answers: Any, draw: np.random.Generator, tell: Tell) -> None:
    """1 point: The loop is right for large batches with a single fresh row."""
    compare_loops(answers, int(draw.integers(25, 46)), 1, 16, draw, tell)


# --- 2.4 ----------------------------------------------------------------------------------------


def log_c4(n: int) -> float:
    half = (n - 1) / 2
    return special.gammaln(n / 2) - special.gammaln(half) - np.log(half) / 2


def log_change(n: int) -> float:
    """Exact change of the mean log variance per generation, with the corrected divisor."""
    half = (n - 1) / 2
    return special.digamma(half) - np.log(half) - 2 * log_c4(n)


def test_2_4_directions(answers: Any, draw: np.random.Generator, tell: Tell) -> None:
    """1 point: The three directions are right."""
    expected = {"mean sd": "same", "mean variance": "up", "mean log variance": "down"}
    found = answers.directions
    tell(
        isinstance(found, dict) and set(found) == set(expected),
        f"directions must be a dictionary with the keys {sorted(expected)}.",
    )
    for name, direction in expected.items():
        said = str(found[name]).strip().lower()
        tell(said in {"up", "same", "down"}, 'A direction is "up", "same" or "down".')
        tell(said == direction, f"The {name} does not go {said!r}: try it with your chain.")


def test_2_4_drift_roughly(answers: Any, draw: np.random.Generator, tell: Tell) -> None:
    """1 point: The change of the mean log variance is right to within 5 % for large samples."""
    for n in map(int, draw.integers(60, 300, 8)):
        found = number(answers.log_drift(n))
        tell(found is not None, "log_drift must return one finite number.")
        tell(
            abs(found / log_change(n) - 1) < 0.05,
            f"For n = {n} your log_drift is {found:.6f}, more than 5 % off. A fitted standard "
            "deviation is divided by c4: by what is the variance divided, and what does that add "
            "to its logarithm?",
        )


def test_2_4_drift_exactly(answers: Any, draw: np.random.Generator, tell: Tell) -> None:
    """1 point: The change of the mean log variance is exact for small samples too."""
    for n in (2, *map(int, draw.integers(3, 40, 8))):
        found = number(answers.log_drift(n))
        tell(found is not None, "log_drift must return one finite number.")
        tell(
            abs(found - log_change(n)) < 1e-6,
            f"For n = {n} your log_drift is {found:.6f}, which is not exact. Use the digamma "
            "function and c4 themselves, not what they come to for large n.",
        )


def chain(
    answers: Any, n: int, generations: int, runs: int, draw: np.random.Generator, tell: Tell
) -> np.ndarray:
    """Log variances of a chain."""
    v = numbers(answers.corrected_chain(n, generations, runs, generator(draw)), (generations, runs))
    tell(v is not None, "corrected_chain must return numbers of the shape (generations, runs).")
    tell(np.all((v > 0) & np.isfinite(v)), "A variance must be positive and finite.")
    return np.log(v)


def test_2_4_first_generation(answers: Any, draw: np.random.Generator, tell: Tell) -> None:
    """1 point: In generation 1 the variances follow the corrected law."""
    n = int(draw.integers(3, 6))
    found = np.exp(chain(answers, n, 2, 40_000, draw, tell)[0])
    law = stats.chi2(n - 1, scale=np.exp(-2 * log_c4(n)) / (n - 1))
    tell(
        stats.kstest(found, law.cdf, method="asymp").pvalue > BY_CHANCE,
        f"With n = {n} the mean standard deviation in your first row is "
        f"{np.sqrt(found).mean():.3f}, the mean variance {found.mean():.3f}; they should be near 1 "
        f"and {law.mean():.3f}. The first row is the fit to real data, of variance 1, and the "
        "standard deviation is divided by c4 there too.",
    )


def test_2_4_carries_on(answers: Any, draw: np.random.Generator, tell: Tell) -> None:
    """2 points: Each generation carries on from the last, with a factor of its own in every run."""
    n, generations, runs = int(draw.integers(5, 13)), 6, 20_000
    logs = chain(answers, n, generations, runs, draw, tell)
    factors = np.diff(logs, axis=0)
    variance, fourth = special.polygamma(1, (n - 1) / 2), special.polygamma(3, (n - 1) / 2)
    se = np.sqrt((fourth + 2 * variance**2) / runs)
    for t, factor in enumerate(factors, start=1):
        tell(
            abs(factor.var() - variance) < 6 * se,
            f"From generation {t} to {t + 1} the logarithm of your variances changes by amounts "
            f"that vary by {factor.var():.3f} between the runs (n = {n}); it should be "
            f"{variance:.3f}. Row t + 1 must multiply row t by one new factor for each run.",
        )
    for t, (one, next_one) in enumerate(zip(factors, factors[1:], strict=False), start=1):
        tell(
            abs(np.corrcoef(one, next_one)[0, 1]) < 6 / np.sqrt(runs),
            f"The factors of generations {t + 1} and {t + 2} depend on each other: draw new ones "
            "in every generation.",
        )
