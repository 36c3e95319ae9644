"""Runs one function over many objects: here, in worker processes, or on a dask cluster.

A failure costs one object, not the run.
"""

from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing
from typing import Any, TypeVar

from pipeline.config.settings import Machine
from pipeline.executors import worker_pool
from pipeline.executors.answer import Answer, MakeWorker, Result, answer_of

Task = TypeVar("Task")


def run(
    make_worker: Callable[[], Callable[[Task], Result]],
    tasks: Sequence[Task],
    machine: Machine,
    processes_from: int = 1,
    raw_files: bool = False,
) -> Iterator[tuple[Task, Answer[Result]]]:
    """Tasks with their answers, as they come. `make_worker` runs once in each process and returns their function.

    Fewer than `processes_from` tasks are done in this process, more on the workers of `machine.scheduler`; without one
    in `machine.workers` processes. Where that is one, they are done here, unless `raw_files` are read: nothing rescues
    this process from a file that crashes it, fills its memory or takes for ever.
    A DatasetError, a crash, a task beyond `machine.seconds_per_object` and any error that nobody thought of are failed
    tasks. A UserError, such as a missing graphics driver, and a full disk concern all tasks: they are raised. A worker
    of a cluster that cannot start is left out as long as others can.
    """
    if not tasks:
        return
    if len(tasks) >= processes_from and machine.scheduler is not None:
        from pipeline.executors import dask_cluster  # half a second

        answers = dask_cluster.answers(make_worker, tasks, machine)
    elif raw_files or (len(tasks) >= processes_from and machine.workers > 1):
        answers = worker_pool.answers(make_worker, tasks, machine)
    else:
        answers = _here(make_worker, tasks)
    with closing(answers):
        for task, answer in answers:
            if answer.error is not None:
                raise answer.error
            yield task, answer


def _here(make_worker: MakeWorker, tasks: Sequence[Any]) -> Generator[tuple[Any, Answer[Any]], None, None]:
    work = make_worker()
    for task in tasks:
        yield task, answer_of(work, task)
