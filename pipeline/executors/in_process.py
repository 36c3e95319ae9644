"""Tasks one after the other in this process: no start, and no rescue from one that crashes."""

from collections.abc import Generator, Sequence
from typing import Any

from pipeline.executors.answer import Answer, MakeWorker, answer_of
from pipeline.executors.time_limit import TooLong, time_limit


def answers(
    make_worker: MakeWorker, tasks: Sequence[Any], seconds: float | None
) -> Generator[tuple[Any, Answer], None, None]:
    """An answer for every task, in order; a task has so many `seconds`, or all it needs.

    Raises what concerns all tasks: a UserError, and a disk that is full.
    """
    work = make_worker()
    for task in tasks:
        try:
            with time_limit(seconds):
                answer = answer_of(work, task)
        except TooLong:
            answer = Answer(failure=f"took longer than {seconds:g} s")
        if answer.error is not None:
            raise answer.error
        yield task, answer
