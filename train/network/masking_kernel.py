"""Triton kernel of `train.network.linear_relu`: a relu's gradient and its sum over all rows in one pass."""

from typing import no_type_check

import torch
import triton
import triton.language as tl
from jaxtyping import Float
from torch import Tensor

ROWS_AT_ONCE = 16
ROWS_OF_PROGRAM = 64
COLUMNS = 512


@triton.jit
@no_type_check
def _mask(
    output,
    gradient,
    masked,
    column_sum,
    rows,
    width,
    at_once: tl.constexpr,
    passes: tl.constexpr,
    columns: tl.constexpr,
):
    column = tl.program_id(1) * columns + tl.arange(0, columns)
    first = tl.program_id(0).to(tl.int64) * at_once * passes
    total = tl.zeros((columns,), dtype=tl.float32)
    for number in range(passes):
        row = first + number * at_once + tl.arange(0, at_once)
        inside = (row < rows)[:, None] & (column < width)[None, :]
        place = row[:, None] * width + column[None, :]
        positive = tl.load(output + place, mask=inside, other=0) > 0
        kept = tl.where(positive, tl.load(gradient + place, mask=inside, other=0), 0.0)
        tl.store(masked + place, kept, mask=inside)
        total += tl.sum(kept.to(tl.float32), axis=0)
    tl.atomic_add(column_sum + column, total, mask=column < width, sem="relaxed")


def masked_and_summed(
    output: Float[Tensor, "n c"], gradient: Float[Tensor, "n c"]
) -> tuple[Float[Tensor, "n c"], Float[Tensor, " c"]]:
    """Return the gradient, 0 where the relu's output is not above 0, and its sum over the rows, taken in fp32."""
    rows, width = output.shape
    masked = torch.empty_like(output)
    column_sum = torch.zeros(width, dtype=torch.float32, device=output.device)
    programs = (triton.cdiv(rows, ROWS_OF_PROGRAM), triton.cdiv(width, COLUMNS))
    passes = ROWS_OF_PROGRAM // ROWS_AT_ONCE
    _mask[programs](output, gradient, masked, column_sum, rows, width, ROWS_AT_ONCE, passes, COLUMNS)
    return masked, column_sum.to(gradient.dtype)
