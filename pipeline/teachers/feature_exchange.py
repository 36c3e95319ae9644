"""The memory that a worker shares with a feature server, and the connection between them.

The memory holds an object's images, the index of its foreground cells, and their features. Small messages on the
connection say how much of it is in use. The memory has no file name: it is freed when both processes end.
"""

from __future__ import annotations

import mmap
import os
import socket
from dataclasses import dataclass
from multiprocessing.connection import Connection

import numpy as np
from jaxtyping import Float16, Int64, UInt8

_SECRET_BYTES = 16


@dataclass(frozen=True)
class ExchangeShape:
    """The sizes of what is exchanged at most: all views and cells of an object."""

    views: int
    size: int
    cells: int
    channels: int

    @property
    def rgba_bytes(self) -> int:
        """Bytes of the images."""
        return self.views * self.size * self.size * 4

    @property
    def count(self) -> int:
        """Cells of an object."""
        return self.views * self.cells * self.cells

    @property
    def bytes(self) -> int:
        """Bytes of the whole memory. The images come first, padded to a multiple of 8."""
        return -(-self.rgba_bytes // 8) * 8 + self.count * (8 + 2 * self.channels)


@dataclass(frozen=True)
class Exchange:
    """One worker's connection and shared memory, as either side sees them."""

    connection: Connection
    memory: mmap.mmap
    rgba: UInt8[np.ndarray, "v h w 4"]
    index: Int64[np.ndarray, " n"]
    features: Float16[np.ndarray, "n channels"]


def exchange_on(connection: Connection, memory: mmap.mmap, shape: ExchangeShape) -> Exchange:
    """Divide the memory into its parts."""
    index_at = -(-shape.rgba_bytes // 8) * 8
    return Exchange(
        connection,
        memory,
        np.frombuffer(memory, np.uint8, shape.rgba_bytes).reshape(shape.views, shape.size, shape.size, 4),
        np.frombuffer(memory, np.int64, shape.count, index_at),
        np.frombuffer(memory, np.float16, shape.count * shape.channels, index_at + 8 * shape.count).reshape(
            shape.count, shape.channels
        ),
    )


def listen(address: str) -> socket.socket:
    """Open a listening socket in the abstract namespace, which leaves no file."""
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(f"\0{address}")
    listener.listen(1024)
    return listener


def ask(address: str, secret: bytes, shape: ExchangeShape) -> Exchange:
    """Connect to a server, and share new memory with it. Raises OSError if there is no server."""
    shared = os.memfd_create("features")
    try:
        os.ftruncate(shared, shape.bytes)
        memory = mmap.mmap(shared, shape.bytes)
        with socket.socket(socket.AF_UNIX) as peer:
            peer.connect(f"\0{address}")
            socket.send_fds(peer, [secret], [shared])
            return exchange_on(Connection(peer.detach()), memory, shape)
    finally:
        os.close(shared)


def accept(listener: socket.socket, secret: bytes, shape: ExchangeShape) -> Exchange | None:
    """Accept the next worker. Returns None for a process without the secret: all users of a machine can connect."""
    with listener.accept()[0] as peer:
        peer.settimeout(5)
        try:
            greeting, shared, _, _ = socket.recv_fds(peer, len(secret), 1)
        except OSError:
            return None
        try:
            if greeting != secret or not shared or os.fstat(shared[0]).st_size != shape.bytes:
                return None
            memory = mmap.mmap(shared[0], shape.bytes)
        finally:
            for descriptor in shared:
                os.close(descriptor)
        peer.settimeout(None)
        return exchange_on(Connection(peer.detach()), memory, shape)
