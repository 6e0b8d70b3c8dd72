"""A recurrent network of gated units, and its recurrence as one reads it."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from modelcollapse import _valid
from modelcollapse.networks.recurrence import fast_states
from modelcollapse.networks.training import Network, Weights, affine, table_rows


class GRU(Network):
    r"""A recurrent network of one layer of gated units.

    With the state :math:`h` and the symbol :math:`x`, whose rows of three tables are
    :math:`a_x`, :math:`b_x`, :math:`c_x`:

    .. math::
        r &= \sigma(a_x + h U_r), \quad z = \sigma(b_x + h U_z), \\
        m &= \tanh(c_x + r (h U_m + d)), \quad h' = (1 - z) m + z h.

    These are the equations of ``torch.nn.GRU``; a table in place of an embedding and its matrix
    saves a product.

    Parameters
    ----------
    vocabulary : int
        Number of symbols.
    width : int
        Units.
    **options
        As for `Network`.

    Notes
    -----
    Source: Cho et al. (2014), in the variant of ``torch.nn.GRU``.
    """

    def __init__(
        self,
        vocabulary: int,
        width: int = 128,
        *,
        characters: int = 200_000,
        batch: int = 8,
        learning_rate: float = 0.03,
        **options: Any,
    ) -> None:
        super().__init__(
            vocabulary,
            characters=characters,
            batch=batch,
            learning_rate=learning_rate,
            **options,
        )
        self.width = _valid.integer("width", width, 1)

    def _new(self, normal: Callable[..., Tensor]) -> Weights:
        symbols, h = self.vocabulary + 1, self.width
        scale = 1 / math.sqrt(3 * h)
        return {
            "gates": normal(symbols, 2 * h, scale=1.0),  # (R, S, 2H): rows (a, b)
            "input": normal(symbols, h, scale=1.0),  # (R, S, H): rows c
            "recurrent": normal(h, 3 * h, scale=scale),  # (R, H, 3H): U_r, U_z, U_m
            "shift": normal(1, h, scale=0.01),  # (R, 1, H): d
            "out": normal(h, self.vocabulary, scale=scale),  # (R, H, V)
        }

    def _scores(self, w: Weights, before: Tensor) -> Tensor:
        states = fast_states(w, table_rows(before, self.vocabulary + 1))  # (L, R, N, H)
        return affine(states.permute(1, 2, 0, 3), w["out"], w["bias"])  # (R, N, L, V)

    def _begin(self, n: int, length: int) -> dict[str, Tensor]:
        return {"h": torch.zeros(self.replicates, n, self.width)}

    def _next(self, memory: dict[str, Tensor], last: Tensor) -> Tensor:
        memory["h"] = step(self.weights, memory["h"], table_rows(last, self.vocabulary + 1))
        return torch.baddbmm(self.weights["bias"], memory["h"], self.weights["out"])  # (R, N, V)


def step(w: Weights, h: Tensor, at: Tensor) -> Tensor:
    """The state after the symbols in the rows `at` (R, N) of the tables, `h` (R, N, H) before."""
    width = h.shape[-1]
    gates = w["gates"].flatten(0, 1)[at]  # (R, N, 2H): a_x and b_x
    r, z = (gates + h @ w["recurrent"][:, :, : 2 * width]).sigmoid().chunk(2, dim=-1)  # (R, N, H)
    recalled = h @ w["recurrent"][:, :, 2 * width :] + w["shift"]  # (R, N, H): h U_m + d
    m = (w["input"].flatten(0, 1)[at] + r * recalled).tanh()  # (R, N, H)
    return (1 - z) * m + z * h


def plain_states(w: Weights, at: Tensor) -> Tensor:
    """States after each symbol of rows, one place after the other: what `fast_states` computes.

    Parameters
    ----------
    w : dict of str to Tensor
        The weights of a GRU, replicates first.
    at : Tensor of int, shape (R, N, L)
        Where each symbol stands in the tables of all replicates, put below each other.

    Returns
    -------
    Tensor, shape (L, R, N, H)
        Differentiable by torch, which records twenty small operations a place.
    """
    h, states = torch.zeros(*at.shape[:2], w["shift"].shape[-1]), []
    for place in at.unbind(dim=2):  # (R, N)
        h = step(w, h, place)
        states.append(h)
    return torch.stack(states)
