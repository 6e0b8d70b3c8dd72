"""Hidden tests of chapter 15, for inputs that nobody knows before the release."""

import hashlib
from collections.abc import Callable
from typing import Any

import numpy as np

from coursework.prelude import apart, number

Tell = Callable[[object, str], None]


# --- 15.1 ---------------------------------------------------------------------------------------


def chained(documents: list[str]) -> list[str]:
    link, links = hashlib.sha256(b"").hexdigest(), []
    for document in documents:
        link = hashlib.sha256((link + document).encode()).hexdigest()
        links.append(link)
    return links


def archive(draw: np.random.Generator) -> list[str]:
    return [f"text {int(x)}" for x in draw.integers(10**9, size=int(draw.integers(5, 40)))]


def fault(
    answers: Any, given: list[str], old: list[str], right: int, what: str, tell: Tell
) -> None:
    found = number(answers.first_fault(list(given), chained(old)))
    tell(found is not None, "first_fault must return one whole number.")
    tell(
        found == right,
        f"Of {len(old)} documents {what}; your answer {found:g} is not the first place at which "
        "documents and links part.",
    )


def test_15_1_whole(answers: Any, draw: np.random.Generator, tell: Tell) -> None:
    """1 point: Where nothing was touched, it says so, of one document and of many."""
    for _ in range(4):
        old = archive(draw)
        fault(answers, old, old, -1, "none was touched", tell)
        fault(answers, old[:1], old[:1], -1, "none was touched", tell)


def test_15_1_inside(answers: Any, draw: np.random.Generator, tell: Tell) -> None:
    """2 points: A change, a loss, an addition or an exchange in the middle is found."""
    for _ in range(6):
        old = archive(draw)
        i = int(draw.integers(len(old) - 1))
        changed = [*old[:i], old[i] + ".", *old[i + 1 :]]
        fault(answers, changed, old, i, f"number {i} was changed", tell)
        fault(answers, old[:i] + old[i + 1 :], old, i, f"number {i} was left out", tell)
        fault(answers, [*old[:i], "new", *old[i:]], old, i, f"one was put in at {i}", tell)
        moved = [*old[:i], old[i + 1], old[i], *old[i + 2 :]]
        fault(answers, moved, old, i, f"{i} and {i + 1} changed places", tell)


def test_15_1_ends(answers: Any, draw: np.random.Generator, tell: Tell) -> None:
    """1 point: Documents that are missing at the end, or too many there, are found."""
    for _ in range(4):
        old = archive(draw)
        i = int(draw.integers(len(old)))
        fault(answers, old[:i], old, i, f"only the first {i} are there", tell)
        fault(answers, [*old, "new", "more"], old, len(old), "two were added at the end", tell)


# --- 15.2 ---------------------------------------------------------------------------------------


def a_mark(draw: np.random.Generator) -> tuple[float, float]:
    gamma = float(draw.uniform(0.15, 0.6))
    return float(gamma + draw.uniform(0.1, 0.35)), gamma


def test_15_2_needed(answers: Any, draw: np.random.Generator, tell: Tell) -> None:
    """2 points: The number of characters is the smallest that is enough."""
    for _ in range(12):
        green, gamma = a_mark(draw)
        share, z = float(draw.uniform(0.05, 1)), float(draw.uniform(2, 6))
        exact = z**2 * gamma * (1 - gamma) / (share * (green - gamma)) ** 2
        if abs(exact - round(exact)) < 1e-6:
            continue
        found = number(answers.characters_needed(green, gamma, share, z))
        tell(found is not None, "characters_needed must return one whole number.")
        case = f"green = {green:.3f}, gamma = {gamma:.3f}, share = {share:.3f}, z = {z:.2f}"
        tell(
            found == np.ceil(exact),
            f"With {case} your {found:g} characters are not the smallest number that is enough.",
        )


def test_15_2_share(answers: Any, draw: np.random.Generator, tell: Tell) -> None:
    """2 points: The marked share is estimated without a bias, also above 1 and below 0."""
    for share in (-0.1, 0.2, 0.7, 1.1):
        green, gamma = a_mark(draw)
        n = int(draw.integers(10**5, 10**6))
        count = round(n * (gamma + share * (green - gamma)))
        exact = (count / n - gamma) / (green - gamma)
        found = answers.marked_share(count, n, green, gamma)
        tell(np.size(found) == 2, "marked_share must return two numbers.")
        yours, theirs = apart(float(np.ravel(found)[0]), exact)
        tell(
            abs(float(np.ravel(found)[0]) - exact) < 1e-6,
            f"From {count} of {n}, with green = {green:.3f} and gamma = {gamma:.3f}, your share is "
            f"{yours}, not {theirs}.",
        )


def test_15_2_error(answers: Any, draw: np.random.Generator, tell: Tell) -> None:
    """1 point: The standard error is that of the green share which was seen."""
    for _ in range(6):
        green, gamma = a_mark(draw)
        n, share = int(draw.integers(500, 5000)), float(draw.uniform(0.2, 1))
        seen = gamma + share * (green - gamma)
        counts = draw.binomial(n, seen, 3000)
        scatter = (counts / n).std() / (green - gamma)
        found = answers.marked_share(round(n * seen), n, green, gamma)
        tell(np.size(found) == 2, "marked_share must return two numbers.")
        error = float(np.ravel(found)[1])
        tell(
            abs(error / scatter - 1) < 0.1,
            f"With n = {n}, green = {green:.3f} and gamma = {gamma:.3f} estimates scatter by "
            f"{scatter:.4f}, and your standard error is {error:.4f}.",
        )


# --- 15.4 ---------------------------------------------------------------------------------------


def exact_worth(human: float, people: np.ndarray, machines: np.ndarray) -> float:
    mine = human * people
    seen = mine + (1 - human) * machines
    return float((mine[seen > 0] ** 2 / seen[seen > 0]).sum())


def grades(draw: np.random.Generator, k: int) -> tuple[np.ndarray, np.ndarray]:
    """Sorted so that a low grade speaks for people."""
    people, machines = draw.dirichlet(np.ones(k)), draw.dirichlet(np.ones(k))
    order = np.argsort(machines / people)
    return people[order], machines[order]


def worth(answers: Any, human: float, people: np.ndarray, machines: np.ndarray, tell: Tell) -> None:
    found = number(answers.worth(human, people.tolist(), machines.tolist()))
    tell(found is not None, "worth must return one finite number.")
    right = exact_worth(human, people, machines)
    yours, theirs = apart(found, right)
    table = [[round(float(x), 3) for x in row] for row in (people, machines)]
    tell(
        abs(found - right) < 1e-6,
        f"With human = {human:.3f}, people and machines = {table} the mean of r squared is "
        f"{theirs}, and yours is {yours}.",
    )


def test_15_4_worth(answers: Any, draw: np.random.Generator, tell: Tell) -> None:
    """3 points: The worth of a label is right, for two grades and for many."""
    for k in (2, 3, 5, 9):
        for _ in range(3):
            worth(answers, float(draw.uniform(0.005, 0.9)), *grades(draw, k), tell)


def test_15_4_empty_grades(answers: Any, draw: np.random.Generator, tell: Tell) -> None:
    """1 point: Grades that nobody gets, or only people or only machines, do no harm."""
    for _ in range(4):
        people, machines = grades(draw, 4)
        people = np.concatenate([[0.3], 0.7 * people, [0, 0]])
        machines = np.concatenate([[0], 0.6 * machines, [0.4, 0]])
        worth(answers, float(draw.uniform(0.01, 0.9)), people, machines, tell)


def test_15_4_cut(answers: Any, draw: np.random.Generator, tell: Tell) -> None:
    """2 points: The cut keeps the most worth."""
    done = 0
    while done < 10:
        k, human = int(draw.integers(3, 8)), float(10 ** draw.uniform(-2.5, -0.1))
        people, machines = grades(draw, k)
        kept = [
            exact_worth(
                human,
                np.array([people[:n].sum(), people[n:].sum()]),
                np.array([machines[:n].sum(), machines[n:].sum()]),
            )
            for n in range(1, k)
        ]
        first, second = sorted(kept)[-1], sorted(kept)[-2] if k > 2 else 0
        if first - second < 1e-6:
            continue
        done += 1
        found = number(answers.best_cut(human, people.tolist(), machines.tolist()))
        tell(found is not None, "best_cut must return one whole number.")
        table = [[round(float(x), 3) for x in row] for row in (people, machines)]
        tell(
            found == 1 + int(np.argmax(kept)),
            f"With human = {human:.4f}, people and machines = {table}, letting {found:g} grades "
            "pass does not keep the most worth.",
        )
