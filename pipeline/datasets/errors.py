"""The error for one bad object of a data set."""

from pathlib import PurePosixPath


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
