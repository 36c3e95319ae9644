"""Copies between this machine's memory and a GPU that nobody waits for."""

from __future__ import annotations

import torch
from torch import Tensor


def uploaded(tensor: Tensor, device: torch.device) -> Tensor:
    """Copy a tensor to a device. The caller does not wait for what is queued on a GPU."""
    if device.type != "cuda" or tensor.is_cuda:
        return tensor.to(device)
    # From other memory than pinned the caller waits for all that is queued.
    return tensor.pin_memory().to(device, non_blocking=True)


class Arriving:
    """A tensor on its way from its device to this machine's memory."""

    def __init__(self, tensor: Tensor) -> None:
        """Start the copy. It begins when the device has done what is queued so far."""
        self._host = tensor.to("cpu", non_blocking=True)
        self._arrived = torch.cuda.Event() if tensor.is_cuda else None  # type: ignore[no-untyped-call]
        if self._arrived is not None:
            self._arrived.record()

    def values(self) -> Tensor:
        """Wait for the tensor, and return it."""
        if self._arrived is not None:
            self._arrived.synchronize()
        return self._host
