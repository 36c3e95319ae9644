"""Worker processes that may hang, crash or grow, and tasks that must all have an outcome.

pebble ends a process whose task takes too long, replaces dead ones and renews old ones. It leaves to us: tries, the
end of workers with a killed parent, and a pool that breaks when a process dies without a task.
"""

import faulthandler
import os
import signal
from collections.abc import Generator, Sequence
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor, as_completed
from contextlib import closing
from multiprocessing.context import SpawnContext
from multiprocessing.synchronize import Event, RLock
from threading import Lock
from typing import Any

from pebble import ProcessExpired, ProcessPool

from pipeline.config.settings import Machine
from pipeline.errors import UserError
from pipeline.executors.answer import Answer, MakeWorker, Work, answer_of
from pipeline.executors.child_process import deaf_to_interrupts, end_with_parent

_START_SECONDS = 600.0  # for imports and for what a worker makes once, on a slow disk
_made: Work | UserError  # in a worker process: what its tasks need, or why there is none


def answers(
    make_worker: MakeWorker, tasks: Sequence[Any], machine: Machine
) -> Generator[tuple[Any, Answer[Any]], None, None]:
    """An answer for every task, as they come, from `machine.workers` processes. Raises UserError if none can start."""
    workers = min(machine.workers, len(tasks))
    threads = ThreadPoolExecutor(workers)
    try:
        with closing(WorkerPool(make_worker, machine, workers)) as pool:
            waiting = {threads.submit(pool.answer, task): task for task in tasks}
            for future in as_completed(waiting):
                yield waiting.pop(future), future.result()
    finally:
        threads.shutdown(cancel_futures=True)


class _Spawn(SpawnContext):
    """Starts the processes of a pool. Forked ones can deadlock with Zarr's threads.

    pebble drops a pool's locks before it ends its processes. One that is still importing would not find them, and print
    a traceback. So the locks are kept here, as long as the pool.
    """

    def __init__(self) -> None:
        super().__init__()
        self._kept: list[RLock] = []

    def RLock(self) -> RLock:  # noqa: N802  a method of multiprocessing
        lock = super().RLock()
        self._kept.append(lock)
        return lock


class WorkerPool:
    """Processes in each of which `make_worker` runs once. Threads may share it, at most as many as `workers`."""

    def __init__(self, make_worker: MakeWorker, machine: Machine, workers: int) -> None:
        """Processes start with the first task."""
        self._make_worker, self._machine, self._workers = make_worker, machine, workers
        self._lock = Lock()
        self._waiting: set[Future[Answer[Any]]] = set()
        self._closed = False
        self._pool = self._new_pool()

    def _new_pool(self) -> ProcessPool:
        spawn = _Spawn()
        with deaf_to_interrupts():  # multiprocessing's tracker starts with the first lock
            self._ready = spawn.Event()
        start = self._make_worker, self._ready, os.getpid()
        return ProcessPool(self._workers, self._machine.objects_per_process, _start, start, spawn)

    def answer(self, task: Any) -> Answer[Any]:
        """Do a task. Its time limit is `machine.seconds_per_object`, and it has `machine.retries` more tries.

        Raises UserError if no process can start, CancelledError if the pool is closed.
        """
        tries, reason = 0, ""
        while tries <= self._machine.retries:
            pool = self._pool
            try:
                return self._tried(pool, task)
            except TimeoutError:
                reason = f"took longer than {self._machine.seconds_per_object:g} s"
            except ProcessExpired as died:
                how = f"signal {-died.exitcode}" if died.exitcode < 0 else f"exit code {died.exitcode}"
                reason = f"the worker process died ({how})"
            except RuntimeError:  # BrokenProcessPool, and what such a pool says to the next task
                self._renew(pool)
                continue
            tries += 1
        return Answer(failure=f"{reason}, {tries} times" if tries > 1 else reason)

    def _tried(self, pool: ProcessPool, task: Any) -> Answer[Any]:
        with deaf_to_interrupts():
            future = pool.schedule(_perform, (task,), timeout=self._machine.seconds_per_object)
        self._waiting.add(future)
        try:
            return future.result()
        finally:
            self._waiting.discard(future)

    def _renew(self, broken: ProcessPool) -> None:
        """Replace a pool one of whose processes died when none had a task: pebble gives such a pool up."""
        with self._lock:
            if self._closed:
                raise CancelledError
            if self._pool is broken:
                if not self._ready.is_set():
                    raise UserError("a worker process could not start: it died; see what it printed above.")
                self._pool = self._new_pool()
                broken.join()

    def close(self) -> None:
        """End all processes, whatever they do."""
        self._closed = True
        self._pool.stop()  # type: ignore[no-untyped-call]
        for future in tuple(self._waiting):
            future.cancel()
        self._pool.join()


# --- in a worker process


def _start(make_worker: MakeWorker, ready: Event, parent: int) -> None:
    global _made  # noqa: PLW0603  # pebble gives a task nothing that its process made
    end_with_parent(parent)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)  # pebble's own handler waits for a library that holds Python's lock
    faulthandler.dump_traceback_later(_START_SECONDS, exit=True)
    try:
        _made = make_worker()
    except UserError as error:
        _made = error
    faulthandler.cancel_dump_traceback_later()
    ready.set()


def _perform(task: Any) -> Answer[Any]:
    if isinstance(_made, UserError):
        raise _made
    return answer_of(_made, task)
