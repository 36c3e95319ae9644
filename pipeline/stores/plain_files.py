"""Plain files and folders: nothing is opened, emptied or filled through a link, and nothing waits for a FIFO."""

import errno
import os
import shutil
import stat
from io import BufferedReader
from pathlib import Path
from typing import BinaryIO, TypeAlias

from pipeline.errors import UserError

MAKE = os.O_RDWR | os.O_CREAT  # open a file for reading and writing; make it if it does not exist
FileState: TypeAlias = tuple[int, int]
POINTER = "is a git-lfs pointer in place of the file: run `git lfs pull`"
_POINTER_MARK = b"version https://git-lfs.github.com/spec/"
POINTER_BYTES = 1024  # a pointer has fewer, by its specification


class PointerError(UserError):
    """A small text of git-lfs in place of a file, which only says where the file is to be had."""

    def __init__(self, path: Path) -> None:
        """Take the path of the file."""
        super().__init__(f"{path} {POINTER}.")
        self.path = path


def open_plain(path: Path, flags: int = os.O_RDONLY) -> BinaryIO:
    """Open a plain file without following a link at its end, and without waiting for what is none, such as a FIFO.

    Raises UserError for a link, a FIFO, a device or a folder: it was not made by this project. Raises PointerError.
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
    return os.fdopen(descriptor, "r+b") if flags & os.O_RDWR else _no_pointer(os.fdopen(descriptor, "rb"), path)


def open_file(path: Path) -> BinaryIO:
    """Open a file that a user may have put into place, also by a link.

    Raises UserError for a FIFO, which would wait for its other end, and for a device, which may have no end. Raises
    PointerError. A folder is an OSError, as with `open`.
    """
    file = open(path, "rb", opener=lambda name, flags: os.open(name, flags | os.O_NONBLOCK))  # noqa: SIM115
    if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
        file.close()
        raise UserError(f"{path} is a named pipe or a device: put a plain file in its place.")
    return _no_pointer(file, path)


def _no_pointer(file: BufferedReader, path: Path) -> BufferedReader:
    if file.peek(len(_POINTER_MARK)).startswith(_POINTER_MARK):
        file.close()
        raise PointerError(path)
    return file


def read_file(path: Path) -> bytes:
    """Read a file that `open_file` opens."""
    with open_file(path) as file:
        return file.read()


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


def file_state(path: Path) -> FileState | None:
    """Return numbers that change with every write, also with one of the same bytes. None if there is no file."""
    try:
        status = path.stat()
    except FileNotFoundError:
        return None
    return status.st_ino, status.st_mtime_ns


def _not_plain(path: Path) -> UserError:
    return UserError(f"{path} is a link or no plain file, and nothing is read or written through one: remove it.")
