"""The recurrence of a GRU as it runs: `gru.plain_states`, several times as fast."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

SPAN = 8  # time steps for which the backward pass prepares its factors together


def fast_states(w: dict[str, Tensor], at: Tensor) -> Tensor:
    """States (L, R, N, H) after the symbols `at`, (R, N, L): see `gru.plain_states`."""
    places = at.permute(2, 0, 1).flatten(1)  # (L, R N)
    tables = w["gates"].flatten(0, 1), w["input"].flatten(0, 1)  # (R S, 2H), (R S, H)
    return _Recurrence.apply(places, *tables, w["recurrent"], w["shift"])


def _tanh_(x: Tensor) -> Tensor:
    """Hyperbolic tangent in place, by way of the sigmoid, which torch computes much faster."""
    return x.mul_(2).sigmoid_().mul_(2).sub_(1)


class _Recurrence(torch.autograd.Function):
    """States of a GRU over a sequence, with the backward pass written out.

    Automatic differentiation of the plain loop gives the same gradients and takes several times
    as long: it records twenty small operations a time step.
    """

    @staticmethod
    def forward(  # type: ignore[override]
        ctx: Any, places: Tensor, gates: Tensor, table: Tensor, u: Tensor, shift: Tensor
    ) -> Tensor:
        """States (length, replicates, rows, width) after the symbols at `places`."""
        length, (replicates, width) = len(places), u.shape[:2]
        rows = places.shape[1] // replicates
        h = torch.zeros(length + 1, replicates, rows, width)
        rz = torch.empty(length, replicates, rows, 2 * width)
        m = torch.empty(length, replicates, rows, width)
        q = shift.expand(replicates, rows, width).repeat(length, 1, 1, 1)
        u_rz, u_m = u[:, :, : 2 * width], u[:, :, 2 * width :]
        # Views made once: taking a slice costs as much as a small operation.
        steps = zip(
            places.unbind(),
            rz.view(length, -1, 2 * width).unbind(),
            rz.unbind(),
            rz[..., :width].unbind(),
            rz[..., width:].unbind(),
            m.view(length, -1, width).unbind(),
            m.unbind(),
            q.unbind(),
            h[:-1].unbind(),
            h[1:].unbind(),
            strict=True,
        )
        for place, rz_flat, rz_t, r, z, m_flat, m_t, q_t, h_t, h_next in steps:
            torch.index_select(gates, 0, place, out=rz_flat)
            rz_t.baddbmm_(h_t, u_rz).sigmoid_()
            q_t.baddbmm_(h_t, u_m)
            torch.index_select(table, 0, place, out=m_flat)
            _tanh_(m_t.addcmul_(r, q_t))
            torch.lerp(m_t, h_t, z, out=h_next)
        ctx.symbols = len(gates)
        ctx.save_for_backward(places, u, h, rz, m, q)
        return h[1:]

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, ...]:
        """Gradients with respect to the tables and weights, back through time."""
        places, u, h, rz, m, q = ctx.saved_tensors
        length, replicates, rows, width = m.shape
        back = u.transpose(1, 2).contiguous()
        d_u = torch.zeros_like(u)
        d_shift = torch.zeros(replicates, 1, width)
        d_gates = torch.zeros(ctx.symbols, 2 * width)
        d_table = torch.zeros(ctx.symbols, width)
        # Gradients before the activations: of r, z and q side by side, and of m.
        d_rzq = torch.empty(SPAN, replicates, rows, 3 * width)
        d_m = torch.empty(SPAN, replicates, rows, width)
        d_rzq_t, d_m_t = d_rzq.unbind(), d_m.unbind()
        d_r_t, d_z_t, d_q_t = (part.unbind() for part in d_rzq.split(width, dim=3))
        arriving = gradients[0].unbind()
        d_h = arriving[-1]
        for end in range(length, 0, -SPAN):
            start = max(0, end - SPAN)
            span = slice(start, end)
            r, z = rz[span].split(width, dim=3)
            rest = torch.rsub(z, 1)
            to_z = (h[span] - m[span]).mul_(z).mul_(rest)
            to_m = rest.addcmul_(rest * m[span], m[span], value=-1)
            to_r = torch.rsub(r, 1).mul_(r).mul_(q[span])
            steps = list(
                zip(
                    r.unbind(), z.unbind(), to_z.unbind(), to_m.unbind(), to_r.unbind(), strict=True
                )
            )
            for k in range(end - start - 1, -1, -1):
                r_t, z_t, to_z_t, to_m_t, to_r_t = steps[k]
                torch.mul(d_h, to_z_t, out=d_z_t[k])
                torch.mul(d_h, to_m_t, out=d_m_t[k])
                torch.mul(d_m_t[k], r_t, out=d_q_t[k])
                torch.mul(d_m_t[k], to_r_t, out=d_r_t[k])
                t = start + k
                d_h = torch.addcmul(arriving[t - 1], d_h, z_t) if t else d_h * z_t
                d_h.baddbmm_(d_rzq_t[k], back)
            count = end - start
            by_world = d_rzq[:count].transpose(0, 1).reshape(replicates, count * rows, -1)
            before = h[span].permute(1, 3, 0, 2).reshape(replicates, width, count * rows)
            d_u.baddbmm_(before, by_world)
            d_shift += by_world[:, :, 2 * width :].sum(dim=1, keepdim=True)
            at = places[span].flatten()
            d_gates.index_add_(0, at, d_rzq[:count, ..., : 2 * width].reshape(-1, 2 * width))
            d_table.index_add_(0, at, d_m[:count].view(-1, width))
        return None, d_gates, d_table, d_u, d_shift
