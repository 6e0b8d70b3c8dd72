"""The recursion: fit a model, let the regime make the next training set, fit again."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from modelcollapse import _valid, regimes
from modelcollapse._display import building
from modelcollapse._valid import Array
from modelcollapse.models import Mapped, Model, extends
from modelcollapse.regimes import Regime, Source

Measure = Callable[[Any, Array], ArrayLike]


@dataclass(frozen=True)
class Generation:
    """What one generation trained on.

    Attributes
    ----------
    t : int
        The number of the fit: 1 for the fit to real data.
    origin : ndarray of int, shape (replicates, n)
        0 for a real row, g >= 1 for a row made by the model of generation g.
    row : ndarray of int, shape (replicates, n)
        The number of the row at its origin; real rows are numbered in the order they came in.
    data : ndarray, shape (replicates, n, ...), or None
        The training data, if the run kept them.
    model : Model or None
        The fitted model, if the run kept it.
    """

    t: int
    origin: Array
    row: Array
    data: Array | None = None
    model: Any = None

    @property
    def counts(self) -> Array:
        """Rows from each origin, shape (replicates, t): column 0 real, column g from model g."""
        return np.stack([(self.origin == g).sum(axis=1) for g in range(self.t)], axis=1)


@dataclass(frozen=True)
class History:
    """What a run recorded; ``history["name"]`` is a measure.

    Attributes
    ----------
    measures : dict of str to ndarray
        The measures by name, each of shape (generations, replicates, ...).
    generations : list of Generation
        ``generations[i]`` describes what the model of generation t = i + 1 was trained on.
    """

    measures: dict[str, Array]
    generations: list[Generation]

    def __getitem__(self, name: str) -> Array:
        if name not in self.measures:
            raise KeyError(f"no measure {name!r}; measured were {sorted(self.measures)}")
        return self.measures[name]

    @property
    def t(self) -> Array:
        """The numbers of the fits, 1 to generations."""
        return np.arange(1, len(self.generations) + 1)


def run(
    model: Model,
    real: ArrayLike,
    regime: Regime | str,
    generations: int,
    rng: np.random.Generator,
    *,
    measure: Mapping[str, Measure] | None = None,
    fresh: Callable[[int, np.random.Generator], Array] | None = None,
    first: Model | None = None,
    keep: bool = False,
    progress: bool = False,
) -> History:
    """Train a model on real data, the next on what the regime makes of its samples, and so on.

    Parameters
    ----------
    model : Model
        The kind of model. It stays as it is: every generation fits a copy. One that is not
        vectorised is mapped over the replicates.
    real : array_like, shape (replicates, n) or (replicates, n, d)
        The real sample; every batch has n rows, like it.
    regime : Regime or {"replace", "accumulate", "accumulate-subsample"}
        What the next generation trains on.
    generations : int
        How many fits; the first is to the real sample. Where everything is kept, a model that has
        ``extend`` is fitted at the cost of the new rows.
    rng : numpy.random.Generator
        Source of all randomness.
    measure : dict of str to callable, optional
        Called as ``f(model, data)`` after every fit, with the training data; returns an array
        with the replicates first.
    fresh : callable, optional
        ``fresh(n, rng)`` draws new real rows of shape (replicates, n, ...); regimes with fresh
        data need it.
    first : Model, optional
        The model of generation 1, already fitted to `real`; without it, generation 1 is fitted
        here. Runs that differ only in what comes later can share it.
    keep : bool
        Whether to keep the training data and the model of every generation.
    progress : bool
        Whether to show a progress bar when somebody is watching (needs tqdm).

    Returns
    -------
    History

    Raises
    ------
    ValueError, TypeError
        If an argument, or what `model`, `fresh` or a measure returns, is not as described.
    """
    real = _valid.data("real", real, "(replicates, n) or (replicates, n, d)")
    generations = _valid.integer("generations", generations, 1)
    rng = _valid.generator("rng", rng)
    regime = regimes.named(regime)
    for name, given in (("model", model), ("first", model if first is None else first)):
        if not isinstance(given, Model):
            raise TypeError(
                f"{name} must have fit(data, rng), sample(n, rng) and vectorised, got {given!r}"
            )
    if not model.vectorised:
        model = Mapped(model)

    source = Source(real, generations, rng, fresh)
    rows: regimes.Rows = source.real
    fitted: Any = model
    measured: dict[str, list[Array]] = {name: [] for name in measure or {}}
    record = []
    for t in _steps(generations, progress):
        known = 0  # rows at the front that the last model was fitted to, and to no others
        if t > 1:
            source.now(fitted, t - 1)
            last, pool = rows, source.pool.rows
            rows = regime.next(source)
            grown = last is pool and rows is source.pool.rows and rows is not last
            if grown and extends(model) and (t > 2 or first is None):
                known = last.data.shape[1]
        if t == 1 and first is not None:
            fitted = first
        elif known:
            fitted = copy.deepcopy(fitted)
            fitted.extend(rows.data[:, known:], rng)
        else:
            fitted = copy.deepcopy(model)
            fitted.fit(rows.data, rng)
        for name, function in (measure or {}).items():
            value = np.array(function(fitted, rows.data))
            if value.ndim == 0 or len(value) != len(real):
                raise ValueError(
                    f"measure {name!r} must return an array with {len(real)} replicates first, "
                    f"got the shape {value.shape}"
                )
            measured[name].append(value)
        shape = rows.data.shape[:2]
        record.append(
            Generation(
                t,
                np.broadcast_to(rows.origin, shape),
                np.broadcast_to(rows.row, shape),
                rows.data if keep else None,
                fitted if keep else None,
            )
        )
    return History({name: np.stack(values) for name, values in measured.items()}, record)


def _steps(generations: int, progress: bool) -> Iterator[int]:
    steps = range(1, generations + 1)
    if progress and not building():
        try:
            from tqdm.auto import tqdm
        except ImportError:
            pass
        else:
            return iter(tqdm(steps, desc="generations", leave=False))
    return iter(steps)
