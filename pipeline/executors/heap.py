"""The heap of a long command: freed arrays go back to the system."""

import ctypes

M_MMAP_THRESHOLD = -3  # of glibc's malloc.h
THRESHOLD = 2**17  # bytes, glibc's own at the start


def give_arrays_back() -> None:
    """Keep arrays of more than 128 KiB in pages of their own, which are given back as soon as the array is freed.

    glibc otherwise raises its threshold with each such array. Arrays of all sizes then share one heap, whose gaps grow
    with the number of pairs. Other C libraries are left as they are.
    """
    try:
        change = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError):
        return
    change(M_MMAP_THRESHOLD, THRESHOLD)
