"""Triton kernel of `train.network.relu_of_sum`."""

from typing import no_type_check

import torch
import triton
import triton.language as tl
from jaxtyping import Float
from torch import Tensor

AT_ONCE = 4096  # numbers of a program


@triton.jit
@no_type_check
def _relu_of_sum(x, terms, result, count, shared, width: tl.constexpr, columns: tl.constexpr, at_once: tl.constexpr):
    row = tl.program_id(0).to(tl.int64) * at_once + tl.arange(0, at_once)
    column = tl.arange(0, columns)
    inside = (row < count)[:, None] & (column < width)[None, :]
    value = tl.load(x + row[:, None] * width + column[None, :], mask=inside, other=0).to(tl.float32)
    value += tl.load(terms + (row // shared)[:, None] * width + column[None, :], mask=inside, other=0).to(tl.float32)
    positive = tl.where(value < 0, 0.0, value).to(result.dtype.element_ty)
    tl.store(result + row[:, None] * width + column[None, :], positive, mask=inside)


def relu_of_sum(x: Float[Tensor, "n c"], terms: Float[Tensor, "t c"]) -> Float[Tensor, "n c"]:
    """Return relu(x + terms), summed in fp32. Each term belongs to `n` / `t` rows that follow each other."""
    rows, width = x.shape
    result = torch.empty_like(x)
    columns = int(triton.next_power_of_2(width))
    at_once = max(1, AT_ONCE // columns)
    programs = (triton.cdiv(rows, at_once),)
    _relu_of_sum[programs](x, terms, result, rows, rows // len(terms), width, columns, at_once, num_warps=8)
    return result
