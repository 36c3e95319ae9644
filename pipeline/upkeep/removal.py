"""Remove stores that nothing needs, and what killed writers left. Files that a process has locked stay."""

import errno
import fcntl
import os
import re
import shutil
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from pipeline.errors import UserError
from pipeline.stores.atomic_files import FINGERPRINT_CHARACTERS, IN_USE
from pipeline.stores.plain_files import MAKE, open_plain

_DELETED = re.compile(rf"\.[0-9a-f]{{{FINGERPRINT_CHARACTERS}}}\.deleted")
_ROW_LOCK = re.compile(r"\.\d+\.lock")
_PARTIAL = re.compile(r"\.(.+)\.partial")  # atomic_files.write_bytes names it so
_ZARR_PARTIAL = re.compile(r"[^.]+\.[0-9a-f]+\.partial")


def remove_folder(folder: Path) -> None:
    """Rename a folder to a name that nothing reads, then remove it: a kill leaves no half store that looks whole.

    Raises FileExistsError if another file has that name.
    """
    if not is_deleted(folder):
        renamed = folder.with_name(f".{folder.name}.deleted")
        if is_deleted(renamed):
            shutil.rmtree(renamed)  # of an earlier one that was killed
        if renamed.is_symlink() or renamed.exists():
            raise FileExistsError(f"{renamed} is in the way")
        folder = folder.rename(renamed)
    shutil.rmtree(folder)


def is_deleted(path: Path) -> bool:
    """Return whether this is a folder that a killed `remove_folder` left."""
    return _DELETED.fullmatch(path.name) is not None and path.is_dir() and not path.is_symlink()


@contextmanager
def claimed(folder: Path) -> Iterator[bool]:
    """Keep commands from a folder that is to be removed. Yields False if a command uses it."""
    with open_plain(folder / IN_USE, MAKE) as file:
        yield _lock(file)


def leftovers(folder: Path) -> Iterator[Path]:
    """Yield the files that killed writers left in a folder, and row locks that no process has.

    Files are listed before locks are tried: what a writer begins afterwards has another name or is locked.
    """
    for path in sorted(path for path in folder.rglob("*") if _is_temporary(path) and _is_plain_file(path)):
        if not is_locked(_lock_of(path)):
            yield path


def final_name(path: Path) -> str | None:
    """Return the name that a partial file would have got. None if it is no partial file of this project."""
    match = _PARTIAL.fullmatch(path.name)
    return match[1] if match is not None and _is_plain_file(path) else None


def remove_file(path: Path) -> bool:
    """Remove a file. Returns False if a process has locked it meanwhile."""
    with suppress(FileNotFoundError), open_plain(path, os.O_RDWR) as file:
        if not _lock(file):
            return False
        # While it is locked: a process that waits for the lock finds the file gone and makes another.
        path.unlink(missing_ok=True)
    return True


def writers(folder: Path) -> list[Path]:
    """List the files below a store's folder that processes have locked to write the table or an object."""
    locks = [folder / "lock", *folder.glob("done/.*.lock"), *folder.rglob(".*.partial")]
    return [lock for lock in locks if is_locked(lock)]


def is_locked(path: Path) -> bool:
    """Return whether a process has locked this file. Nobody holds the lock file of a killed process.

    NFS locks only what may be written to; elsewhere a file may be locked that may not.
    """
    for flags in (os.O_RDWR, os.O_RDONLY):
        try:
            with open_plain(path, flags) as file:
                return not _lock(file)
        except (FileNotFoundError, NotADirectoryError, UserError):  # no process of this project locks what is no file
            return False
        except OSError as error:
            if error.errno not in (errno.EACCES, errno.EPERM, errno.EROFS):
                raise
    return False


def _lock(file: BinaryIO) -> bool:
    """Lock an open file until it is closed. Returns False if another process has locked it."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def size_and_time(path: Path) -> tuple[int, float]:
    """Return the bytes of a file, or of all files of a folder, and when the last was written (s since 1970)."""
    size, newest = 0, 0.0
    for file in (path, *path.rglob("*")):
        with suppress(FileNotFoundError):  # a writer renamed it meanwhile
            status = file.lstat()
            if not stat.S_ISDIR(status.st_mode):
                size, newest = size + status.st_size, max(newest, status.st_mtime)
    return size, newest or path.lstat().st_mtime


def _is_temporary(path: Path) -> bool:
    if _PARTIAL.fullmatch(path.name):
        return True
    if path.parent.name == "done":
        return _ROW_LOCK.fullmatch(path.name) is not None
    return "arrays.zarr" in path.parts and _ZARR_PARTIAL.fullmatch(path.name) is not None


def _is_plain_file(path: Path) -> bool:
    return path.is_file() and not path.is_symlink()


def _lock_of(path: Path) -> Path:
    """Return the file that a writer of this file locks: itself, but for Zarr's own files the row's or store's lock."""
    if path.name.startswith(".") or "arrays.zarr" not in path.parts:
        return path
    *_, arrays = (folder for folder in path.parents if folder.name == "arrays.zarr")
    inside = path.relative_to(arrays).parts
    return arrays.parent / "done" / f".{inside[2]}.lock" if "c" in inside[1:2] else arrays.parent / "lock"
