"""Loss terms, read a few steps late so that the CPU does not wait for the GPU."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

import torch
from torch import Tensor

AHEAD = 16  # steps that a GPU may be behind


@dataclass(frozen=True)
class KnownLosses:
    """The loss terms of a step by name; steps are counted from 0."""

    step: int
    terms: dict[str, float]


class LossWatch:
    """A queue of loss terms on their way from the device."""

    def __init__(self, names: tuple[str, ...]) -> None:
        """Take the names of the terms, in their order."""
        self._names = names
        self._waiting: deque[tuple[int, Tensor, torch.cuda.Event]] = deque()

    def add(self, step: int, terms: Tensor) -> list[KnownLosses]:
        """Add the terms of a step. Returns those of the steps that lie `AHEAD` or more behind it."""
        if not terms.is_cuda:
            return [self._known(step, terms)]
        host = torch.empty(terms.shape, dtype=terms.dtype, pin_memory=True)
        host.copy_(terms, non_blocking=True)
        arrived = torch.cuda.Event()  # type: ignore[no-untyped-call]
        arrived.record()
        self._waiting.append((step, host, arrived))
        return self._read(AHEAD)

    def drain(self) -> list[KnownLosses]:
        """Wait for all terms that were added, and return them."""
        return self._read(0)

    def _read(self, left: int) -> list[KnownLosses]:
        known = []
        while len(self._waiting) > left:
            step, host, arrived = self._waiting.popleft()
            arrived.synchronize()
            known.append(self._known(step, host))
        return known

    def _known(self, step: int, terms: Tensor) -> KnownLosses:
        return KnownLosses(step, dict(zip(self._names, terms.tolist(), strict=True)))
