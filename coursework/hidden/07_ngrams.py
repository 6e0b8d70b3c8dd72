"""Hidden tests of chapter 7, for inputs that nobody knows before the release."""

import string
from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np

from coursework.prelude import near, number, numbers
from modelcollapse.data import state_of_the_union
from modelcollapse.loop import run
from modelcollapse.ngrams import NGram
from modelcollapse.text import Alphabet, blocks, normalise, words

Tell = Callable[[object, str], None]


@cache
def lab() -> tuple[np.ndarray, np.ndarray, NGram]:
    """The lab's held-out blocks, those that its first models read, and its judge."""
    alphabet = Alphabet()
    ids = alphabet.encode(" ".join(normalise(text) for *_, text in state_of_the_union()))
    human = blocks(ids, 500)
    human = human[np.random.default_rng([7, 0]).permutation(len(human))]
    held, human = human[None, :400], human[400:]
    chosen = [np.random.default_rng([7, k]).permutation(len(human))[:1600] for k in (2, 3)]
    real, other = (human[rows].reshape(5, 320, 500) for rows in chosen)
    return held, real, NGram(5, len(alphabet)).fit(other)


# --- 7.1 ----------------------------------------------------------------------------------------


def spelled(draw: np.random.Generator) -> str:
    """A word that need not mean anything."""
    return "".join(draw.choice(list(string.ascii_lowercase), int(draw.integers(1, 9))))


def compare_perplexity(answers: Any, log_p: np.ndarray, text: str, hint: str, tell: Tell) -> None:
    """Compare the perplexity per word of one text with the right one."""
    found = number(answers.word_perplexity(log_p.copy(), text))
    tell(found is not None, "word_perplexity must return one finite number.")
    expected = float(np.exp(-log_p.sum() / len(words(text))))
    tell(
        near(found, expected),
        f"For the text {text!r} and log probabilities in an array of shape {log_p.shape}, "
        f"{log_p.sum():.4f} in all, the perplexity per word is not {found:.8g}. {hint}",
    )


def test_7_1_plain_text(answers: Any, draw: np.random.Generator, tell: Tell) -> None:
    """1 point: The perplexity is right for words with one blank between them."""
    for _ in range(10):
        few = [spelled(draw) for _ in range(int(draw.integers(2, 6)))]
        text = " ".join([*few, *draw.choice(few, int(draw.integers(1, 5)))])
        log_p = np.log(draw.uniform(0.05, 1, len(text)))
        hint = "How much surprise is there in all, and for how many words?"
        compare_perplexity(answers, log_p, text, hint, tell)


def test_7_1_any_text(answers: Any, draw: np.random.Generator, tell: Tell) -> None:
    """1 point: The perplexity is right for texts with marks and digits, and arrays of any shape."""
    for dimensions in (1, 2, 3) * 4:
        a, b, c, d, e, f, g, h = (spelled(draw) for _ in range(8))
        parts = [
            f"{a}'{b}",
            f"{c}-{d}, {c}",
            f"{e}, 0,000 {f}.",
            f"- {g}  0.00",
            f"'{h}'",
            " ",
        ]
        draw.shuffle(parts)
        text = " ".join(parts)
        text += " " * (-len(text) % 4)
        shape = ((-1,), (4, -1), (2, 2, -1))[dimensions - 1]
        log_p = np.log(draw.uniform(0.1, 1, len(text))).reshape(shape)
        hint = (
            "Every character's log probability counts, and the words are those that the lab's "
            "function finds, whatever stands between them."
        )
        compare_perplexity(answers, log_p, text, hint, tell)


def test_7_1_surprise(answers: Any, draw: np.random.Generator, tell: Tell) -> None:
    """1 point: The surprise is right, or it is what your function says, and that is nearly so."""
    found = number(answers.surprise)
    tell(found is not None, "surprise must be one finite number.")
    held, _, judge = lab()
    text = Alphabet().decode(held[0, :40].ravel())
    log_p = judge.log_probability(held[:, :40])[0]
    expected = float(np.exp(-log_p.sum() / len(words(text))))
    if near(found, expected, rtol=1e-4):
        return
    own = number(answers.word_perplexity(log_p, text))
    tell(
        own is not None and near(own, expected, rtol=0.5) and near(found, own, rtol=1e-4),
        f"surprise is {found:.8g}, which is not the perplexity per word of a_text. Use a_log_p, "
        "which holds the first replicate only, as it was given.",
    )


# --- 7.2 ----------------------------------------------------------------------------------------


def seen(draw: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Counts after a context, some of them zero and some larger than one, and lower-order p."""
    size = int(draw.integers(4, 40))
    counts = draw.geometric(draw.uniform(0.1, 0.7), size) * (draw.random(size) < 0.5)
    counts[draw.permutation(size)[:3]] = 0, 1, draw.integers(2, 30)
    return counts, draw.dirichlet(np.full(size, 0.7))


def listed(counts: np.ndarray) -> str:
    """Counts for a sentence, cut short if they are many."""
    return f"[{', '.join(map(str, counts[:12]))}{', ...' * (len(counts) > 12)}]"


def test_7_2_probabilities(answers: Any, draw: np.random.Generator, tell: Tell) -> None:
    """2 points: The probabilities are right after contexts that were seen."""
    for _ in range(15):
        counts, lower = seen(draw)
        found = numbers(answers.witten_bell(counts.copy(), lower.copy()), counts.shape)
        tell(found is not None, "witten_bell must return one probability for each symbol.")
        kinds = np.count_nonzero(counts)
        wrong = ~near(found, (counts + kinds * lower) / (counts.sum() + kinds))
        i = int(np.argmax(wrong))
        tell(
            not wrong.any(),
            f"With counts = {listed(counts)}, {kinds} of them above zero and {counts.sum()} in "
            f"all, the symbol with number {i}, count {counts[i]} and lower probability "
            f"{lower[i]:.4f} does not get {found[i]:.8g}. Put these numbers into the formula.",
        )


def test_7_2_never_seen(answers: Any, draw: np.random.Generator, tell: Tell) -> None:
    """1 point: Both functions are right after contexts that were never seen."""
    for _ in range(5):
        lower = seen(draw)[1]
        zeros = np.zeros(len(lower), int)
        found = numbers(answers.witten_bell(zeros.copy(), lower.copy()), lower.shape)
        tell(
            found is not None and np.all(near(found, lower)),
            f"After a context that was never seen, all {len(zeros)} counts being zero, "
            "witten_bell must leave every symbol what the shorter context gives it.",
        )
        share = number(answers.new_symbol(zeros.copy()))
        tell(
            share is not None and near(share, 1),
            "After a context that was never seen, new_symbol must say how much the shorter "
            "context decides then, as a number.",
        )


def test_7_2_new_symbol(answers: Any, draw: np.random.Generator, tell: Tell) -> None:
    """1 point: What the shorter context decides is right after contexts that were seen."""
    for _ in range(15):
        counts, _ = seen(draw)
        found = number(answers.new_symbol(counts.copy()))
        tell(found is not None, "new_symbol must return one finite number.")
        kinds = np.count_nonzero(counts)
        tell(
            near(found, kinds / (counts.sum() + kinds)),
            f"For counts = {listed(counts)}, {kinds} of them above zero and {counts.sum()} in "
            f"all, the shorter context does not decide {found:.8g}. Add up its part of the "
            "formula over all symbols, seen or not.",
        )


# --- 7.3 ----------------------------------------------------------------------------------------


@cache
def moved(temperature: float) -> dict[str, float]:
    """Mean change of both perplexities from model 1 and text 1 to model 10 and text 10."""
    held, real, judge = lab()
    rng, model = np.random.default_rng([7, 7]), NGram(5, judge.vocabulary, temperature=temperature)

    def bits(judged_by: NGram, rows: np.ndarray) -> np.ndarray:
        return -judged_by.log_probability(rows).mean(axis=(1, 2)) / np.log(2)

    measure = {
        "first": lambda model, rows: bits(model, held),
        "second": lambda model, rows: bits(judge, model.sample(100, rng)),
    }
    history = run(model, real[:, :64], "replace", 10, rng, measure=measure)
    return {which: float((history[which][-1] - history[which][0]).mean()) for which in measure}


def at_balance(answers: Any, tell: Tell) -> tuple[float, dict[str, float]]:
    """The answer's temperature, and how far both perplexities move there."""
    found = number(answers.balance)
    tell(found is not None, "balance must be one temperature, a finite number.")
    tell(0.9 < found < 1, f"balance is {found:.8g}, but must lie between 0.9 and 1.")
    return found, moved(found)


def compare_balance(answers: Any, within: float, tell: Tell) -> None:
    """Ask for a temperature at which the second perplexity hardly moves."""
    found, moves = at_balance(answers, tell)
    tell(
        abs(moves["second"]) < within,
        f"At the temperature {found:.5g} the mean of the second perplexity's change, for n = 64, "
        f"is {moves['second']:+.3f} bits. Go {'colder' if moves['second'] > 0 else 'warmer'}.",
    )


def test_7_3_nearly_balanced(answers: Any, draw: np.random.Generator, tell: Tell) -> None:
    """1 point: At your temperature the second perplexity moves by less than a fifth of a bit."""
    compare_balance(answers, 0.2, tell)


def test_7_3_balanced(answers: Any, draw: np.random.Generator, tell: Tell) -> None:
    """2 points: It moves by less than a tenth of a bit there."""
    compare_balance(answers, 0.1, tell)


def test_7_3_hidden(answers: Any, draw: np.random.Generator, tell: Tell) -> None:
    """2 points: The change of the first perplexity is that at your temperature, whatever it is."""
    temperature, moves = at_balance(answers, tell)
    found = number(answers.hidden)
    tell(found is not None, "hidden must be one finite number.")
    tell(
        abs(found - moves["first"]) < 0.0051,
        f"hidden is {found:.4f}. At your temperature, {temperature:.5g}, the first perplexity's "
        "mean change over the replicates, for n = 64, is another one.",
    )
