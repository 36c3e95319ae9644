"""Check that a folder's file system locks files. Stores and DVC rely on `flock`."""

import fcntl
import os
from pathlib import Path


def locks_exclude(folder: Path) -> bool | None:
    """Tell whether a second lock of one file in the folder is refused; None if that cannot be tried.

    The file has no name: nothing appears in the folder, and the file is gone when this returns or is killed.
    """
    try:
        first = os.open(folder, os.O_TMPFILE | os.O_RDWR, 0o600)
    except OSError:  # NFS has no such files
        return None
    try:
        return _second_is_refused(first)
    finally:
        os.close(first)


def _second_is_refused(first: int) -> bool:
    second = os.open(f"/proc/self/fd/{first}", os.O_RDWR)  # the same file, opened again
    try:
        fcntl.flock(first, fcntl.LOCK_EX | fcntl.LOCK_NB)
        fcntl.flock(second, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return False
    finally:
        os.close(second)
    return False
