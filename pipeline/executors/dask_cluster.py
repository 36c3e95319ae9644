"""Tasks on the workers of a dask cluster: a session on each worker, one task at a time in a session.

A session is what `make_worker` returned. It lies in its worker's memory like every result in dask, and goes when this
command ends or is killed. Tasks are pinned to the worker of their session, so dask itself repeats none elsewhere: a
task whose worker is gone is handed out again here, `machine.retries` times.
"""

# mypy: allow-untyped-calls
# (of distributed, which types its classes but not all of their methods)

import asyncio
import copyreg
import faulthandler
import logging
import os
import pickle
import platform
import re
import time
from collections import deque
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cached_property
from io import BytesIO
from pathlib import Path
from tempfile import NamedTemporaryFile
from threading import Event
from typing import Any

from distributed import Client, Future, Security, get_worker, rpc
from distributed.scheduler import KilledWorker

from pipeline.config.settings import Machine
from pipeline.errors import UserError
from pipeline.executors.answer import Answer, MakeWorker, Work, answer_of
from pipeline.executors.task_queue import TaskQueue
from pipeline.progress import say
from pipeline.stores.atomic_files import digest_of, sha256_of

_CONNECT_SECONDS = 10.0
_LOOK_SECONDS = 0.5  # between two looks at who joined and who left
_RESTART_SECONDS = 1.0
_REST_SECONDS = 5.0  # until a process that was ended is surely gone
_START_SECONDS = 600.0  # for imports and for what a worker makes once, on a slow disk
_PROJECT = Path(__file__).resolve().parents[2]
_CODE = [path for room in ("pipeline", "render", "train", "eval") for path in sorted((_PROJECT / room).rglob("*.py"))]
# What this process works with, whatever happens to the files later.
_VERSION = digest_of([platform.python_version(), *map(sha256_of, _CODE)])


def answers(
    make_worker: MakeWorker, tasks: Sequence[Any], machine: Machine
) -> Generator[tuple[Any, Answer], None, None]:
    """An answer for every task, as they come. `make_worker` runs once in each worker process, for this run alone.

    A worker that dies or takes too long costs its task one try; those that join later are used. Raises what concerns
    all tasks: a UserError, of a task or about the cluster, and a disk that is full.
    """
    queue = TaskQueue(len(tasks), machine.retries)
    with _connected(str(machine.scheduler)) as client, _job(make_worker) as job:
        cluster = _Cluster(client, job, machine, queue)
        try:
            while queue or cluster.busy() or cluster.doubts:
                for number, answer in cluster.news():
                    if answer.error is not None:
                        raise answer.error
                    yield tasks[number], answer
                cluster.hand_out(tasks)
        finally:
            cluster.restart(cluster.busy())


# --- in a worker's process


@dataclass(frozen=True)
class _Session:
    """What a worker makes once, in the thread of its tasks. Where dask copies or unloads it, it is made again."""

    make_worker: bytes

    @cached_property
    def work(self) -> Work:
        make_worker: MakeWorker = pickle.loads(self.make_worker)  # noqa: S301  # workers run what their clients send
        return make_worker()

    def __reduce__(self) -> tuple[type["_Session"], tuple[bytes]]:
        return _Session, (self.make_worker,)


def _open_session(make_worker: bytes, paths: list[str], version: str) -> _Session:
    """Raises UserError if this worker cannot be used."""
    worker, place = get_worker(), f"{Path.cwd()} on {platform.node()}"
    if worker.nanny is None or worker.state.nthreads != 1:
        raise UserError("it needs one thread and a nanny; start it with --nthreads 1 and without --no-nanny.")
    if version != _VERSION:
        raise UserError("it runs another version of this project or of Python; update it and start it again.")
    for path in paths:
        if not os.access(path, os.R_OK):
            raise UserError(f"it works in {place} and cannot read {path} of this command; give it the same folders.")
    with _time_limit(_START_SECONDS):
        session = _Session(make_worker)
        _ = session.work
        return session


def _perform(session: _Session, task: bytes, seconds: float) -> Answer:
    with _time_limit(seconds):
        return answer_of(session.work, pickle.loads(task))  # noqa: S301


@contextmanager
def _time_limit(seconds: float) -> Iterator[None]:
    """End this process if the block takes longer, even while a library holds Python's lock. A nanny replaces it."""
    faulthandler.dump_traceback_later(seconds, exit=True)
    try:
        yield
    finally:
        faulthandler.cancel_dump_traceback_later()


# --- in the command


@dataclass
class _Worker:
    """A worker in use. `future` is its session or its task; `left` counts the tasks until its process is replaced.

    It is proven when it has done a task, and doubted from a failure until a second worker has tried the same task.
    """

    address: str
    session: Future[_Session]
    future: Future[Any]
    left: int
    ready: bool = False
    task: int | None = None
    since: float = 0.0
    proven: bool = False
    doubted: bool = False


class _Cluster:
    """The workers that a run uses, as many as it has tasks for."""

    def __init__(self, client: Client, job: tuple[bytes, list[str], str], machine: Machine, queue: TaskQueue) -> None:
        self._client, self._job, self._machine, self._queue = client, job, machine, queue
        self._used: dict[str, _Worker] = {}
        self._left_out: dict[str, float] = {}  # addresses, and until when
        self.doubts: dict[int, tuple[_Worker, Answer]] = {}  # failures that a second worker is to confirm
        self._seconds = deque[int]()  # those of them that nobody has yet
        self._finished = Event()
        self._finished.set()  # the first look is at once

    def busy(self) -> list[_Worker]:
        return [worker for worker in self._used.values() if worker.task is not None]

    def hand_out(self, tasks: Sequence[Any]) -> None:
        """Give each worker that could do one a task, as long as there are any.

        A second try comes first. It is for a proven worker: all workers of a machine may lack what the first one lacks.
        """
        for worker in self._used.values():
            again = bool(self._seconds) and (worker.proven or not self._queue)
            if not worker.ready or worker.task is not None or worker.doubted or not (again or self._queue):
                continue
            worker.task, worker.since = self._seconds.popleft() if again else self._queue.take(), time.monotonic()
            task, seconds = pickle.dumps(tasks[worker.task]), self._machine.seconds_per_object
            worker.future = self._submit(worker.address, _perform, worker.session, task, seconds)

    def restart(self, workers: list[_Worker]) -> None:
        """End the processes of workers, whatever they do; their nannies start others."""
        addresses = [self._used.pop(worker.address).address for worker in workers]
        self._left_out |= dict.fromkeys(addresses, time.monotonic() + _REST_SECONDS)
        with suppress(Exception):  # what takes longer goes on without us; a scheduler that is gone is said elsewhere
            if addresses:
                self._client.restart_workers(addresses, _RESTART_SECONDS, raise_for_error=False)

    def news(self) -> Iterator[tuple[int, Answer]]:
        """Wait a moment for answers, then see who left and who came. Raises UserError if nobody can work."""
        self._finished.wait(_LOOK_SECONDS)
        self._finished.clear()
        present = self._present()
        for worker in list(self._used.values()):
            if worker.address not in present:
                yield from self._lost(worker)
            elif worker.future.done():
                yield from self._heard(worker)
        if not self.busy() and all(worker.doubted for worker in self._used.values()):  # nobody else is there to try
            for number, (worker, answer) in self.doubts.items():
                worker.doubted = False
                yield number, answer
            self.doubts.clear()
            self._seconds.clear()
        now = time.monotonic()
        self._left_out = {place: end for place, end in self._left_out.items() if place in present and now < end}
        newcomers = sorted(present - self._left_out.keys() - self._used.keys())
        for address in newcomers[: max(0, len(self._queue) + len(self._seconds) + len(self.busy()) - len(self._used))]:
            session = self._submit(address, _open_session, *self._job)
            self._used[address] = _Worker(address, session, session, self._machine.objects_per_process)

    def _submit(self, address: str, function: Callable[..., Any], *arguments: object) -> Future[Any]:
        future: Future[Any] = self._client.submit(function, *arguments, workers=[address], pure=False)
        future.add_done_callback(lambda _: self._finished.set())
        return future

    def _present(self) -> set[str]:
        with suppress(OSError):
            if not any(worker.future.cancelled() for worker in self._used.values()):  # as dask does without a scheduler
                return set(self._client.nthreads())
        self._used.clear()
        raise UserError(
            f"the dask scheduler {self._machine.scheduler} is gone: start it and its workers again, and repeat the "
            "command; what was made is kept."
        )

    def _heard(self, worker: _Worker) -> Iterator[tuple[int, Answer]]:
        """A session is open, or a task has an answer."""
        error, number = worker.future.exception(), worker.task
        if isinstance(error, KilledWorker):  # it comes back at one address, and died more often than dask allows
            yield from self._lost(worker)
        elif number is None and error is None:
            worker.ready = True
        elif number is None:
            reason = str(error) if isinstance(error, UserError) else f"{type(error).__name__}: {error}"
            self._leave_out(worker, reason, len(self._used) > 1)
        else:
            with suppress(TimeoutError):  # it left with its answer, as the next look will show
                answer = Answer(failure=f"dask: {error}") if error else worker.future.result(_CONNECT_SECONDS)
                worker.task, worker.left = None, worker.left - 1
                if worker.left == 0:
                    self.restart([worker])
                yield from self._judged(worker, number, answer)

    def _judged(self, worker: _Worker, number: int, answer: Answer) -> Iterator[tuple[int, Answer]]:
        """Believe an answer, or let another worker try first what this one failed at."""
        accused, first = self.doubts.pop(number, (None, None))
        worker.proven |= answer.failure is None
        if accused is None and answer.failure is not None and self._used.keys() - {worker.address}:
            worker.doubted = True
            self.doubts[number] = worker, answer
            self._seconds.append(number)
            return
        if accused is not None and first is not None:
            accused.doubted = False
            if answer.failure is None and answer.error is None and self._used.get(accused.address) is accused:
                self._leave_out(accused, f"it failed where {worker.address} did not: {first.failure}", True)
        yield number, answer

    def _lost(self, worker: _Worker) -> Iterator[tuple[int, Answer]]:
        """A worker is gone: its task is tried again, or given up."""
        if worker.task is None and not worker.ready:
            others = any(other.ready for other in self._used.values())
            self._leave_out(worker, "it died while it started; see what it printed.", others)
            return
        del self._used[worker.address]
        if worker.task is not None:
            seconds = self._machine.seconds_per_object
            late = time.monotonic() - worker.since >= seconds
            answer = self._queue.lost(
                worker.task, f"took longer than {seconds:g} s" if late else "the dask worker died"
            )
            if answer is not None:
                yield worker.task, answer

    def _leave_out(self, worker: _Worker, reason: str, others: bool) -> None:
        """Do without a worker if there are others."""
        sentence = f"the dask worker {worker.address} cannot be used: {reason}"
        if not others:
            raise UserError(sentence)
        say(f"left out: {sentence}")
        self._left_out[worker.address] = float("inf")
        del self._used[worker.address]


@contextmanager
def _connected(setting: str) -> Iterator[Client]:
    """A client of the scheduler that machine.scheduler names. Raises UserError if there is none."""
    match = re.fullmatch(r"(tcp://|tls://)?((?:\[[0-9a-fA-F:.]+\]|[\w.-]+):\d+)", setting)
    if not match:
        raise UserError(f"machine.scheduler {setting}: write it as tcp://HOST:PORT, as `dask scheduler` prints it.")
    address = f"{match[1] or 'tcp://'}{match[2]}"
    for name in ("distributed", "distributed.client"):  # what matters to the person who watches is said by us
        logging.getLogger(name).setLevel(logging.CRITICAL + 1)
    try:
        asyncio.run(_greet(address))
        client = Client(address, timeout=_CONNECT_SECONDS, set_as_default=False)
    except Exception as error:
        reason = " ".join(str(error).split()) or "it is silent"
        raise UserError(
            f"machine.scheduler {setting}: no dask scheduler answers there ({reason}); start one with "
            "`dask scheduler`, or set machine.scheduler to null to work on this machine alone."
        ) from None
    try:
        if not client.nthreads():
            say(f"{address} has no workers: waiting; start one with `dask worker {address} --nthreads 1`")
        yield client
    finally:
        with suppress(Exception):  # a scheduler that is gone has nothing to be told
            client.close(_CONNECT_SECONDS)


async def _greet(address: str) -> None:
    """Ask what only schedulers answer: dask's client would wait for ever for anything else that listens there."""
    options = Security().get_connection_args("client")  # certificates, by dask's own configuration
    waiting = rpc(address, timeout=_CONNECT_SECONDS, connection_args=options)
    async with asyncio.timeout(1.5 * _CONNECT_SECONDS), waiting as scheduler:
        await scheduler.ncores()


@contextmanager
def _job(make_worker: MakeWorker) -> Iterator[tuple[bytes, list[str], str]]:
    """How a session is opened: its paths are those that `make_worker` names, and a file of the current folder."""
    paths: list[Path] = []

    def noted(path: Path) -> Any:
        paths.append(path)
        return path.__reduce__()

    pickled = BytesIO()
    pickler = pickle.Pickler(pickled)
    pickler.dispatch_table = {**copyreg.dispatch_table, type(Path()): noted}
    pickler.dump(make_worker)
    with NamedTemporaryFile(dir=".", prefix=".dask-run-") as note:
        readable = sorted({str(path) for path in paths if os.access(path, os.R_OK)})
        yield pickled.getvalue(), [Path(note.name).name, *readable], _VERSION
