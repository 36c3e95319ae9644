"""A linear layer and its relu in one pass over memory."""

from __future__ import annotations

from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F


def linear_relu(layer: nn.Linear, x: Float[Tensor, "*b inputs"]) -> Float[Tensor, "*b outputs"]:
    """Return relu(layer(x)). In bf16 on a GPU the product's kernel does the relu, which torch.compile does not do."""
    if not (x.is_cuda and x.dtype == torch.bfloat16):
        return F.relu(layer(x), inplace=True)
    flat = x.reshape(-1, x.shape[-1])
    fused: Tensor = _fused(flat, layer.weight.to(x.dtype), layer.bias.to(x.dtype))
    return fused.reshape(*x.shape[:-1], -1)


SCHEMA = "(Tensor x, Tensor weight, Tensor bias) -> Tensor"


# A custom operator, because the library's has no gradient; torch.compile leaves it as it is.
@torch.library.custom_op("featurenerf::linear_relu", mutates_args=(), schema=SCHEMA)
def _fused(x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    return torch._addmm_activation(bias, x, weight.t())


@_fused.register_fake
def _(x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:  # noqa: ARG001
    return x.new_empty(x.shape[0], weight.shape[0])


@torch.library.custom_op(
    "featurenerf::masked_and_summed", mutates_args=(), schema="(Tensor output, Tensor gradient) -> (Tensor, Tensor)"
)
def _masked(output: Tensor, gradient: Tensor) -> tuple[Tensor, Tensor]:
    masked = torch.where(output > 0, gradient, 0)
    return masked, masked.sum(dim=0)


@_masked.register_kernel("cuda")
def _(output: Tensor, gradient: Tensor) -> tuple[Tensor, Tensor]:
    # Triton comes with CUDA only.
    from train.network.masking_kernel import masked_and_summed

    return masked_and_summed(output, gradient.contiguous())


@_masked.register_fake
def _(output: Tensor, gradient: Tensor) -> tuple[Tensor, Tensor]:
    return torch.empty_like(output), output.new_empty(output.shape[1], dtype=gradient.dtype)


def _keep(ctx: Any, inputs: tuple[Tensor, Tensor, Tensor], output: Tensor) -> None:
    x, weight, _ = inputs
    ctx.save_for_backward(x, weight, output)


def _gradients(ctx: Any, gradient: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    x, weight, output = ctx.saved_tensors
    through, bias = _masked(output, gradient)
    return through @ weight, through.t() @ x, bias


_fused.register_autograd(_gradients, setup_context=_keep)
