"""Hidden tests of chapter 10, for inputs that nobody knows before the release."""

from collections.abc import Callable
from typing import Any

import numpy as np

from coursework.prelude import apart, near, number, numbers

Tell = Callable[[object, str], None]


# --- 10.1 ---------------------------------------------------------------------------------------


def ink(draw: np.random.Generator, k: int) -> np.ndarray:
    """Variances of k directions, of very different size and in no order."""
    return draw.permutation(np.exp(draw.uniform(-3, 2, k)))


def compare_ink(
    answers: Any, values: np.ndarray, sigma2: float, weight: float, t: int, tell: Tell
) -> None:
    found = number(answers.ink_left(values.copy(), sigma2, weight, t))
    tell(found is not None, "ink_left must return one finite number.")
    right = float(np.maximum(values - t * weight * sigma2, 0).sum())
    yours, theirs = apart(found, right)
    tell(
        near(found, right),
        f"With {len(values)} directions between {values.min():.3f} and {values.max():.3f}, sigma2 "
        f"{sigma2:.4f}, weight {weight:.3f} and t = {t} your ink_left is {yours}, not {theirs}.",
    )


def test_10_1_early(answers: Any, draw: np.random.Generator, tell: Tell) -> None:
    """1 point: The ink is right while every direction lives, with the weight 1."""
    for _ in range(10):
        values = ink(draw, int(draw.integers(1, 12)))
        t = int(draw.integers(0, 9))
        compare_ink(answers, values, float(values.min() / (t + 1) / 1.3), 1.0, t, tell)


def test_10_1_late(answers: Any, draw: np.random.Generator, tell: Tell) -> None:
    """1 point: The ink is right with any weight, and when directions have died."""
    for _ in range(15):
        values = ink(draw, int(draw.integers(2, 40)))
        weight = float(np.exp(draw.uniform(-1.5, 1.5)))
        compare_ink(
            answers, values, float(draw.uniform(0.01, 0.2)), weight, int(draw.integers(1, 25)), tell
        )


def test_10_1_directions(answers: Any, draw: np.random.Generator, tell: Tell) -> None:
    """1 point: The number of living directions is right with any weight."""
    for _ in range(15):
        values = ink(draw, int(draw.integers(2, 40)))
        sigma2, weight = float(draw.uniform(0.01, 0.2)), float(np.exp(draw.uniform(-1.5, 1.5)))
        t = int(draw.integers(0, 25))
        found = number(answers.directions_left(values.copy(), sigma2, weight, t))
        right = int((values > t * weight * sigma2).sum())
        tell(
            found is not None and found == right,
            f"With {len(values)} directions, sigma2 {sigma2:.4f}, weight {weight:.3f} and t = {t} "
            f"there are {right} alive, and yours says {found}.",
        )
    found = number(answers.directions_left(np.array([0.5, 0.75, 2.0]), 0.125, 2.0, 3))
    tell(found == 1, f"A direction with nothing left is not alive: 1 is right, not {found}.")


# --- 10.2 ---------------------------------------------------------------------------------------


def settled(eigenvalue: float, sigma2: float, share: float) -> float:
    """What is left in the long run, by going through the copies."""
    m = eigenvalue
    for _ in range(100_000):
        last, m = m, max(share * eigenvalue + (1 - share) * m - sigma2, 0.0)
        if abs(last - m) < 1e-14:
            break
    return m


def share_of(answers: Any, eigenvalue: float, sigma2: float, kept: float, tell: Tell) -> float:
    found = numbers(answers.fresh_share(eigenvalue, sigma2, kept))
    tell(
        found is not None and found.size == 1 and not np.isnan(found).any(),
        "fresh_share must return one number, or np.inf.",
    )
    return float(found.item())


def test_10_2_enough(answers: Any, draw: np.random.Generator, tell: Tell) -> None:
    """2 points: The share is enough, and no larger than it must be."""
    for _ in range(12):
        eigenvalue, kept = float(np.exp(draw.uniform(-2, 2))), float(draw.uniform(0.05, 0.9))
        sigma2 = float(eigenvalue * (1 - kept) * draw.uniform(0.05, 0.9))
        share = share_of(answers, eigenvalue, sigma2, kept, tell)
        case = f"With eigenvalue {eigenvalue:.3f}, sigma2 {sigma2:.4f} and kept {kept:.3f}"
        tell(0 < share <= 1, f"{case} a share up to 1 is enough; yours is {share:.4g}.")
        left = settled(eigenvalue, sigma2, share) / eigenvalue
        tell(left >= kept - 1e-6, f"{case} your share {share:.4f} leaves {left:.4f} only.")
        less = settled(eigenvalue, sigma2, 0.995 * share) / eigenvalue
        tell(less < kept, f"{case} your share {share:.4f} is enough, but less would be, too.")


def test_10_2_edges(answers: Any, draw: np.random.Generator, tell: Tell) -> None:
    """2 points: Wishes that no share can meet get infinity, and those just below do not."""
    for _ in range(8):
        eigenvalue, kept = float(np.exp(draw.uniform(-2, 2))), float(draw.uniform(0.05, 0.9))
        limit = eigenvalue * (1 - kept)
        case = f"With eigenvalue {eigenvalue:.3f} and kept {kept:.3f}"
        share = share_of(answers, eigenvalue, 1.05 * limit, kept, tell)
        tell(np.isinf(share), f"{case}, sigma2 {1.05 * limit:.4f} takes too much for any share.")
        share = share_of(answers, eigenvalue, 0.95 * limit, kept, tell)
        tell(
            abs(share - 0.95) < 1e-6,
            f"{case}, a share below 1 is enough for sigma2 {0.95 * limit:.4f}; yours: {share:.4f}.",
        )


# --- 10.3 ---------------------------------------------------------------------------------------


def world(draw: np.random.Generator) -> tuple[np.ndarray, ...]:
    """Made and real pictures with labels, the classes of both in all sizes."""
    d = int(draw.integers(2, 9))
    label = draw.integers(0, 10, int(draw.integers(80, 200)))
    real_label = draw.permutation(np.repeat(np.arange(10), draw.integers(2, 30, 10)))
    made = draw.normal(size=(len(label), d)) * draw.uniform(0.1, 2, 10)[label, None]
    real = draw.normal(size=(len(real_label), d)) + draw.normal(size=(10, d))[real_label]
    return made, label, real, real_label


def expected(made: np.ndarray, label: Any, real: np.ndarray, real_label: Any) -> np.ndarray:
    def spread(rows: np.ndarray) -> float:
        return float(((rows - rows.mean(axis=0)) ** 2).sum() / len(rows))

    return np.array(
        [
            spread(made[label == k]) / spread(real[real_label == k]) if sum(label == k) > 1 else 0.0
            for k in range(10)
        ]
    )


def compare_widths(answers: Any, given: tuple[np.ndarray, ...], hint: str, tell: Tell) -> None:
    found = numbers(answers.widths(*(part.copy() for part in given)), (10,))
    tell(found is not None, "widths must return ten finite numbers.")
    right = expected(*given)
    off = ~(np.abs(found - right) <= 1e-6 * np.maximum(1, right))
    k = int(np.argmax(off))
    tell(
        not off.any(),
        f"The width of class {k} should be {right[k]:.5g}, and yours is {found[k]:.5g}. {hint}",
    )


def test_10_3_full(answers: Any, draw: np.random.Generator, tell: Tell) -> None:
    """2 points: The widths are right where every class has pictures."""
    for _ in range(6):
        made, label, real, real_label = world(draw)
        label = np.concatenate([label, np.repeat(np.arange(10), 2)])
        made = np.concatenate([made, draw.normal(size=(20, made.shape[1]))])
        hint = "Divide a sum of variances by a sum of variances, within the class."
        compare_widths(answers, (made, label, real, real_label), hint, tell)


def test_10_3_gaps(answers: Any, draw: np.random.Generator, tell: Tell) -> None:
    """1 point: Classes with no made picture, or with a single one, get 0."""
    for _ in range(6):
        made, label, real, real_label = world(draw)
        gone, single = draw.permutation(10)[:2]
        keep = (label != gone) & (label != single)
        made = np.concatenate([made[keep], draw.normal(size=(1, made.shape[1]))])
        label = np.concatenate([label[keep], [single]])
        hint = "What is the variance of a class that has fewer than two made pictures?"
        compare_widths(answers, (made, label, real, real_label), hint, tell)


def test_10_3_shapes(answers: Any, draw: np.random.Generator, tell: Tell) -> None:
    """1 point: It works for any number of cells, and when a class lies far from the others."""
    for d in (1, 64):
        made, label, real, real_label = world(draw)
        label = np.concatenate([label, np.repeat(np.arange(10), 2)])
        made = draw.normal(size=(len(label), d)) + 20 * label[:, None]
        real = draw.normal(size=(len(real_label), d)) - 5
        hint = "The variance within a class is about the class's own mean."
        compare_widths(answers, (made, label, real, real_label), hint, tell)
