"""Standard streams that are closed, or whose reader is gone: work goes on without them."""

from __future__ import annotations

import errno
import io
import os
import sys
from typing import TextIO

from typing_extensions import Buffer

STREAMS = ("stdin", "stdout", "stderr")  # by their number


def use_lasting_streams() -> None:
    """Let a command outlive its streams. Streams that a test or another program has put in place stay as they are.

    A closed one becomes the null device: otherwise the next file that is opened gets its number, and what a library
    prints is written into that file. One whose reader goes away becomes the null device, too. On a full disk, messages
    on stderr are lost and the work goes on; a result on stdout would be lost, so it is an error.
    """
    for number in range(len(STREAMS)):
        try:
            os.fstat(number)
        except OSError:
            _to_null(number)
    for number, name in enumerate(STREAMS[1:], 1):
        if getattr(sys, name) is getattr(sys, f"__{name}__"):
            setattr(sys, name, _lasting(number, getattr(sys, name)))


def _lasting(number: int, before: TextIO | None) -> TextIO:
    encoding, errors = (before.encoding, before.errors) if before is not None else ("utf-8", "backslashreplace")
    raw = _Lasting(number, "w", closefd=False)
    lines = number == STREAMS.index("stderr") or raw.isatty()
    return io.TextIOWrapper(io.BufferedWriter(raw), encoding, errors, line_buffering=lines)


class _Lasting(io.FileIO):
    """Writes to a stream; to the null device once nobody reads it."""

    def write(self, data: Buffer, /) -> int:
        try:
            return super().write(data)
        except OSError as error:
            if error.errno != errno.EPIPE and self.fileno() != STREAMS.index("stderr"):
                raise
            _to_null(self.fileno())
            return memoryview(data).nbytes


def _to_null(number: int) -> None:
    null = os.open(os.devnull, os.O_RDWR)
    if null != number:
        os.dup2(null, number)
        os.close(null)
    os.set_inheritable(number, True)
