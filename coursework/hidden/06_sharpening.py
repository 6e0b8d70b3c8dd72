"""Hidden tests of chapter 6, for inputs that nobody knows before the release."""

from collections.abc import Callable
from typing import Any

import numpy as np
from scipy import optimize

from coursework.prelude import near, number, numbers

Tell = Callable[[object, str], None]


# --- 6.1 ----------------------------------------------------------------------------------------


def cut(shares: np.ndarray, top_p: float, generations: int) -> np.ndarray:
    """The number of words that models 1, 2, ... know."""
    shares, left = np.sort(shares)[::-1], []
    for _ in range(generations):
        left.append(len(shares))
        before = np.cumsum(shares) - shares
        shares = shares[before < top_p - 1e-12]
        shares = shares / shares.sum()
    return np.array(left)


def compare_left(
    answers: Any, shares: np.ndarray, top_p: float, generations: int, tell: Tell
) -> None:
    """Compare the number of words for some shares."""
    found = numbers(answers.words_left(shares.copy(), top_p, generations), (generations,))
    tell(found is not None, "words_left must return one number for each model.")
    wrong = found != cut(shares, top_p, generations)
    t = int(np.argmax(wrong))
    tell(
        not wrong.any(),
        f"With {len(shares)} words in no order and top_p = {top_p:.4f}, model {t + 1} "
        f"does not know {found[t]:.10g} words. Model 1 knows them all; each later one knows "
        "what its parent's decoding has kept.",
    )


def compare_drawn(answers: Any, generations: int, draw: np.random.Generator, tell: Tell) -> None:
    """Compare the number of words for drawn shares in no order."""
    for _ in range(12):
        shares = draw.dirichlet(np.full(int(draw.integers(5, 80)), draw.uniform(0.3, 2)))
        shares = np.maximum(shares, 1e-9)
        shares /= shares.sum()
        compare_left(answers, shares, float(draw.uniform(0.5, 0.97)), generations, tell)


def test_6_1_first_cut(answers: Any, draw: np.random.Generator, tell: Tell) -> None:
    """1 point: The first two models know as many words as they should."""
    compare_drawn(answers, 2, draw, tell)
    for words in (2, 4, 8, 16):  # sums of their shares have no rounding errors
        top_p = float(draw.integers(1, words)) / words
        found = numbers(answers.words_left(np.full(words, 1 / words), top_p, 2), (2,))
        tell(found is not None, "words_left must return one number for each model.")
        tell(
            found[1] == np.rint(words * top_p),
            f"Of {words} equal words top_p = {top_p:.6g} does not keep {found[1]:.10g}. Which "
            "words have at least top_p together?",
        )
    for top_p in (0.5, 0.75, 0.875):  # which the commonest have, just so
        compare_left(answers, draw.permutation([0.5, 0.25, 0.125, 0.0625, 0.0625]), top_p, 2, tell)


def test_6_1_to_the_end(answers: Any, draw: np.random.Generator, tell: Tell) -> None:
    """1 point: All models know as many words as they should."""
    compare_drawn(answers, 80, draw, tell)
    compare_drawn(answers, 1, draw, tell)


def test_6_1_most_left(answers: Any, draw: np.random.Generator, tell: Tell) -> None:
    """1 point: The largest number of words that top-p can leave alone is right."""
    drawn = (m + draw.uniform(0.1, 0.9) for m in (1, 2, 3, *draw.integers(4, 60, 6)))
    for inverse in (*drawn, 2.0, 4.0, 5.0, 10.0, 16.0, 20.0):
        top_p = float(1 - 1 / inverse)
        found = number(answers.most_left(top_p))
        tell(found is not None, "most_left must return one finite number.")
        tell(found == np.rint(found) and found >= 1, "most_left is a whole number of at least 1.")
        case = f"With top_p = {top_p:.6g} and {found:.0f} words"
        tell(
            (found - 1) / found < top_p,
            f"{case}: even with equal shares one of them is cut. What share must the least common "
            "word have?",
        )
        tell(
            found / (found + 1) >= top_p,
            f"{case}: one word more could be left alone, too, with the right shares.",
        )


# --- 6.2 ----------------------------------------------------------------------------------------


def after(share: np.ndarray, T: float, alpha: float, real: float) -> np.ndarray:
    """The next share."""
    first, second = share ** (1 / T), (1 - share) ** (1 / T)
    return alpha * real + (1 - alpha) * (first / (first + second))


def at_rest(T: float, alpha: float, real: float) -> tuple[np.ndarray, np.ndarray] | None:
    """Resting shares and whether each is stable; None if the case is too close to a change."""

    def moved(share: np.ndarray) -> np.ndarray:
        return after(share, T, alpha, real) - share

    grid = np.linspace(0, 1, 4002)
    signs = np.sign(moved(grid))
    at = np.flatnonzero(signs[:-1] != signs[1:])
    shares = np.array([optimize.brentq(moved, grid[i], grid[i + 1], xtol=1e-13) for i in at])
    slope = (after(shares + 1e-6, T, alpha, real) - after(shares - 1e-6, T, alpha, real)) / 2e-6
    away = np.abs(grid[:, None] - shares).min(axis=1) > 0.03
    clear = np.abs(moved(grid[away])).min() > 1e-3 and np.all(np.abs(slope - 1) > 0.08)
    apart = len(shares) == 1 or np.diff(shares).min() > 0.05
    return (shares, slope < 1) if clear and apart else None


def cases(count: int, draw: np.random.Generator) -> list[tuple[float, float, float]]:
    """Cases with so many shares at rest."""
    found: list[tuple[float, float, float]] = []
    while len(found) < 8:
        T, alpha = float(draw.uniform(0.4, 0.95)), float(draw.uniform(0.03, 0.8))
        close = count == 3 and len(found) > 5  # to 0 or 1
        if close:
            alpha = float(draw.uniform(0.01, 0.02))
        real = 0.5 if len(found) < 2 else float(draw.uniform(0.3, 0.7))
        known = at_rest(T, alpha, real)
        if close and known and np.minimum(known[0], 1 - known[0]).min() > 0.008:
            continue
        if known and len(known[0]) == count:
            found.append((T, alpha, real))
    return found


def said(answers: Any, case: tuple[float, float, float], tell: Tell) -> tuple[np.ndarray, Any]:
    """What the answer returns for a case."""
    both = answers.rests(*case)
    pair = isinstance(both, tuple | list) or isinstance(both, np.ndarray) and both.ndim == 2
    tell(
        pair and len(both) == 2,
        "rests must return two arrays: the shares, and whether each is stable.",
    )
    shares = numbers(both[0])
    tell(shares is not None and shares.ndim == 1, "The first of the two must be a row of numbers.")
    return shares, both[1]


def truths(flags: Any) -> np.ndarray | None:
    """Truth values, or ones and zeros, as truth values; None if they are anything else."""
    found = np.asarray(flags) if isinstance(flags, list | tuple | np.ndarray) else None
    return found.astype(bool) if found is not None and found.dtype.kind in "biuf" else None


def compare_rests(answers: Any, count: int, draw: np.random.Generator, tell: Tell) -> None:
    """Compare the resting shares where there are so many."""
    for case in cases(count, draw):
        known = at_rest(*case)
        assert known is not None
        shares, _ = said(answers, case, tell)
        words = "T = {:.4f}, alpha = {:.4f}, real = {:.4f}".format(*case)
        tell(
            len(shares) == count,
            f"{words}: {len(shares)} shares is not the right number. Where does the sign of the "
            "change from one generation to the next turn over?",
        )
        tell(np.all(np.diff(shares) > 0), f"{words}: the shares must come in rising order.")
        tell(
            np.abs(shares - known[0]).max() < 2e-6,
            f"{words}: one of your shares does not stay where it is to six decimals.",
        )


def test_6_2_one_rest(answers: Any, draw: np.random.Generator, tell: Tell) -> None:
    """1 point: The share at rest is right where there is one."""
    compare_rests(answers, 1, draw, tell)


def test_6_2_three_rests(answers: Any, draw: np.random.Generator, tell: Tell) -> None:
    """1 point: The shares at rest are right where there are three."""
    compare_rests(answers, 3, draw, tell)


def test_6_2_stability(answers: Any, draw: np.random.Generator, tell: Tell) -> None:
    """1 point: The shares are right to two decimals, and so is which of them are stable."""
    for case in (*cases(1, draw), *cases(3, draw)):
        known = at_rest(*case)
        assert known is not None
        shares, stable = said(answers, case, tell)
        flags = truths(stable)
        words = "T = {:.4f}, alpha = {:.4f}, real = {:.4f}".format(*case)
        tell(len(shares) == len(known[0]), f"{words}: the number of shares is not right.")
        close = np.abs(shares - known[0]).max() < 2e-3
        tell(close, f"{words}: one of your shares does not stay where it is to two decimals.")
        tell(
            flags is not None and flags.shape == shares.shape,
            f"{words}: say of each share whether it is stable, by True or False.",
        )
        tell(
            np.all(flags == known[1]),
            f"{words}: not all of them are as you say. Start a little beside each.",
        )


def test_6_2_from_people(answers: Any, draw: np.random.Generator, tell: Tell) -> None:
    """1 point: A loop that starts with people's share ends where it should."""
    for case in (*cases(1, draw), *cases(3, draw)):
        share = np.float64(case[2])
        for _ in range(5000):
            share = after(share, *case)
        found = number(answers.from_people(*case))
        tell(found is not None, "from_people must return one finite number.")
        words = "T = {:.4f}, alpha = {:.4f}, real = {:.4f}".format(*case)
        tell(
            abs(found - share) < 1e-4,
            f"{words}: the loop does not end at {found:.8g}. Does it start at people's share, and "
            "go on long enough? Does it let exact equals stay equal?",
        )


# --- 6.4 ----------------------------------------------------------------------------------------


def rests_at(p: np.ndarray, k: int, T: float) -> np.ndarray:
    """The human part for which one of k equal words keeps the share p."""
    odds = ((1 - p) / (p * (k - 1))) ** (1 / T)
    decoded = 1 / (1 + (k - 1) * odds)
    return (decoded - p) / (decoded - 1 / k)


def largest(k: int, T: float) -> float:
    """The largest of these parts."""
    if k == 2:
        return 1 - T
    p = 1 / k + (1 - 1 / k) * np.geomspace(1e-3, 1 - 1e-4, 4000)
    i = int(np.clip(rests_at(p, k, T).argmax(), 1, len(p) - 2))
    best = optimize.minimize_scalar(
        lambda x: -rests_at(x, k, T), bounds=(p[i - 1], p[i + 1]), method="bounded"
    )
    return float(max(1 - T, -best.fun))


def test_6_4_human_part(answers: Any, draw: np.random.Generator, tell: Tell) -> None:
    """1 point: The human part that keeps one word ahead is right."""
    for k in (2, 3, *map(int, draw.integers(4, 40, 8))):
        T, p = float(draw.uniform(0.3, 0.95)), float(1 / k + (1 - 1 / k) * draw.uniform(0.1, 0.9))
        found = number(answers.human_part(p, k, T))
        tell(found is not None, "human_part must return one finite number.")
        tell(
            near(found, rests_at(np.float64(p), k, T), atol=1e-6),
            f"With k = {k}, T = {T:.4f} and alpha = {found:.8g} the share {p:.4f} does not stay. "
            "What is the decoded share of the word that is ahead, and how do the others enter it?",
        )


def test_6_4_fold(answers: Any, draw: np.random.Generator, tell: Tell) -> None:
    """1 point: The largest human part with a word ahead is right for three words or more."""
    for k in (3, 4, *map(int, draw.integers(5, 40, 6))):
        T = float(draw.uniform(0.4, 0.9))
        found = number(answers.fold(k, T))
        tell(found is not None, "fold must return one finite number.")
        tell(
            abs(found - largest(k, T)) < 1.5e-5,
            f"With k = {k} and T = {T:.4f} your fold is {found:.8g}. Look at human_part as a "
            "function of p: where is it largest?",
        )


def test_6_4_fold_of_two(answers: Any, draw: np.random.Generator, tell: Tell) -> None:
    """1 point: The same is right for two words."""
    for T in map(float, draw.uniform(0.4, 0.95, 6)):
        found = number(answers.fold(2, T))
        tell(found is not None, "fold must return one finite number.")
        tell(
            abs(found - (1 - T)) < 1.5e-5,
            f"With k = 2 and T = {T:.4f} your fold is {found:.8g}. Look at human_part close to "
            "equal shares.",
        )


def test_6_4_threshold(answers: Any, draw: np.random.Generator, tell: Tell) -> None:
    """1 point: The human part above which a small lead dies out is right."""
    for k in (2, 3, *map(int, draw.integers(4, 40, 6))):
        T = float(draw.uniform(0.3, 0.95))
        found = number(answers.threshold(k, T))
        tell(found is not None, "threshold must return one finite number.")
        tell(
            abs(found - (1 - T)) < 5e-4,
            f"With k = {k} and T = {T:.4f} it is not {found:.8g}. By what factor does one copy "
            "change a small lead?",
        )


def test_6_4_simulation(answers: Any, draw: np.random.Generator, tell: Tell) -> None:
    """1 point: The simulation is right from any start."""
    for generations in (0, 1, *map(int, draw.integers(2, 25, 8))):
        k, alpha = int(draw.integers(2, 12)), float(draw.uniform(0, 0.6))
        T, start = float(draw.uniform(0.4, 1.3)), draw.dirichlet(np.full(k, 2.0))
        if generations == 1:  # everybody uses one word, and the model is all there is
            alpha, start = 0.0, np.eye(k)[draw.integers(k)]
        found = numbers(answers.simulate(start.copy(), T, alpha, generations), (generations + 1, k))
        tell(found is not None, "simulate must return an array of (generations + 1, k) numbers.")
        tell(np.allclose(found[0], start, rtol=0, atol=1e-6), "Row 0 must be the start.")
        shares = start
        for t in range(1, generations + 1):
            decoded = shares ** (1 / T)
            shares = alpha / k + (1 - alpha) * decoded / decoded.sum()
            tell(
                np.abs(found[t] - shares).max() < 1e-6,
                f"With k = {k}, T = {T:.4f} and alpha = {alpha:.4f} your shares are wrong in "
                f"generation {t}. The model's part is decoded, people's is not.",
            )
