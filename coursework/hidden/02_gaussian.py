"""Hidden tests of chapter 2, for inputs that nobody knows before the release."""

from collections.abc import Callable
from typing import Any

import numpy as np
from scipy import special, stats

from coursework.prelude import apart, generator, near, number, numbers, seeded

Tell = Callable[[object, str], None]
BY_CHANCE = 1e-8  # how often a right answer may fail one comparison


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
    sizes = [int(np.exp(draw.uniform(np.log(2), np.log(2000)))) for _ in range(20)]
    for n, share in (*zip(sizes, map(float, draw.uniform(0.01, 1, 20)), strict=True), (2, 1.0)):
        found, expected = number(answers.generations_until(share, n)), generations_to(share, n)
        tell(found is not None, "generations_until must return one finite number.")
        yours, theirs = apart(float(np.exp(found * np.log1p(-1 / n))), share, 6)
        tell(
            near(found, expected, rtol=1e-6, atol=1e-6),
            f"After your {found:.8g} generations with n = {n} the mean variance is {yours}, not "
            f"{theirs}. Solve the formula for t without rounding and without an approximation for "
            "large n.",
        )


# --- 2.3 ----------------------------------------------------------------------------------------


def loss_of(m: int, n: int) -> float:
    """The loss of mean variance in the long run with m fresh rows in n."""
    a = m / n
    return 1 / (1 - a + a * n * (2 - a))


def a_loss(m: int, n: int, draw: np.random.Generator) -> float:
    """A loss for which m rows are needed, well away from where m - 1 or m + 1 would be."""
    low, high = loss_of(m, n), loss_of(m - 1, n)
    return float(low + draw.uniform(0.05, 0.95) * (high - low))


def rows(answers: Any, n: int, loss: float, tell: Tell) -> float:
    found = number(answers.rows_needed(n, loss))
    tell(
        found is not None and found == np.rint(found),
        f"rows_needed({n}, {loss:.4f}) must return one whole number.",
    )
    return found


def test_2_3_rows_roughly(answers: Any, draw: np.random.Generator, tell: Tell) -> None:
    """1 point: The number of fresh rows in large samples is right to within one row."""
    for _ in range(8):
        n, m = int(draw.integers(1000, 5000)), int(draw.integers(2, 9))
        loss = a_loss(m, n, draw)
        found = rows(answers, n, loss, tell)
        tell(
            abs(found - m) <= 1,
            f"With n = {n} and loss {loss:.4f} your {found:.0f} rows are not within one of the "
            "fewest that are enough. For which m is the fraction at most the loss?",
        )


def test_2_3_rows_exactly(answers: Any, draw: np.random.Generator, tell: Tell) -> None:
    """1 point: The number of fresh rows is the smallest that is enough, in samples of any size."""
    # A tie: n - 1 rows leave 1 / n. Powers of two make it exact, however it is computed.
    for n in map(int, 2 ** draw.permutation(np.arange(2, 8))):
        found = rows(answers, n, 1 / n, tell)
        case = f"With n = {n} and loss 1 / {n} your {found:.0f} rows are"
        tell(found >= n - 1, f"{case} not enough.")
        tell(found <= n - 1, f"{case} not the fewest. A loss that is just reached is small enough.")
    for few in (True, False) * 6:
        n = int(draw.integers(20, 400))
        m = int(draw.integers(1, 6)) if few else int(draw.integers(n // 4, 3 * n // 4))
        loss = a_loss(m, n, draw)
        found = rows(answers, n, loss, tell)
        case = f"With n = {n} and loss {loss:.4f} your {found:.0f} rows are"
        tell(found >= m, f"{case} not enough. Has the fraction all its terms, and is m rounded up?")
        tell(found <= m, f"{case} enough, but not the fewest.")


# --- 2.4 ----------------------------------------------------------------------------------------


def right_loop(n: int, m: int, generations: int, runs: int, rng: np.random.Generator) -> np.ndarray:
    """Variances in the last generation by the laws of sample mean and sample variance."""
    made = n - m
    mu, v = rng.standard_normal(runs) / np.sqrt(n), rng.chisquare(n - 1, runs) / n
    for _ in range(generations - 1):
        real = rng.standard_normal(runs) / np.sqrt(m)
        copied = mu + np.sqrt(v / made) * rng.standard_normal(runs)
        squares = m * made / n * (real - copied) ** 2
        if m > 1:
            squares += rng.chisquare(m - 1, runs)
        if made > 1:
            squares += v * rng.chisquare(made - 1, runs)
        mu, v = (m * real + made * copied) / n, squares / n
    return v


def loop(
    answers: Any, n: int, m: int, generations: int, runs: int, rng: np.random.Generator, tell: Tell
) -> np.ndarray:
    """Variances of an answer's loop."""
    v = numbers(answers.keep_alive(n, m, generations, runs, rng), (runs,))
    tell(v is not None, f"keep_alive must return one variance for each of its {runs} runs.")
    tell(np.all((v > 0) & np.isfinite(v)), "keep_alive must return positive, finite variances.")
    return v


def compare_laws(found: np.ndarray, expected: np.ndarray, case: str, hint: str, tell: Tell) -> None:
    """Compare variances with those of a right loop; without a hint choose one."""
    if not hint and np.median(found) > np.median(expected):
        hint = "Look at the divisor, and at how many rows a sample has in all."
    elif not hint:
        hint = "Are the real rows new each time, and the synthetic ones about the last mean?"
    compared = stats.ks_2samp(found, expected, method="asymp")
    place = compared.statistic_location  # where the two are farthest apart
    tell(
        compared.pvalue > BY_CHANCE,
        f"{case} {np.mean(found <= place):.1%} of your variances are below {place:.3g}, in a "
        f"right loop {np.mean(expected <= place):.1%}. {hint}",
    )


def compare_loops(
    answers: Any, n: int, m: int, generations: int, draw: np.random.Generator, tell: Tell
) -> None:
    """Compare many runs, from several calls, with a right loop's, and the calls with each other."""
    # Calls of unequal size: a generator seeded within the answer then gives unequal variances.
    sizes = [185 + int(k) for k in draw.permutation(30)[:14]]
    found = [loop(answers, n, m, generations, k, generator(draw), tell) for k in sizes]
    case = f"With {m} fresh row{'s' * (m > 1)} in {n}, in generation {generations},"
    logs = [np.log(v) for v in found]
    average = np.hstack(logs).mean()
    between = sum(x.size * (x.mean() - average) ** 2 for x in logs)
    within = np.average([x.var(ddof=1) for x in logs], weights=sizes)
    tell(
        between < stats.chi2.isf(BY_CHANCE, len(sizes) - 1) * within,
        f"{case} the runs of one call resemble each other too much. They must be independent: "
        "each draws rows of its own.",
    )
    expected = right_loop(n, m, generations, 20_000, draw)
    compare_laws(np.hstack(found), expected, case, "", tell)


def test_2_4_small_samples(answers: Any, draw: np.random.Generator, tell: Tell) -> None:
    """2 points: The loop is right for small samples, after many generations."""
    for n, m in ((3, 2), (int(draw.integers(4, 7)), 1)):
        compare_loops(answers, n, m, int(draw.integers(30, 60)), draw, tell)


def test_2_4_few_fresh_rows(answers: Any, draw: np.random.Generator, tell: Tell) -> None:
    """1 point: The loop is right for large samples, counts its generations and draws from rng."""
    n, runs = int(draw.integers(25, 46)), 10_000
    compare_loops(answers, n, 1, int(draw.integers(60, 101)), draw, tell)
    for generations in (1, int(draw.integers(2, 5))):
        found = loop(answers, n, 1, generations, runs, generator(draw), tell)
        hint = "Generation 1 is the fit to the n real rows. Where does the loop stop?"
        expected = right_loop(n, 1, generations, 50_000, draw)
        case = f"With 1 fresh row in {n}, in generation {generations},"
        compare_laws(found, expected, case, hint, tell)
    for m, t in ((1, 1), (3, 3), (1, 3)):
        both = seeded(lambda rng, m=m, t=t: answers.keep_alive(4, m, t, 2000, rng), (2000,), draw)
        tell(
            abs(stats.spearmanr(*both).statistic) < 6 / np.sqrt(2000),
            "The variances from two seeds resemble each other, run by run: draw all rows from "
            "rng, the real ones, the fresh ones and the synthetic ones.",
        )


# --- 2.5 ----------------------------------------------------------------------------------------


def log_c4(n: int) -> float:
    half = (n - 1) / 2
    return special.gammaln(n / 2) - special.gammaln(half) - np.log(half) / 2


def log_change(n: int) -> float:
    """Exact change of the mean log variance per generation, with the corrected divisor."""
    half = (n - 1) / 2
    return special.digamma(half) - np.log(half) - 2 * log_c4(n)


def test_2_5_directions(answers: Any, draw: np.random.Generator, tell: Tell) -> None:
    """1 point: The three directions are right."""
    expected = {"mean sd": "same", "mean variance": "up", "mean log variance": "down"}
    found = answers.directions
    tell(
        isinstance(found, dict) and set(found) == set(expected),
        'directions must be a dictionary with the keys "mean sd", "mean variance" and '
        '"mean log variance".',
    )
    done = {"up": "go up", "same": "stay the same", "down": "go down"}
    for name, direction in expected.items():
        said = str(found[name]).strip().lower()
        tell(said in done, 'A direction is "up", "same" or "down".')
        tell(said == direction, f"The {name} does not {done[said]}: try it with your chain.")


def test_2_5_drift_roughly(answers: Any, draw: np.random.Generator, tell: Tell) -> None:
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


def test_2_5_drift_exactly(answers: Any, draw: np.random.Generator, tell: Tell) -> None:
    """1 point: The change of the mean log variance is exact for small samples too."""
    for n in (2, *map(int, draw.integers(3, 40, 8))):
        found = number(answers.log_drift(n))
        tell(found is not None, "log_drift must return one finite number.")
        tell(
            near(found, log_change(n), rtol=1e-6, atol=1e-6),
            f"For n = {n} your log_drift is {found:.8g}, which is not exact. Use the digamma "
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


def log_factor(n: int, runs: int, rng: np.random.Generator) -> np.ndarray:
    """Logarithms of the factors of one generation, one a run."""
    return np.log(rng.chisquare(n - 1, runs) / (n - 1)) - 2 * log_c4(n)


def test_2_5_law(answers: Any, draw: np.random.Generator, tell: Tell) -> None:
    """2 points: From generation 1 to the last the variances follow the corrected law."""
    n, steps = int(draw.integers(4, 7)), 5
    logs = chain(answers, n, steps + 1, 20_000, draw, tell)
    found = logs[-1] - logs[0]
    spread = found.var() / (steps * special.polygamma(1, (n - 1) / 2))
    hint = "Is the variance divided by the square of c4, and by n - 1?"
    if spread < 1e-9:
        hint = "They are the same in every run: each run needs its own numbers."
    elif spread < 0.3:
        hint = "Are these variances, and not standard deviations?"
    elif not 0.5 < spread < 1.5:
        hint = "Each generation must multiply the one before by one new factor for each run."
    expected = sum(log_factor(n, 100_000, draw) for _ in range(steps))
    tell(
        stats.ks_2samp(found, expected, method="asymp").pvalue > BY_CHANCE,
        f"With n = {n} the changes of your variances from generation 1 to {steps + 1} do not "
        f"follow the law. {hint}",
    )


def test_2_5_carries_on(answers: Any, draw: np.random.Generator, tell: Tell) -> None:
    """1 point: Generation 1 comes first, and each carries on with new factors, drawn from rng."""
    n, generations, runs = int(draw.integers(5, 13)), 6, 20_000
    logs = chain(answers, n, generations, runs, draw, tell)
    factors = np.vstack([logs[:1], np.diff(logs, axis=0)])
    variance, fourth = special.polygamma(1, (n - 1) / 2), special.polygamma(3, (n - 1) / 2)
    se = np.sqrt((fourth + 2 * variance**2) / runs)
    for t, factor in enumerate(factors):
        yours, theirs = apart(factor.var(), variance)
        case = f"The change of the logarithm of your variances from generation {t} to {t + 1}"
        hint = "Each generation must multiply the one before by one new factor for each run."
        if t == 0:
            case = "The logarithm of your variances in generation 1"
            hint = "The array begins with the fit to real data, and not with the truth itself."
        tell(
            abs(factor.var() - variance) < 6 * se,
            f"{case} has the variance {yours} over the runs, with n = {n}; it should have "
            f"{theirs}. {hint}",
        )
    tell(
        abs(factors[0].mean() - factors[1:].mean()) < 6 * np.sqrt(1.2 * variance / runs),
        "Generation 1 is not scaled as the later ones are. It is the fit to real data, of variance "
        "1, and its standard deviation is divided by c4 too.",
    )
    related = np.abs(np.triu(np.corrcoef(factors), 1))
    one, other = np.unravel_index(related.argmax(), related.shape)
    tell(
        related.max() < 6.5 / np.sqrt(runs),
        f"The factors of generations {one + 1} and {other + 1} depend on each other: draw new "
        "ones in every generation.",
    )
    both = seeded(lambda rng: answers.corrected_chain(n, 3, 9, rng), (3, 9), draw)
    one, other = (np.diff(np.log(v), axis=0, prepend=0) for v in both)
    tell(
        not np.isclose(one, other, rtol=0, atol=1e-9).any(),
        "Two different seeds give some of the same factors: draw everything from rng.",
    )
