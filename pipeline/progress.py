"""Show progress: on a terminal one line that is overwritten, elsewhere plain lines."""

import sys
import time
from collections.abc import Iterator, Sequence
from typing import TextIO, TypeVar

from pipeline.datasets.printable import printable_lines

SECONDS_BETWEEN_LINES = 10.0
SECONDS_BETWEEN_RENEWALS = 0.2
T = TypeVar("T")


class Progress:
    """Counts work up to a total: `label 12/24 objects  103 views/s  ETA 0:12`."""

    def __init__(self, label: str, total: int, unit: str, each: int = 1, rate_unit: str | None = None) -> None:
        """Start the clock. The rate counts `each` of `rate_unit` for a unit: 50 views for an object, say."""
        self._label, self._total, self._unit, self._each = label, total, unit, each
        self._rate_unit = rate_unit or unit
        self._stream: TextIO = sys.stderr
        self._terminal = self._stream.isatty()
        self._count = self._before = 0
        self._start = self._shown = time.monotonic()

    def start_at(self, count: int) -> None:
        """Count work of an earlier run, which is left out of the rate and the ETA."""
        self._count = self._before = count

    def step(self, note: str = "", count: int = 1) -> None:
        """Count `count` more units as done."""
        self._count += count
        now = time.monotonic()
        wait = SECONDS_BETWEEN_RENEWALS if self._terminal else SECONDS_BETWEEN_LINES
        if now - self._shown >= wait and self._count < self._total:
            self._shown = now
            self._print(self._line(now, note), last=False)

    def close(self, note: str = "") -> None:
        """Print the total and the time it took."""
        self._print(self._line(time.monotonic(), note), last=True)

    def clear(self) -> None:
        """Remove the line, where another one reports the result."""
        if self._terminal:
            self._stream.write("\r\x1b[K")
            self._stream.flush()

    def _line(self, now: float, note: str) -> str:
        seconds = max(now - self._start, 1e-9)
        done = self._count - self._before
        rate = done * self._each / seconds
        line = f"{self._label} {self._count}/{self._total} {self._unit}  {rate:.3g} {self._rate_unit}/s"
        if done > 0 and self._count < self._total:
            line += f"  ETA {_clock(seconds / done * (self._total - self._count))}"
        else:
            line += f"  in {_clock(seconds)}"
        return f"{line}  {note}" if note else line

    def _print(self, line: str, last: bool) -> None:
        if self._terminal:
            self._stream.write(f"\r\x1b[K{line}" + ("\n" if last else ""))
        else:
            self._stream.write(line + "\n")
        self._stream.flush()


def counted(items: Sequence[T], label: str, unit: str, *, total: bool = False) -> Iterator[T]:
    """Yield items, each of which is done when the next one is asked for. Then print the total, or remove the line."""
    progress = Progress(label, len(items), unit)
    for item in items:
        yield item
        progress.step()
    if total:
        progress.close()
    else:
        progress.clear()


def _clock(seconds: float) -> str:
    whole = int(seconds + 0.5)
    if whole >= 3600:
        return f"{whole // 3600}:{whole // 60 % 60:02d}:{whole % 60:02d}"
    return f"{whole // 60}:{whole % 60:02d}"


def say(line: str) -> None:
    """Print one line for the user."""
    sys.stderr.write(printable_lines(line) + "\n")
    sys.stderr.flush()
