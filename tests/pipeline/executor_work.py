"""Work for the executor's tests, importable by worker processes."""

import atexit
import errno
import os
import re
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path, PurePosixPath

from pipeline.config.settings import Machine
from pipeline.datasets.errors import DatasetError
from pipeline.errors import UserError
from tests.dask_processes import is_alive


def machine(scheduler: str | None = None, seconds: float = 60, retries: int = 1, objects: int = 500) -> Machine:
    return Machine(
        workers=2,
        scheduler=scheduler,
        device="cpu",
        seconds_per_object=seconds,
        retries=retries,
        objects_per_process=objects,
    )


def make_square() -> Callable[[int], int]:
    return lambda task: task * task


def make_process_id() -> Callable[[int], int]:
    def work(task: int) -> int:
        time.sleep(0.05)
        return os.getpid()

    return work


def make_nothing() -> Callable[[int], int]:
    raise UserError("there is no driver.")


def make_no_worker() -> Callable[[int], int]:
    os._exit(3)


def make_crash_at_exit() -> Callable[[int], int]:
    atexit.register(os._exit, 3)
    return lambda task: task


def make_mishap() -> Callable[[str], str]:
    """Tasks that say what happens to them."""

    def work(task: str) -> str:
        time.sleep(0.01)  # pebble may overlook a death within a millisecond of the start: no real file is so quick
        if task == "exit":
            os._exit(9)
        if task == "segfault":
            os.kill(os.getpid(), signal.SIGSEGV)
        if task == "hang":
            time.sleep(600)
        if task == "bad":
            raise DatasetError(PurePosixPath("three.obj"), "v", "is three")
        if task == "bug":
            raise IndexError("list index out of range")
        if task == "full disk":
            raise OSError(errno.ENOSPC, "No space left on device", "stores/x")
        if task == "vanished":
            raise FileNotFoundError(errno.ENOENT, "No such file or directory", "a.obj")
        return task

    return work


@dataclass(frozen=True)
class Journal:
    """Notes in a shared file when each task begins and ends."""

    folder: Path
    seconds: float
    slow: int | None = None  # takes a minute longer

    def __call__(self) -> Callable[[int], int]:
        self._note("made", 0)

        def work(task: int) -> int:
            self._note("begins", task)
            time.sleep(self.seconds + 60 * (task == self.slow))
            self._note("ends", task)
            return task

        return work

    def _note(self, what: str, task: int) -> None:
        with (self.folder / "journal").open("a") as file:
            file.write(f"{what} {task} {os.getpid()}\n")


@dataclass(frozen=True)
class NeedsFolder:
    """Work on what lies in a folder."""

    folder: Path

    def __call__(self) -> Callable[[int], int]:
        return lambda task: task


@dataclass(frozen=True)
class Blind:
    """Worker processes below `blind` fail at every task, as where a folder is not mounted; task 7 fails everywhere."""

    blind: Path

    def __call__(self) -> Callable[[int], int]:
        def work(task: int) -> int:
            time.sleep(0.02)
            if Path.cwd() == self.blind or task == 7:
                raise DatasetError(PurePosixPath(f"{task}.obj"), "file", "is missing")
            return task

        return work


@dataclass(frozen=True)
class DiesOnce:
    """The first try at each task ends the process; a file remembers it."""

    folder: Path

    def __call__(self) -> Callable[[int], int]:
        def work(task: int) -> int:
            mark = self.folder / str(task)
            if not mark.exists():
                mark.touch()
                time.sleep(0.01)  # see make_mishap
                os._exit(1)
            return task

        return work


def make_dasks_end() -> Callable[[str], str]:
    """The task "end" kills the dask worker whose process does it."""

    def work(task: str) -> str:
        if task == "end":
            os.kill(os.getppid(), signal.SIGKILL)
            time.sleep(600)
        return task

    return work


@dataclass(frozen=True)
class Stubborn:
    """The first try at task 1 holds Python's lock for ever; the second notes whether the first one's process lives."""

    folder: Path

    def __call__(self) -> Callable[[int], int]:
        def work(task: int) -> int:
            first = self.folder / "first"
            if task == 1 and first.exists():
                (self.folder / "second").write_text(str(is_alive(int(first.read_text()))))
            elif task == 1:
                first.write_text(str(os.getpid()))
                re.match("(a+)+$", "a" * 60 + "b")
            return task

        return work


@dataclass(frozen=True)
class SlowToLoad:
    """Work that one process has at once. The others take a second to load it, and hear no signal meanwhile."""

    folder: Path

    def __reduce__(self) -> tuple[Callable[[Path], "SlowToLoad"], tuple[Path]]:
        return loaded_slowly, (self.folder,)

    def __call__(self) -> Callable[[int], int]:
        held.append(get_context("spawn").Lock())
        return lambda task: task


held: list[object] = []  # what a process leaves behind that is ended


def loaded_slowly(folder: Path) -> SlowToLoad:
    try:
        (folder / "first").touch(exist_ok=False)
    except FileExistsError:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        time.sleep(1)
    return SlowToLoad(folder)
