"""Taking away what nothing needs: a folder vanishes whole under its name, a file that a process holds stays."""

import fcntl
import re
import shutil
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pipeline.stores.atomic_files import IN_USE
from pipeline.stores.store import FINGERPRINT_CHARACTERS

_DELETED = re.compile(rf"\.[0-9a-f]{{{FINGERPRINT_CHARACTERS}}}\.deleted")
_ROW_LOCK = re.compile(r"\.\d+\.lock")
_PARTIAL = re.compile(r"\.(.+)\.partial")  # atomic_files.write_bytes names it so
_OF_ZARR = re.compile(r"[^.]+\.[0-9a-f]+\.partial")


def remove_folder(folder: Path) -> None:
    """Rename it to what nothing reads, then remove it: a kill leaves no half store that looks whole.

    Raises FileExistsError if the name is taken by what is none of ours.
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
    """Is it what a killed `remove_folder` has left?"""
    return _DELETED.fullmatch(path.name) is not None and path.is_dir() and not path.is_symlink()


@contextmanager
def claimed(folder: Path) -> Iterator[bool]:
    """Keep commands from a folder that is to be removed; False if one of them is at it."""
    with (folder / IN_USE).open("a+b") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True


def is_in_use(folder: Path) -> bool:
    """Does a command fill this folder now?"""
    return is_held(folder / IN_USE)


def leftovers(folder: Path) -> Iterator[Path]:
    """Files below a folder of ours that killed writers have left, and row locks that nobody holds.

    A file is listed before its lock is looked at: what a writer begins afterwards has another name or holds the lock.
    """
    found = sorted(path for path in folder.rglob("*") if _is_passing(path) and _is_plain_file(path))
    for path in found:
        if not is_held(_lock_of(path)):
            yield path


def written_as(path: Path) -> str | None:
    """The name of the file that this partial file would have become; None if it is no partial file of ours."""
    named = _PARTIAL.fullmatch(path.name)
    return named[1] if named is not None and _is_plain_file(path) else None


def remove_leftover(path: Path) -> bool:
    """Remove it, unless a process has taken it over meanwhile."""
    try:
        with path.open("r+b") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            path.unlink(missing_ok=True)  # while it is locked: who waits for it finds that it is gone and makes another
    except FileNotFoundError:
        return True
    except BlockingIOError:
        return False
    return True


def writers(folder: Path) -> list[Path]:
    """The locks below a store's folder that processes hold now."""
    locks = [folder / "lock", *folder.glob("done/.*.lock"), *folder.rglob(".*.partial")]
    return [lock for lock in locks if is_held(lock)]


def is_held(lock: Path) -> bool:
    """Does a process hold the lock on this file?"""
    try:
        with lock.open("r+b") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (FileNotFoundError, IsADirectoryError):
        return False
    except BlockingIOError:
        return True
    return False


def size_and_time(path: Path) -> tuple[int, float]:
    """Bytes of a file, or of all files of a folder, and when the last of them was written (s since 1970)."""
    size, newest = 0, 0.0
    for file in (path, *path.rglob("*")):
        try:
            held = file.lstat()
        except FileNotFoundError:  # a writer renamed it meanwhile
            continue
        if not stat.S_ISDIR(held.st_mode):
            size, newest = size + held.st_size, max(newest, held.st_mtime)
    return size, newest or path.lstat().st_mtime


def _is_passing(path: Path) -> bool:
    if path.parent.name == "done" and _ROW_LOCK.fullmatch(path.name):
        return True
    if "arrays.zarr" in path.parts and _OF_ZARR.fullmatch(path.name):
        return True
    return _PARTIAL.fullmatch(path.name) is not None


def _is_plain_file(path: Path) -> bool:
    return path.is_file() and not path.is_symlink()


def _lock_of(path: Path) -> Path:
    """What is held while a writer is at this file: itself, but for Zarr's own files the row's or the store's lock."""
    if path.name.startswith(".") or "arrays.zarr" not in path.parts:
        return path
    store = Path(*path.parts[: path.parts.index("arrays.zarr")])
    inside = path.parts[path.parts.index("arrays.zarr") + 1 :]
    return store / "done" / f".{inside[2]}.lock" if "c" in inside[1:2] else store / "lock"
