"""Hidden tests of chapter 13, for inputs that nobody knows before the release."""

from collections.abc import Callable
from typing import Any

import numpy as np

from coursework.prelude import apart, near, number

Tell = Callable[[object, str], None]


# --- 13.1 ---------------------------------------------------------------------------------------


def worth(m: int, bias: float) -> float:
    """Clean rows that m polluted ones are worth."""
    return m / (1 + m * bias**2)


def a_pile(draw: np.random.Generator) -> tuple[int, float, int, int]:
    """Rows, bias, a target, and the rows to buy; nowhere near a whole number by chance."""
    while True:
        m, bias = int(np.exp(draw.uniform(2, 14))), float(draw.uniform(0.02, 0.6))
        if 0.05 < worth(m, bias) % 1 < 0.95:
            break
    target = int(worth(m, bias)) + int(draw.integers(5, 2000))
    return m, bias, target, target - int(worth(m, bias))


def bought(answers: Any, target: int, m: int, bias: float, tell: Tell) -> float:
    found = number(answers.rows_to_buy(target, m, bias))
    tell(
        found is not None and found == np.rint(found) and found >= 0,
        f"rows_to_buy({target}, {m}, {bias:.3f}) must return one whole number of at least 0.",
    )
    return found


def test_13_1_roughly(answers: Any, draw: np.random.Generator, tell: Tell) -> None:
    """1 point: The number of rows to buy is right to within one row."""
    for _ in range(12):
        m, bias, target, right = a_pile(draw)
        found = bought(answers, target, m, bias, tell)
        tell(
            abs(found - right) <= 1,
            f"With target {target}, m = {m} and bias {bias:.3f} your {found:.0f} rows are not "
            "within one of the fewest. What are the machine's rows worth together?",
        )


def test_13_1_exactly(answers: Any, draw: np.random.Generator, tell: Tell) -> None:
    """1 point: It is the smallest whole number that is enough."""
    for _ in range(12):
        m, bias, target, right = a_pile(draw)
        found = bought(answers, target, m, bias, tell)
        case = f"With target {target}, m = {m} and bias {bias:.3f} your {found:.0f} rows are"
        tell(found >= right, f"{case} not enough.")
        tell(found <= right, f"{case} enough, but not the fewest.")


def test_13_1_edges(answers: Any, draw: np.random.Generator, tell: Tell) -> None:
    """1 point: It is right where nothing need be bought, without a pile, and without a bias."""
    while True:
        m, bias, target, _ = a_pile(draw)
        little = int(worth(m, bias))
        if 4 <= little < m - 10:
            break
    case = f"{m} rows with bias {bias:.3f} are worth {worth(m, bias):.2f}"
    for wanted in (little, little // 2):
        found = bought(answers, wanted, m, bias, tell)
        tell(found == 0, f"{case}, and {wanted} were wanted: nothing need be bought.")
    found = bought(answers, little + 2, m, bias, tell)
    tell(found > 0, f"{case}, and {little + 2} were wanted: that is not enough.")
    found = bought(answers, target, 0, bias, tell)
    tell(found == target, f"Without a machine all {target} rows must be bought, not {found:.0f}.")
    found = bought(answers, m + 7, m, 0.0, tell)
    tell(found == 7, f"Unbiased rows are as good as clean ones: 7 are missing, not {found:.0f}.")


# --- 13.2 ---------------------------------------------------------------------------------------


def variance(w: Any, n: int, k: int) -> Any:
    kept = (1 - w) ** 2
    return (w**2 + kept / k) / n / (1 - kept)


def mse(w: Any, n: int, k: int, b: float) -> Any:
    return variance(w, n, k) + ((1 - w) * b / w) ** 2


def a_loop(draw: np.random.Generator) -> tuple[float, int, int]:
    return float(draw.uniform(0.1, 1)), int(draw.integers(2, 400)), int(draw.integers(1, 30))


def error(answers: Any, w: float, n: int, k: int, b: float, tell: Tell) -> float:
    found = number(answers.loop_error(w, n, k, b))
    tell(found is not None, "loop_error must return one finite number.")
    return found


def test_13_2_error_unbiased(answers: Any, draw: np.random.Generator, tell: Tell) -> None:
    """1 point: Without a bias the error of the loop is right."""
    for _ in range(15):
        w, n, k = a_loop(draw)
        found, right = error(answers, w, n, k, 0.0, tell), float(variance(w, n, k))
        yours, theirs = apart(found, right)
        tell(
            near(found, right),
            f"With w = {w:.3f}, n = {n}, k = {k} and no bias your loop_error is {yours}, not "
            f"{theirs}. What does one generation make of e, and which e stays?",
        )


def test_13_2_error_biased(answers: Any, draw: np.random.Generator, tell: Tell) -> None:
    """2 points: With a bias of either sign the error of the loop is right."""
    for sign in (1, -1) * 8:
        (w, n, k), b = a_loop(draw), sign * float(draw.uniform(0.02, 0.5))
        found, right = error(answers, w, n, k, b, tell), float(mse(w, n, k, b))
        yours, theirs = apart(found, right)
        tell(
            near(found, right),
            f"With w = {w:.3f}, n = {n}, k = {k} and b = {b:.3f} your loop_error is {yours}, not "
            f"{theirs}. Where does the bias come to rest, and how does it enter a squared error?",
        )


def best(n: int, k: int, b: float) -> float:
    w = np.linspace(0.001, 1, 200_000)
    return float(w[np.argmin(mse(w, n, k, b))])


def weight(answers: Any, n: int, k: int, b: float, tell: Tell) -> None:
    found = number(answers.best_weight(n, k, b))
    tell(found is not None, "best_weight must return one finite number.")
    tell(
        0 < found <= 1,
        f"A weight is above 0 and at most 1; yours is {found:.4g}. If you look through a grid, is "
        "there a place in it where loop_error divides by 0?",
    )
    other = best(n, k, b)
    tell(
        abs(found - other) < 0.002,
        f"With n = {n}, k = {k} and b = {b:.3f} the error at your weight {found:.4f} is not the "
        "least that can be had.",
    )


def test_13_2_weight_unbiased(answers: Any, draw: np.random.Generator, tell: Tell) -> None:
    """1 point: Without a bias the best weight is right."""
    for _ in range(8):
        weight(answers, int(draw.integers(2, 400)), int(draw.integers(1, 30)), 0.0, tell)


def test_13_2_weight_biased(answers: Any, draw: np.random.Generator, tell: Tell) -> None:
    """1 point: With a bias the best weight is right."""
    for _ in range(8):
        b = float(draw.uniform(0.02, 0.2))
        weight(answers, int(draw.integers(5, 100)), int(draw.integers(1, 4)), b, tell)


# --- 13.4 ---------------------------------------------------------------------------------------

NEEDED = -np.log(0.05)  # expected living lines of a thing that is there with a chance of 0.95


def loss_of(m: int, n: int) -> float:
    a = m / n
    return 1 / (1 - a + a * n * (2 - a))


def lines(m: int, n: int) -> float:
    """The effective share g of m fresh rows in n, in the long run."""
    a, s, total = m / n, 1.0, 0.0
    while s > 1e-12:
        total += s
        s = -np.expm1(-(1 - a) * s)
    return a * total


def rule(answers: Any, key: str, n: int, loss: float, rare: float, T: float, tell: Tell) -> float:
    found = answers.human_rows(n, loss, rare, T)
    tell(
        isinstance(found, dict) and set(found) == {"drift", "rare", "cold"},
        'human_rows must return a dictionary with the keys "drift", "rare" and "cold".',
    )
    m = number(found[key])
    tell(
        m is not None and m == np.rint(m),
        f'The value at "{key}" must be one whole number.',
    )
    return m


def at_ease(draw: np.random.Generator) -> tuple[int, float, float, float]:
    """A batch and demands that can be met; away from where one row more or less decides."""
    n = int(draw.integers(60, 1500))
    m = int(draw.integers(2, max(3, n // 3)))
    part = float(draw.uniform(0.2, 0.8))
    loss = loss_of(m, n) + part * (loss_of(m - 1, n) - loss_of(m, n))
    q = int(draw.integers(2, max(3, n // 2)))
    g = lines(q, n) - part * (lines(q, n) - lines(q - 1, n))
    T = 1 - (int(draw.integers(1, n // 2)) + part) / n
    return n, float(loss), float(NEEDED / (n * g)), float(T)


def compare(found: float, right: int, case: str, hint: str, tell: Tell) -> None:
    tell(found >= right, f"{case} your {found:.0f} rows are not enough. {hint}")
    tell(found <= right, f"{case} your {found:.0f} rows are enough, but not the fewest. {hint}")


def test_13_4_drift(answers: Any, draw: np.random.Generator, tell: Tell) -> None:
    """2 points: The fewest rows against drift are right."""
    for _ in range(6):
        n, loss, rare, T = at_ease(draw)
        right = next(m for m in range(1, n + 1) if loss_of(m, n) <= loss)
        found = rule(answers, "drift", n, loss, rare, T, tell)
        hint = "Is it the whole fraction, with the share of h in n for alpha?"
        compare(found, right, f"With n = {n} and loss {loss:.5f}", hint, tell)


def test_13_4_rare(answers: Any, draw: np.random.Generator, tell: Tell) -> None:
    """2 points: The fewest rows for rare things are right."""
    for _ in range(4):
        n, loss, rare, T = at_ease(draw)
        low, high = 0, n
        while high - low > 1:
            middle = (low + high) // 2
            enough = n * rare * lines(middle, n) >= NEEDED
            low, high = (low, middle) if enough else (middle, high)
        found = rule(answers, "rare", n, loss, rare, T, tell)
        hint = "Do the terms of the sum begin with 1, and does alpha stand before it?"
        compare(found, high, f"With n = {n} and rare {rare:.5f}", hint, tell)


def test_13_4_cold(answers: Any, draw: np.random.Generator, tell: Tell) -> None:
    """2 points: The fewest rows against cold text are right, at temperature 1 too."""
    for _ in range(6):
        n, loss, rare, T = at_ease(draw)
        right = int(np.ceil((1 - T) * n))
        found = rule(answers, "cold", n, loss, rare, T, tell)
        hint = "The rule is about the share of human rows in the batch."
        compare(found, right, f"With n = {n} and T = {T:.4f}", hint, tell)
    n, loss, rare, _ = at_ease(draw)
    found = rule(answers, "cold", n, loss, rare, 1.0, tell)
    tell(found == 1, f"At temperature 1 nothing is asked, and h is at least 1; yours is {found:g}.")
