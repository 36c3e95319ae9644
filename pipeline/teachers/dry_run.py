"""What shape a network would answer in, worked out without calculating."""

from __future__ import annotations

import torch
from torch import Tensor, nn


def answered_shape(network: nn.Module, *given: tuple[int, ...]) -> tuple[int, ...]:
    """The shape of the answer to fp32 tensors of the given shapes; raises whatever the network does where it fails.

    The network runs on tensors that have a shape and no numbers, its own weights included.
    """
    state = {name: tensor.detach().to("meta") for name, tensor in network.state_dict().items()}
    answer: Tensor = torch.func.functional_call(
        network, state, tuple(torch.empty(shape, device="meta") for shape in given)
    )
    return tuple(answer.shape)
