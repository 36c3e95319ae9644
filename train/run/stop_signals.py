"""SIGINT and SIGTERM as requests, which the trainer fulfils after the current step."""

from __future__ import annotations

import signal
from types import FrameType, TracebackType
from typing import Any

SIGNALS = (signal.SIGINT, signal.SIGTERM)


class StopSignals:
    """A context in which the first signal only sets `name`; a second one acts as usual."""

    def __init__(self) -> None:
        """Catch nothing yet."""
        self.name: str | None = None
        self._before: dict[signal.Signals, Any] = {}

    def __enter__(self) -> StopSignals:
        """Catch the signals. Only the main thread may."""
        self._before = {number: signal.signal(number, self._caught) for number in SIGNALS}
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Restore the former handlers."""
        self._restore()

    def _caught(self, number: int, _frame: FrameType | None) -> None:
        self.name = signal.Signals(number).name
        self._restore()

    def _restore(self) -> None:
        for number, before in self._before.items():
            signal.signal(number, before)
