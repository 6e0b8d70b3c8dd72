"""Sentences that state facts, and a model whose grammar and whose facts are counted apart.

Each sentence names one country. Some state its capital, the others say something else of it. So
a text has two kinds of content that one can measure apart: how its sentences are built, and what
they state.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import ArrayLike

from modelcollapse import _valid
from modelcollapse._valid import Array
from modelcollapse.ngrams import NGram
from modelcollapse.regimes import Rows, Source

COUNTRY, CITY = "COUNTRY", "CITY"
LENGTH = 8  # words in a sentence; shorter ones end in stops
STOP = "."
STATING = (
    "the capital of COUNTRY is CITY",
    "in COUNTRY the capital is CITY",
    "people say the capital of COUNTRY is CITY",
)
TELLING = (
    "we went to COUNTRY last summer",
    "the food in COUNTRY is very good",
    "they sell wine and wool to COUNTRY",
    "my friend was born in COUNTRY",
    "the people of COUNTRY like to sing",
    "COUNTRY is far from here",
)


class Sentences:
    """Nine kinds of sentences about countries; three of them state the capital.

    Parameters
    ----------
    countries, capitals : sequence of str
        Names of one word; fact i says that ``capitals[i]`` is the capital of ``countries[i]``.

    Attributes
    ----------
    words : list of str
        All words: those of grammar, then the countries, then the capitals.
    kinds : int
        Number of classes: every word of grammar is one, all countries are one, all capitals one.

    Raises
    ------
    ValueError
        If there are not as many capitals as countries, a name is there twice or is not one word,
        or all words together are more than 256.
    """

    def __init__(self, countries: Sequence[str], capitals: Sequence[str]) -> None:
        names = [*countries, *capitals]
        grammar = sorted({w for s in (*STATING, *TELLING) for w in s.split()} - {COUNTRY, CITY})
        self.words = [STOP, *grammar, *names]
        if len(countries) != len(capitals) or len(countries) < 2:
            raise ValueError(
                "countries and capitals must be two or more of each, as many of both, got "
                f"{len(countries)} and {len(capitals)}"
            )
        if len(set(self.words)) < len(self.words) or any(len(n.split()) != 1 for n in names):
            raise ValueError("countries and capitals must be distinct names of one word each")
        if len(self.words) > 256:
            raise ValueError(f"all words must be at most 256, got {len(self.words)}")
        self.facts = len(countries)
        self.grammar = 1 + len(grammar)  # words that are no names
        self.kinds = self.grammar + 2
        number = {word: i for i, word in enumerate(self.words)}
        number |= {COUNTRY: self.grammar, CITY: self.grammar + 1}
        self._number = number
        built = [self._built(kind, number) for kind in (*STATING, *TELLING)]
        self.templates = np.array(built, np.uint8)  # (kinds of sentences, LENGTH), as classes
        self._class = np.minimum(np.arange(len(self.words)), self.grammar)
        self._class[self.grammar + self.facts :] = self.grammar + 1
        self._codes = self._code(self.templates)

    @staticmethod
    def _built(kind: str, number: dict[str, int]) -> list[int]:
        words = kind.split()
        return [number[word] for word in [*words, *[STOP] * (LENGTH - len(words))]]

    @property
    def vocabulary(self) -> int:
        """Number of distinct words."""
        return len(self.words)

    def classes(self, rows: ArrayLike) -> Array:
        """The class of each word: itself, or `grammar` for a country, or the next for a capital."""
        return self._class[np.asarray(rows)].astype(np.uint8)

    def _code(self, classes: Array) -> Array:
        return classes.astype(np.int64) @ (self.kinds ** np.arange(LENGTH, dtype=np.int64))

    def write(
        self, p: ArrayLike, n: int, stating: float, replicates: int, rng: np.random.Generator
    ) -> Array:
        """What people write: countries as often as `p` says, and only true statements.

        Parameters
        ----------
        p : array_like, shape (facts,)
            How often each country is mentioned, as shares.
        n : int
            Sentences a replicate, of which ``round(stating * n)`` state a capital.
        stating : float
            That share.
        replicates : int
            Number of texts.

        Returns
        -------
        ndarray of uint8, shape (replicates, n, 8)
        """
        p = _valid.probabilities("p", p)
        if p.shape != (self.facts,):
            raise ValueError(f"p must have the shape ({self.facts},), got {p.shape}")
        n, stating = _valid.integer("n", n, 0), _valid.fraction("stating", stating)
        rng = _valid.generator("rng", rng)
        shape = (_valid.integer("replicates", replicates, 1), n)
        fact = rng.choice(self.facts, size=shape, p=p)
        states = np.arange(n) < round(stating * n)
        kind = np.where(
            states,
            rng.integers(len(STATING), size=shape),
            len(STATING) + rng.integers(len(TELLING), size=shape),
        )
        rows = self.filled(self.templates[kind], fact, fact)
        return rng.permuted(rows.view("V8"), axis=1).view(np.uint8).reshape(*shape, LENGTH)

    def filled(self, classes: ArrayLike, country: ArrayLike, city: ArrayLike) -> Array:
        """Words from classes, with one country and one capital for each row."""
        classes = np.asarray(classes)
        country, city = (np.asarray(x)[..., None] for x in (country, city))
        words = np.where(classes == self.grammar, self.grammar + country, classes)
        is_city = classes == self.grammar + 1
        return np.where(is_city, self.grammar + self.facts + city, words).astype(np.uint8)

    def well_formed(self, rows: ArrayLike) -> Array:
        """Whether each row is one of the nine kinds of sentences."""
        return np.isin(self._code(self.classes(rows)), self._codes)

    def stated(self, rows: ArrayLike) -> tuple[Array, Array]:
        """What each row states: the numbers of the country and of its capital, or -1 and -1.

        Only well-formed sentences state anything.
        """
        rows = np.asarray(rows)
        classes = self.classes(rows)
        states = np.isin(self._code(classes), self._codes[: len(STATING)])
        country, city = self._first(rows, classes, 0), self._first(rows, classes, 1)
        return np.where(states, country, -1), np.where(states, city, -1)

    def asked(self, rows: ArrayLike) -> tuple[Array, Array]:
        """Where a row comes to the point at which a capital must follow.

        Returns
        -------
        country : ndarray of int, shape (...)
            The country whose capital must follow, or -1.
        place : ndarray of int, shape (...)
            The place of the word that must be the capital.
        """
        rows = np.asarray(rows)
        classes = self.classes(rows)
        country = np.full(rows.shape[:-1], -1)
        place = np.zeros(rows.shape[:-1], int)
        for kind in self.templates[: len(STATING)]:
            at = int(np.argmax(kind == self.grammar + 1))
            begins = (classes[..., :at] == kind[:at]).all(axis=-1)
            country = np.where(begins, self._first(rows, classes, 0), country)
            place = np.where(begins, at, place)
        return country, place

    def _first(self, rows: Array, classes: Array, which: int) -> Array:
        """The number of the first country or capital of each row; nonsense where there is none."""
        at = np.argmax(classes == self.grammar + which, axis=-1)[..., None]
        word = np.take_along_axis(rows, at, axis=-1)[..., 0].astype(int)
        return np.clip(word - self.grammar - which * self.facts, 0, self.facts - 1)

    def statements(self, rows: ArrayLike) -> Array:
        """How often each capital is stated of each country, (replicates, facts, facts)."""
        country, city = self.stated(rows)
        return self._table(country, city)

    def _table(self, country: Array, city: Array) -> Array:
        replicates, k = len(country), self.facts
        cell = (np.arange(replicates)[:, None] * k + country) * k + city
        counts = np.bincount(cell[country >= 0], minlength=replicates * k * k)
        return counts.reshape(replicates, k, k)

    def mentions(self, rows: ArrayLike) -> Array:
        """How often each country is mentioned, (replicates, facts)."""
        rows = np.asarray(rows).astype(int)
        named = rows - self.grammar
        cell = np.arange(len(rows))[:, None, None] * self.facts + named
        inside = (named >= 0) & (named < self.facts)
        counts = np.bincount(cell[inside], minlength=len(rows) * self.facts)
        return counts.reshape(-1, self.facts)

    def encode(self, text: str) -> Array:
        """A sentence as numbers, with stops up to eight words."""
        return np.array(self._built(text, self._number), np.uint8)

    def decode(self, row: ArrayLike) -> str:
        """A row as a text, without the stops at its end."""
        words = [self.words[i] for i in np.asarray(row)]
        return " ".join(words).rstrip(" " + STOP)


class FactModel:
    """An n-gram model of word classes, with a table of what was stated.

    The grammar is `NGram` over classes. A country is drawn as often as it was mentioned, and a
    capital as often as it was stated of the country.

    Parameters
    ----------
    sentences : Sentences
        The language.
    order : int
        Of the n-gram model.
    temperature : float
        At which names are drawn; the grammar is always drawn at 1.
    doubt : float
        How many statements the overall shares of the capitals are worth. A country with counts
        c_j and C statements in all gets capital j with probability (c_j + doubt q_j) / (C +
        doubt), where q_j is the share of j among all statements; without any statement, q_j.

    Attributes
    ----------
    mentioned : ndarray, shape (replicates, facts)
        Share of each country.
    answers : ndarray, shape (replicates, facts, facts)
        Probability of each capital when asked for each country, before the temperature.
    grammar : NGram
        The model of classes.
    """

    vectorised = True
    mentioned: Array
    answers: Array
    grammar: NGram

    def __init__(
        self, sentences: Sentences, order: int = 5, temperature: float = 1.0, doubt: float = 0.0
    ) -> None:
        self.sentences = sentences
        self.order = _valid.integer("order", order, 1)
        self.temperature = _valid.number("temperature", temperature, 0)
        if self.temperature == 0:
            raise ValueError("temperature must be above 0, got 0")
        self.doubt = _valid.number("doubt", doubt, 0)

    def fit(self, data: ArrayLike, rng: np.random.Generator | None = None) -> Self:
        """Count; `rng` is not used.

        Parameters
        ----------
        data : array_like of int, shape (replicates, n, 8)
            Sentences.
        """
        rows = _valid.data("data", data, "(replicates, n, 8)", (3,))
        self.grammar = NGram(self.order, self.sentences.kinds).fit(self.sentences.classes(rows))
        counts = self.sentences.mentions(rows)
        self.mentioned = counts / counts.sum(axis=1, keepdims=True)
        self.answers = answers(self.sentences.statements(rows), self.doubt)
        return self

    def sample(self, n: int, rng: np.random.Generator) -> Array:
        """Write n sentences in every replicate.

        Returns
        -------
        ndarray of uint8, shape (replicates, n, 8)
        """
        rng = _valid.generator("rng", rng)
        classes = self.grammar.sample(n, rng)
        power = 1 / self.temperature
        country = drawn(self.mentioned[:, None] ** power, np.zeros((len(classes), n), int), rng)
        city = drawn(self.answers**power, country, rng)
        return self.sentences.filled(classes, country, city)

    @property
    def errors(self) -> Array:
        """Expected share of false statements in what the model writes, (replicates,)."""
        power = 1 / self.temperature
        named, told = self.mentioned**power, self.answers**power
        right = np.einsum("rii->ri", told) / told.sum(axis=2)
        return (named / named.sum(axis=1, keepdims=True) * (1 - right)).sum(axis=1)

    @property
    def right(self) -> Array:
        """Probability of the right answer to each question, (replicates, facts)."""
        return np.einsum("rii->ri", self.answers).copy()


def answers(counts: ArrayLike, doubt: float = 0.0) -> Array:
    """Probability of each answer to each question, from counts of statements.

    Parameters
    ----------
    counts : array_like, shape (replicates, facts, answers)
        How often each answer was stated.
    doubt : float
        How many statements the overall shares of the answers are worth.

    Returns
    -------
    ndarray, shape (replicates, facts, answers)
        A question without statements gets the overall shares; without any statements at all, all
        answers are equally likely.
    """
    counts = np.asarray(counts, float)
    overall = counts.sum(axis=1, keepdims=True)
    overall = np.where(overall.sum(axis=2, keepdims=True) > 0, overall, 1)
    overall /= overall.sum(axis=2, keepdims=True)
    total = counts.sum(axis=2, keepdims=True)
    weight = np.where(total + doubt > 0, doubt, 1)
    return (counts + weight * overall) / (total + weight)


def drawn(weights: Array, row: Array, rng: np.random.Generator) -> Array:
    """For each cell of `row`, (replicates, n), a column drawn by the weights of that row.

    `weights` has the shape (replicates, rows, columns), and no row of it is empty.
    """
    upto = weights.cumsum(axis=2)
    upto /= upto[:, :, -1:]
    replicate = np.arange(len(weights))[:, None]
    u = rng.random(row.shape)[..., None]
    return np.minimum((upto[replicate, row] <= u).sum(axis=2), weights.shape[2] - 1)


@dataclass(frozen=True)
class Grounded:
    """Replace, where the capital in every statement is copied from a source.

    A pointer, and not learnt: where a sentence comes to the point at which a capital must follow,
    a passage of the source that states this country's capital is picked at random and its word is
    copied. If no passage does, the model's own word stays.

    Parameters
    ----------
    sentences : Sentences
        The language.
    store : ndarray, shape (replicates or 1, m, 8), or None
        The sentences of the source. None for the last text itself, the one that the model has
        read.
    """

    sentences: Sentences
    store: Array | None = None

    def next(self, source: Source) -> Rows:
        """Put together what the next generation trains on."""
        store = self.store
        if store is None:
            store = source.memory.get("text", source.real.data)
        rows = source.synthetic(source.n)
        data = copied(self.sentences, rows.data, store, source.rng)
        source.memory["text"] = data
        return Rows(data, rows.origin, rows.row)


def copied(
    sentences: Sentences, rows: ArrayLike, store: ArrayLike, rng: np.random.Generator
) -> Array:
    """Rows in which every capital that a sentence asks for is copied from a store, if it can be.

    Parameters
    ----------
    rows : array_like of int, shape (replicates, n, 8)
        What a model wrote.
    store : array_like of int, shape (replicates or 1, m, 8)
        Passages; one text serves for all replicates.

    Returns
    -------
    ndarray of uint8, shape (replicates, n, 8)
    """
    rows = np.array(rows, np.uint8)
    counts = sentences.statements(store)
    counts = np.broadcast_to(counts, (len(rows), *counts.shape[1:]))
    country, place = sentences.asked(rows)
    known = (country >= 0) & (counts.sum(axis=2)[np.arange(len(rows))[:, None], country] > 0)
    safe = np.where(counts.sum(axis=2, keepdims=True) > 0, counts, 1)
    city = drawn(safe.astype(float), np.maximum(country, 0), rng)
    replicate, row = np.nonzero(known)
    rows[replicate, row, place[known]] = sentences.grammar + sentences.facts + city[known]
    return rows
