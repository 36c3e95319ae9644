"""Triton kernels of `train.network.gathered_cells`: a program has all channels of a point, or of a run of points."""

from typing import no_type_check

import torch
import triton
import triton.language as tl
from jaxtyping import Float, Int64
from torch import Tensor

# 8 numbers of 2 bytes for each thread: one load of 16 bytes.
CHANNELS_A_WARP = 256
RUN = 16  # points for each program that scatters


@triton.jit
@no_type_check
def _gather(cells, taps, shares, mixed, channels: tl.constexpr, width: tl.constexpr):
    point = tl.program_id(0).to(tl.int64)
    channel = tl.arange(0, width)
    inside = channel < channels
    total = tl.zeros((width,), dtype=tl.float32)
    for tap in tl.static_range(4):
        cell = tl.load(taps + point * 4 + tap)
        share = tl.load(shares + point * 4 + tap)
        total += share * tl.load(cells + cell * channels + channel, mask=inside, other=0).to(tl.float32)
    tl.store(mixed + point * channels + channel, total.to(mixed.dtype.element_ty), mask=inside)


@triton.jit
@no_type_check
def _scatter(
    cells,
    taps,
    shares,
    gradient,
    cells_gradient,
    shares_gradient,
    points,
    to_shares: tl.constexpr,
    run: tl.constexpr,
    channels: tl.constexpr,
    width: tl.constexpr,
):
    """Scatter `run` points. Neighbours on a ray often name the same cells; their sum is added to a cell at once."""
    first = tl.program_id(0).to(tl.int64) * run
    channel = tl.arange(0, width)
    inside = channel < channels
    cell_0, cell_1 = tl.load(taps + first * 4), tl.load(taps + first * 4 + 1)
    cell_2, cell_3 = tl.load(taps + first * 4 + 2), tl.load(taps + first * 4 + 3)
    sum_0, sum_1 = tl.zeros((width,), dtype=tl.float32), tl.zeros((width,), dtype=tl.float32)
    sum_2, sum_3 = tl.zeros((width,), dtype=tl.float32), tl.zeros((width,), dtype=tl.float32)
    for number in range(run):
        point = first + number
        if point < points:
            next_0, next_1 = tl.load(taps + point * 4), tl.load(taps + point * 4 + 1)
            next_2, next_3 = tl.load(taps + point * 4 + 2), tl.load(taps + point * 4 + 3)
            if (next_0 != cell_0) | (next_1 != cell_1) | (next_2 != cell_2) | (next_3 != cell_3):
                tl.atomic_add(cells_gradient + cell_0 * channels + channel, sum_0, mask=inside, sem="relaxed")
                tl.atomic_add(cells_gradient + cell_1 * channels + channel, sum_1, mask=inside, sem="relaxed")
                tl.atomic_add(cells_gradient + cell_2 * channels + channel, sum_2, mask=inside, sem="relaxed")
                tl.atomic_add(cells_gradient + cell_3 * channels + channel, sum_3, mask=inside, sem="relaxed")
                sum_0, sum_1 = tl.zeros((width,), dtype=tl.float32), tl.zeros((width,), dtype=tl.float32)
                sum_2, sum_3 = tl.zeros((width,), dtype=tl.float32), tl.zeros((width,), dtype=tl.float32)
                cell_0, cell_1, cell_2, cell_3 = next_0, next_1, next_2, next_3
            given = tl.load(gradient + point * channels + channel, mask=inside, other=0).to(tl.float32)
            sum_0 += tl.load(shares + point * 4) * given
            sum_1 += tl.load(shares + point * 4 + 1) * given
            sum_2 += tl.load(shares + point * 4 + 2) * given
            sum_3 += tl.load(shares + point * 4 + 3) * given
            if to_shares:
                for tap in tl.static_range(4):
                    cell = tl.load(taps + point * 4 + tap)
                    value = tl.load(cells + cell * channels + channel, mask=inside, other=0).to(tl.float32)
                    tl.store(shares_gradient + point * 4 + tap, tl.sum(value * given))
    tl.atomic_add(cells_gradient + cell_0 * channels + channel, sum_0, mask=inside, sem="relaxed")
    tl.atomic_add(cells_gradient + cell_1 * channels + channel, sum_1, mask=inside, sem="relaxed")
    tl.atomic_add(cells_gradient + cell_2 * channels + channel, sum_2, mask=inside, sem="relaxed")
    tl.atomic_add(cells_gradient + cell_3 * channels + channel, sum_3, mask=inside, sem="relaxed")


def gather(
    cells: Float[Tensor, "n c"], taps: Int64[Tensor, "p 4"], shares: Float[Tensor, "p 4"]
) -> Float[Tensor, "p c"]:
    """Sum the cells that each point names, weighted, in fp32. Returns the cells' precision."""
    mixed = cells.new_empty(len(taps), cells.shape[1])
    _gather[(len(taps),)](cells, taps, shares, mixed, *_widths(cells), num_warps=_warps(cells))
    return mixed


def scatter(
    cells: Float[Tensor, "n c"],
    taps: Int64[Tensor, "p 4"],
    shares: Float[Tensor, "p 4"],
    gradient: Float[Tensor, "p c"],
    to_shares: bool,
) -> tuple[Float[Tensor, "n c"], Float[Tensor, "p 4"]]:
    """Return the gradients of `gather` by cells and, if `to_shares`, by shares.

    Points are added to a cell in fp32, in no fixed order.
    """
    cells_gradient = torch.zeros_like(cells, dtype=torch.float32)
    shares_gradient = torch.empty_like(shares)
    given = (cells, taps, shares, gradient, cells_gradient, shares_gradient)
    programs = triton.cdiv(len(taps), RUN)
    _scatter[(programs,)](*given, len(taps), to_shares, RUN, *_widths(cells), num_warps=_warps(cells))
    return cells_gradient.to(cells.dtype), shares_gradient


def _widths(cells: Tensor) -> tuple[int, int]:
    """Return the channels, and the power of 2 that Triton needs."""
    return cells.shape[1], int(triton.next_power_of_2(cells.shape[1]))


def _warps(cells: Tensor) -> int:
    _, width = _widths(cells)
    return max(1, width // CHANNELS_A_WARP)
