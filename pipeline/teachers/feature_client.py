"""Features from a network in another process."""

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
    """The servers' addresses, the secret that they ask for, and the sizes of what is exchanged."""

    names: tuple[str, ...]
    secret: bytes
    shape: ExchangeShape

    def __call__(self) -> RemoteFeatureMaker:
        """Connect a worker process."""
        return RemoteFeatureMaker(self)


class RemoteFeatureMaker:
    """A worker's connections to the servers, one for each GPU, which it asks in turn. See `FeatureMaker`."""

    def __init__(self, addresses: ServerAddresses) -> None:
        """Connect to all servers. Raises UserError if one is gone."""
        try:
            exchanges = [ask(name, addresses.secret, addresses.shape) for name in addresses.names]
        except OSError:
            raise _gone() from None
        self._turns = itertools.cycle(exchanges)
        for _ in range(os.getpid() % len(exchanges)):  # so that workers begin with different servers
            next(self._turns)

    def features(
        self, rgba: UInt8[np.ndarray, "v h w 4"], cells: Bool[np.ndarray, "v r c"], names: Sequence[str]
    ) -> Float16[np.ndarray, "k channels"]:
        """See `FeatureMaker.features`. The result is shared memory: the next call overwrites it."""
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
        "the process with the teacher's network has ended: look at its message above, and repeat the command, which "
        "continues."
    )
