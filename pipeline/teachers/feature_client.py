"""Features from a network in another process: images go there and features come back through shared memory."""

from __future__ import annotations

import itertools
import os
from collections.abc import Sequence
from dataclasses import dataclass
from multiprocessing.connection import Client

import numpy as np
from jaxtyping import Bool, Float16, UInt8

from pipeline.errors import UserError


def exchange_layout(views: int, size: int, cells: int, channels: int) -> np.dtype[np.void]:
    """The memory that a worker shares with a server: an object's images, its foreground cells, their features."""
    count = views * cells * cells
    fields = [("rgba", "u1", (views, size, size, 4)), ("index", "i8", count), ("features", "f2", (count, channels))]
    return np.dtype(fields, align=True)


@dataclass(frozen=True)
class ServerAddresses:
    """The servers' addresses, the secret that they ask for, and the layout of the memory that is shared."""

    names: tuple[str, ...]
    secret: bytes
    layout: np.dtype[np.void]

    def __call__(self) -> RemoteFeatureMaker:
        """Connect a worker process to all servers. Raises UserError if one is gone."""
        return RemoteFeatureMaker(self)


class RemoteFeatureMaker:
    """A worker's connections to the servers, one for each GPU, which it asks in turn. See `FeatureMaker`."""

    def __init__(self, addresses: ServerAddresses) -> None:
        """Raises UserError if a server is gone."""
        # Memory without a name: it is freed when both processes end, and /dev/shm may be small.
        path = f"/proc/{os.getpid()}/fd/{os.memfd_create('features')}"
        self._memory = np.memmap(path, addresses.layout, "r+", shape=1)[0]
        try:
            servers = [Client(f"\0{name}") for name in addresses.names]
            for server in servers:
                server.send_bytes(addresses.secret)
                server.send(path)
        except OSError:
            raise _gone() from None
        first = os.getpid() % len(servers)  # so that workers begin with different servers
        self._turns = itertools.cycle(servers[first:] + servers[:first])

    def features(
        self, rgba: UInt8[np.ndarray, "v h w 4"], cells: Bool[np.ndarray, "v r c"], names: Sequence[str]
    ) -> Float16[np.ndarray, "k channels"]:
        """See `FeatureMaker.features`. The result is shared memory: the next call overwrites it."""
        server, index = next(self._turns), np.flatnonzero(cells)
        self._memory["rgba"][:] = rgba
        self._memory["index"][: len(index)] = index
        try:
            server.send((len(index), list(names)))
            error = server.recv()
        except (EOFError, OSError):
            raise _gone() from None
        if error is not None:
            raise error
        return np.asarray(self._memory["features"][: len(index)])


def _gone() -> UserError:
    return UserError(
        "the process with the teacher's network has ended: look at its message above, and repeat the command, which "
        "continues."
    )
