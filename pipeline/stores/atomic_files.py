"""Files that are whole or absent: written under another name, flushed to the disk, and renamed."""

import fcntl
import hashlib
import json
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

from pipeline.errors import UserError
from pipeline.stores.plain_files import MAKE, PointerError, open_file, open_plain
from pipeline.stores.writable import NO_LOCKS, no_locks

SOLE = "sole.lock"  # locked in a folder that one process at a time may fill
IN_USE = "in-use.lock"  # locked in a folder by every command that fills it

FINGERPRINT_CHARACTERS = 16  # of a digest, in the names of folders


def write_bytes(path: Path, data: bytes) -> None:
    """Replace the content of `path` by `data`. A kill at any moment leaves the old file or the new one.

    A kill may leave `.<name>.partial` beside it, which the next write reuses: no files pile up.
    """
    write_pieces(path, (data,))


def write_pieces(path: Path, pieces: Iterable[bytes]) -> None:
    """Replace the content of `path` as `write_bytes` does, by pieces one after the other.

    Raises UserError if there is something that is no file, such as a device: it would be replaced.
    """
    if path.exists() and not path.is_file():
        raise UserError(f"{path} is no file, and is not replaced by one: name another place.")
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.partial")
    with named_in_errors(path, partial), locked_file(partial) as file:
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
def named_in_errors(path: Path, partial: Path | None = None) -> Iterator[None]:
    """Add `path` to an OSError without a file name: a write to a full disk does not name its file.

    On a file system without locks, removes the `partial` file that could not be locked, and raises UserError.
    """
    try:
        yield
    except OSError as error:
        if error.errno in NO_LOCKS:
            if partial is not None:
                partial.unlink(missing_ok=True)
            raise no_locks(path) from None
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
    with open_file(path) as file:
        return hashlib.file_digest(file, "sha256").hexdigest()  # type: ignore[arg-type]


def has_sha256(path: Path, sha256: str) -> bool:
    """Return whether there is a plain file at `path` whose bytes have this SHA-256. Raises PointerError."""
    try:
        with open_plain(path) as file:
            return hashlib.file_digest(file, "sha256").hexdigest() == sha256  # type: ignore[arg-type]
    except PointerError:
        raise
    except (FileNotFoundError, NotADirectoryError, UserError):
        return False


def digest_of(value: Any) -> str:
    """Return the SHA-256, in hex, of a value's canonical JSON. Equal settings have equal digests."""
    return hashlib.sha256(json.dumps(value, sort_keys=True, separators=(",", ":")).encode()).hexdigest()
