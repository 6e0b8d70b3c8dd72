"""Hidden tests of chapter 5, for inputs that nobody knows before the release."""

from collections.abc import Callable
from typing import Any

import numpy as np
from scipy import stats

from coursework.prelude import apart, generator, near, number, numbers, seeded

Tell = Callable[[object, str], None]


# --- 5.1 ----------------------------------------------------------------------------------------


def drawn_loop(draw: np.random.Generator) -> tuple[int, int, int]:
    """Rows of the first sample, rows of each copy, and weights."""
    d = int(draw.integers(2, 30))
    return d + int(draw.integers(5, 2000)), d + int(draw.integers(5, 300)), d


def error(t: int, n0: int, n: int, d: int, sigma2: float) -> float:
    return sigma2 * d * (1 / (n0 - d - 1) + (t - 1) / (n - d - 1))


def test_5_1_error(answers: Any, draw: np.random.Generator, tell: Tell) -> None:
    """1 point: The expected error is right for samples drawn for this class."""
    for t in (1, 2, *map(int, draw.integers(3, 60, 8))):
        n0, n, d = drawn_loop(draw)
        sigma2 = float(draw.uniform(0.1, 5))
        found = number(answers.error_after(t, n0, n, d, sigma2))
        tell(found is not None, "error_after must return one finite number.")
        expected = error(t, n0, n, d, sigma2)
        yours, theirs = apart(found, expected, 5)
        tell(
            near(found, expected, atol=0),
            f"Model {t}, n0 = {n0}, n = {n}, d = {d}, sigma2 = {sigma2:.3f}: your error is "
            f"{yours}, not {theirs}. Which models are fitted to n0 rows, and which to n?",
        )


def test_5_1_generations(answers: Any, draw: np.random.Generator, tell: Tell) -> None:
    """2 points: The first model with so large an error is right."""
    for t in (2, 3, *map(int, draw.integers(4, 400, 8))):
        n0, n, d = drawn_loop(draw)
        before, after = (error(u, n0, n, d, 1.0) / error(1, n0, n, d, 1.0) for u in (t - 1, t))
        factor = float(before + draw.uniform(0.05, 0.95) * (after - before))
        found = number(answers.generations_until(factor, n0, n, d))
        case = f"factor = {factor:.6g}, n0 = {n0}, n = {n}, d = {d}"
        tell(found is not None and found == np.rint(found), f"{case}: return a whole number.")
        tell(found >= t, f"{case}: the error of your model {found:.0f} is not so large yet.")
        tell(found <= t, f"{case}: an earlier model than your {found:.0f} has it too.")
    # Ties. Powers of two make them exact, however they are computed.
    for more, each in ((32, 32), (64, 16), (16, 64), (8, 64)):
        d, t = int(draw.integers(2, 30)), int(draw.integers(2, 9))
        n0, n, factor = d + 1 + more, d + 1 + each, 1 + (t - 1) * more / each
        found = number(answers.generations_until(factor, n0, n, d))
        case = f"factor = {factor}, n0 = {n0}, n = {n}, d = {d}"
        tell(found is not None, f"{case}: return a whole number.")
        tell(found == t, f"{case}: your number is {found:.10g}. Equal is large enough.")


# --- 5.3 ----------------------------------------------------------------------------------------


def drawn_share(draw: np.random.Generator) -> float:
    return float(draw.uniform(0.02, 0.98))


def compare_kept(answers: Any, start: str, draw: np.random.Generator, tell: Tell) -> None:
    for t in (1, 2, 3, *map(int, draw.integers(4, 40, 9))):
        s, a = drawn_share(draw), drawn_share(draw)
        if t == 2:  # every step goes all the way, and no label is real
            s, a = 1.0, 0.0
        elif t != 3:  # there a mix of the two easy cases is seen to be none
            a = float(draw.choice([0.0, 1.0, a]))
        w = s
        for _ in range(t - 1):
            begin = w if start == "parent" else 0.0
            w = (1 - s) * begin + s * (a + (1 - a) * w)
        found = number(answers.kept(s, a, start, t))
        tell(found is not None, "kept must return one finite number.")
        hint = "Model 1 starts from zero and sees real labels alone."
        if t > 1:
            hint = "The steps go a share s of the way from the start to this model's optimum."
        yours, theirs = apart(found, w)
        tell(
            near(found, w),
            f'With s = {s:.3f}, alpha = {a:.3f} and start "{start}" your model {t} keeps '
            f"{yours}, not {theirs}. {hint}",
        )


def test_5_3_from_zero(answers: Any, draw: np.random.Generator, tell: Tell) -> None:
    """1 point: What a loop keeps is right where every model starts from zero."""
    compare_kept(answers, "zero", draw, tell)


def test_5_3_from_the_parent(answers: Any, draw: np.random.Generator, tell: Tell) -> None:
    """1 point: What a loop keeps is right where later models start from the parent."""
    compare_kept(answers, "parent", draw, tell)


def limit(answers: Any, s: float, a: float, start: str, expected: float, tell: Tell) -> None:
    found = number(answers.kept_for_ever(s, a, start))
    tell(found is not None, "kept_for_ever must return one finite number.")
    yours, theirs = apart(found, expected)
    tell(
        near(found, expected),
        f'With s = {s:.8g}, alpha = {a:.3g} and start "{start}" your limit is {yours}, not '
        f"{theirs}. Ask what one more generation changes when nothing changes any more; a finite "
        "number of them is not enough.",
    )


def test_5_3_limit_from_zero(answers: Any, draw: np.random.Generator, tell: Tell) -> None:
    """2 points: The limit from zero is right, near its ends too."""
    cases = [(drawn_share(draw), drawn_share(draw)) for _ in range(8)]
    cases += [(drawn_share(draw), 0.0), (drawn_share(draw), 1.0), (1.0, drawn_share(draw))]
    cases += [(float(1 - draw.uniform(1e-6, 1e-5)), float(draw.uniform(1e-6, 1e-5)))]
    for s, a in cases:
        limit(answers, s, a, "zero", s * a / (1 - s * (1 - a)), tell)
    limit(answers, 1.0, 0.0, "zero", 1.0, tell)


def test_5_3_limit_from_the_parent(answers: Any, draw: np.random.Generator, tell: Tell) -> None:
    """1 point: The limit from the parent is right with real labels and without."""
    for _ in range(5):
        s, a = drawn_share(draw), drawn_share(draw)
        limit(answers, s, a, "parent", 1.0, tell)
        limit(answers, s, 0.0, "parent", s, tell)
    limit(answers, drawn_share(draw) / 10, float(draw.uniform(1e-6, 1e-5)), "parent", 1.0, tell)


# --- 5.4 ----------------------------------------------------------------------------------------


def pool_law(sizes: list[int], d: int) -> np.ndarray:
    pool = np.cumsum(sizes)
    return np.cumsum(np.array(sizes) / pool * d / (pool - d - 1))


def compare_formula(answers: Any, sizes: list[int], d: int, tell: Tell) -> None:
    found = numbers(answers.pool_error(list(sizes), d), (len(sizes),))
    tell(found is not None, "pool_error must return one number for each sample.")
    expected = pool_law(sizes, d)
    wrong = ~near(found, expected, atol=0)
    t = int(np.argmax(wrong))
    yours, theirs = apart(found[t], expected[t], 5)
    hint = "Model 1 is fitted to real rows alone."
    if t:
        hint = (
            "The error of the model before stays, and this one adds its step: how many rows does "
            "it read, and how many of them are new?"
        )
    tell(
        not wrong.any(),
        f"sizes = {sizes[: t + 1]}, d = {d}: your error of model {t + 1} is {yours}, not "
        f"{theirs}. {hint}",
    )


def test_5_4_two_samples(answers: Any, draw: np.random.Generator, tell: Tell) -> None:
    """1 point: The formula is right for two samples of different sizes."""
    for _ in range(8):
        d = int(draw.integers(1, 20))
        compare_formula(
            answers, [d + int(draw.integers(2, 60)), int(draw.integers(1, 90))], d, tell
        )


def test_5_4_many_samples(answers: Any, draw: np.random.Generator, tell: Tell) -> None:
    """2 points: The formula is right for any list of samples."""
    for more in (0, *map(int, draw.integers(3, 40, 7))):
        d = int(draw.integers(1, 20))
        sizes = [d + int(draw.integers(2, 60)), *map(int, draw.integers(1, 200, more))]
        compare_formula(answers, sizes, d, tell)


def right_pool(sizes: list[int], d: int, runs: int, rng: np.random.Generator) -> np.ndarray:
    """Errors of a right simulation, by the step that each fit makes."""
    w, squares, errors = np.zeros((runs, d, 1)), np.zeros((runs, d, d)), []
    for n in sizes:
        x = rng.standard_normal((runs, n, d))
        turned = x.transpose(0, 2, 1)
        squares = squares + turned @ x
        w = w + np.linalg.solve(squares, turned @ rng.standard_normal((runs, n, 1)))
        errors.append(np.sum(w**2, axis=(1, 2)))
    return np.array(errors)


def alike(found: np.ndarray, right: np.ndarray) -> bool:
    """Whether numbers may follow one law; so rarely is it denied by chance."""
    return bool(stats.ks_2samp(found, right, method="asymp").pvalue > 1e-8)


def simulated(
    answers: Any, sizes: list[int], d: int, runs: int, rng: np.random.Generator, tell: Tell
) -> np.ndarray:
    """Errors of an answer's simulation."""
    v = numbers(answers.pool_simulated(list(sizes), d, runs, rng), (len(sizes), runs))
    tell(v is not None, "pool_simulated must return an array of shape (samples, runs).")
    tell(np.all(np.isfinite(v)) and np.all(v >= 0), "A squared distance is not negative.")
    tell(np.all(v.std(axis=1) > 0), "The runs must differ: each has rows of its own.")
    return v


def test_5_4_simulation(answers: Any, draw: np.random.Generator, tell: Tell) -> None:
    """2 points: The simulated errors follow the right law, and come from the generator."""
    runs = int(draw.integers(1900, 2100))
    for case in range(3):
        d = int(draw.integers(2, 6))
        sizes = [d + int(draw.integers(12, 20)), *map(int, draw.integers(1, 60, 4))]
        if case == 0:
            sizes[1] = 12 * sizes[0]
        v = simulated(answers, sizes, d, runs, generator(draw), tell)
        law, average = pool_law(sizes, d), v.mean(axis=1)
        gap = np.abs(average - law) / (v.std(axis=1) / np.sqrt(runs))
        t = int(gap.argmax())
        hint = "Sample 0 is real, and model 1 is an ordinary least-squares fit to it."
        if t:
            hint = (
                "Every later sample is labelled by the model fitted to all samples before it, and "
                "the fit is to the whole pool."
            )
        yours, theirs = apart(average[t], law[t])
        tell(
            gap[t] < 6.5,
            f"sizes = {sizes}, d = {d}: your model {t + 1} has the mean error {yours}; it should "
            f"be near {theirs}. {hint}",
        )
        right = right_pool(sizes, d, 2 * runs, draw)
        for t in range(len(sizes)):
            tell(
                alike(v[t], right[t]),
                f"sizes = {sizes}, d = {d}: the mean of your errors of model {t + 1} may be "
                "right, but they do not vary between the runs as squared distances of fitted "
                "weights do.",
            )
            tell(
                t == 0 or alike(v[t] / v[t - 1], right[t] / right[t - 1]),
                f"sizes = {sizes}, d = {d}: from model {t} to model {t + 1} the errors of a run "
                f"do not change as they should. In each run model {t} labels sample {t}.",
            )
    d = int(draw.integers(2, 5))
    both = seeded(lambda rng: answers.pool_simulated([d + 3, 9], d, 3000, rng), (2, 3000), draw)
    for one, other in zip(*both, strict=True):
        tell(
            abs(stats.spearmanr(one, other).statistic) < 6 / np.sqrt(3000),
            "The errors from two seeds resemble each other, run by run: draw all inputs and all "
            "noise from rng.",
        )
