"""Hidden tests of chapter 8, for inputs that nobody knows before the release."""

import math
import re
import string
from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np

from coursework.prelude import apart, generator, near, number, numbers, seeded
from modelcollapse.data import baby_names
from modelcollapse.text import Alphabet

Tell = Callable[[object, str], None]


def spelled(draw: np.random.Generator, letters: str = string.ascii_lowercase) -> str:
    """A name that need not be anybody's."""
    return "".join(draw.choice(list(letters), int(draw.integers(2, 9))))


# --- 8.1 ----------------------------------------------------------------------------------------


def kinds(written: list[str], sample: list[str], register: list[str]) -> np.ndarray:
    """Shares of copies, of names only on record and of new names, capital letters aside."""
    in_sample, on_record = ({name.lower() for name in some} for some in (sample, register))
    copy = np.array([name.lower() in in_sample for name in written])
    listed = np.array([name.lower() in on_record for name in written])
    return np.array([copy.mean(), (listed & ~copy).mean(), (~listed & ~copy).mean()])


def lists(draw: np.random.Generator) -> tuple[list[str], list[str], list[str]]:
    """Names written, a sample with some that are not on record, and a register; all small."""
    some = list(dict.fromkeys(spelled(draw) for _ in range(24)))
    sample, register, new = some[:8], some[5:14], some[14:]
    weights = draw.dirichlet(np.ones(len(some)))
    written = [*draw.choice(some, 30, p=weights), some[0], some[6], some[12], *new[:2], some[0]]
    written = [written[i] for i in draw.permutation(len(written))]
    sample = [*sample, *draw.choice(sample, 5)]
    return [str(name) for name in written], [str(name) for name in sample], register


def compare_kinds(
    answers: Any, given: tuple[list[str], list[str], list[str]], hint: str, tell: Tell
) -> None:
    """Compare the three shares with the right ones."""
    found = numbers(answers.sort_out(*(list(names) for names in given)), (3,))
    tell(found is not None, "sort_out must return three numbers: copies, only on record, new.")
    expected = kinds(*given)
    wrong = ~near(found, expected)
    which = ("copies", "names only on record", "new names")[int(np.argmax(wrong))]
    tell(
        not wrong.any(),
        f"For {len(given[0])} written names such as {given[0][0]!r}, a sample of {len(given[1])} "
        f"and a register of {len(given[2])}, the share of {which} is not "
        f"{found[int(np.argmax(wrong))]:.8g}. {hint}",
    )


def test_8_1_kinds(answers: Any, draw: np.random.Generator, tell: Tell) -> None:
    """1 point: The three shares are right for names in small letters."""
    for _ in range(8):
        hint = "Take one written name at a time, each as often as it was written."
        compare_kinds(answers, lists(draw), hint, tell)


def test_8_1_capitals(answers: Any, draw: np.random.Generator, tell: Tell) -> None:
    """1 point: They are right for names in any mixture of small and capital letters."""
    for _ in range(8):
        given = lists(draw)
        change = (str.lower, str.upper, str.title)
        mixed = [[change[int(draw.integers(3))](name) for name in names] for names in given]
        hint = "The same letters, small or capital, are the same name, in all three lists."
        compare_kinds(answers, (mixed[0], mixed[1], mixed[2]), hint, tell)


@cache
def ways() -> tuple[float, ...]:
    """The shares of the lab's ways to spell Jackson."""
    names = [name.lower() for name in baby_names(2017)[0] if len(name) < 10]
    of_one = [name for name in names if re.fullmatch(r"ja(ck|k|x|xx)[sz]?[aeiouy]n", name)]
    return tuple(kinds(of_one, names[:300], baby_names(1990)[0]))


def test_8_1_jackson(answers: Any, draw: np.random.Generator, tell: Tell) -> None:
    """1 point: The shares of the ways to spell Jackson are right."""
    found = numbers(answers.jackson, (3,))
    tell(found is not None, "jackson must hold three numbers.")
    tell(
        np.allclose(found, ways(), rtol=0, atol=0.001),
        f"jackson is {np.round(found, 4).tolist()}, and one of these shares or more is another. "
        "The sample is names[:300], and the register all names of 1990.",
    )


# --- 8.2 ----------------------------------------------------------------------------------------


def table_of(names: list[str]) -> np.ndarray:
    """The table of bigrams."""
    counts = np.zeros((27, 27))
    for name in names:
        ids = [0, *(1 + string.ascii_lowercase.index(letter) for letter in name), 0]
        for first, second in zip(ids[:-1], ids[1:], strict=True):
            counts[first, second] += 1
    totals = counts.sum(axis=1, keepdims=True)
    return np.divide(counts, totals, out=np.zeros_like(counts), where=totals > 0)


def some_names(draw: np.random.Generator) -> list[str]:
    """Names of few letters with one of them twice running, and one name twice."""
    letters = "".join(draw.permutation(list(string.ascii_lowercase))[:7])
    names = [spelled(draw, letters) for _ in range(int(draw.integers(4, 9)))]
    return [*names, letters[0] * 2 + letters[1] + letters[0] + letters[2], names[0]]


def compare_table(
    answers: Any, names: list[str], rows: list[int], columns: slice, hint: str, tell: Tell
) -> None:
    """Compare some rows and columns of the table with the right ones."""
    found = numbers(answers.pair_table(list(names)), (27, 27))
    tell(found is not None, "pair_table must return an array of 27 rows and 27 columns.")
    wrong = ~near(found, table_of(names))[rows, columns]
    i, j = (int(place) for place in np.unravel_index(np.argmax(wrong), wrong.shape))
    i, j = rows[i], range(27)[columns][j]
    symbol = ["the blank", *string.ascii_lowercase]
    share = f"{found[i, j]:.8g}" if np.isfinite(found[i, j]) else "undefined"
    tell(
        not wrong.any(),
        f"For the names {names} the share of {symbol[j]} after {symbol[i]} is not {share}. {hint}",
    )


def test_8_2_letters(answers: Any, draw: np.random.Generator, tell: Tell) -> None:
    """1 point: The shares of letters after letters are right, as are rows of absent letters."""
    hint = "Count all that follows a letter, the end too, and divide by the sum, if there is one."
    for _ in range(6):
        compare_table(answers, some_names(draw), list(range(1, 27)), slice(1, 27), hint, tell)


def test_8_2_ends(answers: Any, draw: np.random.Generator, tell: Tell) -> None:
    """1 point: The shares of first letters and of endings are right."""
    hint = "A blank stands before each name and behind it, and the names are counted one by one."
    for _ in range(6):
        names = some_names(draw)
        there = [1 + string.ascii_lowercase.index(letter) for letter in sorted({*"".join(names)})]
        compare_table(answers, names, [0], slice(0, 27), hint, tell)
        compare_table(answers, names, there, slice(0, 1), hint, tell)


def compare_chance(answers: Any, table: np.ndarray, name: str, hint: str, tell: Tell) -> None:
    """Compare the probability of one name with the right one."""
    ids = Alphabet(" " + string.ascii_lowercase).encode(f" {name} ")
    expected = float(np.prod(table[ids[:-1], ids[1:]]))
    found = number(answers.chance(table.copy(), name))
    tell(found is not None, "chance must return one finite number.")
    tell(
        near(found, expected, atol=1e-37),  # the smallest that single precision knows
        f"The chance that the table spells {name!r} and ends is not {found:.8g}. {hint}",
    )


def test_8_2_chance(answers: Any, draw: np.random.Generator, tell: Tell) -> None:
    """1 point: The chance of a name is right for tables in which nothing is impossible."""
    for name in (*(spelled(draw) for _ in range(10)), spelled(draw)[0]):
        table = draw.dirichlet(np.full(27, 0.5), size=27)
        hint = "One factor a letter, and one more: where does the name stop?"
        compare_chance(answers, table, name, hint, tell)


def test_8_2_unheard(answers: Any, draw: np.random.Generator, tell: Tell) -> None:
    """1 point: It is right for names that nobody bears, possible or not, under counted tables."""
    for _ in range(6):
        names = some_names(draw)
        table = table_of(names)
        a, b, c = names[-2][0], names[-2][2], names[-2][4]
        absent = next(letter for letter in string.ascii_lowercase if letter not in "".join(names))
        for name in (f"{a}{b}{a}{a}{c}", f"{a}{a}{a}{b}{a}{c}", f"{a}{absent}{a}", absent):
            hint = "What can never follow has probability zero, what can has its share."
            compare_chance(answers, table, name, hint, tell)


# --- 8.3 ----------------------------------------------------------------------------------------


def survival(copies: float, kept: float, spelled: float, generations: int) -> np.ndarray:
    """Chance that the name is in samples 0 to `generations`, by generating functions."""
    out, dead, from_nowhere = [], 0.0, 0.0  # the chance that one copy's line is dead by now
    for _ in range(generations + 1):
        out.append(-math.expm1(-copies * (1 - dead) - spelled * from_nowhere))
        from_nowhere += 1 - dead
        dead = math.exp(-kept * (1 - dead))
    return np.array(out)


def sketch(draw: np.random.Generator) -> tuple[float, float, float]:
    """Copies, kept and spelled."""
    return (
        float(draw.uniform(0.2, 5)),
        float(draw.uniform(0.1, 0.9)),
        float(draw.uniform(0.02, 0.15)),
    )


def test_8_3_formula(answers: Any, draw: np.random.Generator, tell: Tell) -> None:
    """2 points: The chance is right in every sample."""
    for generations in (1, *map(int, draw.integers(5, 40, 6))):
        copies, kept, spelled = sketch(draw)
        found = numbers(
            answers.survival_spelled(copies, kept, spelled, generations), (generations + 1,)
        )
        tell(
            found is not None,
            f"survival_spelled must return one number for each of the samples 0 to {generations}.",
        )
        wrong = ~near(found, survival(copies, kept, spelled, generations))
        i = int(np.argmax(wrong))
        tell(
            not wrong.any(),
            f"With copies {copies:.3f}, kept {kept:.3f} and spelled {spelled:.3f} the chance in "
            f"sample {i} is not {found[i]:.8g}. Which lines can be alive there, and how old "
            "is each of them?",
        )


def simulated(
    answers: Any, case: tuple[float, float, float, int, int], draw: np.random.Generator, tell: Tell
) -> np.ndarray:
    """In how many of the names each sample is."""
    *_, generations, many = case
    found = numbers(answers.simulate_spelled(*case, generator(draw)), (generations + 1,))
    tell(
        found is not None,
        f"simulate_spelled must return one share for each of the samples 0 to {generations}.",
    )
    there = many * found
    tell(
        np.allclose(there, np.rint(there), rtol=0, atol=0.01)
        and np.all((found >= 0) & (found <= 1)),
        f"A share of {many} names, times {many}, must be whole: simulate the names.",
    )
    return np.rint(there)


def test_8_3_simulation(answers: Any, draw: np.random.Generator, tell: Tell) -> None:
    """1 point: The simulation agrees with the right chances, and goes on from sample to sample."""
    many = 20_000
    for _ in range(2):
        copies, kept, spelled = sketch(draw)
        found = simulated(answers, (copies, kept, spelled, 15, many), draw, tell) / many
        expected = survival(copies, kept, spelled, 15)
        gap = np.abs(found - expected) / np.sqrt(expected * (1 - expected) / many)
        i = int(np.argmax(gap))
        yours, theirs = apart(found[i], expected[i])
        tell(
            gap[i] < 6,
            f"With copies {copies:.3f}, kept {kept:.3f} and spelled {spelled:.3f} the share of "
            f"names in sample {i} is {yours}, {gap[i]:.0f} standard errors from what it should "
            f"be, {theirs}.",
        )
    # A name that is in no sample is in the next by luck alone.
    for _ in range(2):
        copies, kept, spelled = (
            float(draw.uniform(*ends)) for ends in ((0.5, 2), (0.6, 0.9), (0.08, 0.15))
        )
        there = simulated(answers, (copies, kept, spelled, 2500, 1), draw, tell)
        again, chance = there[1:][there[:-1] == 0], -math.expm1(-spelled)
        tell(again.size > 0, "A name that is kept so badly is missing in some samples.")
        yours, theirs = apart(again.mean(), chance)
        tell(
            abs(again.mean() - chance) < 6 * np.sqrt(chance * (1 - chance) / again.size),
            f"With copies {copies:.3f}, kept {kept:.3f} and spelled {spelled:.3f} a name that is "
            f"missing in one sample is in the next in a share of {yours} of the cases; that should "
            f"be near {theirs}. Draw the counts of each sample from those of the last.",
        )
    case = (float(draw.uniform(0.5, 2)), 0.7, 0.1, 6, 2000)
    calls = np.array([simulated(answers, case, draw, tell) for _ in range(6)])
    tell(
        np.all(np.any(calls != calls[0], axis=0)),
        "Different generators give the same shares: draw everything from rng.",
    )
    seeded(lambda rng: answers.simulate_spelled(*case, rng), (7,), draw)


def test_8_3_overtakes(answers: Any, draw: np.random.Generator, tell: Tell) -> None:
    """2 points: The sample in which the name is likelier to be there than on a list is right."""
    done = 0
    while done < 7:
        copies, kept, spelled = sketch(draw)
        if done == 6:
            copies = 0.02  # overtaken at once
        lead = survival(copies, kept, spelled, 4000) - survival(copies, 1, 0, 4000)
        expected = 1 + int(np.argmax(lead[1:] > 0))
        if np.abs(lead[1 : expected + 1]).min() < 1e-9:  # where rounding decides
            continue
        done += 1
        found = number(answers.overtakes(copies, kept, spelled))
        tell(found is not None, "overtakes must return one number.")
        tell(
            found == expected,
            f"With copies {copies:.3f}, kept {kept:.3f} and spelled {spelled:.3f} it is not "
            f"sample {found:.10g}. Samples are counted from 0, in which the two are equal, and a "
            "list may be ahead for hundreds of them.",
        )
