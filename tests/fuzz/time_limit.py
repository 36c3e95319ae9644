"""A limit on the time of one attempt: an alarm, which ends Python code, but no single call into C."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager


class TooLong(BaseException):
    """Work took longer than its limit. No Exception, so that no reader of broken files can take it for one."""


@contextmanager
def time_limit(seconds: float | None) -> Iterator[None]:
    """Raise TooLong within the block after so many seconds; never with None, and in threads, which get no alarms."""
    if seconds is None or threading.current_thread() is not threading.main_thread():
        yield
        return

    def ring(*_: object) -> None:
        raise TooLong

    before = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
