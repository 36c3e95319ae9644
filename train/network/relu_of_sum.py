"""The relu of a sum with terms that rows share, in one pass over memory, where no gradient is wanted."""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional as F


def relu_of_sum(x: Float[Tensor, "n c"], terms: Float[Tensor, "t c"]) -> Float[Tensor, "n c"]:
    """Return relu(x + terms) in the precision of `x`. Each term belongs to `n` / `t` rows that follow each other."""
    if x.is_cuda:
        # Triton comes with CUDA only.
        from train.network.relu_of_sum_kernel import relu_of_sum as on_gpu

        return on_gpu(x, terms.contiguous())
    summed = x.view(len(terms), -1, x.shape[1]) + terms[:, None]
    return F.relu(summed).view(x.shape).to(x.dtype)


def add_to_rows(x: Float[Tensor, "n c"], terms: Float[Tensor, "t c"]) -> None:
    """Add terms to the rows that share them, in place."""
    x.view(len(terms), -1, x.shape[1]).add_(terms[:, None].to(x.dtype))


def add_product(x: Float[Tensor, "n outputs"], inputs: Float[Tensor, "n inputs"], weight: Tensor) -> None:
    """Add the product of a layer without its bias to `x`, in place: the library's product does the sum itself."""
    x.addmm_(inputs, weight.to(x.dtype).t())


def can_be_in_place(x: Tensor) -> bool:
    """Tell whether these functions may take the place of the plain formulas: they have no gradients."""
    return x.is_cuda and x.dtype == torch.bfloat16 and not torch.is_grad_enabled()
