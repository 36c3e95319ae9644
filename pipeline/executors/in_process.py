"""Tasks one after the other in this process: no start, and no rescue from one that hangs or crashes."""

from collections.abc import Generator, Sequence
from typing import Any

from pipeline.executors.answer import Answer, MakeWorker, answer_of


def answers(make_worker: MakeWorker, tasks: Sequence[Any]) -> Generator[tuple[Any, Answer], None, None]:
    """An answer for every task, in order. Raises what concerns all tasks: a UserError, and a disk that is full."""
    work = make_worker()
    for task in tasks:
        answer = answer_of(work, task)
        if answer.error is not None:
            raise answer.error
        yield task, answer
