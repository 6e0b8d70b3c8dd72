"""Hidden tests of chapter 3, for inputs that nobody knows before the release."""

from collections.abc import Callable
from typing import Any

import numpy as np
from scipy import stats

from coursework.prelude import apart, generator, near, number, numbers, seeded
from modelcollapse.data import baby_names

Tell = Callable[[object, str], None]
BY_CHANCE = 1e-8  # how often a right answer may fail one comparison


def lines(growth: float, generations: int) -> np.ndarray:
    """Chance that the line of one copy is alive in models 1, 2, ...; g where growth is 1."""
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
    case = f"copies = {copies:.5g}, chance = {chance:.4f}"
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
    for t in map(int, (*draw.integers(150, 900, 8), draw.integers(20_000, 40_000))):
        compare_generations(answers, int(t * draw.uniform(0.1, 1.0)), t, draw, tell)


def test_3_1_ratio(answers: Any, draw: np.random.Generator, tell: Tell) -> None:
    """1 point: The ratio for 50 and 5 copies is right, or that of your generations, one off."""
    found = number(answers.ratio)
    tell(found is not None, "ratio must be one finite number.")
    right = [int(np.argmax(np.exp(-c * lines(1, 1000)) >= 0.5)) + 1 for c in (50, 5)]
    if abs(found - right[0] / right[1]) < 0.01:
        return
    own = [number(answers.forgotten(c, 0.5)) for c in (50, 5)]
    tell(
        all(t and abs(t - first) <= 1 for t, first in zip(own, right, strict=True))
        and abs(found - own[0] / own[1]) < 0.01,
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
        yours, theirs = apart(found, expected)
        tell(
            near(found, expected),
            f"For {'a list' if as_list else 'an array'} of {len(rows)} rows your estimate is "
            f"{yours}, not {theirs}. Count the categories that stand in it exactly once, and "
            "think about what to divide by.",
        )


def test_3_2_missing_mass(answers: Any, draw: np.random.Generator, tell: Tell) -> None:
    """1 point: The real missing mass is right."""
    for case in range(11):
        shares = draw.dirichlet(np.full(int(draw.integers(5, 60)), 0.6))
        rows = draw.choice(len(shares), size=int(draw.integers(4, 100)), p=shares)
        if case == 10:  # nothing is missing
            rows = draw.permutation([*range(len(shares)), *rows])
        found = number(answers.missing_mass(rows.copy(), shares.copy()))
        tell(found is not None, "missing_mass must return one finite number.")
        expected = shares[~np.isin(np.arange(len(shares)), rows)].sum()
        yours, theirs = apart(found, expected)
        tell(
            near(found, expected),
            f"For {len(rows)} rows and {len(shares)} categories your missing mass is {yours}, not "
            f"{theirs}. Add up the shares of the categories that are not in the sample, each once.",
        )


def babies(sample: Any, tell: Tell) -> tuple[np.ndarray, np.ndarray]:
    """The numbers of the names in a sample, once they can be that, and the real shares."""
    births = baby_names(2017)[1]
    rows = numbers(sample)
    tell(
        rows is not None and rows.ndim == 1 and rows.size,
        "sample must hold 3,000 rows, each the number of a name.",
    )
    known = np.all((rows >= 0) & (rows < len(births)) & (rows == np.rint(rows)))
    tell(known, f"The names have the numbers 0 to {len(births) - 1}.")
    return rows.astype(int), births / births.sum()


def test_3_2_sample(answers: Any, draw: np.random.Generator, tell: Tell) -> None:
    """1 point: The sample holds 3,000 babies, drawn by the shares of the names."""
    rows, people = babies(answers.sample, tell)
    tell(len(rows) == 3000, f"sample holds {len(rows)} rows, not 3,000.")
    there = 1 - (1 - people) ** len(rows)
    names, expected, sd = len(np.unique(rows)), there.sum(), np.sqrt(np.sum(there * (1 - there)))
    tell(
        abs(names - expected) < 6 * sd,
        f"The 3,000 babies in sample have {names} distinct names; about {expected:.0f} are to be "
        "expected. Draw by the shares in people, with replacement.",
    )
    common = people > 1e-3
    share, chance = common[rows].mean(), people[common].sum()
    tell(
        abs(share - chance) < 6 * np.sqrt(chance * (1 - chance) / len(rows)),
        f"{share:.0%} of the babies in sample have one of the {common.sum()} commonest names; "
        f"about {chance:.0%} are to be expected. Draw by the shares in people.",
    )
    tell(  # a right sample lacks the commonest name with a probability of 6e-8
        np.any(rows == 0),
        "None of the babies in sample has the commonest name. The names are numbered from 0.",
    )


def numbered(sample: Any) -> Any:
    """A sample of names, where it is one, as the numbers of these names."""
    if isinstance(sample, list | tuple | np.ndarray) and all(isinstance(x, str) for x in sample):
        places = {name: i for i, name in enumerate(baby_names(2017)[0])}
        return [places.get(name, -1) for name in sample]
    return sample


def test_3_2_reading_and_truth(answers: Any, draw: np.random.Generator, tell: Tell) -> None:
    """1 point: The reading and the truth belong to the sample, however it was drawn."""
    rows, people = babies(numbered(answers.sample), tell)
    reading, truth = number(answers.reading), number(answers.truth)
    tell(reading is not None, "reading must be one finite number.")
    tell(truth is not None, "truth must be one finite number.")
    expected = np.sum(np.unique(rows, return_counts=True)[1] == 1) / len(rows)
    tell(
        abs(reading - expected) < 1e-6, f"reading, {reading:.4f}, is not the estimate from sample."
    )
    expected = 1 - people[np.unique(rows)].sum()
    tell(
        abs(truth - expected) < 1e-6,
        f"truth, {truth:.4f}, is not the sum of the shares in people of all names that are not in "
        "sample.",
    )


# --- 3.4 ----------------------------------------------------------------------------------------


def formula(
    answers: Any, copies: float, growth: float, generations: int, tell: Tell
) -> tuple[np.ndarray, np.ndarray]:
    """The answer's formula, and the right one."""
    found = numbers(answers.survival_growing(copies, growth, generations), (generations,))
    tell(found is not None, "survival_growing must return one number a model, 1 to generations.")
    return found, -np.expm1(-copies * lines(growth, generations))


def test_3_4_formula_starts(answers: Any, draw: np.random.Generator, tell: Tell) -> None:
    """1 point: The formula is right for the first two models."""
    for generations in (1, 2, *map(int, draw.integers(3, 40, 7))):
        copies, growth = float(draw.uniform(0.3, 6)), float(draw.uniform(1.05, 2))
        found, expected = formula(answers, copies, growth, generations, tell)
        hints = (
            "Sample 0, which model 1 reads, does not depend on the growth.",
            "How many copies does one copy leave now, and with what chance none?",
        )
        for t in range(min(2, generations)):
            tell(
                near(found[t], expected[t]),
                f"With {copies:.3f} expected copies and growth {growth:.3f} the chance for model "
                f"{t + 1} is not {found[t]:.8g}. {hints[t]}",
            )


def test_3_4_formula_goes_on(answers: Any, draw: np.random.Generator, tell: Tell) -> None:
    """2 points: The formula is right for every model, with growth and without."""
    for growth in (1.0, *map(float, draw.uniform(1.02, 2, 7))):
        copies, generations = float(draw.uniform(0.3, 6)), int(draw.integers(30, 200))
        found, expected = formula(answers, copies, growth, generations, tell)
        wrong = ~near(found, expected)
        t = int(np.argmax(wrong))
        tell(
            not wrong.any(),
            f"With {copies:.3f} expected copies and growth {growth:.3f} the chance for model "
            f"{t + 1} is not {found[t]:.8g}. Each sample is larger than the last by the same "
            "factor: use it once in every step.",
        )


def likely(total: float, trials: int, chance: float) -> bool:
    """Whether so many of the trials may succeed."""
    law = stats.binom(trials, chance)
    return bool(min(law.cdf(total), law.sf(total - 1)) > BY_CHANCE)


def simulated(
    answers: Any,
    case: tuple[float, float, int, int],
    calls: int,
    draw: np.random.Generator,
    tell: Tell,
) -> np.ndarray:
    """How many words are there in each model, by calls."""
    _, _, generations, words = case
    there = np.empty((calls, generations))
    for call in range(calls):
        found = answers.simulate_growing(*case, generator(draw))
        found = numbers(found, (generations,))
        tell(found is not None, "simulate_growing must return one share for each model.")
        tell(np.all(found <= 1), "simulate_growing must return shares, not numbers of words.")
        there[call] = words * found
    tell(
        np.allclose(there, np.rint(there), rtol=0, atol=0.01),
        f"A share of {words} words that are still there, times {words}, must be whole.",
    )
    tell(
        np.all(np.diff(np.rint(there), axis=1) <= 0),
        "A word that is lost stays lost, so that no share is larger than the one before it. Yours "
        "rise now and then: simulate the counts of each word, and draw them from those before.",
    )
    return np.rint(there)


def compare_simulation(
    answers: Any, models: slice, any_start: bool, draw: np.random.Generator, tell: Tell
) -> None:
    """Compare shares of many words, and single words, from several calls with the exact law.

    With `any_start` sample 0 may also have the counts of sample 1, or c copies of every word; what
    comes after it is then compared with the law that follows from it.
    """
    calls, words, generations = 10, int(draw.integers(1800, 2200)), models.stop
    for growth in map(float, (draw.uniform(1.3, 1.45), draw.uniform(1.45, 1.7))):
        copies = float(draw.uniform(0.7, 2))
        many = simulated(answers, (copies, growth, generations, words), calls, draw, tell)
        tell(
            # Two models' shares alone may agree by chance, of some calls.
            np.all(np.any(many != many[0], axis=0)[any_start:])
            and len(np.unique(many, axis=0)) >= (calls if any_start else calls - 4),
            "Different generators give the same shares: draw everything from rng.",
        )
        case = (copies, growth, generations, 1)
        alone = simulated(answers, case, 2400 // generations, draw, tell)
        alive = lines(growth, generations)
        laws = [copies * alive]
        if any_start:
            laws += [copies * growth * alive, copies * growth * np.append(np.inf, alive[:-1])]
        laws = [-np.expm1(-law) for law in laws]
        first = many[:, 0].sum()
        law = next((law for law in laws if likely(first, calls * words, law[0])), laws[0])
        case = f"With {copies:.3f} expected copies and growth {growth:.3f}"
        for there, trials in ((many, calls * words), (alone, len(alone))):
            totals = there.sum(axis=0)
            for t in range(generations)[models]:
                hint = (
                    "Every copy in a sample leaves copies for the next, and their mean is the "
                    "growth."
                )
                if t == 0:
                    hint = "Counts in sample 0 are Poisson with mean c, whatever the growth."
                yours, theirs = apart(totals[t] / trials, law[t])
                tell(
                    likely(totals[t], trials, law[t]),
                    f"{case} a share of {yours} of your words is there in model {t + 1}; it "
                    f"should be near {theirs}. {hint}",
                )
                if t == 0:
                    continue
                kept = law[t] / law[t - 1]
                yours, theirs = apart(totals[t] / totals[t - 1], kept)
                tell(
                    likely(totals[t], totals[t - 1], kept),
                    f"{case}, of the words in model {t} a share of {yours} is in model {t + 1}, "
                    f"too; it should be near {theirs}. {hint}",
                )
        for t in range(generations)[models]:
            tell(
                (calls - 1) * many[:, t].var(ddof=1)
                <= stats.chi2.isf(BY_CHANCE, calls - 1) * words * law[t] * (1 - law[t]),
                f"{case} the share in model {t + 1} changes too much from one generator to the "
                "next: the words must be independent, each with counts of its own.",
            )
    seeded(
        lambda rng: answers.simulate_growing(1.2, 1.4, generations, words, rng),
        (generations,),
        draw,
    )


def test_3_4_simulation_starts(answers: Any, draw: np.random.Generator, tell: Tell) -> None:
    """1 point: The simulation is right for the first two models."""
    compare_simulation(answers, slice(0, 2), False, draw, tell)


def test_3_4_simulation_goes_on(answers: Any, draw: np.random.Generator, tell: Tell) -> None:
    """1 point: The simulation is right for later models, given the first."""
    compare_simulation(answers, slice(1, 8), True, draw, tell)
