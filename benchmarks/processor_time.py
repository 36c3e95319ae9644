"""The processor time of processes and their descendants, watched from outside while they run."""

import contextlib
import os
import threading
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from benchmarks.peak_memory import family


class ProcessorTime:
    """A watch on the processor time that processes and their descendants have used."""

    def __init__(self, pids: Sequence[int]) -> None:
        """Start watching, ten times a second."""
        self._pids, self._used = pids, dict[int, float]()
        self._moments, self._totals = list[float](), list[float]()
        self._running = True
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def between(self, start: float, end: float) -> float:
        """Return the seconds used between two moments of `time.time`."""
        self._running = False
        self._thread.join()
        before, after = np.interp([start, end], self._moments, self._totals)
        return float(after - before)

    def _watch(self) -> None:
        tick = os.sysconf("SC_CLK_TCK")
        while self._running:
            for member in (member for pid in self._pids for member in family(pid)):
                with contextlib.suppress(OSError):  # it has just ended; its last value stays
                    columns = Path(f"/proc/{member}/stat").read_text().rpartition(")")[2].split()
                    self._used[member] = (int(columns[11]) + int(columns[12])) / tick
            self._moments.append(time.time())
            self._totals.append(sum(self._used.values()))
            time.sleep(0.1)
