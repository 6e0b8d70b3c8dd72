"""A table of bigrams that is trained like a network."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from torch import Tensor
from torch.nn import functional

from modelcollapse.networks.training import Network, Weights, table_rows


class Bigram(Network):
    """A table of logits: the next symbol depends on the last one only.

    What training finds is what counting finds: the relative frequencies of pairs of symbols.

    Parameters
    ----------
    vocabulary : int
        Number of symbols.
    **options
        As for `Network`.
    """

    def __init__(
        self,
        vocabulary: int,
        *,
        characters: int = 400_000,
        batch: int = 64,
        learning_rate: float = 0.3,
        **options: Any,
    ) -> None:
        super().__init__(
            vocabulary,
            characters=characters,
            batch=batch,
            learning_rate=learning_rate,
            **options,
        )

    def _new(self, normal: Callable[..., Tensor]) -> Weights:
        return {"table": normal(self.vocabulary + 1, self.vocabulary, scale=0.01)}  # (R, S, V)

    def _scores(self, w: Weights, before: Tensor) -> Tensor:
        table = (w["table"] + w["bias"]).flatten(0, 1)  # (R S, V)
        return functional.embedding(table_rows(before, self.vocabulary + 1), table)  # (R, N, L, V)

    def _begin(self, n: int, length: int) -> None:
        return None

    def _next(self, memory: None, last: Tensor) -> Tensor:
        return self._scores(self.weights, last)
