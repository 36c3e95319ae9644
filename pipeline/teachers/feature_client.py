"""Features from a network that another process has."""

from __future__ import annotations

import itertools
import json
import os
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float16, UInt8

from pipeline.errors import UserError
from pipeline.teachers.feature_exchange import ExchangeShape, ask


@dataclass(frozen=True)
class ServerAddresses:
    """Where the servers listen, what they want to hear first, and how much is exchanged."""

    names: tuple[str, ...]
    secret: bytes
    shape: ExchangeShape

    def __call__(self) -> RemoteFeatureMaker:
        """Connect, in a worker process."""
        return RemoteFeatureMaker(self)


class RemoteFeatureMaker:
    """A worker's end of the servers, one for each GPU, which it asks in turn. See `FeatureMaker`."""

    def __init__(self, addresses: ServerAddresses) -> None:
        """Raises UserError if a server is gone."""
        try:
            exchanges = [ask(name, addresses.secret, addresses.shape) for name in addresses.names]
        except OSError:
            raise _gone() from None
        self._turns = itertools.cycle(exchanges)
        for _ in range(os.getpid() % len(exchanges)):  # so that not all workers begin with the first
            next(self._turns)

    def features(
        self, rgba: UInt8[np.ndarray, "v h w 4"], cells: Bool[np.ndarray, "v r c"], names: Sequence[str]
    ) -> Float16[np.ndarray, "k channels"]:
        """See `FeatureMaker.features`. What it returns is shared memory, and counts until the next call."""
        exchange = next(self._turns)
        index = np.flatnonzero(cells)
        exchange.rgba[:] = rgba
        exchange.index[: len(index)] = index
        try:
            exchange.connection.send_bytes(json.dumps({"count": len(index), "names": list(names)}).encode())
            answer = json.loads(exchange.connection.recv_bytes())
        except (EOFError, OSError):
            raise _gone() from None
        if "user_error" in answer:
            raise UserError(answer["user_error"])
        if "error" in answer:
            raise RuntimeError(answer["error"])
        return exchange.features[: len(index)]


def _gone() -> UserError:
    return UserError(
        "the process with the teacher's network has ended, so no features come any more: look at what it said above, "
        "and repeat the command, which continues."
    )
