"""Files that are whole or absent: written under another name, flushed to the disk, and renamed."""

import errno
import fcntl
import hashlib
import json
import os
import shutil
import stat
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, TypeAlias

from pipeline.errors import UserError

SOLE = "sole.lock"  # locked in a folder that one process at a time may fill
IN_USE = "in-use.lock"  # locked in a folder by every command that fills it

MAKE = os.O_RDWR | os.O_CREAT  # open a file for reading and writing; make it if it does not exist
FINGERPRINT_CHARACTERS = 16  # of a digest, in the names of folders


def write_bytes(path: Path, data: bytes) -> None:
    """Replace the content of `path` by `data`. A kill at any moment leaves the old file or the new one.

    A kill may leave `.<name>.partial` beside it, which the next write reuses: no files pile up.
    """
    write_pieces(path, (data,))


def write_pieces(path: Path, pieces: Iterable[bytes]) -> None:
    """Replace the content of `path` as `write_bytes` does, by pieces one after the other."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.partial")
    with named_in_errors(path), locked_file(partial) as file:
        try:
            file.truncate(0)
            for piece in pieces:
                file.write(piece)
            file.flush()
            os.fsync(file.fileno())
            partial.replace(path)
        except BaseException:
            partial.unlink(missing_ok=True)
            raise


@contextmanager
def named_in_errors(path: Path) -> Iterator[None]:
    """Add `path` to an OSError without a file name: a write to a full disk does not name its file."""
    try:
        yield
    except OSError as error:
        error.filename = error.filename or str(path)
        raise


@contextmanager
def locked_file(path: Path) -> Iterator[BinaryIO]:
    """Open the file at `path` for writing and lock it, so that processes take turns. Makes it if it does not exist.

    The process that has the lock may rename or remove the file; the next process then gets a new one.
    """
    while True:
        with open_plain(path, MAKE) as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            if not _is_at(file, path):
                continue
            if os.fstat(file.fileno()).st_nlink > 1:  # the same file has another name, which must keep its content
                path.unlink()
                continue
            yield file
            return


@contextmanager
def held_folder(folder: Path) -> Iterator[None]:
    """Make the folder, and keep `pipeline store gc` from removing it. Any number of processes may do so at a time.

    A process that waits while the folder is removed notices it, and makes another folder.
    """
    while True:
        folder.mkdir(parents=True, exist_ok=True)
        try:
            file = open_plain(folder / IN_USE, MAKE)
        except FileNotFoundError:  # removed since the line above
            continue
        with file:
            fcntl.flock(file, fcntl.LOCK_SH)
            if _is_at(file, folder / IN_USE):
                yield
                return


@contextmanager
def sole_holder(folder: Path, who: str) -> Iterator[None]:
    """Make a folder, and be the only `who` (for messages) to work in it. Raises UserError if there is another."""
    folder.mkdir(parents=True, exist_ok=True)
    with sole_lock(folder / SOLE, f"{folder}: {who} is at work in it"):
        yield


@contextmanager
def sole_lock(path: Path, refusal: str) -> Iterator[None]:
    """Lock a file that is made if it does not exist. Raises UserError that begins with `refusal` if it is locked."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with open_plain(path, MAKE) as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise UserError(f"{refusal}; wait for it, or end it.") from None
        yield


def open_plain(path: Path, flags: int = os.O_RDONLY) -> BinaryIO:
    """Open a plain file without following a link at its end, and without waiting for what is none, such as a FIFO.

    Raises UserError for a link, a FIFO, a device or a folder: it was not made by this project.
    """
    try:
        descriptor = os.open(path, flags | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, 0o666)
    except OSError as error:
        if error.errno in (errno.ELOOP, errno.ENXIO, errno.EISDIR):
            raise _not_plain(path) from None
        raise
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise _not_plain(path)
    return os.fdopen(descriptor, "r+b" if flags & os.O_RDWR else "rb")


def not_plain(folder: Path) -> list[Path]:
    """List what is below a folder and is no plain file and no folder.

    No stage makes links, and reading a FIFO would not end.
    """
    paths = [Path(here) / name for here, folders, files in os.walk(folder) for name in (*folders, *files)]
    return [path for path in paths if path.is_symlink() or (path.exists() and not path.is_file() and not path.is_dir())]


def empty_folder(folder: Path) -> None:
    """Make an empty folder in the place of one that a killed writer left. Raises UserError for a link."""
    if folder.is_symlink() or (folder.exists() and not folder.is_dir()):
        raise _not_plain(folder)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True, exist_ok=True)


def refuse_links(root: Path, path: Path) -> None:
    """Raise UserError if `path`, which is below `root`, or a folder on the way to it is a link."""
    for place in (path, *path.parents):
        if place == root:
            return
        if place.is_symlink():
            raise _not_plain(place)


FileState: TypeAlias = tuple[int, int]


def file_state(path: Path) -> FileState | None:
    """Return numbers that change with every write, also with one of the same bytes. None if there is no file."""
    try:
        status = path.stat()
    except FileNotFoundError:
        return None
    return status.st_ino, status.st_mtime_ns


def _not_plain(path: Path) -> UserError:
    return UserError(f"{path} is a link or no plain file, and nothing is read or written through one: remove it.")


def _is_at(file: BinaryIO, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(file.fileno()), path.stat())
    except FileNotFoundError:
        return False


def write_json(path: Path, value: Any) -> None:
    """Write a value as readable JSON with sorted keys, so that equal values are equal bytes.

    Raises ValueError for NaN and infinity, which JSON has not.
    """
    write_bytes(path, json_bytes(value))


def json_bytes(value: Any) -> bytes:
    """Return the bytes that `write_json` writes. Raises ValueError for NaN and infinity."""
    return (json.dumps(value, indent=1, sort_keys=True, allow_nan=False) + "\n").encode()


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file's bytes, in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def has_sha256(path: Path, sha256: str) -> bool:
    """Return whether there is a plain file at `path` whose bytes have this SHA-256."""
    try:
        with open_plain(path) as file:
            return hashlib.file_digest(file, "sha256").hexdigest() == sha256  # type: ignore[arg-type]
    except (FileNotFoundError, NotADirectoryError, UserError):
        return False


def digest_of(value: Any) -> str:
    """Return the SHA-256, in hex, of a value's canonical JSON. Equal settings have equal digests."""
    return hashlib.sha256(json.dumps(value, sort_keys=True, separators=(",", ":")).encode()).hexdigest()
