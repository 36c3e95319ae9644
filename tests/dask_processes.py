"""A dask cluster for tests: a scheduler and workers as processes of their own."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


class DaskProcesses:
    """A scheduler, and workers that run in `folder` unless told otherwise."""

    def __init__(self, folder: Path, options: tuple[str, ...] = ()) -> None:
        self.folder = folder
        self.workers: list[subprocess.Popen[bytes]] = []
        self._file = folder / ".scheduler.json"
        self.scheduler = self._start("scheduler", folder, "--host", "127.0.0.1", "--port", "0", *options)
        self.address = ""

    def find_address(self) -> bool:
        """Whether the scheduler has said where it is."""
        with suppress(FileNotFoundError, ValueError):  # not there, or not whole
            self.address = str(json.loads(self._file.read_text())["address"])
        return self.address != ""

    def add_worker(
        self, folder: Path | None = None, options: tuple[str, ...] = ("--no-nanny",)
    ) -> subprocess.Popen[bytes]:
        """It joins a second later."""
        worker = self._start("worker", folder or self.folder, "--nthreads", "1", *options)
        self.workers.append(worker)
        return worker

    def _start(self, what: str, folder: Path, *options: str) -> subprocess.Popen[bytes]:
        with (self.folder / f".{what}.log").open("ab") as log:
            place = ["--scheduler-file", str(self._file), "--no-dashboard"]
            return subprocess.Popen(
                [sys.executable, "-m", f"distributed.cli.dask_{what}", *place, *options],
                cwd=folder,
                env={**os.environ, "PYTHONPATH": str(ROOT)},
                stdout=log,
                stderr=log,
            )

    def end(self) -> None:
        for process in [*self.workers, self.scheduler]:
            process.kill()
            process.wait()


@contextmanager
def dask_processes(folder: Path, workers: int = 0, options: tuple[str, ...] = ()) -> Iterator[DaskProcesses]:
    """A cluster in `folder` that ends with the block."""
    cluster = DaskProcesses(folder, options)
    try:
        for _ in range(workers):
            cluster.add_worker()
        wait_for(cluster.find_address)
        yield cluster
    finally:
        cluster.end()


def wait_for(fact: Callable[[], object], seconds: float = 60) -> None:
    """Until `fact()` is true."""
    deadline = time.monotonic() + seconds
    while not fact():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.02)


def is_alive(pid: int) -> bool:
    """Whether a process runs; one that has ended may wait a while for whoever inherited it."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False
