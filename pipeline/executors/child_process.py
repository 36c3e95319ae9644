"""Help for child processes: to start in silence, and to end with the process that started them."""

import ctypes
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager

_PR_SET_PDEATHSIG = 1  # linux/prctl.h


@contextmanager
def deaf_to_interrupts() -> Iterator[None]:
    """Keep Ctrl-C from processes that start meanwhile: it reaches all of a terminal's, and the parent ends its own."""
    # multiprocessing's tracker, a process that takes these options over, frees what ended workers leave behind; it
    # would warn of it after the command's last line.
    rule = "ignore:resource_tracker:UserWarning"
    if rule not in sys.warnoptions:
        sys.warnoptions.append(rule)
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})  # a new process or thread inherits it
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def end_with_parent(parent: int) -> None:
    """Let Linux end this process with the thread that started it, even when a library hangs and Python stands still."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, int(signal.SIGKILL))
    if os.getppid() != parent:  # it died before
        os._exit(1)
