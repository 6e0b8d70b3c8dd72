"""N-gram models of text: the next symbol depends on the few before it.

A fitted model is a finite automaton. Its states are the contexts seen in training, of every
length from none to ``order - 1``; each has a row of probabilities for the next symbol, and each
symbol leads to the longest context seen that ends with it. Sampling and scoring walk it, all
rows of all replicates at once.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Self

import numpy as np
from numpy.typing import ArrayLike

from modelcollapse import _valid, decoding
from modelcollapse._valid import Array

SMOOTHING = ("kneser-ney", "witten-bell", "none")
Level = tuple[Array, Array, Array]  # n-grams of one order, their counts and their weighed counts
Adjust = Callable[[Array, Array], Array]


class NGram:
    """An n-gram model over symbols 0 to vocabulary - 1.

    Each row is one sequence, and its beginning is known to the model: before it stand imagined
    symbols of their own. Nothing is known across rows.

    Parameters
    ----------
    order : int
        Symbols in an n-gram: the next one and the ``order - 1`` before it.
    vocabulary : int
        Number of symbols, at most 256.
    smoothing : {"kneser-ney", "witten-bell", "none"}
        How n-grams that training did not show get their probability. With c(h, w) the count of
        symbol w after context h, c(h) its sum over w, T(h) how many different symbols came after
        h, and h' for h without its first symbol, down to none, below which all are equally likely:

        - "witten-bell": p(w | h) = (c(h, w) + T(h) p(w | h')) / (c(h) + T(h)).
        - "kneser-ney", interpolated, one discount d:
          p(w | h) = (max(c(h, w) - d, 0) + d T(h) p(w | h')) / c(h), where below the highest
          order c(h, w) is the number of different symbols seen before h w; n-grams at the
          beginning of a row keep their counts.
        - "none": p(w | h) = c(h, w) / c(h), with the longest h that was seen; what did not follow
          it in training has probability 0.
    discount : float
        d, above 0 and at most 1; Kneser-Ney only.
    temperature, top_k, top_p
        How `sample` decodes: see `decoding.sharpen`.

    Attributes
    ----------
    rows : ndarray, shape (states, vocabulary)
        Probabilities of the next symbol in each state, before decoding.
    states : ndarray of int, shape (states, 2)
        Replicate and length of context of each state.

    Raises
    ------
    ValueError
        If an argument is not as described, or (vocabulary + 1) ** order is too large for counting
        in 64 bits.

    Notes
    -----
    Source: Chen and Goodman (1999) for both smoothings; Kneser and Ney (1995); Witten and Bell
    (1991).
    """

    vectorised = True
    rows: Array
    states: Array
    replicates: int
    length: int
    _sampling: tuple[Array, Array, int] | None

    def __init__(
        self,
        order: int,
        vocabulary: int,
        smoothing: str = "kneser-ney",
        discount: float = 0.75,
        temperature: float = 1.0,
        top_k: int | None = None,
        top_p: float | None = None,
    ) -> None:
        self.order = _valid.integer("order", order, 1)
        self.vocabulary = _valid.integer("vocabulary", vocabulary, 1)
        self.smoothing = _valid.one_of("smoothing", smoothing, SMOOTHING)
        self.discount = _valid.fraction("discount", discount)
        if self.discount == 0:
            raise ValueError("discount must be above 0: it is what unseen n-grams get, got 0")
        self.options = decoding.options(temperature, top_k, top_p)
        self._base = self.vocabulary + 1  # the last symbol stands before the beginning
        if self.vocabulary > 256 or self._base**self.order >= 2**52:
            raise ValueError(
                "order and vocabulary must leave (vocabulary + 1) ** order below 2 ** 52, and "
                f"vocabulary must be at most 256, got order {order} and vocabulary {vocabulary}"
            )

    def fit(
        self,
        data: ArrayLike,
        rng: np.random.Generator | None = None,
        *,
        weights: ArrayLike | None = None,
    ) -> Self:
        """Count the n-grams and smooth the counts; `rng` is not used.

        Parameters
        ----------
        data : array_like of int, shape (replicates, n, length)
            Rows of symbols.
        weights : array_like, shape (n,) or (replicates, n), optional
            What an n-gram of each row counts, above 0. A count is then a sum of weights; how many
            different symbols came is counted as without them. Kneser-Ney takes from an n-gram
            that came k times the share d / k of its weight, so that weights which are all alike
            change nothing, whereas rows that are repeated escape the discount.

        Raises
        ------
        ValueError
            If `data` has another shape, n < 2, or holds anything but 0 to vocabulary - 1, or if
            `weights` has another shape or a weight that is not above 0.
        """
        data = self._symbols("data", _valid.data("data", data, "(replicates, n, length)", (3,)))
        self.replicates, _, self.length = data.shape
        self._build(self._levels(*self._grams(data, _weights(weights, data))))
        self._sampling = None
        return self

    def _symbols(self, name: str, value: Array) -> Array:
        if not np.issubdtype(value.dtype, np.integer) or (
            value.size and (value.min() < 0 or value.max() >= self.vocabulary)
        ):
            raise ValueError(
                f"{name} must be whole numbers from 0 to vocabulary - 1 = {self.vocabulary - 1}, "
                f"got {value.dtype}" + (f" from {value.min()} to {value.max()}" * (value.size > 0))
            )
        return value

    def _grams(self, data: Array, weights: Array | None) -> tuple[Array, Array, Array]:
        """The n-grams of highest order as sorted numbers, the replicate in front.

        Beside them their counts, and what each has in all when rows are weighed.
        """
        found = []
        n, length = data.shape[1:]
        for replicate, rows in enumerate(data):
            padded = np.full((n, self.order - 1 + length), self.vocabulary, np.int64)
            padded[:, self.order - 1 :] = rows
            code = np.full((n, length), replicate, np.int64)
            for place in range(self.order):
                code *= self._base
                code += padded[:, place : place + length]
            if weights is None:
                grams, counts = _counted(np.sort(code, axis=None))
                found.append((grams, counts, counts))
                continue
            order = np.argsort(code, axis=None, kind="stable")
            grams, counts = _counted(code.ravel()[order])
            each = np.repeat(weights[replicate], length)[order]
            found.append((grams, counts, np.add.reduceat(each, np.cumsum(counts) - counts)))
        grams, counts, weighed = (np.concatenate(parts) for parts in zip(*found, strict=True))
        return grams, counts, weighed

    def _levels(self, grams: Array, counts: Array, weighed: Array) -> list[Level]:
        """N-grams, counts and weighed counts, as the smoothing counts: of order 1, 2, up to all."""
        levels = [(grams, counts, weighed)]
        for size in range(self.order - 1, 0, -1):
            shorter = self._without_first(grams, size)
            order = np.argsort(shorter, kind="stable")
            grams, kinds = _counted(shorter[order])
            begin = np.cumsum(kinds) - kinds
            counts = np.add.reduceat(counts[order], begin)
            weighed = np.add.reduceat(weighed[order], begin)
            if self.smoothing == "kneser-ney":
                beginning = grams // self._base ** (size - 1) % self._base == self.vocabulary
                kept = np.where(beginning, counts, kinds), np.where(beginning, weighed, kinds)
                levels.append((grams, *kept))
            else:
                levels.append((grams, counts, weighed))
        return levels[::-1]

    def _without_first(self, code: Array, size: int) -> Array:
        """Numbers of n-grams without their first symbol, `size` symbols being left."""
        whole, left = self._base ** (size + 1), self._base**size
        return code // whole * left + code % left

    def _build(self, levels: list[Level]) -> None:
        """Rows and transitions from the counts, one length of context after the other."""
        rows = np.full((self.replicates, self.vocabulary), 1 / self.vocabulary)
        contexts = replicate = np.arange(self.replicates)
        all_rows: list[Array] = []
        all_following: list[Array] = []
        all_states: list[Array] = []
        begin = 0
        for size, (grams, counts, weighed) in enumerate(levels):
            code, symbol = np.divmod(grams, self._base)
            longer, kinds = _counted(code)
            here = np.arange(begin, begin + len(longer), dtype=np.int32)
            if size == 0:
                below = replicate
                following = np.repeat(here[:, None], self.vocabulary, axis=1)
            else:
                below = np.searchsorted(contexts, self._without_first(longer, size - 1))
                # A context is where its last symbol leads from the context before.
                before, last = np.divmod(longer, self._base)
                led = last < self.vocabulary
                all_following[-1][np.searchsorted(contexts, before[led]), last[led]] = here[led]
                following = all_following[-1][below]
                replicate = replicate[below]
            rows = self._smoothed(rows[below], symbol, counts, weighed, kinds)
            all_rows.append(rows)
            all_following.append(following)
            all_states.append(np.stack([replicate, np.full(len(longer), size)], axis=1))
            contexts, begin = longer, begin + len(longer)
        self.rows = np.concatenate(all_rows)
        self.states = np.concatenate(all_states)
        self._following = np.concatenate(all_following)
        # The beginning of a row has the highest number of all contexts of its replicate.
        last_of = np.searchsorted(replicate, np.arange(self.replicates), side="right") - 1
        self._start = begin - len(contexts) + last_of

    def _smoothed(
        self, lower: Array, symbol: Array, counts: Array, weighed: Array, kinds: Array
    ) -> Array:
        """Rows of one level from the `lower` ones and the counts of the n-grams seen."""
        row, begin = np.repeat(np.arange(len(kinds)), kinds), np.cumsum(kinds) - kinds
        total = np.add.reduceat(weighed, begin)
        if self.smoothing == "none":
            seen, left = weighed / total[row], np.zeros(len(kinds))
        elif self.smoothing == "witten-bell":
            seen, left = weighed / (total + kinds)[row], kinds / (total + kinds)
        else:
            taken = self.discount * (weighed / counts)
            seen, left = (weighed - taken) / total[row], np.add.reduceat(taken, begin) / total
        rows = lower * left[:, None]
        rows[row, symbol] += seen
        return rows

    def sample(
        self,
        n: int,
        rng: np.random.Generator,
        *,
        length: int | None = None,
        prompt: ArrayLike = (),
        adjust: Adjust | None = None,
    ) -> Array:
        """Draw n rows for every replicate, from left to right.

        Parameters
        ----------
        n : int
            Rows a replicate.
        rng : numpy.random.Generator
            Source of randomness: one uniform number a symbol.
        length : int, optional
            Symbols in a row; as in training if not given.
        prompt : array_like of int, shape (symbols,)
            What each row goes on from; it is not repeated in the rows.
        adjust : callable, optional
            Called at each place as ``adjust(p, context)``, with the decoded probabilities of all
            rows, shape (replicates * n, vocabulary), and what the rows hold so far, the prompt
            included, uint8 of shape (replicates * n, symbols). It returns the probabilities to
            draw from, in the shape of `p`. A watermark is put on here.

        Returns
        -------
        ndarray of uint8, shape (replicates, n, length)

        Raises
        ------
        ValueError
            If an argument is not as described, or `adjust` returns anything but probabilities.
        """
        n = _valid.integer("n", n, 0)
        length = self.length if length is None else _valid.integer("length", length, 1)
        rng = _valid.generator("rng", rng)
        if adjust is not None:
            return self._adjusted(n, rng, length, prompt, adjust)
        upto, following, size = self._tables()
        cell = np.repeat(self._after(prompt).astype(np.intp) * size, n)
        drawn = np.empty((length, cell.size), np.uint8)
        steps = [2**k for k in reversed(range(size.bit_length() - 1))]
        halves = [(half, upto[half - 1 :]) for half in steps]
        for place in range(length if n else 0):
            u = rng.random(cell.size)
            # A binary search of each row, for the first entry above u.
            for half, ahead in halves:
                cell += half * (ahead.take(cell) <= u)
            drawn[place] = cell % size
            cell = following.take(cell)
        return np.ascontiguousarray(drawn.T).reshape(self.replicates, n, length)

    def _adjusted(
        self, n: int, rng: np.random.Generator, length: int, prompt: ArrayLike, adjust: Adjust
    ) -> Array:
        """Rows of which each symbol is drawn from what `adjust` makes of its probabilities."""
        decoded = decoding.sharpen(self.rows, **self.options)
        state = np.repeat(self._after(prompt), n)
        before = np.asarray(prompt).size
        written = np.empty((state.size, before + length), np.uint8)
        written[:, :before] = prompt
        for place in range(before, before + length):
            given = adjust(decoded[state], written[:, :place])
            p = _valid.probabilities("what adjust returns", given)
            if p.shape != (state.size, self.vocabulary):
                raise ValueError(
                    f"adjust must return the shape {(state.size, self.vocabulary)}, got {p.shape}"
                )
            drawn = (_upto(p) <= rng.random(state.size)[:, None]).sum(axis=1)
            written[:, place] = drawn
            state = self._following[state, drawn]
        return written[:, before:].reshape(self.replicates, n, length)

    def decoded(self) -> Self:
        """The model that has the decoded probabilities for its own.

        It is what a model of the same order without smoothing would come to if it were fitted to
        endless text of this one: decoding without sampling noise.
        """
        model = copy.copy(self)
        model.rows = decoding.sharpen(self.rows, **self.options)
        model._sampling = None
        return model

    def _tables(self) -> tuple[Array, Array, int]:
        """Decoded rows, summed up from the left, one after the other; where the row of the next
        state begins; how long each row is, a power of two."""
        if self._sampling is None:
            size = 1 << (self.vocabulary - 1).bit_length()
            upto: Array = np.ones((len(self.rows), size))
            upto[:, : self.vocabulary] = _upto(decoding.sharpen(self.rows, **self.options))
            following = np.zeros(upto.shape, np.intp)
            following[:, : self.vocabulary] = self._following * size
            self._sampling = upto.ravel(), following.ravel(), size
        return self._sampling

    def _after(self, history: ArrayLike) -> Array:
        """The state of each replicate after a row that begins with `history`."""
        row = np.asarray(history)
        if row.ndim != 1:
            raise ValueError(f"prompt must be one row of symbols, got the shape {row.shape}")
        state = self._start
        for symbol in self._symbols("prompt", row if row.size else row.astype(np.uint8)):
            state = self._following[state, symbol]
        return state

    def probabilities(self, prompt: ArrayLike = ()) -> Array:
        """Probabilities of the symbol after a row's first ones, before decoding.

        Parameters
        ----------
        prompt : array_like of int, shape (symbols,)
            How the row begins.

        Returns
        -------
        ndarray, shape (replicates, vocabulary)
        """
        return self.rows[self._after(prompt)]

    def log_probability(self, data: ArrayLike) -> Array:
        """Log probability of each symbol given those before it in its row, before decoding.

        Parameters
        ----------
        data : array_like of int, shape (replicates, n, length) or (1, n, length)
            Rows to score; a single replicate of data is scored by every model.

        Returns
        -------
        ndarray, shape (replicates, n, length)
            In nats; minus infinity where a model without smoothing has never seen the like.
        """
        data = np.asarray(data)
        if data.ndim != 3 or len(data) not in (1, self.replicates):
            raise ValueError(
                f"data must have the shape ({self.replicates}, n, length) or (1, n, length), "
                f"got {data.shape}"
            )
        shape = (self.replicates, *data.shape[1:])
        # One place in all rows after the other, so that what is used together lies together.
        places = np.broadcast_to(self._symbols("data", data), shape).transpose(2, 0, 1)
        places = places.reshape(shape[2], -1).astype(np.intp)
        state = np.repeat(self._start, shape[1])
        rows, following = self.rows.ravel(), self._following.ravel()
        p = np.empty(places.shape)
        for place, symbol in enumerate(places):
            cell = state * self.vocabulary + symbol
            p[place] = rows.take(cell)
            state = following.take(cell)
        with np.errstate(divide="ignore"):
            np.log(p, out=p)
        return p.reshape(shape[2], *shape[:2]).transpose(1, 2, 0)


def _upto(p: Array) -> Array:
    """Probabilities summed up from the left; the last symbol that can come gets what rounding
    left over."""
    upto = np.cumsum(p, axis=1)
    upto[upto >= upto[:, -1:]] = 1.0
    return upto


def _counted(ordered: Array) -> tuple[Array, Array]:
    """The different numbers of a sorted row, and how often each is there."""
    first = np.flatnonzero(np.diff(ordered, prepend=ordered[0] - 1))
    return ordered[first], np.diff(first, append=len(ordered))


def _weights(weights: ArrayLike | None, data: Array) -> Array | None:
    """Weights of the rows, (replicates, n)."""
    if weights is None:
        return None
    given = np.asarray(weights, float)
    if given.shape not in (data.shape[:2], data.shape[1:2]):
        raise ValueError(
            f"weights must have the shape {data.shape[1:2]} or {data.shape[:2]}, got {given.shape}"
        )
    if not (np.isfinite(given) & (given > 0)).all():
        raise ValueError("weights must be finite and above 0: leave out a row that counts nothing")
    return np.broadcast_to(given, data.shape[:2])
