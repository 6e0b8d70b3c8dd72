"""Hidden tests of chapter 9, for inputs that nobody knows before the release."""

from collections.abc import Callable
from typing import Any

import numpy as np
from scipy import special

from coursework.prelude import near, number, numbers

Tell = Callable[[object, str], None]


def shown(values: np.ndarray) -> str:
    """A short row of numbers for a sentence."""
    return "[" + ", ".join(f"{value:.3g}" for value in values) + "]"


# --- 9.1 ----------------------------------------------------------------------------------------


ORDER = ("h", "a", "b", "c", "u_r", "u_z", "u_m", "d")


def unit(draw: np.random.Generator, width: int) -> dict[str, np.ndarray]:
    """Arguments of one step."""
    vectors = {name: draw.normal(0, 1.5, width) for name in ("a", "b", "c", "d")}
    matrices = {name: draw.normal(0, 1, (width, width)) for name in ("u_r", "u_z", "u_m")}
    return {"h": draw.uniform(-1, 1, width), **vectors, **matrices}


def compare_step(answers: Any, given: dict[str, np.ndarray], hint: str, tell: Tell) -> np.ndarray:
    """The state after one step, once it is the right one."""
    h, width = given["h"], len(given["h"])
    found = numbers(answers.gru_step(*(given[name].copy() for name in ORDER)), (width,))
    tell(found is not None, f"gru_step must return {width} numbers for a state of width {width}.")
    r = special.expit(given["a"] + h @ given["u_r"])
    z = special.expit(given["b"] + h @ given["u_z"])
    m = np.tanh(given["c"] + r * (h @ given["u_m"] + given["d"]))
    off = ~(np.abs(found - (1 - z) * m - z * h) < 1e-6)
    i = int(np.argmax(off))
    tell(
        not off.any(),
        f"For a state of width {width}, {shown(h[:4])} at the beginning, number {i} of the new "
        f"state (counted from 0) is not {found[i]:.8g}. {hint}",
    )
    return found


def test_9_1_one_unit(answers: Any, draw: np.random.Generator, tell: Tell) -> None:
    """1 point: The step is right for a state of a single number."""
    for _ in range(10):
        hint = "With one number every product is an ordinary one: follow the four equations."
        compare_step(answers, unit(draw, 1), hint, tell)


def test_9_1_many_units(answers: Any, draw: np.random.Generator, tell: Tell) -> None:
    """2 points: The step is right for wider states."""
    for _ in range(10):
        hint = "It is right for a single number or not: if it is, look at the order of products."
        compare_step(answers, unit(draw, int(draw.integers(2, 12))), hint, tell)


def test_9_1_sequence(answers: Any, draw: np.random.Generator, tell: Tell) -> None:
    """1 point: Steps can follow each other: what one returns is what the next begins with."""
    given = unit(draw, 5)
    for _ in range(12):
        hint = "Earlier steps of the same sequence were right."
        given = unit(draw, 5) | {"h": compare_step(answers, given, hint, tell)}


# --- 9.2 ----------------------------------------------------------------------------------------


def weights_of(query: np.ndarray, key: np.ndarray, slope: float) -> np.ndarray:
    """What one head gives each place."""
    place = np.arange(len(key))
    distance = place[:, None] - place
    fit = query @ key.T / np.sqrt(key.shape[1]) - slope * distance
    return special.softmax(np.where(distance >= 0, fit, -np.inf), axis=1)


def compare_weights(answers: Any, query: np.ndarray, key: np.ndarray, slope: float, tell: Tell):
    """Compare the weights of one head with the right ones."""
    n, e = key.shape
    found = numbers(answers.attention_weights(query.copy(), key.copy(), slope), (n, n))
    tell(found is not None, f"For {n} places attention_weights must return {n} times {n} numbers.")
    off = ~(np.abs(found - weights_of(query, key, slope)) < 1e-6)
    i, j = np.unravel_index(np.argmax(off), off.shape)
    tell(
        not off.any(),
        f"For {n} places, queries of {e} numbers and the slope {slope:.3g}, the place number {i} "
        f"(counted from 0) does not give the place number {j} the weight {found[i, j]:.8g}.",
    )


def test_9_2_weights(answers: Any, draw: np.random.Generator, tell: Tell) -> None:
    """2 points: The weights are right for any queries, keys and slopes."""
    shapes = [(int(n), int(e)) for n, e in draw.integers(1, 9, (10, 2))]
    for shape in (*shapes, (1, 1), (6, 3)):
        query, key = draw.normal(0, 1.5, shape), draw.normal(0, 1.5, shape)
        slope = 0.0 if shape == (6, 3) else float(draw.uniform(0.1, 2))
        compare_weights(answers, query, key, slope, tell)


def test_9_2_large_scores(answers: Any, draw: np.random.Generator, tell: Tell) -> None:
    """1 point: The weights are right where scores are very large, as finite numbers."""
    for case in range(8):
        query, key = draw.normal(0, 1.5, (6, 4)), draw.normal(0, 1.5, (6, 4))
        # A large part that the softmax does not see: of all keys alike, or of what comes later.
        key[5 * (case % 2) :] += 2000
        compare_weights(answers, query, key, float(draw.uniform(0, 1)), tell)


def test_9_2_looks_back(answers: Any, draw: np.random.Generator, tell: Tell) -> None:
    """1 point: The mean distances are right for any weights."""
    for n in (1, *map(int, draw.integers(2, 10, 10))):
        weights = np.tril(draw.random((n, n)) + 0.01)
        weights /= weights.sum(axis=1, keepdims=True)
        found = numbers(answers.looks_back(weights.copy()), (n,))
        tell(found is not None, f"For {n} places looks_back must return {n} distances.")
        place = np.arange(n)
        expected = (weights * (place[:, None] - place)).sum(axis=1)
        i = int(np.argmax(~(np.abs(found - expected) < 1e-6)))
        tell(
            np.allclose(found, expected, rtol=0, atol=1e-6),
            f"The place number {i} (counted from 0) with the weights {shown(weights[i])} does not "
            f"look {found[i]:.8g} places back. How far from it is each of the places?",
        )


# --- 9.3 ----------------------------------------------------------------------------------------


def seeds(draw: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Numbers of two regimes: seeds differ much, regimes a little, one way or the other."""
    n = int(draw.integers(2, 9))
    low = draw.normal(2.5, 0.5, n)
    gap = draw.normal(draw.choice([-1, 1]) * draw.uniform(0.05, 0.3), draw.uniform(0.02, 0.2), n)
    return low, low + gap


def test_9_3_paired(answers: Any, draw: np.random.Generator, tell: Tell) -> None:
    """2 points: Mean and standard error of the paired difference are right."""
    for _ in range(10):
        low, high = seeds(draw)
        found = numbers(answers.paired(low.copy(), high.copy()), (2,))
        tell(found is not None, "paired must return two numbers: the mean and its standard error.")
        gap = high - low
        expected = np.array([gap.mean(), gap.std(ddof=1) / np.sqrt(len(gap))])
        tell(
            np.all(near(found, expected, atol=1e-9)),
            f"For the differences {shown(gap)} the mean and its standard error are not "
            f"{found[0]:.8g} and {found[1]:.8g}.",
        )


def needed(low: np.ndarray, high: np.ndarray, z: float) -> float:
    """The number of seeds before it is rounded up."""
    gap = high - low
    return float((z * gap.std(ddof=1) / gap.mean()) ** 2)


def ask(
    answers: Any, low: np.ndarray, high: np.ndarray, z: float, right: float, tell: Tell
) -> None:
    """Compare the number of seeds with the right one."""
    found = number(answers.seeds_needed(low.copy(), high.copy(), z))
    tell(found is not None, "seeds_needed must return one number.")
    tell(
        found == right,
        f"For the differences {shown(high - low)} and z = {z:.3g} the number of seeds is not "
        f"{found:.10g}. How many standard errors is the mean from zero with that many seeds, and "
        "with one seed fewer?",
    )


def compare_needed(answers: Any, below: bool, draw: np.random.Generator, tell: Tell) -> None:
    """Compare the number of seeds where fewer than two would do, or where more are needed."""
    done = 0
    while done < 10:
        low, high = seeds(draw)
        z = float(draw.uniform(0.2, 1) if below else draw.uniform(2, 5))
        exact = needed(low, high, z)
        # Keep away from whole numbers, where rounding decides, and from means near zero.
        if (exact <= 1.9) != below or exact > 1e6 or abs(exact - round(exact)) < 1e-3:
            continue
        done += 1
        ask(answers, low, high, z, max(2, np.ceil(exact)), tell)


def test_9_3_needed(answers: Any, draw: np.random.Generator, tell: Tell) -> None:
    """2 points: The number of seeds is right where more than two are needed."""
    compare_needed(answers, False, draw, tell)
    # Whole numbers. Four differences with the mean m and the standard deviation 2 make them exact,
    # however they are computed.
    for root in map(int, draw.permutation(np.arange(2, 8))):
        mean = int(draw.choice([-1, 1]) * draw.integers(1, 7))
        low = draw.integers(-64, 64, 4) / 64
        high = low + (mean + draw.permutation([3, -1, -1, -1])) / 4
        ask(answers, low, high, root * abs(mean) / 2, root**2, tell)


def test_9_3_at_least_two(answers: Any, draw: np.random.Generator, tell: Tell) -> None:
    """1 point: The number of seeds is right where two are enough."""
    compare_needed(answers, True, draw, tell)
    ask(answers, np.zeros(4), draw.permutation([5.0, 1.0, 1.0, 1.0]), 1.0, 2, tell)
