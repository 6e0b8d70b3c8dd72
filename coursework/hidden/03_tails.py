"""Hidden tests of chapter 3, for inputs that nobody knows before the release."""

from collections.abc import Callable
from typing import Any

import numpy as np
from scipy import stats

from modelcollapse.data import baby_names

Tell = Callable[[object, str], None]
BY_CHANCE = 1e-8  # how often a right answer may fail one comparison


def number(value: Any) -> float | None:
    """A single finite number as a float; None if it is anything else."""
    found = numbers(value)
    single = found is not None and found.size == 1 and np.isfinite(found).all()
    return float(found.item()) if single else None


def numbers(value: Any, shape: tuple[int, ...] | None = None) -> np.ndarray | None:
    """Real numbers as an array of floats; None if they are anything else, or of another shape."""
    try:
        found = np.asarray(value)
    except ValueError:
        return None
    if found.dtype.kind not in "iuf" or shape is not None and found.shape != shape:
        return None
    return found.astype(float)


def generator(draw: np.random.Generator) -> np.random.Generator:
    """A generator for one call of an answer."""
    return np.random.default_rng(int(draw.integers(2**62)))


def lines(growth: float, generations: int) -> np.ndarray:
    """Chance that the line of one copy is alive in samples 1, 2, ...; g where growth is 1."""
    s = [1.0]
    while len(s) < generations:
        s.append(-np.expm1(-growth * s[-1]))
    return np.array(s)


# --- 3.1 ----------------------------------------------------------------------------------------


def compare_generations(
    answers: Any, copies: float, t: int, draw: np.random.Generator, tell: Tell
) -> None:
    """Ask for a chance that generation t is the first to reach, by a clear margin."""
    lost = np.concatenate([[0], np.exp(-copies * lines(1, t))])
    chance = float(lost[t - 1] + draw.uniform(0.05, 0.95) * (lost[t] - lost[t - 1]))
    found = number(answers.forgotten(copies, chance))
    case = f"{copies:.4g} copies, chance {chance:.4f}"
    tell(
        found is not None and found == np.rint(found) and found >= 1,
        f"{case}: a generation is a whole number, counted from 1.",
    )
    said = f"{case}: in your generation {found:.0f}"
    tell(found >= t, f"{said} the name is not lost with that chance yet.")
    tell(found <= t, f"{said} it is, but an earlier generation is the first.")


def test_3_1_early(answers: Any, draw: np.random.Generator, tell: Tell) -> None:
    """1 point: The generation is right where it is one of the first hundred."""
    for t in (1, 2, *map(int, draw.integers(3, 100, 10))):
        compare_generations(answers, float(t * draw.uniform(0.1, 1.5)), t, draw, tell)


def test_3_1_late(answers: Any, draw: np.random.Generator, tell: Tell) -> None:
    """1 point: The generation is right where it comes after the hundredth."""
    for t in map(int, draw.integers(150, 900, 8)):
        compare_generations(answers, int(t * draw.uniform(0.1, 1.0)), t, draw, tell)


def test_3_1_ratio(answers: Any, draw: np.random.Generator, tell: Tell) -> None:
    """1 point: The ratio for 50 and 5 copies is right."""
    first = {c: int(np.argmax(np.exp(-c * lines(1, 1000)) >= 0.5)) + 1 for c in (5, 50)}
    found = number(answers.ratio)
    tell(found is not None, "ratio must be one finite number.")
    tell(
        abs(found / (first[50] / first[5]) - 1) < 1e-4,
        f"ratio is {found:.5g}, but should be the generation for 50 copies over the one for 5, "
        "both at chance one half and both from the recursion.",
    )


# --- 3.2 ----------------------------------------------------------------------------------------


def test_3_2_estimate(answers: Any, draw: np.random.Generator, tell: Tell) -> None:
    """1 point: The estimate is right for lists and arrays of rows."""
    for as_list in (True, False) * 5:
        rows = draw.geometric(draw.uniform(0.02, 0.3), int(draw.integers(8, 300)))
        rows = np.concatenate([rows, [1, 1], rows.max() + [1, 2, 2]])
        draw.shuffle(rows)
        found = number(answers.missing_mass_estimate(rows.tolist() if as_list else rows))
        tell(found is not None, "missing_mass_estimate must return one finite number.")
        expected = np.sum(np.unique(rows, return_counts=True)[1] == 1) / len(rows)
        tell(
            abs(found - expected) < 1e-9,
            f"For {'a list' if as_list else 'an array'} of {len(rows)} rows your estimate is "
            f"{found:.5f}, not {expected:.5f}. Count the categories that stand in it exactly once, "
            "and think about what to divide by.",
        )


def test_3_2_missing_mass(answers: Any, draw: np.random.Generator, tell: Tell) -> None:
    """1 point: The real missing mass is right."""
    for _ in range(10):
        shares = draw.dirichlet(np.full(int(draw.integers(5, 60)), 0.6))
        rows = draw.choice(len(shares), size=int(draw.integers(4, 100)), p=shares)
        found = number(answers.missing_mass(rows, shares))
        tell(found is not None, "missing_mass must return one finite number.")
        expected = shares[~np.isin(np.arange(len(shares)), rows)].sum()
        tell(
            abs(found - expected) < 1e-9,
            f"For {len(rows)} rows and {len(shares)} categories your missing mass is {found:.5f}, "
            f"not {expected:.5f}. Add up the shares of the categories that are not in the sample, "
            "each once.",
        )


def babies(answers: Any, tell: Tell) -> tuple[np.ndarray, np.ndarray]:
    """The sample of 3,000 babies, once it can be one, and the real shares of the names."""
    births = baby_names(2017)[1]
    people = births / births.sum()
    rows = numbers(answers.sample, (3000,))
    tell(rows is not None, "sample must hold 3,000 rows, each the number of a name.")
    known = np.all((rows >= 0) & (rows < len(people)) & (rows == np.rint(rows)))
    tell(known, f"The names have the numbers 0 to {len(people) - 1}.")
    rows = rows.astype(int)
    there = 1 - (1 - people) ** len(rows)
    names, expected, sd = len(np.unique(rows)), there.sum(), np.sqrt(np.sum(there * (1 - there)))
    tell(
        abs(names - expected) < 6 * sd,
        f"The 3,000 babies in sample have {names} different names; about {expected:.0f} are to be "
        "expected. Draw by the shares in people, with replacement.",
    )
    common = people > 1e-3
    share, chance = common[rows].mean(), people[common].sum()
    tell(
        abs(share - chance) < 6 * np.sqrt(chance * (1 - chance) / len(rows)),
        f"{share:.0%} of the babies in sample have one of the {common.sum()} commonest names; "
        f"about {chance:.0%} are to be expected. Draw by the shares in people.",
    )
    return rows, people


def test_3_2_reading(answers: Any, draw: np.random.Generator, tell: Tell) -> None:
    """1 point: The reading belongs to a sample of 3,000 babies."""
    rows, _ = babies(answers, tell)
    found = number(answers.reading)
    tell(found is not None, "reading must be one finite number.")
    expected = np.sum(np.unique(rows, return_counts=True)[1] == 1) / len(rows)
    tell(abs(found - expected) < 1e-6, f"reading, {found:.4f}, is not the estimate from sample.")


def test_3_2_truth(answers: Any, draw: np.random.Generator, tell: Tell) -> None:
    """1 point: The truth belongs to a sample of 3,000 babies."""
    rows, people = babies(answers, tell)
    found = number(answers.truth)
    tell(found is not None, "truth must be one finite number.")
    expected = 1 - people[np.unique(rows)].sum()
    tell(
        abs(found - expected) < 1e-6,
        f"truth, {found:.4f}, is not the sum of the shares in people of all names that are not in "
        "sample.",
    )


# --- 3.4 ----------------------------------------------------------------------------------------


def formula(
    answers: Any, copies: float, growth: float, generations: int, tell: Tell
) -> tuple[np.ndarray, np.ndarray]:
    """The answer's formula, and the right one."""
    found = numbers(answers.survival_growing(copies, growth, generations), (generations,))
    tell(found is not None, "survival_growing must return one number a sample, 1 to generations.")
    return found, -np.expm1(-copies * lines(growth, generations))


def test_3_4_formula_starts(answers: Any, draw: np.random.Generator, tell: Tell) -> None:
    """1 point: The formula is right for the first two samples."""
    for _ in range(8):
        copies, growth = float(draw.uniform(0.3, 6)), float(draw.uniform(1.05, 2))
        generations = int(draw.integers(2, 40))
        found, expected = formula(answers, copies, growth, generations, tell)
        case = f"With {copies:.3f} expected copies and growth {growth:.3f}"
        tell(
            abs(found[0] - expected[0]) < 1e-8,
            f"{case} the chance for sample 1 is not {found[0]:.5f}: the first sample does not "
            "depend on the growth.",
        )
        tell(
            abs(found[1] - expected[1]) < 1e-8,
            f"{case} the chance for sample 2 is not {found[1]:.5f}. How many copies does one copy "
            "leave now, and with what chance none?",
        )


def test_3_4_formula_goes_on(answers: Any, draw: np.random.Generator, tell: Tell) -> None:
    """2 points: The formula is right for every sample, with growth and without."""
    for growth in (1.0, *map(float, draw.uniform(1.02, 2, 7))):
        copies, generations = float(draw.uniform(0.3, 6)), int(draw.integers(30, 200))
        found, expected = formula(answers, copies, growth, generations, tell)
        wrong = ~(np.abs(found - expected) < 1e-8)
        t = int(np.argmax(wrong))
        tell(
            not wrong.any(),
            f"With {copies:.3f} expected copies and growth {growth:.3f} the chance for sample "
            f"{t + 1} is not {found[t]:.5f}. Each sample is larger than the last by the same "
            "factor: use it once in every step.",
        )


def compare_simulation(
    answers: Any, generations: int, draw: np.random.Generator, tell: Tell
) -> None:
    """Compare the shares of many words, from several calls, with the exact binomial law."""
    calls, words = 10, int(draw.integers(1800, 2200))
    for growth in map(float, (draw.uniform(1.3, 1.45), draw.uniform(1.45, 1.7))):
        copies = float(draw.uniform(0.7, 2))
        case = f"With {copies:.3f} expected copies and growth {growth:.3f}"
        there = np.empty((calls, generations))
        for call in range(calls):
            found = numbers(
                answers.simulate_growing(copies, growth, generations, words, generator(draw)),
                (generations,),
            )
            tell(found is not None, "simulate_growing must return one share for each sample.")
            there[call] = words * found
        tell(
            np.allclose(there, np.rint(there), rtol=0, atol=1e-4),
            f"A share of {words} words that are still there, times {words}, must be whole.",
        )
        tell(
            np.any(there != there[0]),
            "Two different generators give the same shares: draw everything from rng.",
        )
        expected = -np.expm1(-copies * lines(growth, generations))
        for t, chance in enumerate(expected):
            total, law = np.rint(there[:, t].sum()), stats.binom(calls * words, chance)
            tell(
                min(law.cdf(total), law.sf(total - 1)) > BY_CHANCE,
                f"{case} a share of {total / calls / words:.4f} of your words is there in sample "
                f"{t + 1}; it should be near {chance:.4f}. Every copy in a sample leaves copies "
                "for the next, and their mean is the growth.",
            )
            spread = there[:, t].var(ddof=1) / (words * chance * (1 - chance))
            tell(
                (calls - 1) * spread < stats.chi2.isf(BY_CHANCE, calls - 1),
                f"{case} the share in sample {t + 1} changes too much from one generator to the "
                "next: the words must be independent, each with counts of its own.",
            )


def test_3_4_simulation_starts(answers: Any, draw: np.random.Generator, tell: Tell) -> None:
    """1 point: The simulation is right for the first two samples."""
    compare_simulation(answers, 2, draw, tell)


def test_3_4_simulation_goes_on(answers: Any, draw: np.random.Generator, tell: Tell) -> None:
    """1 point: The simulation is right for later samples."""
    compare_simulation(answers, 8, draw, tell)
