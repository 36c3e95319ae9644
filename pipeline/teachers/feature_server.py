"""One process for each GPU that has a teacher's network, and answers the workers of this machine.

The workers decode, compress and write; the GPU calculates meanwhile. While it works at one object the next one's images
are on their way to it, and the last one's features on their way back.
"""

from __future__ import annotations

import ctypes
import json
import secrets
import socket
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing import connection, get_context
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from types import TracebackType
from typing import Any

import torch

from pipeline.errors import UserError
from pipeline.executors.child_process import start_child
from pipeline.progress import say
from pipeline.teachers.feature_client import ServerAddresses
from pipeline.teachers.feature_exchange import Exchange, ExchangeShape, accept, listen
from pipeline.teachers.feature_maker import DeviceFeatures, out_of_memory

IN_FLIGHT = 2  # objects that the GPU has been given and not answered for
_CUDA: Any = torch.cuda  # parts of it declare no types


class FeatureServers:
    """The servers of this machine: they run inside `with`.

    `load` makes the calculation on a device; it runs in the server's process.
    """

    def __init__(
        self, load: Callable[[torch.device], DeviceFeatures], devices: tuple[str, ...], shape: ExchangeShape
    ) -> None:
        """Nothing starts yet; the addresses are known."""
        self._load, self._devices = load, devices
        self.addresses = ServerAddresses(
            tuple(f"features-{secrets.token_hex(8)}" for _ in devices), secrets.token_bytes(16), shape
        )
        self._processes: list[BaseProcess] = []

    def __enter__(self) -> None:
        """Start them and wait until they are ready. Raises UserError if one cannot load its network."""
        waiting = []
        try:
            for name, device in zip(self.addresses.names, self._devices, strict=True):
                ours, theirs = get_context("spawn").Pipe(duplex=False)
                self._processes.append(
                    start_child(_serve, theirs, self._load, device, name, self.addresses.secret, self.addresses.shape)
                )
                theirs.close()
                waiting.append(ours)
            for device, pipe in zip(self._devices, waiting, strict=True):
                say(f"  {_ready(pipe, device)}")
        except BaseException:
            self._end()
            raise
        finally:
            for pipe in waiting:
                pipe.close()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End them."""
        self._end()

    def _end(self) -> None:
        for process in self._processes:
            process.kill()
            process.join()
        self._processes.clear()


def _ready(pipe: Connection, device: str) -> str:
    try:
        answer = pipe.recv()
    except EOFError:
        raise UserError(f"the process that should load the teacher's network on {device} died; see above.") from None
    if isinstance(answer, UserError):
        raise answer
    return str(answer)


@dataclass(frozen=True)
class _Flying:
    """An object whose features are on their way back."""

    exchange: Exchange
    done: torch.cuda.Event | None
    features: torch.Tensor


def _serve(
    pipe: Connection,
    load: Callable[[torch.device], DeviceFeatures],
    device_name: str,
    name: str,
    secret: bytes,
    shape: ExchangeShape,
) -> None:
    """The life of a server's process: load, say so, answer."""
    listener = listen(name)
    device = torch.device(device_name)
    try:
        calculate = load(device)
        with torch.inference_mode():
            _warm_up(calculate, shape)
    except UserError as error:
        pipe.send(error)
        return
    except torch.OutOfMemoryError:
        pipe.send(
            UserError(
                f"the memory of {device} does not hold the teacher's network and its first views: lower "
                "machine.views_per_batch, or give it a GPU of its own."
            )
        )
        return
    on = torch.cuda.get_device_name(device) if device.type == "cuda" else device_name
    pipe.send(f"the teacher's network is on {on}")
    with torch.inference_mode():
        _answer_for_ever(listener, secret, shape, calculate)


def _warm_up(calculate: DeviceFeatures, shape: ExchangeShape) -> None:
    """One object of nothing: what is compiled is compiled now."""
    rgba = torch.zeros(shape.views, shape.size, shape.size, 4, dtype=torch.uint8, device=calculate.device)
    index = torch.zeros(1, dtype=torch.int64, device=calculate.device)
    calculate(rgba, index, [f"nothing/{view}" for view in range(shape.views)]).cpu()


def _answer_for_ever(listener: socket.socket, secret: bytes, shape: ExchangeShape, calculate: DeviceFeatures) -> None:
    exchanges: dict[Connection, Exchange] = {}
    flying: deque[_Flying] = deque()
    while True:
        ready = connection.wait([listener, *exchanges], timeout=0 if flying else None)
        for source in ready:
            if source is listener:
                joined = accept(listener, secret, shape)
                if joined is not None:
                    _pin(joined)
                    exchanges[joined.connection] = joined
                continue
            exchange = exchanges[source]  # type: ignore[index]  # what is no listener is a connection
            try:
                request = json.loads(exchange.connection.recv_bytes())
            except (EOFError, OSError):
                while flying:
                    _land(flying.popleft())
                _unpin(exchanges.pop(exchange.connection))  # a worker that is through, or was ended
                continue
            while len(flying) >= IN_FLIGHT:
                _land(flying.popleft())
            launched = _launch(exchange, request["count"], request["names"], calculate)
            if launched is not None:
                flying.append(launched)
        if not ready and flying:
            _land(flying.popleft())


def _pin(exchange: Exchange) -> None:
    """Let the GPU copy to and from the shared memory by itself; where the driver does not want to, copies only wait."""
    if _CUDA.is_initialized():
        _CUDA.cudart().cudaHostRegister(_address(exchange), len(exchange.memory), 0)


def _unpin(exchange: Exchange) -> None:
    if _CUDA.is_initialized():
        _CUDA.cudart().cudaHostUnregister(_address(exchange))


def _address(exchange: Exchange) -> int:
    return ctypes.addressof(ctypes.c_char.from_buffer(exchange.memory))


def _launch(exchange: Exchange, count: int, names: list[str], calculate: DeviceFeatures) -> _Flying | None:
    """Queue an object's work on the device; what cannot be is answered at once."""
    device = calculate.device
    try:
        rgba = torch.from_numpy(exchange.rgba).to(device, non_blocking=True)
        index = torch.from_numpy(exchange.index[:count]).to(device, non_blocking=True)
        made = calculate(rgba, index, names)
        torch.from_numpy(exchange.features[:count]).copy_(made, non_blocking=True)
    except torch.OutOfMemoryError:
        _tell(exchange, {"user_error": str(out_of_memory(device, calculate.views_per_batch))})
        return None
    except UserError as error:
        _tell(exchange, {"user_error": str(error)})
        return None
    except Exception as error:  # of this object alone, as far as anybody knows
        _tell(exchange, {"error": f"{type(error).__name__}: {error}"})
        return None
    if device.type != "cuda":
        return _Flying(exchange, None, made)
    done = _CUDA.Event()
    done.record()
    return _Flying(exchange, done, made)


def _land(flying: _Flying) -> None:
    if flying.done is not None:
        flying.done.synchronize()
    _tell(flying.exchange, {})


def _tell(exchange: Exchange, answer: dict[str, str]) -> None:
    with suppress(OSError):  # the worker was ended meanwhile; its connection says so when it is asked next
        exchange.connection.send_bytes(json.dumps(answer).encode())
