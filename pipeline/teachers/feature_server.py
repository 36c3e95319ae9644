"""One process for each GPU has the teacher's network and serves the workers of this machine, through shared memory.

A reader that hangs or crashes stops torch's DataLoader as a whole, and nothing ends an object in a thread that writes.
A pool of writers behind a DataLoader pickles an object in 10 ms, against 1.2 here: an H100 has one in 9.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from multiprocessing.connection import Connection, Listener
from multiprocessing.context import SpawnContext, SpawnProcess
from pathlib import Path
from threading import BoundedSemaphore, Lock, Thread
from typing import Any

import numpy as np
import torch

from pipeline.errors import UserError
from pipeline.executors.child_process import deaf_to_interrupts, end_with_parent
from pipeline.progress import say
from pipeline.teachers.feature_client import ServerAddresses
from pipeline.teachers.feature_maker import DeviceFeatures, out_of_memory

_IN_FLIGHT = 2  # objects that a GPU works on at a time: one is calculated while the next one's images are copied
_CUDA: Any = torch.cuda  # torch declares no types for parts of it
Load = Callable[[torch.device], DeviceFeatures]  # makes the calculation on a device, in the server's process


def new_addresses(count: int, layout: np.dtype[np.void]) -> ServerAddresses:
    """Choose addresses for `count` servers: abstract sockets, which leave no file."""
    names = tuple(f"features-{secrets.token_hex(8)}" for _ in range(count))
    return ServerAddresses(names, secrets.token_bytes(16), layout)


@contextmanager
def feature_servers(addresses: ServerAddresses, load: Load, devices: tuple[str, ...]) -> Iterator[None]:
    """Run a server on each device. Raises UserError if one cannot load its network."""
    context, processes, pipes = SpawnContext(), list[SpawnProcess](), list[Connection]()
    try:
        for name, device in zip(addresses.names, devices, strict=True):
            ours, theirs = context.Pipe(duplex=False)
            process = context.Process(target=_serve, args=(os.getpid(), theirs, load, device, name, addresses))
            with deaf_to_interrupts():
                process.start()
            theirs.close()
            processes.append(process)
            pipes.append(ours)
        for device, pipe in zip(devices, pipes, strict=True):
            with pipe:
                say(f"  {_ready(pipe, device)}")
        yield
    finally:
        for process in processes:
            process.kill()
            process.join()


def _ready(pipe: Connection, device: str) -> str:
    try:
        answer = pipe.recv()
    except EOFError:
        raise UserError(f"the process that should load the teacher's network on {device} died; see above.") from None
    if isinstance(answer, UserError):
        raise answer
    return str(answer)


def _serve(parent: int, pipe: Connection, load: Load, device_name: str, name: str, addresses: ServerAddresses) -> None:
    """Run a server's process: load the network, say that it is ready, answer requests until it is killed."""
    end_with_parent(parent)
    device = torch.device(device_name)
    try:
        listener = Listener(f"\0{name}", backlog=1024)
        calculate = load(device)
        _warm_up(calculate, addresses.layout["rgba"].shape)
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
    server = _Server(calculate, addresses)
    while True:
        Thread(target=server.serve, args=(listener.accept(),), daemon=True).start()


@torch.inference_mode()
def _warm_up(calculate: DeviceFeatures, shape: tuple[int, ...]) -> None:
    """Calculate one black object, so that everything is compiled before the first request."""
    rgba = torch.zeros(shape, dtype=torch.uint8, device=calculate.device)
    index = torch.zeros(1, dtype=torch.int64, device=calculate.device)
    calculate(rgba, index, [f"black/{view}" for view in range(len(rgba))]).cpu()


class _Server:
    """The calculation, which the threads of all workers share."""

    def __init__(self, calculate: DeviceFeatures, addresses: ServerAddresses) -> None:
        self._calculate, self._addresses = calculate, addresses
        self._launching, self._in_flight = Lock(), BoundedSemaphore(_IN_FLIGHT)

    @torch.inference_mode()
    def serve(self, worker: Connection) -> None:
        """Answer a worker until it ends. All of a machine can connect: one without the secret is left alone.

        So is one whose memory has another size.
        """
        with suppress(EOFError, OSError), worker:
            if worker.recv_bytes(len(self._addresses.secret)) != self._addresses.secret:
                return
            path = Path(worker.recv())
            if path.stat().st_size != self._addresses.layout.itemsize:
                return
            memory = np.memmap(path, self._addresses.layout, "r+", shape=1)
            rgba, index, features = (torch.from_numpy(memory[0][name]) for name in ("rgba", "index", "features"))
            if _CUDA.is_initialized():  # pinned, copies to and from the GPU wait for nothing
                _CUDA.cudart().cudaHostRegister(memory.ctypes.data, memory.nbytes, 0)
            try:
                while True:
                    count, names = worker.recv()
                    worker.send(self._error(rgba, index[:count], features[:count], names))
            finally:
                if _CUDA.is_initialized():
                    _CUDA.cudart().cudaHostUnregister(memory.ctypes.data)

    def _error(
        self, rgba: torch.Tensor, index: torch.Tensor, features: torch.Tensor, names: list[str]
    ) -> Exception | None:
        """Calculate an object's features, or return why there are none."""
        device = self._calculate.device
        try:
            with self._in_flight:
                with self._launching:  # one after the other; nothing in here waits for the GPU
                    on_device = rgba.to(device, non_blocking=True), index.to(device, non_blocking=True)
                    result = self._calculate(*on_device, names)
                features.copy_(result)
        except torch.OutOfMemoryError:
            return out_of_memory(device, self._calculate.views_per_batch)
        except UserError as error:
            return error
        except Exception as error:  # it may concern this object only
            return RuntimeError(f"{type(error).__name__}: {error}")
        return None
