"""The error for one bad object of a data set, and what is none of an object."""

import errno
import re
from collections import defaultdict
from collections.abc import Mapping
from pathlib import PurePosixPath

from pipeline.datasets.printable import printable

SHOWN = 5
# What differs between two objects with one fault: the file in front, names in quotes and numbers.
_FILE = re.compile(r"[^:]*/[^:]*: ")
_OWN = re.compile(r"'[^']*'|[-+]?\d[\d.e+-]*")


class DatasetError(Exception):
    """A bad object: its caller records the message, skips the object and goes on, so this is no UserError.

    `file` is relative to the data set's root, so that records are the same on every machine; `field` names the place
    inside the file (a line, a key, an array); `reason` says what is wrong there.
    """

    def __init__(self, file: PurePosixPath, field: str, reason: str) -> None:
        """Keep all three as the exception's arguments, so that it can be pickled."""
        super().__init__(file, field, reason)
        self.file = file
        self.field = field
        self.reason = reason

    def __str__(self) -> str:
        """The record: `file: field: reason`, on one line."""
        return printable(f"{self.file}: {self.field}: {self.reason}")


# What the system says of a name or a file. Everything else (EIO, ENOMEM, EMFILE, ESTALE ...) concerns the machine.
_OF_THE_FILE = {
    errno.ENOENT, errno.ENOTDIR, errno.EISDIR, errno.ELOOP, errno.ENAMETOOLONG, errno.EACCES, errno.EPERM,
    errno.EINVAL, errno.EILSEQ, errno.ENXIO,
}  # fmt: skip
_NO_MEMORY = "out of memory"  # how Pillow says it, as an OSError without a number


def raise_machine_error(error: Exception) -> None:
    """Raise `error` again if it concerns the machine and not the file that was read.

    Readers call it before they turn whatever a broken file raises into a DatasetError or a note: what was read wrongly
    because memory or the disk failed must not be kept as a fact about the file.
    """
    if isinstance(error, MemoryError):
        raise error
    if isinstance(error, OSError) and (
        error.errno not in _OF_THE_FILE if error.errno is not None else _NO_MEMORY in str(error)
    ):
        raise error


def grouped_reasons(reasons: Mapping[str, str]) -> list[tuple[str, list[str]]]:
    """Group objects whose reasons differ in files, names and numbers alone: the first reason, and the objects.

    The largest group comes first.
    """
    groups: defaultdict[str, list[str]] = defaultdict(list)
    for name, reason in reasons.items():
        groups[_OWN.sub("", _FILE.sub("", reason, count=1))].append(name)
    return [(reasons[names[0]], names) for names in sorted(groups.values(), key=len, reverse=True)]


def some(names: list[str]) -> str:
    """List the first names."""
    return ", ".join(names[:SHOWN]) + (", ..." if len(names) > SHOWN else "")
