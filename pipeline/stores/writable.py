"""Find out before the work whether its result can be written."""

import errno
import fcntl
from pathlib import Path
from tempfile import TemporaryFile

from pipeline.errors import UserError

NO_LOCKS = (errno.ENOLCK, errno.EOPNOTSUPP, errno.ENOSYS)


def require_writable(*folders: Path) -> None:
    """Raise UserError if files below a folder cannot be written or locked.

    Tries it in the folder, or in the nearest one above it that exists, with a file without a name: nothing stays.
    """
    for folder in folders:
        place = folder.absolute()
        try:
            while not place.exists():
                place = place.parent
            with TemporaryFile(dir=place) as file:
                _lock(file.fileno(), place)
        except OSError as error:
            raise UserError(
                f"{folder} cannot be written ({place}: {error.strerror}): correct its rights, or name another folder."
            ) from None


def no_locks(place: Path) -> UserError:
    """Return the error for a file system without locks, on which two commands could write one store at a time."""
    return UserError(
        f"the file system of {place} does not lock files: work on a local disk (for stores: storage.root), or mount it "
        "with flock."
    )


def _lock(descriptor: int, place: Path) -> None:
    """Raise UserError unless the file can be locked and a second lock of it is refused."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        with Path(f"/proc/self/fd/{descriptor}").open("r+b") as again:
            fcntl.flock(again, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (BlockingIOError, FileNotFoundError):  # without /proc it cannot be tried
        return
    except OSError as error:
        if error.errno in NO_LOCKS:
            raise no_locks(place) from None
        raise
    raise no_locks(place)
