"""Work for the executor's tests, importable by worker processes."""

import os
import time
from collections.abc import Callable
from pathlib import PurePosixPath

from pipeline.datasets.errors import DatasetError
from pipeline.errors import UserError


def make_square() -> Callable[[int], int]:
    def work(task: int) -> int:
        if task == 3:
            raise DatasetError(PurePosixPath("three.obj"), "v", "is three")
        return task * task

    return work


def make_process_id() -> Callable[[int], int]:
    def work(task: int) -> int:
        time.sleep(0.05)
        return os.getpid()

    return work


def make_nothing() -> Callable[[int], int]:
    raise UserError("there is no driver.")


def make_crash() -> Callable[[int], int]:
    def work(task: int) -> int:
        os._exit(9)

    return work
