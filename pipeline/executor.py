"""Runs one function over many objects, here or in worker processes; a failure costs one object, not the run."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from pipeline.settings import Machine
from pipeline.worker_pool import answer_of, answers

Task = TypeVar("Task")
Result = TypeVar("Result")


@dataclass(frozen=True)
class Outcome(Generic[Task, Result]):
    """What became of a task: its result, or the reason why there is none."""

    task: Task
    result: Result | None
    failure: str | None


def run(
    make_worker: Callable[[], Callable[[Task], Result]],
    tasks: Sequence[Task],
    machine: Machine,
    processes_from: int = 2,
) -> Iterator[Outcome[Task, Result]]:
    """Outcomes as they come. `make_worker` runs once in each process and returns the function for its tasks.

    With one worker, or fewer than `processes_from` tasks, everything happens in this process, which nothing can end if
    a task hangs. A DatasetError, a crash, a task beyond `machine.seconds_per_object` and any error that nobody thought
    of are failed tasks. A UserError, such as a missing graphics driver, and a full disk concern all tasks: they are
    raised.
    """
    if not tasks:
        return
    if machine.workers == 1 or len(tasks) < processes_from:
        work = make_worker()
        for task in tasks:
            answer = answer_of(work, task)
            if answer.error is not None:
                raise answer.error
            yield Outcome(task, answer.result, answer.failure)
        return
    for task, answer in answers(make_worker, tasks, machine):
        yield Outcome(task, answer.result, answer.failure)
