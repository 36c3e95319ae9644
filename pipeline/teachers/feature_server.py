"""One process for each GPU has the teacher's network and serves the workers of this machine, through shared memory.

A reader that hangs or crashes stops torch's DataLoader as a whole, and nothing ends an object in a thread that writes.
A pool of writers behind a DataLoader pickles an object in 10 ms, against 1.2 here: an H100 has one in 9.
"""

from __future__ import annotations

import itertools
import os
import secrets
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from multiprocessing import AuthenticationError, current_process
from multiprocessing.connection import Client, Connection, Listener, answer_challenge, deliver_challenge
from multiprocessing.context import SpawnContext, SpawnProcess
from threading import BoundedSemaphore, Lock, Thread
from typing import Any

import numpy as np
import torch
from jaxtyping import Bool, Float16, UInt8

from pipeline.errors import UserError
from pipeline.executors.child_process import deaf_to_interrupts, end_with_parent
from pipeline.progress import say
from pipeline.teachers.feature_maker import DeviceFeatures, out_of_memory

_IN_FLIGHT = 2  # objects that a GPU works on at a time: one is calculated while the next one's images are copied
_CUDA: Any = torch.cuda  # torch declares no types for parts of it
Load = Callable[[torch.device], DeviceFeatures]  # makes the calculation on a device, in the server's process


@dataclass(frozen=True)
class FeatureServers:
    """Servers of devices by name, and the layout of the memory that each worker shares with them."""

    names: dict[str, str]
    layout: np.dtype[np.void]

    @staticmethod
    def of(devices: Sequence[str], views: int, size: int, cells: int, channels: int) -> FeatureServers:
        """Choose names for servers of objects of this size. They are abstract sockets, which leave no file."""
        count = views * cells * cells
        fields = [("rgba", "u1", (views, size, size, 4)), ("index", "i8", count), ("features", "f2", (count, channels))]
        names = {device: f"\0features-{secrets.token_hex(8)}" for device in devices}
        return FeatureServers(names, np.dtype(fields, align=True))

    def __call__(self) -> RemoteFeatures:
        """Connect a worker process to all servers. Raises UserError if one is gone."""
        return RemoteFeatures(self)

    @contextmanager
    def running(self, load: Load) -> Iterator[None]:
        """Run a server on each device. Raises UserError if one cannot load its network."""
        context, processes, pipes = SpawnContext(), list[SpawnProcess](), dict[str, Connection]()
        try:
            for device, name in self.names.items():
                pipes[device], theirs = context.Pipe(duplex=False)
                process = context.Process(target=_serve, args=(os.getpid(), theirs, load, device, name, self.layout))
                with deaf_to_interrupts():
                    process.start()
                theirs.close()
                processes.append(process)
            for device, pipe in pipes.items():
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


# --- in a worker


class RemoteFeatures:
    """A `FeatureMaker`: a worker's connections to the servers, one for each GPU, which it asks in turn."""

    def __init__(self, servers: FeatureServers) -> None:
        """Raises UserError if a server is gone."""
        # Memory without a name: it is freed when both processes end, and /dev/shm may be small.
        path = f"/proc/{os.getpid()}/fd/{os.memfd_create('features')}"
        self._memory = np.memmap(path, servers.layout, "r+", shape=1)[0]
        try:
            connections = [Client(name, authkey=current_process().authkey) for name in servers.names.values()]
            for connection in connections:
                connection.send(path)
        except (OSError, EOFError):  # the end of the file: it died while it checked the key
            raise _gone() from None
        first = os.getpid() % len(connections)  # so that workers begin with different servers
        self._turns = itertools.cycle(connections[first:] + connections[:first])

    def __call__(
        self, rgba: UInt8[np.ndarray, "v h w 4"], cells: Bool[np.ndarray, "v r c"], names: Sequence[str]
    ) -> Float16[np.ndarray, "k channels"]:
        """Ask a server. The result is shared memory: the next call overwrites it."""
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


# --- in a server


def _serve(parent: int, pipe: Connection, load: Load, device_name: str, name: str, layout: np.dtype[np.void]) -> None:
    """Run a server's process: load the network, say that it is ready, answer requests until it is killed."""
    end_with_parent(parent)
    device = torch.device(device_name)
    try:
        listener = Listener(name, backlog=1024)
        server = _Server(load(device), layout)
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
    while True:
        Thread(target=server.serve, args=(listener.accept(),), daemon=True).start()


class _Server:
    """The calculation, which the threads of all workers share."""

    @torch.inference_mode()
    def __init__(self, calculate: DeviceFeatures, layout: np.dtype[np.void]) -> None:
        """Calculate one black object, so that everything is compiled before the first request."""
        self._calculate, self._layout = calculate, layout
        self._launching, self._in_flight = Lock(), BoundedSemaphore(_IN_FLIGHT)
        rgba = torch.zeros(layout["rgba"].shape, dtype=torch.uint8, device=calculate.device)
        index = torch.zeros(1, dtype=torch.int64, device=calculate.device)
        calculate(rgba, index, [f"black/{view}" for view in range(len(rgba))]).cpu()

    @torch.inference_mode()
    def serve(self, worker: Connection) -> None:
        """Answer a worker until it ends. All of a machine can connect: one without the command's key is left alone."""
        with suppress(EOFError, OSError, AuthenticationError), worker:
            deliver_challenge(worker, current_process().authkey)
            answer_challenge(worker, current_process().authkey)
            memory = np.memmap(worker.recv(), self._layout, "r+", shape=1)
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
