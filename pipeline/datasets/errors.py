"""The error for one bad object of a data set, and the reasons of many in a few lines."""

import re
from collections import defaultdict
from collections.abc import Mapping
from pathlib import PurePosixPath

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
        """The record: `file: field: reason`."""
        return f"{self.file}: {self.field}: {self.reason}"


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
