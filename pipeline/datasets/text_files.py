"""The text files of a data set: json, and tables of numbers, read strictly and within limits.

What data say can never lead outside a data set's root: ids and synsets are plain names (pipeline.datasets.file_names)
and names of textures are resolved and checked (obj_materials.file_inside). Links that lie on the disk are the user's
own will and are followed: people put object folders into place by linking them. Only plain files are read, so a FIFO
or a device in a file's place is an error and no hang.
"""

import json
import stat
from collections.abc import Sequence
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
from jaxtyping import Float64, Int64

from pipeline.datasets.decimal_words import PADDING, BadWordError, floats_of, text_of, words_of
from pipeline.datasets.errors import DatasetError

TEXT_BYTES = 2**30
JSON_BYTES = 2**29
OBJECT_JSON_BYTES = 2**26  # for the json files of one object
LINE_CHARACTERS = 1_000_000
LINES = 2**24
LARGEST_NUMBER = 1e100  # the squares of larger coordinates overflow


def read_bytes(root: Path, file: PurePosixPath, limit: int = TEXT_BYTES) -> bytes:
    """The content of `root / file`. Raises DatasetError if it is missing, no plain file or of more than `limit` bytes.

    Links are followed, see above.
    """
    path = root / file
    try:
        about = path.stat()
        if not stat.S_ISREG(about.st_mode):
            raise DatasetError(file, "file", "is no plain file")
        if about.st_size > limit:
            raise DatasetError(file, "file", f"is too large: {about.st_size} bytes, the limit is {limit}")
        return path.read_bytes()
    except FileNotFoundError:
        raise DatasetError(file, "file", "is missing") from None
    except (OSError, ValueError) as error:
        raise DatasetError(file, "file", f"cannot be read: {getattr(error, 'strerror', None) or error}") from None


def read_text(root: Path, file: PurePosixPath) -> str:
    """The text of `root / file`, with LF at the ends of lines; bytes that are no UTF-8 become U+FFFD.

    Raises DatasetError if it cannot be read, has a line of more than a million characters or too many lines.
    """
    content = read_bytes(root, file)
    if b"\r" in content:
        content = content.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    check_lines(content, file)
    return content.removeprefix(b"\xef\xbb\xbf").decode("utf-8", "replace")


def read_json(root: Path, file: PurePosixPath, limit: int = JSON_BYTES) -> Any:
    """The value in the json file `root / file`. Raises DatasetError if it is missing, too large or no json."""
    content = read_bytes(root, file, limit)
    try:
        return json.loads(content.removeprefix(b"\xef\xbb\xbf").decode("utf-8", "replace"))
    except (ValueError, RecursionError) as error:
        raise DatasetError(file, "file", f"is no valid json: {error}") from None


def check_lines(content: bytes, file: PurePosixPath) -> None:
    """Raise DatasetError for a line, which LF ends, of more than LINE_CHARACTERS bytes, or more than LINES lines."""
    if len(content) > LINES and content.count(b"\n") > LINES:
        raise DatasetError(file, "file", f"has more than {LINES} lines")
    begin = 0
    while len(content) - begin > LINE_CHARACTERS:
        # The last line feed that the next line may have: all lines before it are short enough too.
        end = content.rfind(b"\n", begin, begin + LINE_CHARACTERS + 1)
        if end < 0:
            line = content.count(b"\n", 0, begin) + 1
            raise DatasetError(file, f"line {line}", f"is longer than {LINE_CHARACTERS} characters")
        begin = end + 1


def parse_floats(rows: Sequence[str], columns: int, file: PurePosixPath, field: str) -> Float64[np.ndarray, "n c"]:
    """The first `columns` numbers of each row.

    Raises DatasetError for a row that is shorter or holds no number, or one that `check_size` refuses.
    """
    if not rows:
        return np.zeros((0, columns))
    content = PADDING + "\n".join(rows).encode("utf-8", "replace") + b"\n"
    text = text_of(content)
    feeds = np.flatnonzero(text.byte == ord("\n"))
    if len(feeds) != len(rows):
        raise DatasetError(file, field, "has a line feed inside a row")
    start, end = words_of(text)
    first = np.concatenate([[0], np.searchsorted(start, feeds)])
    counts = np.diff(first)
    if counts.min() < columns:
        row = int(np.argmax(counts < columns))
        if not counts[row]:
            raise DatasetError(file, field, f"has an empty row, number {row + 1}")
        raise DatasetError(file, field, f"is no table of {columns} columns: row {row + 1} has {counts[row]}")
    wanted = (first[:-1, None] + np.arange(columns)).reshape(-1)
    try:
        table = floats_of(text, start[wanted], end[wanted]).reshape(-1, columns)
    except BadWordError as error:
        row = int(np.searchsorted(feeds, error.place)) + 1
        raise DatasetError(file, field, f"is no table of {columns} columns: {error} in row {row}") from None
    check_size(table, 1, file, field)
    return table


def check_size(table: Float64[np.ndarray, "n c"], first: int, file: PurePosixPath, field: str) -> None:
    """Raise DatasetError for a number that is not finite or beyond LARGEST_NUMBER; `first` numbers the first row."""
    usable = (np.abs(table) <= LARGEST_NUMBER).all(axis=1)
    if not usable.all():
        row = int(np.argmin(usable))
        reason = f"is beyond {LARGEST_NUMBER:g}" if np.isfinite(table[row]).all() else "is not finite"
        raise DatasetError(file, field, f"{reason} in row {first + row}")


def parse_integers(rows: Sequence[str], file: PurePosixPath, field: str) -> Int64[np.ndarray, " n"]:
    """One integer a row. Raises DatasetError if a row holds anything else."""
    try:
        return np.fromiter(map(int, rows), dtype=np.int64, count=len(rows))
    except (ValueError, OverflowError) as error:
        raise DatasetError(file, field, f"is no column of integers: {error}") from None


def rows_of(text: str) -> list[str]:
    """The lines of `text` that hold more than white space."""
    return [line for line in text.splitlines() if line.strip()]
