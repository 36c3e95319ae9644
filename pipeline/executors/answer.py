"""Do one task, and tell errors that concern it alone from errors that concern all tasks."""

import errno
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any, Generic, TypeVar

from pipeline.datasets.errors import DatasetError
from pipeline.datasets.printable import printable
from pipeline.errors import UserError

Result = TypeVar("Result")
Work = Callable[[Any], Any]  # does one task
MakeWorker = Callable[[], Work]  # makes, once in each process, what its tasks need
CONCERNS_ALL = (errno.ENOSPC, errno.EDQUOT, errno.EROFS)  # a disk that is full or cannot be written


@dataclass(frozen=True)
class Answer(Generic[Result]):
    """A worker's answer: a result, the reason why there is none, or an error that concerns every task."""

    result: Result | None = None
    failure: str | None = None
    error: BaseException | None = None


def answer_of(work: Work, task: Any) -> Answer[Any]:
    """The answer to one task. A DatasetError is an object's own failure, and so is what nobody thought of."""
    try:
        return Answer(result=work(task))
    except DatasetError as error:
        return Answer(failure=str(error))
    except UserError as error:
        return Answer(error=error)
    except Exception as error:  # one object must not stop the other 27,662
        if isinstance(error, OSError) and error.errno in CONCERNS_ALL:
            return Answer(error=error)
        place = traceback.extract_tb(error.__traceback__)[-1]
        words = printable(" ".join(str(error).split()))
        return Answer(failure=f"{type(error).__name__}: {words} ({PurePath(place.filename).name}:{place.lineno})")
