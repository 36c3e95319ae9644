"""Runs one function over many objects in worker processes, in any order; a failure costs one object, not the run."""

import os
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from multiprocessing import get_context, parent_process
from typing import Any, Generic, TypeVar

from pipeline.datasets.errors import DatasetError
from pipeline.errors import UserError

Task = TypeVar("Task")
Result = TypeVar("Result")


@dataclass(frozen=True)
class Outcome(Generic[Task, Result]):
    """What became of a task: its result, or the reason why there is none."""

    task: Task
    result: Result | None
    failure: str | None


def run(
    make_worker: Callable[[], Callable[[Task], Result]], tasks: Sequence[Task], workers: int
) -> Iterator[Outcome[Task, Result]]:
    """Outcomes as they come. `make_worker` runs once in each process and returns the function for its tasks.

    A DatasetError is a failed task. A UserError, such as a missing graphics driver, concerns all tasks and is raised,
    as is every other error. Workers are spawned: forked ones can deadlock with Zarr's threads.
    """
    if not tasks:
        return
    if workers == 1 or len(tasks) == 1:
        work = make_worker()
        for task in tasks:
            yield _attempt(work, task)
        return
    with ProcessPoolExecutor(
        max_workers=min(workers, len(tasks)),
        mp_context=get_context("spawn"),
        initializer=_start_worker,
        initargs=(make_worker,),
    ) as pool:
        futures = [pool.submit(_attempt_in_worker, task) for task in tasks]
        try:
            for future in as_completed(futures):
                yield future.result()
        except BrokenProcessPool:
            raise UserError(
                "a worker process died, killed or out of memory: what is done is kept, repeat the command to continue "
                "(fewer machine.workers need less memory)."
            ) from None
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


def _attempt(work: Callable[[Task], Result], task: Task) -> Outcome[Task, Result]:
    try:
        return Outcome(task, work(task), None)
    except DatasetError as error:
        return Outcome(task, None, str(error))


# The function of this worker process and, should making it fail, the error: raised by an initialiser it would only
# break the pool, without its message.
_worker: dict[str, Any] = {}


def _start_worker(make_worker: Callable[[], Callable[[Task], Result]]) -> None:
    threading.Thread(target=_die_with_parent, daemon=True).start()
    try:
        _worker["work"] = make_worker()
    except UserError as error:
        _worker["error"] = error


def _die_with_parent() -> None:
    """A killed parent cannot tell its workers; left alone they would wait for tasks for ever."""
    parent = parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _attempt_in_worker(task: Task) -> Outcome[Task, Any]:
    if "error" in _worker:
        raise _worker["error"]
    return _attempt(_worker["work"], task)
