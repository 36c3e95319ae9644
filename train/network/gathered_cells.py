"""Bilinear lookup in a feature map: gather four cells for each point, and mix them.

torch.compile's version of the plain formula reads the cells in fp32, because their gradient is summed in fp32. It also
writes the four taps of each point to memory, for the gradient of the depth-guided samples. On a GPU these operators
read bf16 and write only their results.
"""

from __future__ import annotations

from typing import Any

import torch
from jaxtyping import Float, Int64
from torch import Tensor


def gathered_cells(
    cells: Float[Tensor, "n c"], taps: Int64[Tensor, "p 4"], shares: Float[Tensor, "p 4"]
) -> Float[Tensor, "p c"]:
    """Return sum_t shares[p, t] * cells[taps[p, t]] in the cells' precision. All sums are in fp32."""
    mixed: Tensor = _gathered(cells.contiguous(), taps.contiguous(), shares.contiguous())
    return mixed


@torch.library.custom_op(
    "featurenerf::gathered_cells", mutates_args=(), schema="(Tensor cells, Tensor taps, Tensor shares) -> Tensor"
)
def _gathered(cells: Tensor, taps: Tensor, shares: Tensor) -> Tensor:
    return (cells.to(shares.dtype)[taps] * shares[..., None]).sum(dim=-2).to(cells.dtype)


@torch.library.custom_op(
    "featurenerf::scattered_cells",
    mutates_args=(),
    schema="(Tensor cells, Tensor taps, Tensor shares, Tensor gradient, bool to_shares) -> (Tensor, Tensor)",
)
def _scattered(cells: Tensor, taps: Tensor, shares: Tensor, gradient: Tensor, to_shares: bool) -> tuple[Tensor, Tensor]:
    given = gradient.to(shares.dtype)[:, None]
    to_cells = torch.zeros_like(cells, dtype=shares.dtype)
    to_cells.index_add_(0, taps.flatten(), (shares[..., None] * given).flatten(0, 1))
    wanted = (cells.to(shares.dtype)[taps] * given).sum(dim=-1) if to_shares else torch.empty_like(shares)
    return to_cells.to(cells.dtype), wanted


# Triton comes with CUDA only: its kernels are imported when they are called.
@_gathered.register_kernel("cuda")
def _(cells: Tensor, taps: Tensor, shares: Tensor) -> Tensor:
    from train.network.gathering_kernels import gather

    return gather(cells, taps, shares)


@_scattered.register_kernel("cuda")
def _(cells: Tensor, taps: Tensor, shares: Tensor, gradient: Tensor, to_shares: bool) -> tuple[Tensor, Tensor]:
    from train.network.gathering_kernels import scatter

    return scatter(cells, taps, shares, gradient.contiguous(), to_shares)


@_gathered.register_fake
def _(cells: Tensor, taps: Tensor, _shares: Tensor) -> Tensor:
    return cells.new_empty(taps.shape[0], cells.shape[1])


@_scattered.register_fake
def _(cells: Tensor, _taps: Tensor, shares: Tensor, _gradient: Tensor, _to_shares: bool) -> tuple[Tensor, Tensor]:
    return torch.empty_like(cells), torch.empty_like(shares)


def _keep(ctx: Any, inputs: tuple[Tensor, Tensor, Tensor], output: Tensor) -> None:  # noqa: ARG001
    ctx.save_for_backward(*inputs)


def _gradients(ctx: Any, gradient: Tensor) -> tuple[Tensor, None, Tensor | None]:
    cells, taps, shares = ctx.saved_tensors
    to_shares = ctx.needs_input_grad[2]
    cells_gradient, shares_gradient = _scattered(cells, taps, shares, gradient, to_shares)
    return cells_gradient, None, shares_gradient if to_shares else None


_gathered.register_autograd(_gradients, setup_context=_keep)
