"""Messages between client and child: frames of facts (json) and arrays (safetensors) over a socket. No pickle."""

import json
import socket
import struct
from dataclasses import dataclass
from typing import Any

import numpy as np
import safetensors.numpy

_LENGTHS = struct.Struct("<QQ")  # bytes of facts, bytes of arrays


@dataclass(frozen=True)
class Frame:
    """A message: facts as json, arrays by name."""

    facts: dict[str, Any]
    arrays: dict[str, np.ndarray]


def send(channel: socket.socket, facts: dict[str, Any], arrays: dict[str, np.ndarray] | None = None) -> None:
    """Write one frame. Raises OSError where nobody is at the other end."""
    head = json.dumps(facts).encode()
    body = safetensors.numpy.save({name: np.ascontiguousarray(array) for name, array in (arrays or {}).items()})
    channel.sendall(_LENGTHS.pack(len(head), len(body)) + head)
    channel.sendall(body)


def receive(channel: socket.socket) -> Frame:
    """Wait for one frame. Raises EOFError where the other end closes, also in the midst of a frame."""
    head, body = _LENGTHS.unpack(_exactly(channel, _LENGTHS.size))
    facts = json.loads(_exactly(channel, head))
    return Frame(facts, safetensors.numpy.load(bytes(_exactly(channel, body))))


def _exactly(channel: socket.socket, count: int) -> bytearray:
    buffer = bytearray(count)
    view, done = memoryview(buffer), 0
    while done < count:
        try:
            got = channel.recv_into(view[done:])
        except ConnectionResetError:
            got = 0
        if got == 0:
            raise EOFError(f"the channel ended after {done} of {count} bytes")
        done += got
    return buffer
