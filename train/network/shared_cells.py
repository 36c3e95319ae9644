"""Feature maps that a CPU reads several times in a step. The gradients of all readings are summed in one array.

By itself autograd makes an array as large as the maps for each reading, fills it with zeros, and adds these arrays.
"""

from __future__ import annotations

from typing import Any

import torch
from jaxtyping import Float, Int64
from torch import Tensor
from torch.nn import functional as F


class SharedCells:
    """The cells of feature maps, for the readings of one graph, each of which has its gradient taken at most once."""

    def __init__(self, cells: Float[Tensor, "n c"]) -> None:
        """`cells` are rows of memory, on a CPU."""
        self._cells = cells.detach()
        self._sum = _GradientSum()
        # Readings depend on the cells by way of this number: so autograd asks for the cells' gradient after theirs.
        self._link: Tensor = _Link.apply(cells, self._sum)

    def mixed(self, taps: Int64[Tensor, "p 4"], shares: Float[Tensor, "p 4"]) -> Float[Tensor, "p c"]:
        """Return sum_t shares[p, t] * cells[taps[p, t]]."""
        mixed: Tensor = _Mixed.apply(self._link, shares, taps, self._cells, self._sum)
        return mixed


def mixed_cells(
    cells: Float[Tensor, "n c"], taps: Int64[Tensor, "p 4"], shares: Float[Tensor, "p 4"]
) -> Float[Tensor, "p c"]:
    """Return sum_t shares[p, t] * cells[taps[p, t]].

    The four taps do not lie side by side in memory: five times as fast on a CPU at 512 channels.
    """
    return F.embedding_bag(taps, cells, per_sample_weights=shares, mode="sum")


class _GradientSum:
    """The sum of the readings' gradients. It knows no tensor of the graph, which would keep the graph in memory."""

    def __init__(self) -> None:
        self._cells: Tensor | None = None

    def add(self, cells: Tensor, taps: Tensor, shares: Tensor, gradient: Tensor) -> None:
        if self._cells is None:
            self._cells = torch.zeros_like(cells)
        self._cells.index_add_(0, taps.flatten(), (shares[..., None] * gradient[:, None]).flatten(0, 1))

    def take(self) -> Tensor | None:
        cells, self._cells = self._cells, None
        return cells


class _Link(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, cells: Tensor, sums: _GradientSum) -> Tensor:
        ctx.sums = sums
        return cells.new_zeros(())

    @staticmethod
    def backward(ctx: Any, _nothing: Tensor) -> tuple[Tensor | None, None]:
        return ctx.sums.take(), None


class _Mixed(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, _link: Tensor, shares: Tensor, taps: Tensor, cells: Tensor, sums: _GradientSum) -> Tensor:
        ctx.save_for_backward(shares, taps, cells)
        ctx.sums = sums
        return mixed_cells(cells, taps, shares)

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, ...]:
        shares, taps, cells = ctx.saved_tensors
        ctx.sums.add(cells, taps, shares, gradient)
        to_shares = (cells[taps] @ gradient[..., None])[..., 0] if ctx.needs_input_grad[1] else None
        return gradient.new_zeros(()), to_shares, None, None, None
