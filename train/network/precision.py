"""The precision of the matrix products in encoder and trunk."""

from __future__ import annotations

from typing import Literal

import torch

Precision = Literal["fp32", "bf16"]


def products(precision: Precision, device: torch.device) -> torch.autocast:
    """Return a context in which products take and give bf16 or, for fp32, do not change their operands.

    Weights, positions, densities, compositing and losses stay outside of it, in fp32.
    """
    return torch.autocast(device.type, dtype=torch.bfloat16, enabled=precision == "bf16", cache_enabled=False)
