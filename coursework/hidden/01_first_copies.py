"""Hidden tests of chapter 1, for inputs that nobody knows before the release."""

from collections import Counter
from collections.abc import Callable
from typing import Any

import numpy as np

from coursework.prelude import number, numbers

Tell = Callable[[object, str], None]


def a_text(draw: np.random.Generator, size: int) -> list[str]:
    """Words of two or three letters; some stand there once, some often."""
    words = ["".join(draw.choice(list("abcdefg"), int(draw.integers(2, 4)))) for _ in range(size)]
    shares = draw.dirichlet(np.full(size, 0.5))
    return [words[i] for i in draw.choice(size, int(draw.integers(size, 4 * size)), p=shares)]


# --- 1.1 ----------------------------------------------------------------------------------------


def test_1_1_gone(answers: Any, draw: np.random.Generator, tell: Tell) -> None:
    """1 point: The list of gone words is right."""
    for _ in range(10):
        before, after = a_text(draw, 40), a_text(draw, 25)
        found = answers.gone(before, after)
        right = sorted(set(before) - set(after))
        tell(isinstance(found, (list, tuple)), "gone must return a list.")
        tell(
            set(found) == set(right),
            f"For {len(before)} words, copied as {len(after)}, your list and the words that are "
            "really gone differ. Which words of before does after not contain?",
        )
        tell(len(found) == len(right), "A word that is gone stands in the list once.")
        tell(list(found) == right, "The words are right, but not in alphabetical order.")


def test_1_1_share(answers: Any, draw: np.random.Generator, tell: Tell) -> None:
    """2 points: The share of the text that the gone words made up is right."""
    for _ in range(10):
        before, after = a_text(draw, 40), a_text(draw, 25)
        found = number(answers.share_of_text(before, after))
        tell(found is not None, "share_of_text must return one finite number.")
        right = sum(word not in set(after) for word in before) / len(before)
        tell(
            abs(found - right) < 1e-9,
            f"For {len(before)} words, copied as {len(after)}, your share is {found:.4f}, not "
            f"{right:.4f}. Count words of the text, and divide by the words of the same text.",
        )


def test_1_1_stored(answers: Any, draw: np.random.Generator, tell: Tell) -> None:
    """1 point: What is stored belongs to the human text and its first copy."""
    before, left = answers.texts[0], set(answers.texts[1])
    lost = answers.lost
    tell(isinstance(lost, (list, tuple)), "lost must be the list that gone returns.")
    tell(
        set(lost) == set(before) - left,
        "lost is not the list of the words that the human text has and its copy lacks.",
    )
    share = number(answers.share)
    tell(share is not None, "share must be one finite number.")
    right = np.mean([word not in left for word in set(before)])
    tell(abs(share - right) > 1e-9, "share is a share of the text, not of the different words.")
    right = sum(word not in left for word in before) / len(before)
    tell(abs(share - right) < 1e-9, "share does not belong to the human text and its copy.")


# --- 1.2 ----------------------------------------------------------------------------------------


def test_1_2_chance(answers: Any, draw: np.random.Generator, tell: Tell) -> None:
    """2 points: The chance is exact, for small texts too, and for arrays."""
    for _ in range(10):
        n = int(draw.integers(3, 40))
        count = int(draw.integers(1, n))
        found = number(answers.chance_gone(count, n))
        tell(found is not None, "chance_gone must return one finite number for one count.")
        right = (1 - count / n) ** n
        tell(
            abs(found - right) < 1e-9,
            f"A word that stands {count} times among {n}: your chance is {found:.6f}, not "
            f"{right:.6f}. It is to be exact, not a limit; and each of the n draws must miss.",
        )
    counts = draw.integers(1, 50, 7)
    found = numbers(answers.chance_gone(counts, 60), (7,))
    tell(found is not None, "For an array of counts, return an array of the same shape.")
    tell(np.allclose(found, (1 - counts / 60) ** 60), "The chances of an array are not right.")


def test_1_2_vocabulary(answers: Any, draw: np.random.Generator, tell: Tell) -> None:
    """2 points: The expected number of different words is right."""
    for size in (1, 5, *map(int, draw.integers(10, 60, 8))):
        text = a_text(draw, size)
        found = number(answers.expected_vocabulary(text))
        tell(found is not None, "expected_vocabulary must return one finite number.")
        counts = np.array(list(Counter(text).values()))
        right = np.sum(1 - (1 - counts / len(text)) ** len(text))
        tell(
            abs(found - right) < 1e-6,
            f"A text of {len(text)} words, {len(counts)} of them different: you expect "
            f"{found:.4f} different words in the copy, not {right:.4f}. Each different word adds "
            "the chance that it is there.",
        )


# --- 1.3 ----------------------------------------------------------------------------------------


def decoded(shares: np.ndarray, temperature: float, t: int) -> np.ndarray:
    """Shares in the text of generation t."""
    power = np.exp((np.log(shares) - np.log(shares.max())) * temperature**-t)
    return power / power.sum()


def some_shares(draw: np.random.Generator) -> np.ndarray:
    shares = draw.dirichlet(np.full(int(draw.integers(3, 40)), 1.5)) + 1e-4
    top = draw.integers(len(shares))
    shares[top] = 1.02 * np.delete(shares, top).max() + 0.01
    return shares / shares.sum()


def two_ahead(draw: np.random.Generator) -> np.ndarray:
    """Two common words, the commoner one behind the other, and many rare ones."""
    second = draw.uniform(0.19, 0.21)
    rare = draw.uniform(0.9, 1.1, 58)
    return np.array([second, 1.1 * second, *(1 - 2.1 * second) * rare / rare.sum()])


def test_1_3_colder(answers: Any, draw: np.random.Generator, tell: Tell) -> None:
    """2 points: The shares of each generation are right and add up to 1."""
    for t in (0, 1, 2, 3, *map(int, draw.integers(4, 9, 6))):
        shares, temperature = some_shares(draw), float(draw.uniform(0.6, 0.97))
        found = numbers(answers.colder(shares, temperature, t), shares.shape)
        tell(found is not None, "colder must return as many numbers as there are shares.")
        case = f"Generation {t} at temperature {temperature:.3f}:"
        tell(abs(found.sum() - 1) < 1e-6, f"{case} your shares do not add up to 1.")
        tell(
            np.allclose(found, decoded(shares, temperature, t), atol=1e-9),
            f"{case} your shares are not right. Each generation takes the power 1/T of the shares "
            "it has read, and these had been raised to a power before.",
        )


def test_1_3_small(answers: Any, draw: np.random.Generator, tell: Tell) -> None:
    """1 point: Very small shares do no harm."""
    shares = draw.uniform(0.5, 0.9, 3000)
    shares[draw.integers(3000)] = 1.0
    shares /= shares.sum()
    t = int(draw.integers(14, 18))
    found = numbers(answers.colder(shares, 0.6, t), shares.shape)
    tell(found is not None, "colder must return as many numbers as there are shares.")
    tell(
        np.isfinite(found).all() and np.allclose(found, decoded(shares, 0.6, t), atol=1e-6),
        f"With 3,000 words and generation {t} your shares are not right: powers of small numbers "
        "are rounded to zero. Which share could be kept at 1 before the sum is taken?",
    )


def test_1_3_until(answers: Any, draw: np.random.Generator, tell: Tell) -> None:
    """2 points: The first generation in which the commonest word is so common is right."""
    # The second word grows too before it falls, so that whoever looks at it finds an end.
    shares, temperature = two_ahead(draw), float(draw.uniform(0.795, 0.805))
    early, late = (decoded(shares, temperature, t).max() for t in (1, 2))
    top = float(early + draw.uniform(0.72, 0.88) * (late - early))
    found = number(answers.generations_until(shares, temperature, top))
    case = f"Temperature {temperature:.3f}, a share of {top:.4f}, the commonest word not the first"
    tell(found == 2, f"{case}: {found} is not the first generation in which it is reached.")
    for _ in range(12):
        shares, temperature = some_shares(draw), float(draw.uniform(0.7, 0.97))
        reached = np.array([decoded(shares, temperature, t).max() for t in range(400)])
        possible = np.flatnonzero(np.diff(reached) > 1e-6)
        t = int(draw.choice(possible)) + 1
        top = float(reached[t - 1] + draw.uniform(0.1, 0.9) * (reached[t] - reached[t - 1]))
        found = number(answers.generations_until(shares, temperature, top))
        case = f"Temperature {temperature:.3f}, a share of {top:.4f}:"
        whole = found is not None and found == np.rint(found) and found >= 0
        tell(whole, f"{case} a generation is a whole number, from 0.")
        tell(found >= t, f"{case} in your generation {found:.0f} it is not reached yet.")
        tell(found <= t, f"{case} {found:.0f} is not the first generation that reaches it.")
    shares = some_shares(draw)
    found = number(answers.generations_until(shares, 0.9, float(shares.max() * 0.9)))
    tell(found == 0, "If people use the word that often already, the answer is 0.")
