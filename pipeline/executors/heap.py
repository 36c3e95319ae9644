"""The heap of a long command: freed arrays go back to the system."""

import ctypes


def trim_heap() -> None:
    """Give freed memory back to the system, wherever in the heap it lies.

    glibc gives back by itself only what lies at the end of its heap. Arrays of changing sizes between small things that
    stay leave gaps, which grow with the length of a command. Other C libraries are left as they are. A call takes
    milliseconds, so call it every few seconds.
    """
    try:
        trim = ctypes.CDLL(None).malloc_trim
    except (AttributeError, OSError):
        return
    trim(0)
