"""Hidden tests of chapter 4, for inputs that nobody knows before the release."""

from collections.abc import Callable
from typing import Any

import numpy as np
from scipy.spatial.distance import cdist

from coursework.prelude import apart, generator, near, number, numbers, seeded
from modelcollapse import metrics
from modelcollapse.theory import categories, smoothing

Tell = Callable[[object, str], None]
WIDE = 5.5  # standard errors that a right answer may be off


# --- 4.1 ----------------------------------------------------------------------------------------


def test_4_1_rows_needed(answers: Any, draw: np.random.Generator, tell: Tell) -> None:
    """1 point: The number of rows is right for models and chances drawn for this class."""
    for t in (1, *map(int, draw.integers(2, 200, 12))):
        chance = float(draw.uniform(0.02, 0.99))
        found = number(answers.rows_needed(t, chance))
        tell(found is not None and found > 0, "rows_needed must return one positive number.")
        there = float(-np.expm1(-found * categories.g(t)))
        yours, theirs = apart(there, chance)
        tell(
            abs(there - chance) < 1e-6,
            f"With your {found:.5g} rows model {t} has a group with probability {yours}, not "
            f"{theirs}. Begin with the law and solve it for c.",
        )


def test_4_1_width_left(answers: Any, draw: np.random.Generator, tell: Tell) -> None:
    """1 point: The variance left is right, for whole and for other numbers of rows."""
    for whole in (True, False) * 6:
        c, t = float(draw.uniform(2, 120)), int(draw.integers(1, 80))
        c = round(c) if whole else c
        found = number(answers.width_left(c, t))
        tell(found is not None, "width_left must return one finite number.")
        expected = float(np.exp(t * np.log1p(-1 / c)))
        yours, theirs = apart(found, expected)
        tell(
            near(found, expected),
            f"For {c:.4g} rows and model {t} the share is {theirs}, not {yours}. How much does one "
            "fit leave, and how many fits are there?",
        )


def test_4_1_values(answers: Any, draw: np.random.Generator, tell: Tell) -> None:
    """1 point: The two stored numbers are right for a chance of 0.95 and model 20."""
    needed, left = number(answers.needed), number(answers.left)
    tell(needed is not None and left is not None, "needed and left must be numbers.")
    right = -np.log(0.05) / float(categories.g(20))
    tell(
        abs(needed - right) < 0.05,
        f"needed is {needed:.4g}: with so many rows model 20 has the group with another "
        "probability.",
    )
    tell(
        abs(left - (1 - 1 / right) ** 20) < 0.002,
        f"left is {left:.4f}. It is for model 20 and a group with the needed number of rows.",
    )


# --- 4.2 ----------------------------------------------------------------------------------------


def covered(real: np.ndarray, made: np.ndarray, k: int) -> float:
    radius = np.sort(cdist(real, real), axis=1)[:, k]
    return float(np.mean(cdist(real, made).min(axis=1) <= radius))


def compare_coverage(answers: Any, real: np.ndarray, made: np.ndarray, k: int, tell: Tell) -> None:
    found = number(answers.coverage(real.copy(), made.copy(), k))
    tell(found is not None, "coverage must return one finite number.")
    expected = covered(real, made, k)
    yours, theirs = apart(found, expected)
    tell(
        near(found, expected),
        f"For {real.shape[0]} real and {made.shape[0]} made rows in {real.shape[1]} dimensions and "
        f"k = {k} the coverage is {theirs}, not {yours}. The balls are those of the real rows; a "
        "row is not a neighbour of itself.",
    )


def test_4_2_coverage(answers: Any, draw: np.random.Generator, tell: Tell) -> None:
    """1 point: Coverage is right for rows on a plane, as many made as real."""
    for _ in range(8):
        n, k = int(draw.integers(20, 80)), int(draw.integers(1, 8))
        real = draw.normal(size=(n, 2))
        made = draw.normal(draw.uniform(0, 2), draw.uniform(0.1, 1.5), size=(n, 2))
        compare_coverage(answers, real, made, k, tell)


def test_4_2_coverage_anywhere(answers: Any, draw: np.random.Generator, tell: Tell) -> None:
    """1 point: Coverage is right in any dimension, for unequal numbers and on a ball's edge."""
    for d in (1, 1, 3, 6, int(draw.integers(7, 20))):
        n, m, k = int(draw.integers(15, 60)), int(draw.integers(3, 90)), int(draw.integers(1, 7))
        compare_coverage(answers, draw.normal(size=(n, d)), draw.normal(size=(m, d)), k, tell)
    for _ in range(6):  # whole numbers on a line, far apart: many rows lie just on an edge
        real = draw.choice(60, size=14, replace=False).astype(float)[:, None]
        made = draw.choice(60, size=4, replace=False).astype(float)[:, None]
        compare_coverage(answers, real, made, int(draw.integers(1, 4)), tell)


def fooled(answers: Any, draw: np.random.Generator, tell: Tell) -> list[float]:
    """Coverage of strays that have recall 1, for several crowds of people."""
    found = []
    for _ in range(4):
        scale, place = 10.0 ** draw.uniform(-2, 3), draw.normal(0, 50, size=2)
        people = place + scale * draw.normal(size=(int(draw.integers(30, 150)), 2))
        made = numbers(answers.strays(people.copy(), generator(draw)), (20, 2))
        tell(
            made is not None and np.isfinite(made).all(),
            "strays must return 20 rows with two finite coordinates.",
        )
        recall = float(metrics.precision_recall(people[None], made[None])[1][0])
        tell(
            recall == 1,
            f"For {len(people)} rows about {place.round(1)} with a spread of {scale:.3g}, recall "
            f"of your strays is {recall:.2f}, not 1.",
        )
        found.append(covered(people, made, 5))
    return found


def test_4_2_strays_have_recall(answers: Any, draw: np.random.Generator, tell: Tell) -> None:
    """1 point: The strays have recall 1, wherever people are and however far apart."""
    fooled(answers, draw, tell)


def test_4_2_strays_cover_nothing(answers: Any, draw: np.random.Generator, tell: Tell) -> None:
    """1 point: They have recall 1 and cover nothing."""
    found = fooled(answers, draw, tell)
    tell(
        max(found) == 0, f"Your strays cover {max(found):.0%} of the people in one case, not none."
    )


# --- 4.4 ----------------------------------------------------------------------------------------


def copies(
    answers: Any, data: np.ndarray, h: float, calls: int, draw: np.random.Generator, tell: Tell
) -> np.ndarray:
    """Many copies of the same data, shape (calls, n, d)."""
    made = []
    for _ in range(calls):
        found = numbers(answers.smooth_copy(data.copy(), h, generator(draw)), data.shape)
        tell(
            found is not None and np.isfinite(found).all(),
            f"smooth_copy must return finite numbers of the shape {data.shape}.",
        )
        made.append(found)
    return np.array(made)


def uneven(draw: np.random.Generator) -> tuple[np.ndarray, float]:
    """A few rows in two columns of different place and spread, and a bandwidth between them."""
    spread = np.array([1.0, draw.uniform(3, 6)]) * 10.0 ** draw.uniform(-1, 1)
    rows = draw.normal(size=(int(draw.integers(9, 14)), 2)) * spread
    return rows + 8 * spread * draw.choice([-1, 1], size=2), float(spread[0] * draw.uniform(1, 2))


def row(values: np.ndarray) -> str:
    """A row of numbers for a sentence."""
    return f"[{' '.join(f'{value:.4g}' for value in values)}]"


def test_4_4_mean_stays(answers: Any, draw: np.random.Generator, tell: Tell) -> None:
    """1 point: The model has the mean of its data, wherever that is."""
    for _ in range(2):
        data, h = uneven(draw)
        made = copies(answers, data, h, 800, draw, tell)
        off = made.mean(axis=(0, 1)) - data.mean(axis=0)
        se = np.sqrt((data.var(axis=0) + h**2) / made[..., 0].size)
        tell(
            np.all(np.abs(off) < WIDE * se),
            f"The mean of your copies is off by {row(off)}, for data with the mean "
            f"{row(data.mean(axis=0))}. Towards what are the rows pulled?",
        )


def test_4_4_variance_stays(answers: Any, draw: np.random.Generator, tell: Tell) -> None:
    """1 point: The model has the variance of its data in each column."""
    few = draw.choice([-1, 1]) * np.array([[-1.0, 5.0], [0.0, 3.0], [4.0, 9.0]])
    for data, h in (uneven(draw), uneven(draw), (few, float(draw.uniform(2.5, 4)))):
        made = copies(answers, data, h, 1500, draw, tell)
        square = (made - data.mean(axis=0)) ** 2 / data.var(axis=0)
        found = square.mean(axis=(0, 1))
        se = square.reshape(-1, 2).std(axis=0) / np.sqrt(square[..., 0].size)
        tell(
            np.all(np.abs(found - 1) < WIDE * np.maximum(se, 1e-3)),
            f"The variance of the model over that of {len(data)} rows of data is {row(found)}, "
            f"column by column, with h = {h:.3g} and standard deviations {row(data.std(axis=0))} "
            "in the data.",
        )
        own, expected = made.var(axis=1) / data.var(axis=0), 1 - 1 / len(data)
        se = own.std(axis=0) / np.sqrt(len(made))
        tell(
            np.all(np.abs(own.mean(axis=0) - expected) < WIDE * np.maximum(se, 1e-3)),
            f"A copy of {len(data)} rows should have about its own mean {expected:.4g} of the "
            f"variance of its data, on average, and has {row(own.mean(axis=0))}. Give the model "
            "the variance of the data, not the copy, and pick rows with replacement.",
        )


def test_4_4_rows_and_noise(answers: Any, draw: np.random.Generator, tell: Tell) -> None:
    """1 point: Rows are picked with replacement and get noise of their own, all from rng."""
    n, h = int(draw.integers(40, 60)), float(draw.uniform(0.5, 2))
    data = 200 * h * np.stack([draw.permutation(n), draw.permutation(n)], axis=1).astype(float)
    made = copies(answers, data, h, 100, draw, tell)
    parent = cdist(made.reshape(-1, 2), data).argmin(axis=1)
    noise = (made.reshape(-1, 2) - data[parent]).reshape(made.shape)
    parent = parent.reshape(len(made), n)
    seeded(lambda rng: answers.smooth_copy(data.copy(), h, rng), data.shape, draw)
    for which, same in (
        ("rows are picked", parent[1:] == parent[0]),
        ("noise is added", np.abs(noise[1:] - noise[0]) < 0.005 * h),
    ):
        tell(same.mean() < 0.5, f"From different seeds the same {which}: draw everything from rng.")
    size, draws = noise.std(), noise.size
    yours, theirs = apart(size, h)
    tell(
        abs(size / h - 1) < WIDE / np.sqrt(2 * draws) + 0.002,
        f"Rows differ from those they were picked from by {yours}, with h = {theirs} and data so "
        "far apart that the pull hardly matters.",
    )
    together = np.mean(noise[..., 0] * noise[..., 1]) / h**2
    tell(
        abs(together) < WIDE / np.sqrt(draws / 2),
        "The noise of the two columns is not independent: draw a number for every coordinate.",
    )
    shared = noise.mean(axis=1).std() / h
    tell(
        shared < 2 / np.sqrt(n),
        "The noise of the rows of a copy is not independent: draw a number for every coordinate.",
    )
    different = np.mean([len(np.unique(picked)) for picked in parent])
    expected = n * (1 - (1 - 1 / n) ** n)
    tell(
        abs(different - expected) < WIDE * np.sqrt(n * 0.1 / len(made)),
        "Of {} rows {} distinct ones are picked for a copy; with replacement {} are to be "
        "expected.".format(n, *apart(different, expected)),
    )


def compare_formula(answers: Any, pulled: bool, draw: np.random.Generator, tell: Tell) -> None:
    for t in (1, 2, *map(int, draw.integers(3, 150, 8)), 3):
        v, n = float(draw.uniform(0.2, 9)), int(draw.integers(2, 400))
        h = 0.0 if t == 3 else float(draw.uniform(0.05, 1.5))
        found = number(answers.mean_variance(v, n, h, t, pulled))
        tell(found is not None, "mean_variance must return one finite number.")
        expected = v * (1 - 1 / n) ** t
        if not pulled:
            expected = v * float(smoothing.kernel_variance(t, n, h / np.sqrt(v)))
        tell(
            near(found, expected),
            f"{'Pulled' if pulled else 'Not pulled'}, v = {v:.4f}, n = {n}, h = {h:.4f}, t = "
            f"{t}: the mean variance is not {found:.8g}. What does a sample of n rows have of the "
            "variance that it was drawn from, and what does each model add?",
        )


def test_4_4_formula_without_pull(answers: Any, draw: np.random.Generator, tell: Tell) -> None:
    """1 point: The mean variance is right without the pull."""
    compare_formula(answers, False, draw, tell)


def test_4_4_formula_with_pull(answers: Any, draw: np.random.Generator, tell: Tell) -> None:
    """1 point: The mean variance is right with the pull."""
    compare_formula(answers, True, draw, tell)
