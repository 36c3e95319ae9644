"""Worker processes that may hang, crash or grow, and tasks that must all have an outcome.

Each worker is a spawned process at the other end of a pipe, so the parent knows which task a dead or late one had: the
process is replaced, the task tried again or given up, and all other tasks go on. The standard library's pool breaks as
a whole when one of its processes dies, and cannot end one that hangs.
"""

import time
from collections.abc import Generator, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing import connection, get_context
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from typing import Any

from pipeline.config.settings import Machine
from pipeline.errors import UserError
from pipeline.executors.answer import Answer, MakeWorker, answer_of
from pipeline.executors.child_process import start_child
from pipeline.executors.task_queue import TaskQueue

_END_SECONDS = 5.0
_START_SECONDS = 600.0  # for imports and for what a worker makes once, on a slow disk


@dataclass
class _Worker:
    """A process, our end of its pipe, the task that it has (by number) and until when; `left` tasks until it ends."""

    process: BaseProcess
    pipe: Connection
    left: int
    deadline: float
    ready: bool = False
    task: int | None = None


def answers(
    make_worker: MakeWorker, tasks: Sequence[Any], machine: Machine
) -> Generator[tuple[Any, Answer], None, None]:
    """An answer for every task, as they come, from `machine.workers` processes. `make_worker` runs once in each.

    A process that dies or takes too long costs its task one try. Raises what concerns all tasks: a UserError from a
    worker, and a disk that is full.
    """
    queue, crew = TaskQueue(len(tasks), machine.retries), list[_Worker]()
    try:
        while queue or any(worker.task is not None for worker in crew):
            wanted = min(machine.workers, len(queue) + sum(worker.task is not None for worker in crew))
            while len(crew) < wanted:
                crew.append(_started(make_worker, machine))
            for number, answer in _heard(crew, queue, machine):
                if answer.error is not None:
                    raise answer.error
                yield tasks[number], answer
            for worker in crew:
                if worker.ready and worker.task is None and queue:
                    _hand_out(worker, queue, tasks, machine)
    finally:
        for worker in crew:
            worker.pipe.close()  # all first: idle ones then end side by side
        for worker in crew:
            _end(worker)


def _heard(crew: list[_Worker], queue: TaskQueue, machine: Machine) -> Iterator[tuple[int, Answer]]:
    """Wait until a worker speaks, dies or is late. Workers that are of no more use leave the crew."""
    busy = [worker for worker in crew if worker.task is not None or not worker.ready]
    patience = max(0.0, min(worker.deadline for worker in busy) - time.monotonic()) if busy else 0.0
    speaking = connection.wait([worker.pipe for worker in busy], patience)
    for worker in busy:
        if worker.pipe in speaking:
            yield from _listened(worker, crew, queue)
        elif time.monotonic() >= worker.deadline:
            seconds = machine.seconds_per_object if worker.ready else _START_SECONDS
            yield from _lost(worker, crew, queue, f"took longer than {seconds:g} s")


def _listened(worker: _Worker, crew: list[_Worker], queue: TaskQueue) -> Iterator[tuple[int, Answer]]:
    try:
        answer = worker.pipe.recv()
    except (EOFError, OSError):
        worker.process.join()
        code = worker.process.exitcode
        how = f"signal {-code}" if code is not None and code < 0 else f"exit code {code}"
        yield from _lost(worker, crew, queue, f"the worker process died ({how})")
        return
    if not worker.ready:
        worker.ready = True
        if answer.error is not None:
            yield 0, answer
        return
    number, worker.task = worker.task, None
    worker.left -= 1
    if worker.left == 0:
        crew.remove(worker)
        _end(worker)
    if number is not None:
        yield number, answer


def _lost(worker: _Worker, crew: list[_Worker], queue: TaskQueue, reason: str) -> Iterator[tuple[int, Answer]]:
    """A worker is gone, or ended here: its task goes to the back of the queue, or is given up."""
    crew.remove(worker)
    _end(worker)
    if worker.task is None:
        yield 0, Answer(error=UserError(f"a worker process could not start: {reason}; see what it printed above."))
        return
    answer = queue.lost(worker.task, reason)
    if answer is not None:
        yield worker.task, answer


def _hand_out(worker: _Worker, queue: TaskQueue, tasks: Sequence[Any], machine: Machine) -> None:
    worker.task = queue.take()
    worker.deadline = time.monotonic() + machine.seconds_per_object
    with suppress(OSError):  # it died while idle: the next wait says so
        worker.pipe.send(tasks[worker.task])


def _started(make_worker: MakeWorker, machine: Machine) -> _Worker:
    ours, theirs = get_context("spawn").Pipe()
    process = start_child(_serve, make_worker, theirs, machine.objects_per_process)
    theirs.close()  # so that the pipe ends with the process
    return _Worker(process, ours, machine.objects_per_process, time.monotonic() + _START_SECONDS)


def _end(worker: _Worker) -> None:
    worker.pipe.close()
    if _idle(worker):
        worker.process.join(_END_SECONDS)  # it ends by itself and in order, unless a library of its keeps it
    worker.process.kill()
    worker.process.join()


def _idle(worker: _Worker) -> bool:
    return worker.left == 0 or (worker.ready and worker.task is None)


def _serve(make_worker: MakeWorker, pipe: Connection, count: int) -> None:
    """The life of a worker process: make what it needs, say so, then answer `count` tasks."""
    with suppress(EOFError, BrokenPipeError):  # the parent needs no more
        try:
            work = make_worker()
        except UserError as error:
            pipe.send(Answer(error=error))
            return
        pipe.send(Answer())
        for _ in range(count):
            pipe.send(answer_of(work, pipe.recv()))
