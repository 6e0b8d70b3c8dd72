"""A small transformer."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from modelcollapse import _valid
from modelcollapse.networks.training import Network, Weights, affine, table_rows


class Transformer(Network):
    """A small transformer: blocks of causal attention and an MLP.

    Attention falls off with distance, in each head at a rate of its own, from 2 to 1/16 nats a
    place: without such a preference a budget of a few hundred thousand characters is spent before
    the network has learnt to look at the place before. It ends at `window` places; a second layer
    sees through the first one further back.

    Parameters
    ----------
    vocabulary : int
        Number of symbols.
    width : int
        Numbers that stand for a symbol; a multiple of `heads`.
    layers, heads : int
        Number of blocks, and of attention heads in each.
    window : int
        How many places a block looks at, up to the one before the symbol that it predicts.
    **options
        As for `Network`.

    Notes
    -----
    Source: Vaswani et al. (2017); linear biases in place of positions, Press, Smith and Lewis
    (2022), here steeper, for characters; keys and values that the heads share, Shazeer (2019);
    before each part, root mean square normalisation.
    """

    rows_at_once = 2048

    def __init__(
        self,
        vocabulary: int,
        width: int = 64,
        layers: int = 2,
        heads: int = 4,
        window: int = 16,
        *,
        characters: int = 200_000,
        batch: int = 8,
        learning_rate: float = 0.01,
        momentum: float = 0.6,
        **options: Any,
    ) -> None:
        super().__init__(
            vocabulary,
            characters=characters,
            batch=batch,
            learning_rate=learning_rate,
            momentum=momentum,
            **options,
        )
        self.width = _valid.integer("width", width, 1)
        self.layers = _valid.integer("layers", layers, 1)
        self.heads = _valid.integer("heads", heads, 1)
        self.window = _valid.integer("window", window, 1)
        if self.width % self.heads:
            raise ValueError(f"width must be a multiple of heads = {heads}, got {width}")

    def _new(self, normal: Callable[..., Tensor]) -> Weights:
        d = self.width
        scale = 1 / math.sqrt(d)
        weights = {
            "embedding": normal(self.vocabulary + 1, d, scale=1.0),  # (R, S, H)
        }
        each = d // self.heads  # E: what a head looks at
        for i in range(self.layers):
            # (R, H, H + 2E), (R, H, H), (R, H, 2H), (R, 2H, H)
            weights[f"attend{i}"] = normal(d, d + 2 * each, scale=scale)
            weights[f"gather{i}"] = normal(d, d, scale=0.2 * scale)
            weights[f"expand{i}"] = normal(d, 2 * d, scale=scale)
            weights[f"reduce{i}"] = normal(2 * d, d, scale=0.14 * scale)
        weights["out"] = normal(d, self.vocabulary, scale=0.5 * scale)  # (R, H, V)
        return weights

    def _scores(self, w: Weights, before: Tensor) -> Tensor:
        x = self._embedded(w, before)  # (R, N, L, H)
        rows, length = before.shape[0] * before.shape[1], before.shape[2]
        place = torch.arange(length)
        bias = self._bias(place[:, None] - place).flatten(0, 1)  # (L heads, L)
        for i in range(self.layers):
            query, key, value = self._attending(w, i, x, rows)
            x = _block(w, i, x, _attend(query, key, value, bias))
        return affine(_norm(x), w["out"], w["bias"])  # (R, N, L, V)

    def _embedded(self, w: Weights, symbols: Tensor) -> Tensor:
        table = w["embedding"].flatten(0, 1)
        return functional.embedding(table_rows(symbols, self.vocabulary + 1), table)

    def _bias(self, distance: Tensor) -> Tensor:
        """What is added to the scores of attention, (..., heads, places): nothing looks ahead."""
        slopes = torch.tensor(np.geomspace(2, 1 / 16, self.heads), dtype=torch.float32)
        hidden = (distance < 0) | (distance >= self.window)
        fall = -slopes[:, None] * distance[..., None, :]
        return fall.masked_fill(hidden[..., None, :], -torch.inf)

    def _attending(self, w: Weights, i: int, x: Tensor, rows: int) -> tuple[Tensor, Tensor, Tensor]:
        """Queries (R N, L heads, E), keys and values (R N, L, E)."""
        each = self.width // self.heads
        parts = affine(_norm(x), w[f"attend{i}"]).view(rows, -1, self.width + 2 * each)
        query, key, value = parts.split([self.width, each, each], dim=-1)
        return query.reshape(rows, -1, each), key, value

    def _begin(self, n: int, length: int) -> dict[str, Any]:
        shape = (self.layers, self.replicates * n, length, self.width // self.heads)
        near = self._bias(torch.arange(self.window - 1, -1, -1))
        return {"keys": torch.empty(shape), "values": torch.empty(shape), "near": near, "place": 0}

    def _next(self, memory: dict[str, Any], last: Tensor) -> Tensor:
        w, end = self.weights, memory["place"] + 1
        memory["place"] = end
        seen = slice(max(0, end - self.window), end)
        bias = memory["near"][:, -end:]
        x = self._embedded(w, last)  # (R, N, H)
        for i in range(self.layers):
            query, key, value = self._attending(w, i, x, last.numel())
            keys, values = memory["keys"][i], memory["values"][i]  # (R N, L, E)
            keys[:, end - 1], values[:, end - 1] = key[:, 0], value[:, 0]
            x = _block(w, i, x, _attend(query, keys[:, seen], values[:, seen], bias))
        return affine(_norm(x), w["out"], w["bias"])


def _block(w: Weights, i: int, x: Tensor, mixed: Tensor) -> Tensor:
    """A block after its attention: `x` and what is added to it, (R, ..., H)."""
    x = affine(mixed.reshape(x.shape), w[f"gather{i}"], x)
    return affine(affine(_norm(x), w[f"expand{i}"]).relu(), w[f"reduce{i}"], x)


def _attend(query: Tensor, key: Tensor, value: Tensor, bias: Tensor) -> Tensor:
    """Values (R N, places, E), averaged by how well their keys fit each query."""
    scale = query.shape[-1] ** -0.5
    scores = torch.baddbmm(bias, query, key.transpose(1, 2), alpha=scale)
    return scores.softmax(dim=-1) @ value


def _norm(x: Tensor) -> Tensor:
    return functional.rms_norm(x, x.shape[-1:])
