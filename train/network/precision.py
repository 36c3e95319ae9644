"""What the matrix products of encoder and trunk are calculated in."""

from __future__ import annotations

from typing import Literal

import torch

Precision = Literal["fp32", "bf16"]


def products(precision: Precision, device: torch.device) -> torch.autocast:
    """A context in which products take bf16 operands and give bf16, or, for fp32, whatever they are given.

    Weights, positions, densities, compositing and losses stay outside of it, in fp32.
    """
    return torch.autocast(device.type, dtype=torch.bfloat16, enabled=precision == "bf16", cache_enabled=False)
