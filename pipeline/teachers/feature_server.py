"""Feature servers: one process for each GPU loads the teacher's network and serves the workers of this machine.

The workers decode, compress and write while the GPU calculates. During one object, the images of the next one are
copied to the GPU, and the features of the last one back.
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

IN_FLIGHT = 2  # objects that the GPU works on at a time
_CUDA: Any = torch.cuda  # torch declares no types for parts of it


class FeatureServers:
    """The servers of this machine, as a context in which they run.

    `load` makes the calculation on a device; it is called in the server's process.
    """

    def __init__(
        self, load: Callable[[torch.device], DeviceFeatures], devices: tuple[str, ...], shape: ExchangeShape
    ) -> None:
        """Choose addresses; nothing starts yet."""
        self._load, self._devices = load, devices
        self.addresses = ServerAddresses(
            tuple(f"features-{secrets.token_hex(8)}" for _ in devices), secrets.token_bytes(16), shape
        )
        self._processes: list[BaseProcess] = []

    def __enter__(self) -> None:
        """Start the servers and wait until they are ready. Raises UserError if one cannot load its network."""
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
        """End the servers."""
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
class _InFlight:
    """An object that the GPU works on."""

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
    """Run a server's process: load the network, report that it is ready, answer requests until it is killed."""
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
    hardware = torch.cuda.get_device_name(device) if device.type == "cuda" else device_name
    pipe.send(f"the teacher's network is on {hardware}")
    with torch.inference_mode():
        _answer_requests(listener, secret, shape, calculate)


def _warm_up(calculate: DeviceFeatures, shape: ExchangeShape) -> None:
    """Calculate one black object, so that everything is compiled before the first request."""
    rgba = torch.zeros(shape.views, shape.size, shape.size, 4, dtype=torch.uint8, device=calculate.device)
    index = torch.zeros(1, dtype=torch.int64, device=calculate.device)
    calculate(rgba, index, [f"black/{view}" for view in range(shape.views)]).cpu()


def _answer_requests(listener: socket.socket, secret: bytes, shape: ExchangeShape, calculate: DeviceFeatures) -> None:
    """Answer requests for ever."""
    exchanges: dict[Connection, Exchange] = {}
    in_flight: deque[_InFlight] = deque()
    while True:
        ready = connection.wait([listener, *exchanges], timeout=0 if in_flight else None)
        for end in ready:
            if end is listener:
                worker = accept(listener, secret, shape)
                if worker is not None:
                    _pin(worker)
                    exchanges[worker.connection] = worker
                continue
            exchange = exchanges[end]  # type: ignore[index]  # everything but the listener is a connection
            try:
                request = json.loads(exchange.connection.recv_bytes())
            except (EOFError, OSError):
                while in_flight:
                    _finish(in_flight.popleft())
                _unpin(exchanges.pop(exchange.connection))  # the worker has ended
                continue
            while len(in_flight) >= IN_FLIGHT:
                _finish(in_flight.popleft())
            launched = _launch(exchange, request["count"], request["names"], calculate)
            if launched is not None:
                in_flight.append(launched)
        if not ready and in_flight:
            _finish(in_flight.popleft())


def _pin(exchange: Exchange) -> None:
    """Pin the shared memory, so that copies to and from the GPU are asynchronous. If that fails, they only wait."""
    if _CUDA.is_initialized():
        _CUDA.cudart().cudaHostRegister(_address(exchange), len(exchange.memory), 0)


def _unpin(exchange: Exchange) -> None:
    if _CUDA.is_initialized():
        _CUDA.cudart().cudaHostUnregister(_address(exchange))


def _address(exchange: Exchange) -> int:
    return ctypes.addressof(ctypes.c_char.from_buffer(exchange.memory))


def _launch(exchange: Exchange, count: int, names: list[str], calculate: DeviceFeatures) -> _InFlight | None:
    """Queue an object's work on the device. An error is answered at once, and None returned."""
    device = calculate.device
    try:
        rgba = torch.from_numpy(exchange.rgba).to(device, non_blocking=True)
        index = torch.from_numpy(exchange.index[:count]).to(device, non_blocking=True)
        features = calculate(rgba, index, names)
        torch.from_numpy(exchange.features[:count]).copy_(features, non_blocking=True)
    except torch.OutOfMemoryError:
        _answer(exchange, {"user_error": str(out_of_memory(device, calculate.views_per_batch))})
        return None
    except UserError as error:
        _answer(exchange, {"user_error": str(error)})
        return None
    except Exception as error:  # it may concern this object only
        _answer(exchange, {"error": f"{type(error).__name__}: {error}"})
        return None
    if device.type != "cuda":
        return _InFlight(exchange, None, features)
    done = _CUDA.Event()
    done.record()
    return _InFlight(exchange, done, features)


def _finish(work: _InFlight) -> None:
    """Wait for an object's features, and tell its worker that they are there."""
    if work.done is not None:
        work.done.synchronize()
    _answer(work.exchange, {})


def _answer(exchange: Exchange, answer: dict[str, str]) -> None:
    with suppress(OSError):  # the worker has ended; reading its connection will show that
        exchange.connection.send_bytes(json.dumps(answer).encode())
