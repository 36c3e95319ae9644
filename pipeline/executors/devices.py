"""The device that tensors live on."""

import torch

from pipeline.errors import UserError


def device_named(name: str) -> torch.device:
    """`cpu`, `cuda`, or `auto`: CUDA where there is one. Raises UserError for CUDA where there is none."""
    if name == "auto":
        name = "cuda" if torch.cuda.is_available() else "cpu"
    if name == "cuda" and not torch.cuda.is_available():
        raise UserError("torch finds no CUDA device here: set the device (machine.device) to cpu or auto, not cuda.")
    return torch.device(name)
