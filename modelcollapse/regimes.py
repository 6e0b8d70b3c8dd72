"""Regimes: what the next generation trains on.

A regime is anything with a method ``next(source)`` that returns `Rows`. The `Source` offers the
real data, fresh real data, rows made by the last model, and a pool of everything so far.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from modelcollapse import _valid
from modelcollapse._valid import Array


@dataclass(frozen=True)
class Rows:
    """Rows of data and where each comes from.

    Attributes
    ----------
    data : ndarray, shape (replicates, n, ...)
        The rows.
    origin : ndarray of int, shape (replicates, n), or (1, n) if all replicates agree
        0 for real rows, g >= 1 for rows made by the model of generation g.
    row : ndarray of int, shape as `origin`
        The number of the row at its origin. Real rows are numbered in the order in which they
        came in: the first sample, then what is fresh.
    """

    data: Array
    origin: Array
    row: Array

    @classmethod
    def of(cls, data: Array, origin: int, first: int = 0) -> Rows:
        """Rows from one origin, numbered from `first` on."""
        n = data.shape[1]
        return cls(
            data,
            np.broadcast_to(np.int32(origin), (1, n)),
            np.arange(first, first + n, dtype=np.int32)[None],
        )

    def take(self, index: Array) -> Rows:
        """The rows at `index`, of shape (replicates, m), each replicate its own."""
        replicate = np.arange(len(index))[:, None]
        origin = np.broadcast_to(self.origin, self.data.shape[:2])
        row = np.broadcast_to(self.row, self.data.shape[:2])
        return Rows(self.data[replicate, index], origin[replicate, index], row[replicate, index])

    def __add__(self, other: Rows) -> Rows:
        """These rows and then the others."""
        return Rows(
            np.concatenate([self.data, other.data], axis=1),
            _join(self.origin, other.origin),
            _join(self.row, other.row),
        )


def _join(first: Array, second: Array) -> Array:
    replicates = max(len(first), len(second))
    both = [np.broadcast_to(part, (replicates, part.shape[1])) for part in (first, second)]
    return np.concatenate(both, axis=1)


class Pool:
    """All rows so far, in one array that is allocated for `capacity` rows."""

    def __init__(self, start: Rows, capacity: int) -> None:
        self.rows = start
        self._capacity = capacity
        self._buffer = start.data

    def add(self, new: Rows) -> Rows:
        """Add rows and return everything so far; the data are a view."""
        used = self.rows.data.shape[1]
        end = used + new.data.shape[1]
        if end > self._buffer.shape[1]:
            shape = (len(new.data), max(end, self._capacity), *new.data.shape[2:])
            self._buffer = np.empty(shape, np.result_type(self.rows.data, new.data))
            self._buffer[:, :used] = self.rows.data
        self._buffer[:, used:end] = new.data
        self.rows = Rows(
            self._buffer[:, :end],
            _join(self.rows.origin, new.origin),
            _join(self.rows.row, new.row),
        )
        return self.rows


class Source:
    """Where a regime takes its rows from.

    Attributes
    ----------
    n : int
        Rows in the real sample, and in every batch.
    generations : int
        How many generations the run has.
    generation : int
        The number of the last model, 1 for the one fitted to the real sample.
    model : Model
        The last model.
    real : Rows
        The real sample.
    pool : Pool
        Holds the real sample; a regime that accumulates adds to it.
    rng : numpy.random.Generator
        The run's generator, for regimes that choose at random.
    draw_fresh : callable or None
        The run's ``fresh``; a regime takes fresh rows with the method `fresh`.
    memory : dict
        What a regime wants to remember until the next generation of the same run.
    """

    def __init__(
        self,
        real: Array,
        generations: int,
        rng: np.random.Generator,
        fresh: Callable[[int, np.random.Generator], Array] | None,
    ) -> None:
        self.n = real.shape[1]
        self.generations = generations
        self.generation = 0
        self.model: Any = None
        self.real = Rows.of(real, 0)
        self.pool = Pool(self.real, generations * self.n)
        self.rng = rng
        self.draw_fresh = fresh
        self.memory: dict[str, Any] = {}
        self._real_so_far = self.n
        self._made = 0

    def now(self, model: Any, generation: int) -> None:
        """Take synthetic rows from `model`, the one of `generation`, from here on.

        The loop calls it after every fit, before it asks the regime for the next rows.
        """
        self.model, self.generation, self._made = model, generation, 0

    def synthetic(self, m: int) -> Rows:
        """Draw m rows from the last model."""
        data = self._shaped("model.sample", self.model.sample(m, self.rng), m)
        rows = Rows.of(data, self.generation, self._made)
        self._made += m
        return rows

    def fresh(self, m: int) -> Rows:
        """Draw m real rows that nobody has seen yet."""
        if self.draw_fresh is None:
            raise ValueError(
                "fresh must be a function (n, rng) that draws new real rows of shape "
                "(replicates, n, ...): this regime needs them, got None"
            )
        data = self._shaped("fresh", self.draw_fresh(m, self.rng), m)
        rows = Rows.of(data, 0, self._real_so_far)
        self._real_so_far += m
        return rows

    def _shaped(self, name: str, data: Any, m: int) -> Array:
        real = self.real.data.shape
        wanted = (real[0], m, *real[2:])
        if np.shape(data) != wanted:
            raise ValueError(f"{name} must return the shape {wanted}, got {np.shape(data)}")
        return np.asarray(data)


class Regime(Protocol):
    """What `modelcollapse.loop.run` needs of a regime."""

    def next(self, source: Source) -> Rows:
        """Put together what the next generation trains on."""
        ...


@dataclass(frozen=True)
class Replace:
    """Train on n rows from the last model, and nothing else."""

    def next(self, source: Source) -> Rows:
        """Put together what the next generation trains on."""
        return source.synthetic(source.n)


@dataclass(frozen=True)
class Accumulate:
    """Train on the real sample and every batch since: t n rows at generation t.

    Parameters
    ----------
    fraction : float
        Share of fresh real rows in every batch of n after the first; 0 for none.
    """

    fraction: float = 0.0

    def __post_init__(self) -> None:
        _valid.fraction("fraction", self.fraction)

    def next(self, source: Source) -> Rows:
        """Put together what the next generation trains on."""
        return source.pool.add(_mixed(source, self.fraction, source.fresh))


@dataclass(frozen=True)
class AccumulateSubsample:
    """Train on n rows, drawn without replacement from all t n rows so far."""

    def next(self, source: Source) -> Rows:
        """Put together what the next generation trains on."""
        pool = source.pool.add(source.synthetic(source.n))
        # The places of the n smallest of N random numbers are a random subset of size n.
        keys = source.rng.random(pool.data.shape[:2])
        return pool.take(np.argpartition(keys, source.n, axis=1)[:, : source.n])


@dataclass(frozen=True)
class Fresh:
    """Train on fresh real rows and rows from the last model.

    Parameters
    ----------
    fraction : float
        ``round(fraction * n)`` of the n rows are real, and new in every generation.
    """

    fraction: float

    def __post_init__(self) -> None:
        _valid.fraction("fraction", self.fraction)

    def next(self, source: Source) -> Rows:
        """Put together what the next generation trains on."""
        return _mixed(source, self.fraction, source.fresh)


@dataclass(frozen=True)
class Fixed:
    """Train on some rows of the real sample, the same in every generation, and the last model's.

    Parameters
    ----------
    fraction : float
        The first ``round(fraction * n)`` rows of the real sample are kept.
    """

    fraction: float

    def __post_init__(self) -> None:
        _valid.fraction("fraction", self.fraction)

    def next(self, source: Source) -> Rows:
        """Put together what the next generation trains on."""

        def first(m: int) -> Rows:
            real = source.real
            return Rows(real.data[:, :m], real.origin[:, :m], real.row[:, :m])

        return _mixed(source, self.fraction, first)


def _mixed(source: Source, fraction: float, real: Callable[[int], Rows]) -> Rows:
    """A batch of n: `fraction` of it real, the rest from the last model."""
    m = round(fraction * source.n)
    if m == 0 and fraction > 0:
        raise ValueError(
            f"fraction must leave at least one real row: {fraction} of n = {source.n} is none"
        )
    if m == 0:
        return source.synthetic(source.n)
    if m == source.n:
        return real(m)
    return real(m) + source.synthetic(source.n - m)


NAMED: dict[str, Regime] = {
    "replace": Replace(),
    "accumulate": Accumulate(),
    "accumulate-subsample": AccumulateSubsample(),
}


def named(regime: Regime | str) -> Regime:
    """The regime of that name; a regime stays what it is.

    Raises
    ------
    ValueError
        If there is no regime of that name.
    TypeError
        If `regime` has no method ``next(source)``.
    """
    if isinstance(regime, str):
        return NAMED[_valid.one_of("regime", regime, NAMED)]
    if not hasattr(regime, "next"):
        raise TypeError(f"regime must be a name or have a method next(source), got {regime!r}")
    return regime
