"""Tasks on the workers of a dask cluster.

Dask itself would run a task again wherever it likes when a worker is lost. Here each task is pinned to one worker,
which has no other one of ours, and to the process that was there; only this client gives it to another one. So

- work stealing and dask's own repeats never run a task a second time: the second process refuses it;
- a task that is given up (late, interrupted, its client killed) ends with its process, before it is tried again;
- a worker that its scheduler believes dead, because the network between them broke, ends its task as soon as it
  notices. Until then, seconds, two workers may be at one task. A store lets them take turns; both write the same bytes.

A task whose worker died after the data were written and before the answer came is done again. Its outcome comes once.
"""

from collections.abc import Callable, Generator, Sequence
from typing import TypeVar

from pipeline.config.settings import Machine
from pipeline.executors.answer import Answer
from pipeline.executors.dask_connection import connected, folder_note
from pipeline.executors.dask_crew import Crew
from pipeline.executors.task_queue import TaskQueue

Task = TypeVar("Task")
Result = TypeVar("Result")


def answers(
    make_worker: Callable[[], Callable[[Task], Result]], tasks: Sequence[Task], machine: Machine
) -> Generator[tuple[Task, Answer], None, None]:
    """An answer for every task, as they come. `make_worker` runs once in each worker process, for this run alone.

    A worker that dies or takes too long costs its task one try; those that join later are used. Raises what concerns
    all tasks: a UserError, of a worker or about the cluster, and a disk that is full.
    """
    queue = TaskQueue(len(tasks), machine.retries)
    with connected(str(machine.scheduler)) as client, folder_note() as note:
        crew = Crew(client, make_worker, note, machine)
        try:
            while queue or crew.busy():
                for number, news in crew.news(needed=len(queue) + len(crew.busy())):
                    answer = queue.lost(number, news) if isinstance(news, str) else news
                    if answer is not None and answer.error is not None:
                        raise answer.error
                    if answer is not None:
                        yield tasks[number], answer
                for member in crew.idle()[: len(queue)]:
                    number = queue.take()
                    crew.hand_out(member, number, tasks[number])
        finally:
            crew.disband()
