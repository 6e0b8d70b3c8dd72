"""Textbook networks, as public notebooks write them: what ``bench.py`` compares with.

`torch.nn` modules, one model after the other, and the ``generate`` of well-known small language
models, which reads the whole text so far again for every character.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterator

import torch
from torch import Tensor, nn
from torch.nn import functional


class GRU(nn.Module):
    """An embedding, a layer of gated units, a linear layer."""

    def __init__(self, vocabulary: int, width: int, embedding: int) -> None:
        super().__init__()
        self.embedding = nn.Embedding(vocabulary + 1, embedding)
        self.gru = nn.GRU(embedding, width, batch_first=True)
        self.out = nn.Linear(width, vocabulary)

    def forward(self, ids: Tensor) -> Tensor:
        return self.out(self.gru(self.embedding(ids))[0])


class Block(nn.Module):
    """Causal attention and an MLP."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.norms = nn.ModuleList([nn.LayerNorm(width), nn.LayerNorm(width)])
        self.attend = nn.Linear(width, 3 * width)
        self.gather = nn.Linear(width, width)
        self.mlp = nn.Sequential(
            nn.Linear(width, 4 * width), nn.GELU(), nn.Linear(4 * width, width)
        )

    def forward(self, x: Tensor) -> Tensor:
        rows, length, width = x.shape
        parts = self.attend(self.norms[0](x)).view(rows, length, 3, self.heads, -1)
        query, key, value = parts.permute(2, 0, 3, 1, 4)
        mixed = functional.scaled_dot_product_attention(query, key, value, is_causal=True)
        x = x + self.gather(mixed.transpose(1, 2).reshape(rows, length, width))
        return x + self.mlp(self.norms[1](x))


class Transformer(nn.Module):
    """Embeddings of symbols and places, blocks, a linear layer."""

    def __init__(self, vocabulary: int, width: int, layers: int, heads: int, length: int) -> None:
        super().__init__()
        self.embedding = nn.Embedding(vocabulary + 1, width)
        self.places = nn.Embedding(length, width)
        self.blocks = nn.Sequential(*[Block(width, heads) for _ in range(layers)])
        self.norm = nn.LayerNorm(width)
        self.out = nn.Linear(width, vocabulary)

    def forward(self, ids: Tensor) -> Tensor:
        x = self.embedding(ids) + self.places(torch.arange(ids.shape[1]))
        return self.out(self.norm(self.blocks(x)))


@torch.no_grad()
def generate(model: nn.Module, rows: int, length: int, start: int) -> Tensor:
    """Rows of characters: the whole text so far is read again for every one of them."""
    ids = torch.full((rows, 1), start)
    for _ in range(length):
        p = model(ids)[:, -1].softmax(dim=-1)
        ids = torch.cat([ids, torch.multinomial(p, 1)], dim=1)
    return ids[:, 1:]


def loss(model: nn.Module, rows: Tensor, start: int) -> Tensor:
    """Mean loss of rows, in nats a character."""
    before = torch.cat([torch.full((len(rows), 1), start), rows[:, :-1]], dim=1)
    return functional.cross_entropy(model(before).flatten(0, 1), rows.flatten())


@torch.no_grad()
def bits(model: nn.Module, rows: Tensor, start: int) -> float:
    """Bits per character of rows."""
    return float(loss(model, rows, start)) / math.log(2)


def training(
    model: nn.Module,
    rows: Tensor,
    held: Tensor,
    start: int,
    batch: int,
    learning_rate: float,
    every: int,
) -> Iterator[tuple[float, float]]:
    """Train for ever at a constant rate.

    Yields seconds spent in training and held-out bits, every so many steps; measuring the bits is
    not in the seconds.
    """
    adam = torch.optim.Adam(model.parameters(), lr=learning_rate)
    seconds = 0.0
    while True:
        clock = time.process_time()
        for _ in range(every):
            chosen = rows[torch.randint(len(rows), (batch,))]
            value = loss(model, chosen, start)
            adam.zero_grad()
            value.backward()
            adam.step()
        seconds += time.process_time() - clock
        yield seconds, bits(model, held, start)
