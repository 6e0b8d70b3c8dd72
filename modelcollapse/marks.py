"""Watermarks in text: a writer that knows a key leaves a trace, and whoever knows it finds it.

At each place the key and the last few symbols, the *context*, give every symbol a pseudo-random
number. The writer prefers symbols with a high one, and the reader looks how high the numbers of
what was written are. A mark is put on by the hook of `NGram.sample`::

    mark = GreenList(key=7, vocabulary=32)
    rows = model.sample(100, rng, adjust=mark.adjust)
    mark.score(rows[0]).mean(axis=1)
"""

from __future__ import annotations

from abc import ABC, abstractmethod

import numpy as np
from numpy.typing import ArrayLike

from modelcollapse import _valid
from modelcollapse._valid import Array


def pseudo_random(key: ArrayLike, *words: ArrayLike) -> Array:
    """Numbers from 0 to 1 that look random and are always the same for a key and some words.

    Parameters
    ----------
    key, *words : array_like of int
        Whole numbers that are not negative; they broadcast against each other.

    Returns
    -------
    ndarray
        In the common shape.

    Notes
    -----
    Source: the finaliser of splitmix64 (Steele, Lea and Flood 2014), once for each word. It is
    quick and good enough for a toy; who has something to hide takes a cryptographic hash.
    """
    with np.errstate(over="ignore"):
        mixed = _mixed(np.asarray(key).astype(np.uint64))
        for word in words:
            mixed = _mixed(mixed ^ np.asarray(word).astype(np.uint64))
    return (mixed >> np.uint64(11)) * 2.0**-53


def _mixed(x: Array) -> Array:
    x = x + np.uint64(0x9E3779B97F4A7C15)
    x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return np.asarray(x ^ (x >> np.uint64(31)))


class Mark(ABC):
    """What all marks share: a key, a vocabulary, and how much of the context counts.

    Parameters
    ----------
    key : int or array_like of int, shape (rows,)
        The secret; one for all rows, or one for each.
    vocabulary : int
        Number of symbols, at most 256.
    window : int
        How many of the last symbols are the context, at least 1. At the beginning of a row
        imagined symbols stand before it.
    """

    mean: float  # of the score where the text is not marked
    sd: float  # and its standard deviation, for one symbol

    def __init__(self, key: ArrayLike, vocabulary: int, window: int = 4) -> None:
        self.key = _valid.integers("key", key, 0)
        if self.key.ndim > 1:
            raise ValueError(f"key must be a number or a row of them, got {self.key.shape}")
        self.vocabulary = _valid.integer("vocabulary", vocabulary, 1)
        self.window = _valid.integer("window", window, 1)
        if (self.vocabulary + 1) ** self.window >= 2**63:
            raise ValueError(f"window must leave the context below 2 ** 63, got {window}")

    def adjust(self, p: Array, context: Array) -> Array:
        """The hook of `NGram.sample`: probabilities (rows, vocabulary) with the mark put on."""
        last = np.full((len(p), self.window), self.vocabulary, np.uint8)
        if context.shape[1]:
            known = context[:, -self.window :]
            last[:, self.window - known.shape[1] :] = known
        code = self._codes(last)[:, -1:]
        key = self.key if self.key.ndim == 0 else self.key[:, None]
        return self._preferred(p, key, code, np.arange(self.vocabulary))

    def score(self, rows: ArrayLike) -> Array:
        """How much each symbol speaks for the mark; `mean` on average without it.

        Parameters
        ----------
        rows : array_like of int, shape (rows, length)

        Returns
        -------
        ndarray, shape (rows, length)
        """
        rows = self._rows(rows)
        key = self.key if self.key.ndim == 0 else self.key[:, None]
        return self._evidence(key, self._before(rows), rows)

    def z(self, rows: ArrayLike) -> Array:
        """Standard errors by which the mean score of each row lies above chance, (rows,).

        It counts every symbol, and so believes that all of them are independent. Where pairs of
        context and symbol repeat they are not: see `first_time`.
        """
        score = self.score(rows)
        return np.asarray((score.mean(axis=1) - self.mean) / (self.sd / np.sqrt(score.shape[1])))

    def first_time(self, rows: ArrayLike, *, symbol: bool = True) -> Array:
        """Where a pair of context and symbol comes for the first time in its row.

        Parameters
        ----------
        rows : array_like of int, shape (rows, length)
        symbol : bool
            Whether the symbol counts; else only where the context comes for the first time.

        Returns
        -------
        ndarray of bool, shape (rows, length)
        """
        rows = self._rows(rows)
        code = self._before(rows)
        if symbol:
            code = code * self.vocabulary + rows
        order = np.argsort(code, axis=1, kind="stable")
        ordered = np.take_along_axis(code, order, axis=1)
        new = np.ones(rows.shape, bool)
        new[:, 1:] = ordered[:, 1:] != ordered[:, :-1]
        first = np.empty(rows.shape, bool)
        np.put_along_axis(first, order, new, axis=1)
        return first

    def _rows(self, rows: ArrayLike) -> Array:
        given = np.asarray(rows)
        if given.ndim != 2 or not np.issubdtype(given.dtype, np.integer):
            raise ValueError(
                f"rows must be whole numbers of shape (rows, length), got {given.shape}"
            )
        return given.astype(np.int64)

    def _before(self, rows: Array) -> Array:
        """The number of the context before each place, (rows, length)."""
        padded = np.full((len(rows), self.window + rows.shape[1]), self.vocabulary, np.int64)
        padded[:, self.window :] = rows
        return self._codes(padded)[:, :-1]

    def _codes(self, padded: Array) -> Array:
        """Numbers of all runs of `window` symbols in each row."""
        code = np.zeros((len(padded), padded.shape[1] - self.window + 1), np.int64)
        for place in range(self.window):
            code = code * (self.vocabulary + 1) + padded[:, place : place + code.shape[1]]
        return code

    @abstractmethod
    def _preferred(self, p: Array, key: Array, code: Array, symbols: Array) -> Array: ...

    @abstractmethod
    def _evidence(self, key: Array, code: Array, symbols: Array) -> Array: ...


class GreenList(Mark):
    """Some symbols are green, and the odds of each of them are raised.

    Parameters
    ----------
    key, vocabulary, window
        As for `Mark`.
    gamma : float
        Share of symbols that are green in a context, above 0 and below 1.
    delta : float
        What is added to the log odds of a green symbol, at least 0.

    Notes
    -----
    Score: 1 if the symbol is green, else 0.
    Source: Kirchenbauer et al. (2023), who colour exactly the share gamma of a vocabulary of
    words; here each symbol is green by itself with the probability gamma.
    """

    def __init__(
        self,
        key: ArrayLike,
        vocabulary: int,
        window: int = 4,
        gamma: float = 0.5,
        delta: float = 2.0,
    ) -> None:
        super().__init__(key, vocabulary, window)
        self.gamma = _valid.fraction("gamma", gamma)
        if not 0 < self.gamma < 1:
            raise ValueError(f"gamma must be above 0 and below 1, got {gamma}")
        self.delta = _valid.number("delta", delta, 0)
        self.mean, self.sd = self.gamma, float(np.sqrt(self.gamma * (1 - self.gamma)))

    def _preferred(self, p: Array, key: Array, code: Array, symbols: Array) -> Array:
        raised = p * np.exp(self.delta * self._evidence(key, code, symbols))
        return np.asarray(raised / raised.sum(axis=1, keepdims=True))

    def _evidence(self, key: Array, code: Array, symbols: Array) -> Array:
        return np.asarray(pseudo_random(key, code, symbols) < self.gamma, float)


class Gumbel(Mark):
    """The symbol with the largest u ** (1 / p) is taken, and nothing is left to chance.

    Over all keys each symbol comes with its probability p. With one key it is a function of the
    context and of p.

    Notes
    -----
    Score: -log(1 - u) of the symbol that was written, 1 on average without the mark.
    Source: Aaronson's proposal of 2022, as described by Fu et al. (2024); the choice is the
    Gumbel-max trick.
    """

    mean, sd = 1.0, 1.0

    def _preferred(self, p: Array, key: Array, code: Array, symbols: Array) -> Array:
        with np.errstate(divide="ignore"):
            race = np.log(pseudo_random(key, code, symbols)) / p
        return np.asarray(symbols == race.argmax(axis=1)[:, None], float)

    def _evidence(self, key: Array, code: Array, symbols: Array) -> Array:
        return -np.log1p(-pseudo_random(key, code, symbols))


class Tournament(Mark):
    """Draws play against each other in rounds, in each of which a coin of the key decides.

    Parameters
    ----------
    key, vocabulary, window
        As for `Mark`.
    layers : int
        Rounds, at least 1. It is as if 2 ** layers draws were made, and two at a time compared.

    Notes
    -----
    Score: the mean of the symbol's coins, one a round, each 0 or 1.
    Source: SynthID-Text, Dathathri et al. (2024), with two draws in each match; a match of two
    draws from p turns it into p (1 + g - sum p g), with the coins g.
    """

    def __init__(self, key: ArrayLike, vocabulary: int, window: int = 4, layers: int = 10) -> None:
        super().__init__(key, vocabulary, window)
        self.layers = _valid.integer("layers", layers, 1)
        self.mean, self.sd = 0.5, float(0.5 / np.sqrt(self.layers))

    def _preferred(self, p: Array, key: Array, code: Array, symbols: Array) -> Array:
        for layer in range(self.layers):
            coin = pseudo_random(key, code, symbols, layer) < 0.5
            p = p * np.maximum(1 + coin - (p * coin).sum(axis=1, keepdims=True), 0)
        return p / p.sum(axis=1, keepdims=True)

    def _evidence(self, key: Array, code: Array, symbols: Array) -> Array:
        coins = [pseudo_random(key, code, symbols, layer) < 0.5 for layer in range(self.layers)]
        return np.mean(coins, axis=0)
