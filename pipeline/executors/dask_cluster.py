"""Tasks on the workers of a dask cluster, each of which does them in processes of its own, as one machine does alone.

So time limits, tries and the renewal of processes are those of `worker_pool.py`. dask brings tasks to workers, and
repeats those of a worker that is gone. What is done here: who fits, and which worker fails where others do not.
"""

# mypy: allow-untyped-calls
# (of distributed, which types its classes but not all of their methods)

import asyncio
import copyreg
import logging
import os
import pickle
import platform
import re
from collections import Counter, deque
from collections.abc import Generator, Iterator, Sequence
from concurrent.futures import CancelledError
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from io import BytesIO
from multiprocessing import current_process
from pathlib import Path
from tempfile import NamedTemporaryFile
from threading import Event
from typing import Any, ClassVar
from weakref import WeakSet, finalize

from distributed import Client, Future, Security, get_worker, rpc
from distributed.comm.core import CommClosedError
from distributed.scheduler import KilledWorker

from pipeline.config.settings import Machine
from pipeline.errors import UserError
from pipeline.executors.answer import Answer, MakeWorker
from pipeline.executors.worker_pool import WorkerPool
from pipeline.progress import say
from pipeline.stores.atomic_files import digest_of, sha256_of

_CONNECT_SECONDS = 10.0
_LOOK_SECONDS = 0.5  # between two looks at who joined and who left
_PROJECT = Path(__file__).resolve().parents[2]
_CODE = [path for room in ("pipeline", "render", "train", "eval") for path in sorted((_PROJECT / room).rglob("*.py"))]
# What this process works with, whatever happens to the files later.
_VERSION = digest_of([platform.python_version(), *map(sha256_of, _CODE)])


def answers(
    make_worker: MakeWorker, tasks: Sequence[Any], machine: Machine
) -> Generator[tuple[Any, Answer[Any]], None, None]:
    """An answer for every task, as they come. Workers may join and leave. Raises UserError about the cluster."""
    with _connected(str(machine.scheduler)) as client, _job(make_worker, machine) as job:
        run = _Run(client, job, tasks)
        try:
            while run.waiting or run.doing or run.doubts:
                for number, answer in run.news():
                    yield tasks[number], answer
        finally:
            with suppress(Exception):  # a scheduler that is gone has nothing to be told
                client.run(_close, job.name, on_error="ignore")


# --- in a worker


@dataclass(frozen=True)
class _Job:
    """Requirements of a command on workers. `paths` are those that they must see."""

    name: str
    make_worker: bytes
    machine: Machine
    paths: list[str]
    version: str


class _Session:
    """A worker's processes for one command. They end with it, also when it is killed: dask then forgets the session."""

    alive: ClassVar[WeakSet["_Session"]] = WeakSet()

    def __init__(self, job: _Job) -> None:
        """Raises UserError if this worker cannot be used."""
        if current_process().daemon:
            raise UserError("its nanny forbids it to start processes; start it with --no-nanny.")
        if job.version != _VERSION:
            raise UserError("it runs another version of this project or of Python; update it and start it again.")
        for path in job.paths:
            if not os.access(path, os.R_OK):
                place = f"{Path.cwd()} on {platform.node()}"
                raise UserError(
                    f"it works in {place} and cannot read {path} of this command; give it the same folders."
                )
        self.job = job
        self.pool = WorkerPool(pickle.loads(job.make_worker), job.machine, get_worker().state.nthreads)  # noqa: S301
        finalize(self, self.pool.close)
        self.alive.add(self)

    def __reduce__(self) -> tuple[type["_Session"], tuple[_Job]]:
        return _Session, (self.job,)  # where dask copies or unloads it, it is made again


def _perform(session: _Session, task: bytes) -> Answer[Any]:
    return session.pool.answer(pickle.loads(task))  # noqa: S301  # workers run what their clients send


def _close(name: str) -> None:
    for session in _Session.alive:
        if session.job.name == name:
            session.pool.close()


# --- in the command


class _Run:
    """One run: the tasks that wait, and those that workers do, as many at a time as the workers have threads."""

    def __init__(self, client: Client, job: _Job, tasks: Sequence[Any]) -> None:
        self._client, self._job, self._tasks = client, job, tasks
        self._threads: dict[str, int] = {}  # of the workers that are there and can be used
        self._sessions: dict[str, Future[_Session]] = {}
        self._proven, self._left_out = set[str](), set[str]()
        self._finished = Event()
        self.waiting = deque(range(len(tasks)))
        self.doing: dict[Future[Answer[Any]], tuple[int, str]] = {}
        self.doubts: dict[int, tuple[str, Answer[Any]]] = {}  # failures that another worker is to confirm

    def news(self) -> Iterator[tuple[int, Answer[Any]]]:
        """Hand out tasks, wait a moment, and judge the answers. Raises UserError if nobody can work."""
        self._hand_out()
        if not self.doing and self._threads:  # nobody else is there to try
            yield from [(number, answer) for number, (_, answer) in self.doubts.items()]
            self.doubts.clear()
        self._finished.wait(_LOOK_SECONDS)  # dask's own `wait` prints a traceback if Ctrl-C ends it
        self._finished.clear()
        for future in [future for future in self.doing if future.done() and not future.cancelled()]:
            number, worker = self.doing.pop(future)
            try:
                answer = future.result()
            except (CommClosedError, CancelledError):  # the next look finds no scheduler
                self.waiting.appendleft(number)
            except KilledWorker:
                yield number, Answer(failure="the dask workers that had it died")
            except Exception as error:
                self.waiting.appendleft(number)
                reason = str(error) if isinstance(error, UserError) else f"{type(error).__name__}: {error}"
                self._leave_out(worker, reason)
            else:
                yield from self._judged(number, worker, answer)

    def _hand_out(self) -> None:
        """Give a task to each free thread. A worker that failed before it succeeded gets no more for now."""
        try:
            threads = self._client.nthreads()
        except OSError:
            threads = None
        if threads is None or any(future.cancelled() for future in self.doing):  # as dask does without a scheduler
            raise UserError(
                f"the dask scheduler {self._job.machine.scheduler} is gone: start it and its workers again, and repeat "
                "the command; what was made is kept."
            )
        self._threads = {worker: count for worker, count in threads.items() if worker not in self._left_out}
        self._sessions = {worker: self._sessions[worker] for worker in self._sessions.keys() & self._threads.keys()}
        doubted = {worker for worker, _ in self.doubts.values()} - self._proven
        for worker in (Counter(self._threads) - Counter(worker for _, worker in self.doing.values())).elements():
            number = None if worker in doubted else self._next(worker)
            if number is not None:
                where: dict[str, Any] = {"workers": [worker], "allow_other_workers": True, "pure": False}
                if worker not in self._sessions:
                    self._sessions[worker] = self._client.submit(_Session, self._job, **where)
                task = pickle.dumps(self._tasks[number])
                future = self._client.submit(_perform, self._sessions[worker], task, **where)
                future.add_done_callback(lambda _: self._finished.set())
                self.doing[future] = number, worker

    def _next(self, worker: str) -> int | None:
        """A second try comes first. It is for a proven worker: all of a machine may lack what the first one lacks."""
        if worker in self._proven or not self.waiting:
            tried = {number for number, _ in self.doing.values()}
            for number, (first, _) in self.doubts.items():
                if first != worker and number not in tried:
                    return number
        return self.waiting.popleft() if self.waiting else None

    def _judged(self, number: int, worker: str, answer: Answer[Any]) -> Iterator[tuple[int, Answer[Any]]]:
        """Believe an answer, or let another worker try first what this one failed at."""
        accused, first = self.doubts.pop(number, (None, None))
        if answer.failure is None:
            self._proven.add(worker)
            if accused is not None and first is not None:
                self._leave_out(accused, f"it failed where {worker} did not: {first.failure}")
        elif accused is None and len(self._threads) > 1:
            self.doubts[number] = worker, answer
            return
        yield number, answer

    def _leave_out(self, worker: str, reason: str) -> None:
        """Do without a worker if there are others."""
        if worker in self._threads:
            del self._threads[worker]
            self._left_out.add(worker)
            sentence = f"the dask worker {worker} cannot be used: {reason}"
            if not self._threads:
                raise UserError(sentence)
            say(f"left out: {sentence}")


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
            say(f"{address} has no workers: waiting; start one with `dask worker {address} --no-nanny`")
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
def _job(make_worker: MakeWorker, machine: Machine) -> Iterator[_Job]:
    """A job whose paths are those that `make_worker` names, and a file of the current folder."""
    paths: list[Path] = []

    def noted(path: Path) -> Any:
        paths.append(path)
        return path.__reduce__()

    pickled = BytesIO()
    pickler = pickle.Pickler(pickled)
    pickler.dispatch_table = {**copyreg.dispatch_table, type(Path()): noted}
    pickler.dump(make_worker)
    with NamedTemporaryFile(dir=".", prefix=".dask-run-") as note:
        name = Path(note.name).name
        readable = sorted({str(path) for path in paths if os.access(path, os.R_OK)})
        yield _Job(name, pickled.getvalue(), machine, [name, *readable], _VERSION)
