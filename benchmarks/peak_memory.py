"""The memory of a process and its descendants, watched from outside while it runs."""

import re
import threading
import time
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class MemorySample:
    """Bytes of the process and of all its descendants, `moment` seconds after the start of watching."""

    moment: float
    process: int
    descendants: int


class PeakMemory:
    """A watch on the memory of a process and its descendants: proportional set sizes, so shared pages count once."""

    def __init__(self, pid: int, every: float = 0.25) -> None:
        """Start watching, with a sample each `every` seconds."""
        self.samples: list[MemorySample] = []
        self._pid, self._every = pid, every
        self._running = True
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    @property
    def bytes(self) -> int:
        """The largest sum over all processes at one moment."""
        return max((sample.process + sample.descendants for sample in self.samples), default=0)

    def stop(self) -> None:
        """Stop watching."""
        self._running = False
        self._thread.join()

    def _watch(self) -> None:
        start = time.monotonic()
        while self._running:
            moment = time.monotonic() - start
            process, *descendants = (proportional_bytes(pid) for pid in family(self._pid) or [self._pid])
            self.samples.append(MemorySample(moment, process, sum(descendants)))
            time.sleep(self._every)


def family(pid: int) -> list[int]:
    """List a process and those of its descendants that are running."""
    try:
        listed = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:
        return []
    return [pid, *(member for child in listed for member in family(int(child)))]


def proportional_bytes(pid: int) -> int:
    """Return a process's proportional set size, or 0 if it has ended."""
    try:
        rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
    except OSError:
        return 0
    match = re.search(r"^Pss:\s+(\d+) kB", rollup, re.MULTILINE)
    return int(match[1]) * 1024 if match else 0
