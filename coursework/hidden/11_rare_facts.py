"""Hidden tests of chapter 11, for inputs that nobody knows before the release."""

from collections.abc import Callable
from typing import Any

import numpy as np

from coursework.prelude import apart, near, number, numbers

Tell = Callable[[object, str], None]


# --- 11.1 ---------------------------------------------------------------------------------------


def a_table(draw: np.random.Generator) -> np.ndarray:
    """Counts of answers to questions, one of them without any."""
    shape = int(draw.integers(3, 9)), int(draw.integers(2, 9))
    counts = draw.poisson(draw.uniform(0.3, 3), shape)
    counts[int(draw.integers(shape[0]))] = 0
    return counts


def doubted(counts: np.ndarray, doubt: float) -> np.ndarray:
    back = (counts.sum(axis=0) + 1) / (counts.sum() + counts.shape[1])
    return (counts + doubt * back) / (counts.sum(axis=1, keepdims=True) + doubt)


def test_11_1_table(answers: Any, draw: np.random.Generator, tell: Tell) -> None:
    """2 points: The probabilities are right for tables drawn for this class."""
    for _ in range(10):
        counts, doubt = a_table(draw), float(draw.uniform(0.01, 5))
        found = numbers(answers.answer_table(counts, doubt))
        tell(
            found is not None and found.shape == counts.shape,
            f"answer_table must return a table of the shape {counts.shape}.",
        )
        right = doubted(counts, doubt)
        i, j = np.unravel_index(np.abs(found - right).argmax(), right.shape)
        tell(
            np.allclose(found, right, atol=1e-6),
            f"With counts = {counts.tolist()} and doubt = {doubt:.3f} answer {j} to question {i} "
            f"has the probability {found[i, j]:.4f}. What do its own count, the overall share and "
            "their weights come to?",
        )


def test_11_1_best(answers: Any, draw: np.random.Generator, tell: Tell) -> None:
    """2 points: Of several doubts the one that suits another text best is chosen."""
    for _ in range(8):
        while True:
            counts, doubts = a_table(draw), np.sort(draw.uniform(0.01, 8, 6))
            # Answers as they come under one of the doubts, so that any of them can be best.
            chance = doubted(counts, float(draw.choice(doubts)))
            other = np.array([draw.multinomial(6, row / row.sum()) for row in chance])
            scores = [(other * np.log(doubted(counts, d))).sum() for d in doubts]
            first, second = np.sort(scores)[::-1][:2]
            if first - second > 1e-3:
                break
        options = [float(d) for d in draw.permutation(doubts)]
        found = number(answers.best_doubt(counts, other, options))
        tell(found is not None, "best_doubt must return one of the doubts.")
        tell(
            near(found, doubts[int(np.argmax(scores))]),
            f"With counts = {counts.tolist()} and other = {other.tolist()} you choose {found:.3f} "
            f"of {[round(d, 3) for d in options]}. Under which is the other text, all of it, most "
            "probable?",
        )


# --- 11.2 ---------------------------------------------------------------------------------------


def shares(draw: np.random.Generator) -> np.ndarray:
    p = np.arange(1, int(draw.integers(10, 120))) ** -draw.uniform(0.3, 1.6)
    return np.asarray(p / p.sum())


def test_11_2_singletons(answers: Any, draw: np.random.Generator, tell: Tell) -> None:
    """2 points: The errors of the first copy are predicted from what a text states."""
    for _ in range(10):
        p, n = shares(draw), int(draw.integers(20, 300))
        stated, stating = draw.choice(len(p), n, p=p), float(draw.uniform(0.05, 0.9))
        found = number(answers.predict_errors([int(i) for i in stated], stating))
        right = (1 - stating) * (np.unique(stated, return_counts=True)[1] == 1).sum() / n
        tell(found is not None, "predict_errors must return one finite number.")
        tell(
            near(found, right),
            f"For {n} statements, with a share of {stating:.3f} of sentences that state a fact, "
            f"you expect {found:.4f}. Which facts tell of those that were missed, and where can "
            "these be mentioned?",
        )


def test_11_2_none_and_all(answers: Any, draw: np.random.Generator, tell: Tell) -> None:
    """1 point: The two ends are right: every fact stated twice, and every fact once."""
    n, stating = int(draw.integers(5, 50)), float(draw.uniform(0.1, 0.8))
    for stated, right in (([*range(n)] * 2, 0.0), ([*range(n)], 1 - stating)):
        found = number(answers.predict_errors(stated, stating))
        tell(found is not None, "predict_errors must return one finite number.")
        tell(
            near(found, right),
            f"With {n} facts, each stated {len(stated) // n} times, and a share of {stating:.3f} "
            f"you expect {found:.4f}.",
        )


def test_11_2_needed(answers: Any, draw: np.random.Generator, tell: Tell) -> None:
    """2 points: The number of statements is the smallest that is enough."""

    def left(p: np.ndarray, n: int, stating: float) -> float:
        return float((1 - stating) * (p * (1 - p) ** n).sum())

    for _ in range(6):
        p, stating = shares(draw), float(draw.uniform(0.05, 0.8))
        # A target between two whole numbers of statements.
        n = int(draw.integers(2, 1500))
        target = (left(p, n, stating) + left(p, n - 1, stating)) / 2
        if not target > 1e-9:
            continue
        found = number(answers.statements_needed(p, stating, target))
        tell(found is not None, "statements_needed must return one whole number.")
        tell(
            found == n,
            f"For {len(p)} facts, stating = {stating:.3f} and target = {target:.6f} you need "
            f"{found:.10g} statements, and {n} are the fewest.",
        )
    p = shares(draw)
    found = number(answers.statements_needed(p, 0.5, 0.9))
    tell(found == 1, f"Where every text is good enough one statement is, not {found}.")


# --- 11.3 ---------------------------------------------------------------------------------------


def a_budget(draw: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    size = int(draw.integers(6, 40))
    return draw.gamma(0.6, 3, size), draw.gamma(0.8, 1, size) + 0.01


def wrong(mentions: np.ndarray, asked: np.ndarray, chosen: list[int]) -> float:
    missing = np.exp(-mentions)
    missing[chosen] = 0
    return float((asked * missing).sum() / asked.sum())


def test_11_3_wrong_share(answers: Any, draw: np.random.Generator, tell: Tell) -> None:
    """2 points: The share of wrong answers is right, with sentences and without."""
    for _ in range(10):
        mentions, asked = a_budget(draw)
        chosen = [int(i) for i in draw.permutation(len(asked))[: int(draw.integers(0, 4))]]
        found = number(answers.wrong_share(mentions, asked, chosen))
        right = wrong(mentions, asked, chosen)
        tell(found is not None, "wrong_share must return one finite number.")
        yours, theirs = apart(found, right)
        tell(
            near(found, right),
            f"For {len(asked)} facts with sentences on {chosen} you have {yours} wrong, and a "
            f"calculation by hand {theirs}.",
        )


def spent(answers: Any, mentions: np.ndarray, asked: np.ndarray, budget: int, tell: Tell) -> None:
    found = numbers(answers.spend(mentions, asked, budget))
    most = min(budget, len(asked))
    tell(
        found is not None and found.size == most and len(np.unique(found)) == most,
        f"With {len(asked)} facts and a budget of {budget}, spend must return {most} numbers of "
        "different facts.",
    )
    chosen = [int(i) for i in found.ravel()]
    tell(all(0 <= i < len(asked) for i in chosen), "spend returns a number that is no fact's.")
    best = [int(i) for i in np.argsort(-asked * np.exp(-mentions))[:most]]
    yours, theirs = apart(wrong(mentions, asked, chosen), wrong(mentions, asked, best))
    tell(
        wrong(mentions, asked, chosen) <= wrong(mentions, asked, best) + 1e-9,
        f"With {len(asked)} facts and a budget of {budget} your sentences leave {yours} wrong, "
        f"and {theirs} is possible. What does a sentence on a fact gain?",
    )


def test_11_3_asked_as_mentioned(answers: Any, draw: np.random.Generator, tell: Tell) -> None:
    """1 point: The sentences are well spent where things are asked for as they are mentioned."""
    for _ in range(8):
        mentions, _ = a_budget(draw)
        spent(answers, mentions, mentions.copy(), int(draw.integers(1, 6)), tell)


def test_11_3_asked_otherwise(answers: Any, draw: np.random.Generator, tell: Tell) -> None:
    """2 points: They are well spent whatever is asked, and where there are more than facts."""
    for _ in range(8):
        mentions, asked = a_budget(draw)
        spent(answers, mentions, asked, int(draw.integers(1, 6)), tell)
    mentions, asked = a_budget(draw)
    spent(answers, mentions, asked, len(asked) + int(draw.integers(1, 5)), tell)
