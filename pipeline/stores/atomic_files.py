"""Files that are whole or absent: written beside their place, flushed to the disk, renamed into it."""

import fcntl
import hashlib
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

from pipeline.errors import UserError

SOLE = "sole.lock"  # in a folder that one process at a time may fill
IN_USE = "in-use.lock"  # in a folder: a command that fills it holds this file for as long as it runs


def write_bytes(path: Path, data: bytes) -> None:
    """Replace `path` by `data`. A kill at any moment leaves the old file or the new one.

    What a kill leaves beside it, `.<name>.partial`, is taken over by the next write: nothing piles up.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.partial")
    with named_in_errors(path), locked_file(partial) as file:
        try:
            file.truncate(0)
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
            partial.replace(path)
        except BaseException:
            partial.unlink(missing_ok=True)
            raise


@contextmanager
def named_in_errors(path: Path) -> Iterator[None]:
    """Let an OSError say where: writing to a full disk names no file, and there may be several disks."""
    try:
        yield
    except OSError as error:
        error.filename = error.filename or str(path)
        raise


@contextmanager
def locked_file(path: Path) -> Iterator[BinaryIO]:
    """The file at `path`, made if it is not there, open for writing and locked: processes that want it take turns.

    Whoever holds it may rename or remove it; the next one then has a fresh file.
    """
    while True:
        with path.open("ab") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            if _is_at(file, path):
                yield file
                return


@contextmanager
def held_folder(folder: Path) -> Iterator[None]:
    """Make the folder if it is not there, and keep `pipeline store gc` from it. Any number of processes may hold it.

    Who waits while the folder is removed finds that its file is gone, and makes another.
    """
    while True:
        folder.mkdir(parents=True, exist_ok=True)
        try:
            file = (folder / IN_USE).open("a+b")
        except FileNotFoundError:  # removed since the line above
            continue
        with file:
            fcntl.flock(file, fcntl.LOCK_SH)
            if _is_at(file, folder / IN_USE):
                yield
                return


@contextmanager
def sole_holder(folder: Path, who: str) -> Iterator[None]:
    """Keep others of one's own kind, `who`, out of a folder, which is made. Raises UserError if one is there."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / SOLE).open("ab") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise UserError(f"{folder}: {who} is at work in it; wait for it, or end it.") from None
        yield


def _is_at(file: BinaryIO, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(file.fileno()), path.stat())
    except FileNotFoundError:
        return False


def write_json(path: Path, value: Any) -> None:
    """Replace `path` by readable JSON: sorted keys, so that equal values are equal bytes.

    Raises ValueError for NaN and infinity, which are no JSON.
    """
    write_bytes(path, json_bytes(value))


def json_bytes(value: Any) -> bytes:
    """The bytes that `write_json` writes. Raises ValueError for NaN and infinity."""
    return (json.dumps(value, indent=1, sort_keys=True, allow_nan=False) + "\n").encode()


def sha256_of(path: Path) -> str:
    """The SHA-256 of a file's bytes, in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def digest_of(value: Any) -> str:
    """The SHA-256, in hex, of a value's canonical JSON. Equal settings have equal digests."""
    return hashlib.sha256(json.dumps(value, sort_keys=True, separators=(",", ":")).encode()).hexdigest()
