"""Hidden tests of chapter 1, for inputs that nobody knows before the release."""

import re
from collections import Counter, defaultdict
from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np

from coursework.prelude import apart, items, near, number, numbers
from modelcollapse.data import state_of_the_union
from modelcollapse.text import to_ascii

Tell = Callable[[object, str], None]


def a_text(draw: np.random.Generator, size: int) -> list[str]:
    """Words of two or three letters; some stand there once, some often."""
    words = ["".join(draw.choice(list("abcdefg"), int(draw.integers(2, 4)))) for _ in range(size)]
    shares = draw.dirichlet(np.full(size, 0.5))
    return [words[i] for i in draw.choice(size, int(draw.integers(size, 4 * size)), p=shares)]


# --- 1.1 ----------------------------------------------------------------------------------------


def pairs(draw: np.random.Generator) -> list[tuple[list[str], list[str]]]:
    """Texts and their copies, of which one has nothing, one everything, and one is a word."""
    drawn = [(a_text(draw, 40), a_text(draw, 25)) for _ in range(10)]
    text = a_text(draw, 12)
    return [*drawn, (text, []), (text, sorted(text)), (["a"], ["b", "b"])]


def test_1_1_gone(answers: Any, draw: np.random.Generator, tell: Tell) -> None:
    """1 point: The list of gone words is right."""
    for before, after in pairs(draw):
        found = items(answers.gone(before, after))
        right = sorted(set(before) - set(after))
        tell(found is not None, "gone must return a list.")
        tell(all(isinstance(word, str) for word in found), "gone must return a list of words.")
        tell(
            set(found) == set(right),
            f"For {len(before)} words, copied as {len(after)}, your list and the words that are "
            "really gone differ. Which words of before does after not contain?",
        )
        tell(len(found) == len(right), "A word that is gone stands in the list once.")
        tell(found == right, "The words are right, but not in alphabetical order.")


def test_1_1_share(answers: Any, draw: np.random.Generator, tell: Tell) -> None:
    """2 points: The share of the text that the gone words made up is right."""
    for before, after in pairs(draw):
        found = number(answers.share_of_text(before, after))
        tell(found is not None, "share_of_text must return one finite number.")
        right = sum(word not in set(after) for word in before) / len(before)
        yours, theirs = apart(found, right)
        tell(
            near(found, right),
            f"For {len(before)} words, copied as {len(after)}, your share is {yours}, not "
            f"{theirs}. Count words of the text, and divide by the words of the same text.",
        )


TOKEN = re.compile(r"[a-z]+(?:['-][a-z]+)*|\d+(?:[.,]\d+)*|[.,;:?]")


@cache
def human() -> list[str]:
    """The text of which the answer makes a copy."""
    messages = (to_ascii(message).lower() for *_, message in state_of_the_union())
    return [word for message in messages for word in TOKEN.findall(message)][:20_000]


def threes(text: list[str]) -> list[tuple[str, ...]]:
    """All words with the two behind them."""
    return list(zip(text, text[1:], text[2:], strict=False))


def a_copy(draw: np.random.Generator) -> list[str]:
    """A right copy of the human text."""
    ring, follows = human() + human()[:2], defaultdict(list)
    for first, second, third in threes(ring):
        follows[first, second].append(third)
    start = int(draw.integers(len(ring) - 2))
    text = ring[start : start + 2]
    for u in draw.random(len(ring) - 4):
        after = follows[text[-2], text[-1]]
        text.append(after[int(u * len(after))])
    return text


def test_1_1_stored(answers: Any, draw: np.random.Generator, tell: Tell) -> None:
    """1 point: What is stored belongs to the human text and its first copy."""
    texts = answers.texts
    tell(isinstance(texts, list | tuple) and len(texts) > 1, "texts must hold two texts.")
    before, copy = items(texts[0]), items(texts[1])
    tell(before == human(), "texts[0] must stay the human text, pieces[0].")
    known = copy is not None and all(isinstance(word, str) for word in copy)
    tell(
        known and len(copy) == len(before) and {*threes(copy)} <= {*threes(before + before[:2])},
        "texts[1] must stay the copy of the human text that was made for you.",
    )
    left = set(copy)
    gone, others = len(set(before) - left), len(set(before) - set(a_copy(draw)))
    tell(
        abs(gone - others) < others / 3,
        f"In texts[1] {gone} words of the human text are gone. A copy that the model writes lacks "
        f"about {others}.",
    )
    lost = items(answers.lost)
    tell(lost is not None, "lost must be the list that gone returns.")
    tell(
        all(isinstance(word, str) for word in lost) and set(lost) == set(before) - left,
        "lost is not the list of the words that the human text has and its copy lacks.",
    )
    share = number(answers.share)
    tell(share is not None, "share must be one finite number.")
    right = np.mean([word not in left for word in set(before)])
    tell(not near(share, right), "share is a share of the text, not of the distinct words.")
    right = sum(word not in left for word in before) / len(before)
    tell(near(share, right), "share does not belong to the human text and its copy.")


# --- 1.2 ----------------------------------------------------------------------------------------


def test_1_2_chance(answers: Any, draw: np.random.Generator, tell: Tell) -> None:
    """2 points: The chance is exact, for small texts too, and for arrays."""
    sizes = map(int, draw.integers(3, 40, 11))
    drawn = [(int(draw.integers(1, size)), size) for size in sizes]
    for count, n in (*drawn, (1, 1), (drawn[0][1], drawn[0][1])):
        found = number(answers.chance_gone(count, n))
        tell(found is not None, "chance_gone must return one finite number for one count.")
        right = (1 - count / n) ** n
        yours, theirs = apart(found, right, 5)
        tell(
            near(found, right, atol=1e-12),
            f"A word that stands {count} times among {n}: your chance is {yours}, not {theirs}. "
            "It is to be exact, not a limit; and each of the n draws must miss.",
        )
    counts = draw.permutation([60, *draw.integers(1, 50, 6)])
    found = numbers(answers.chance_gone(counts, 60), (7,))
    tell(found is not None, "For an array of counts, return an array of the same shape.")
    right = (1 - counts / 60) ** 60
    tell(np.all(near(found, right, atol=1e-12)), "The chances of an array are not right.")


def test_1_2_vocabulary(answers: Any, draw: np.random.Generator, tell: Tell) -> None:
    """2 points: The expected number of distinct words is right."""
    for size in (1, 5, *map(int, draw.integers(10, 60, 8))):
        text = a_text(draw, size)
        found = number(answers.expected_vocabulary(text))
        tell(found is not None, "expected_vocabulary must return one finite number.")
        counts = np.array(list(Counter(text).values()))
        right = np.sum(1 - (1 - counts / len(text)) ** len(text))
        yours, theirs = apart(found, right)
        tell(
            near(found, right),
            f"A text of {len(text)} words, {len(counts)} of them distinct: you expect {yours} "
            f"distinct words in the copy, not {theirs}. Each distinct word adds the chance that "
            "it is there.",
        )


# --- 1.3 ----------------------------------------------------------------------------------------


def decoded(shares: np.ndarray, temperature: float, t: int) -> np.ndarray:
    """Shares in text t."""
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
    """2 points: The shares of each text are right and add up to 1."""
    for t in (0, 1, 2, 3, *map(int, draw.integers(4, 9, 6))):
        shares, temperature = some_shares(draw), float(draw.uniform(0.6, 0.97))
        found = numbers(answers.colder(shares.copy(), temperature, t), shares.shape)
        tell(found is not None, "colder must return as many numbers as there are shares.")
        case = f"Text {t} at temperature {temperature:.3f}:"
        tell(abs(found.sum() - 1) < 1e-6, f"{case} your shares do not add up to 1.")
        tell(
            np.allclose(found, decoded(shares, temperature, t), atol=1e-9),
            f"{case} your shares are not right. Each text takes the power 1/T of the shares "
            "it has read, and these had been raised to a power before.",
        )


def test_1_3_small(answers: Any, draw: np.random.Generator, tell: Tell) -> None:
    """1 point: Very small shares do no harm."""
    shares = draw.uniform(0.5, 0.9, 3000)
    shares[draw.integers(3000)] = 1.0
    shares /= shares.sum()
    t = int(draw.integers(14, 18))
    found = numbers(answers.colder(shares.copy(), 0.6, t), shares.shape)
    tell(found is not None, "colder must return as many numbers as there are shares.")
    tell(
        np.isfinite(found).all() and np.allclose(found, decoded(shares, 0.6, t), atol=1e-6),
        f"With 3,000 words and text {t} your shares are not right: powers of small numbers "
        "are rounded to zero. Which share could be kept at 1 before the sum is taken?",
    )


def test_1_3_until(answers: Any, draw: np.random.Generator, tell: Tell) -> None:
    """2 points: The number of the first text in which the commonest word is so common is right."""

    def until(shares: np.ndarray, temperature: float, top: float, case: str) -> float:
        found = number(answers.generations_until(shares.copy(), temperature, top))
        whole = found is not None and found == np.rint(found) and found >= 0
        tell(whole, f"{case} the number of a text is whole, from 0.")
        return found

    # The second word grows too before it falls, so that whoever looks at it finds an end.
    shares, temperature = two_ahead(draw), float(draw.uniform(0.795, 0.805))
    early, late = (decoded(shares, temperature, t).max() for t in (1, 2))
    top = float(early + draw.uniform(0.72, 0.88) * (late - early))
    case = f"Temperature {temperature:.3f}, a share of {top:.4f}, the commonest word not the first:"
    found = until(shares, temperature, top, case)
    tell(found == 2, f"{case} {found:.0f} is not the first text in which it is reached.")
    for _ in range(12):
        shares, temperature = some_shares(draw), float(draw.uniform(0.7, 0.97))
        reached = np.array([decoded(shares, temperature, t).max() for t in range(400)])
        possible = np.flatnonzero(np.diff(reached) > 1e-6)
        t = int(draw.choice(possible)) + 1
        top = float(reached[t - 1] + draw.uniform(0.1, 0.9) * (reached[t] - reached[t - 1]))
        case = f"Temperature {temperature:.3f}, a share of {top:.4f}:"
        found = until(shares, temperature, top, case)
        tell(found >= t, f"{case} in your text {found:.0f} it is not reached yet.")
        tell(found <= t, f"{case} {found:.0f} is not the first text that reaches it.")
    # At once, and just so: a half and two quarters are exact, however they are computed.
    half = draw.permutation([0.5, 0.25, 0.25])
    for shares, top in ((some_shares(draw), 0.9), (half, 1.0)):
        top = float(shares.max() * top)
        case = f"People use a word with the share {shares.max():.4f}, and {top:.4f} is enough:"
        found = until(shares, 0.9, top, case)
        tell(found == 0, f"{case} {found:.0f} is not the first generation. Equal is enough.")
