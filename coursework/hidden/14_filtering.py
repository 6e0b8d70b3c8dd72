"""Hidden tests of chapter 14, for inputs that nobody knows before the release."""

from collections.abc import Callable
from typing import Any

import numpy as np

from coursework.prelude import apart, near, number

Tell = Callable[[object, str], None]


# --- 14.1 ---------------------------------------------------------------------------------------


def an_alarm(draw: np.random.Generator) -> tuple[float, float, float, float]:
    """Machine share, TPR, wanted precision, and the largest FPR, which is well below 1."""
    while True:
        machine, tpr, wanted = (float(x) for x in draw.uniform(0.02, 0.98, 3))
        fpr = machine * tpr * (1 - wanted) / wanted / (1 - machine)
        if fpr < 0.95 and abs(machine - wanted) > 0.02:
            return machine, tpr, wanted, fpr


def allowed(answers: Any, machine: float, tpr: float, wanted: float, tell: Tell) -> float:
    found = number(answers.largest_fpr(machine, tpr, wanted))
    tell(found is not None, "largest_fpr must return one finite number.")
    return found


def test_14_1_enough(answers: Any, draw: np.random.Generator, tell: Tell) -> None:
    """1 point: At your rate enough of the alarms are right, and some may be wrong."""
    for _ in range(12):
        machine, tpr, wanted, _ = an_alarm(draw)
        found = allowed(answers, machine, tpr, wanted, tell)
        tell(found > 0, "Some false alarms are always allowed.")
        right = machine * tpr / (machine * tpr + (1 - machine) * found)
        tell(
            right > wanted - 1e-4,
            f"With machine = {machine:.3f}, tpr = {tpr:.3f}, wanted = {wanted:.3f} your "
            f"{found:.4f} leaves {right:.3f} of the alarms right.",
        )


def test_14_1_largest(answers: Any, draw: np.random.Generator, tell: Tell) -> None:
    """1 point: It is the largest such rate."""
    for _ in range(12):
        machine, tpr, wanted, fpr = an_alarm(draw)
        found = allowed(answers, machine, tpr, wanted, tell)
        yours, theirs = apart(found, fpr)
        tell(
            near(found, fpr),
            f"With machine = {machine:.3f}, tpr = {tpr:.3f}, wanted = {wanted:.3f} your rate is "
            f"{yours}, not {theirs}.",
        )


def test_14_1_at_most_all(answers: Any, draw: np.random.Generator, tell: Tell) -> None:
    """1 point: It is 1, and no more, where even flagging everybody is good enough."""
    for _ in range(8):
        wanted = float(draw.uniform(0.05, 0.3))
        machine, tpr = float(draw.uniform(0.8, 0.99)), float(draw.uniform(0.6, 1))
        found = allowed(answers, machine, tpr, wanted, tell)
        tell(
            abs(found - 1) < 1e-9,
            f"With machine = {machine:.3f}, tpr = {tpr:.3f}, wanted = {wanted:.3f} everybody may "
            f"be flagged, and a share is at most 1; yours is {found:.4g}.",
        )


# --- 14.2 ---------------------------------------------------------------------------------------


def rest(slip: float, right: float, wrong: float, fresh: float) -> float:
    """Where the loop rests: the smaller root of the quadratic of one generation."""
    p, last = 0.0, 1.0
    while abs(p - last) > 1e-15:
        last = p
        z = (1 - fresh) * p * wrong / (p * wrong + (1 - p) * right)
        p = z + slip * (1 - z)
    return p


def a_loop(draw: np.random.Generator) -> tuple[float, float, float]:
    """Slip, right and wrong, away from the edge, where the loop takes for ever."""
    while True:
        slip, right = float(draw.uniform(0.05, 0.6)), float(draw.uniform(0.4, 1))
        wrong = float(draw.uniform(0.02, 0.98)) * right
        if abs(slip - 1 + wrong / right) > 0.04:
            return slip, right, wrong


def settled(answers: Any, *case: float, tell: Tell) -> None:
    found, right = number(answers.settle(*case)), rest(*case)
    tell(found is not None, "settle must return one finite number.")
    words = ", ".join(f"{x:.3f}" for x in case)
    tell(
        abs(found - right) < 1e-4,
        f"With slip, right, wrong, fresh = {words} your loop is at rest at {found:.4f}, where one "
        "that goes on long enough is not. Is it what the model writes, after its slips?",
    )


def test_14_2_settle_alone(answers: Any, draw: np.random.Generator, tell: Tell) -> None:
    """1 point: Without people the loop comes to rest where the lab says, the edge included."""
    for _ in range(8):
        settled(answers, *a_loop(draw), 0.0, tell=tell)


def test_14_2_settle_people(answers: Any, draw: np.random.Generator, tell: Tell) -> None:
    """2 points: With people behind the verifier it rests at the right share."""
    for _ in range(10):
        settled(answers, *a_loop(draw), float(draw.uniform(0.05, 0.9)), tell=tell)


def test_14_2_people_needed(answers: Any, draw: np.random.Generator, tell: Tell) -> None:
    """2 points: The share of people that reaches a target is right."""
    for _ in range(5):
        while True:
            slip, right, wrong = a_loop(draw)
            fresh = float(draw.uniform(0.03, 0.8))
            target = rest(slip, right, wrong, fresh)
            slope = rest(slip, right, wrong, fresh - 0.01) - target
            if slip + 0.01 < target < 0.9 and slope > 1e-4:
                break
        found = number(answers.people_needed(slip, right, wrong, target))
        tell(found is not None, "people_needed must return one finite number.")
        tell(
            abs(found - fresh) < 0.0015,
            f"With slip = {slip:.3f}, right = {right:.3f}, wrong = {wrong:.3f} and target "
            f"{target:.4f} your share {found:.4f} is not the smallest that is enough.",
        )


# --- 14.4 ---------------------------------------------------------------------------------------


def left(m0: float, fresh: float, kept: list[list[float]]) -> float:
    m, last = m0, -1.0
    while abs(m - last) > 1e-15:
        last = m
        minor = fresh * m0 * kept[0][1] + (1 - fresh) * m * kept[1][1]
        major = fresh * (1 - m0) * kept[0][0] + (1 - fresh) * (1 - m) * kept[1][0]
        m = minor / (minor + major)
    return m


def minority(answers: Any, m0: float, fresh: float, kept: list[list[float]], tell: Tell) -> None:
    found, right = number(answers.minority_left(m0, fresh, kept)), left(m0, fresh, kept)
    tell(found is not None, "minority_left must return one finite number.")
    table = [[round(x, 3) for x in row] for row in kept]
    yours, theirs = apart(found, right)
    tell(
        abs(found - right) < 1e-4 * max(right, 0.01),
        f"With m0 = {m0:.3f}, fresh = {fresh:.3f} and kept = {table} your share is {yours}, not "
        f"{theirs}.",
    )


def test_14_4_same_rates(answers: Any, draw: np.random.Generator, tell: Tell) -> None:
    """1 point: The minority that is left is right if people and machine are filtered alike."""
    for _ in range(8):
        row = [float(x) for x in np.sort(draw.uniform(0.2, 1, 2))[::-1]]
        m0, fresh = float(draw.uniform(0.02, 0.4)), float(draw.uniform(0.05, 0.9))
        minority(answers, m0, fresh, [row, list(row)], tell)


def test_14_4_any_rates(answers: Any, draw: np.random.Generator, tell: Tell) -> None:
    """3 points: It is right for any four rates."""
    for _ in range(12):
        kept = [[float(x) for x in draw.uniform(0.1, 1, 2)] for _ in range(2)]
        m0, fresh = float(draw.uniform(0.02, 0.4)), float(draw.uniform(0.1, 0.9))
        minority(answers, m0, fresh, kept, tell)


def test_14_4_limits(answers: Any, draw: np.random.Generator, tell: Tell) -> None:
    """2 points: The limits let the same share of either group pass."""
    for _ in range(6):
        n, share = int(draw.integers(400, 2000)), float(draw.uniform(0.1, 0.5))
        group = (draw.random(n) < share).astype(int)
        scores = draw.normal(group * draw.uniform(0.5, 2), 1 + group)
        part = float(draw.uniform(0.2, 0.95))
        limits = answers.group_limits(scores, group, part)
        tell(
            isinstance(limits, list | tuple | np.ndarray) and np.size(limits) == 2,
            "group_limits must return two limits.",
        )
        for g, limit in enumerate(np.ravel(np.asarray(limits, float))):
            passing = float((scores[group == g] <= limit).mean())
            tell(
                abs(passing - part) <= 1.01 / int((group == g).sum()),
                f"With part = {part:.3f} the limit of group {g} lets {passing:.3f} of it pass.",
            )
