"""An MLP over a window of the last symbols."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from modelcollapse import _valid
from modelcollapse.networks.training import Network, Weights, affine, table_rows


class MLP(Network):
    """One hidden layer over a window of the last symbols.

    Parameters
    ----------
    vocabulary : int
        Number of symbols.
    window : int
        How many symbols the network sees.
    width : int
        Hidden units.
    embedding : int
        Numbers that stand for a symbol.
    **options
        As for `Network`.

    Notes
    -----
    Source: Bengio, Ducharme, Vincent and Jauvin (2003), without the direct connections.
    """

    def __init__(
        self,
        vocabulary: int,
        window: int = 4,
        width: int = 128,
        embedding: int = 16,
        *,
        characters: int = 400_000,
        batch: int = 32,
        learning_rate: float = 0.01,
        **options: Any,
    ) -> None:
        super().__init__(
            vocabulary,
            characters=characters,
            batch=batch,
            learning_rate=learning_rate,
            **options,
        )
        self.window = _valid.integer("window", window, 1)
        self.width = _valid.integer("width", width, 1)
        self.embedding = _valid.integer("embedding", embedding, 1)

    def _new(self, normal: Callable[..., Tensor]) -> Weights:
        inputs = self.window * self.embedding
        return {
            "embedding": normal(self.vocabulary + 1, self.embedding, scale=1.0),  # (R, S, E)
            "hidden": normal(inputs, self.width, scale=1 / math.sqrt(inputs)),  # (R, W E, H)
            "threshold": normal(1, self.width, scale=0.01),  # (R, 1, H)
            # (R, H, V)
            "out": normal(self.width, self.vocabulary, scale=0.5 / math.sqrt(self.width)),
        }

    def _scores(self, w: Weights, before: Tensor) -> Tensor:
        padding = before[:, :, :1].expand(-1, -1, self.window - 1)  # start symbols
        windows = torch.cat([padding, before], dim=2).unfold(2, self.window, 1)  # (R, N, L, W)
        return self._seen(w, windows)

    def _seen(self, w: Weights, seen: Tensor) -> Tensor:
        """Logits (R, ..., V) after the windows `seen`, (R, ..., W)."""
        table = w["embedding"].flatten(0, 1)  # (R S, E)
        x = functional.embedding(table_rows(seen, self.vocabulary + 1), table)  # (R, ..., W, E)
        hidden = affine(x.flatten(-2), w["hidden"], w["threshold"]).tanh()  # (R, ..., H)
        return affine(hidden, w["out"], w["bias"])

    def _begin(self, n: int, length: int) -> dict[str, Tensor]:
        return {"seen": torch.full((self.replicates, n, self.window), self.vocabulary)}

    def _next(self, memory: dict[str, Tensor], last: Tensor) -> Tensor:
        memory["seen"] = torch.cat([memory["seen"][:, :, 1:], last[:, :, None]], dim=2)
        return self._seen(self.weights, memory["seen"])
