"""Several regimes in one run, so that one model trains the replicates of them all together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from modelcollapse._valid import Array
from modelcollapse.regimes import Regime, Rows, Source, named


@dataclass(frozen=True)
class SideBySide:
    """Several regimes in one run, each with its own replicates.

    Parameters
    ----------
    regimes : sequence of Regime or str
        The replicates are cut into as many equal parts, in order, and each part goes its own way.
        All regimes must give their parts the same number of rows.
    """

    regimes: Sequence[Regime | str]

    def __post_init__(self) -> None:
        if not self.regimes or isinstance(self.regimes, str):
            raise ValueError(f"regimes must be one regime or several, got {self.regimes!r}")
        for regime in self.regimes:
            named(regime)

    def next(self, source: Source) -> Rows:
        """Put together what the next generation trains on."""
        parts = _parts(source, len(self.regimes))
        rows = [named(regime).next(part) for regime, part in zip(self.regimes, parts, strict=True)]
        sizes = [part.data.shape[1] for part in rows]
        if len(set(sizes)) > 1:
            raise ValueError(
                "regimes must give their parts the same number of rows to stand side by side, "
                f"got {sizes}"
            )
        shape = rows[0].data.shape[:2]
        return Rows(
            np.concatenate([part.data for part in rows]),
            np.concatenate([np.broadcast_to(part.origin, shape) for part in rows]),
            np.concatenate([np.broadcast_to(part.row, shape) for part in rows]),
        )


def _parts(source: Source, k: int) -> list[Source]:
    """The replicates in k equal parts, in order, each a source of its own for the whole run.

    The model must have ``take(index)``, which gives the replicates at `index` as a model.
    """
    replicates = len(source.real.data)
    if replicates % k:
        raise ValueError(
            f"real must have a multiple of {k} replicates for {k} regimes side by side, "
            f"got {replicates}"
        )
    if not hasattr(source.model, "take"):
        raise TypeError(
            "model must have take(index), so that regimes side by side can each have their "
            f"replicates, got {source.model!r}"
        )
    size = replicates // k
    cuts = [slice(start, start + size) for start in range(0, replicates, size)]
    if "parts" not in source.memory:
        source.memory["parts"] = [_part(source, cut) for cut in cuts]
    parts: list[Source] = source.memory["parts"]
    for part, cut in zip(parts, cuts, strict=True):
        part.now(source.model.take(range(replicates)[cut]), source.generation)
    return parts


def _part(source: Source, cut: slice) -> Source:
    """A source of some of the replicates; fresh rows drawn for the others are dropped."""
    draw = source.draw_fresh

    def fresh(m: int, rng: np.random.Generator) -> Array:
        assert draw is not None
        return np.asarray(draw(m, rng))[cut]

    return Source(source.real.data[cut], source.generations, source.rng, draw and fresh)
