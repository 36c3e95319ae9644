"""Parse tables of numbers in text files strictly: a short row never borrows a number from its neighbour."""

from array import array
from io import BytesIO
from pathlib import PurePosixPath

import numpy as np
from jaxtyping import Float64, Int64

from pipeline.datasets.errors import DatasetError

LARGEST_NUMBER = 1e100  # the squares of larger coordinates overflow


def quoted(word: bytes) -> str:
    """A word of a file as an error shows it."""
    return repr(word[:40].decode("utf-8", "replace"))


class BadWordError(ValueError):
    """A word that is no number. `place` is its index in the list of words."""

    def __init__(self, word: bytes, place: int) -> None:
        """The message is the word alone."""
        super().__init__(quoted(word))
        self.place = place


def parse_numbers(words: list[bytes]) -> Float64[np.ndarray, " w"]:
    """Parse words as `float` does, but refuse underscores. Raises BadWordError for the first that is no number."""
    try:
        if b"_" not in b"".join(words):
            return np.fromiter(map(float, words), np.float64, len(words))
    except ValueError:
        pass
    raise next(BadWordError(word, place) for place, word in enumerate(words) if not _is_number(word))


def _is_number(word: bytes) -> bool:
    try:
        float(word)
    except ValueError:
        return False
    return b"_" not in word


def parse_table(content: bytes, columns: int, file: PurePosixPath, field: str) -> Float64[np.ndarray, "n c"]:
    """Parse the first `columns` numbers of each line; blank lines are passed over. Lines end with LF.

    Raises DatasetError, with the line's number, for a line that is shorter or holds no number, and for a number that is
    not finite or beyond LARGEST_NUMBER.
    """
    words, lines = list[bytes](), array("q")
    fault = f"is no table of {columns} columns"
    for line, text in enumerate(BytesIO(content), start=1):
        row = text.split()
        if row:
            words += row[:columns]
            lines.append(line)
            if len(row) < columns:
                raise DatasetError(file, field, f"{fault}: line {line} has {len(row)}")
    try:
        table = parse_numbers(words).reshape(-1, columns)
    except BadWordError as error:
        raise DatasetError(file, field, f"{fault}: {error} in line {lines[error.place // columns]}") from None
    check_size(table, np.array(lines, dtype=np.int64), file, field)
    return table


def parse_column(content: bytes, file: PurePosixPath, field: str) -> Int64[np.ndarray, " n"]:
    """Parse the integer of each line, passing over blank lines. Raises DatasetError for any other content."""
    numbers = array("q")
    for line, text in enumerate(BytesIO(content), start=1):
        try:
            if b"_" not in text:
                numbers.append(int(text))
                continue
        except (OverflowError, ValueError):  # beyond 64 bits, or no integer
            pass
        count = len(text.split())
        if count:
            fault = f"has {count} words" if count > 1 else "holds something else"
            raise DatasetError(file, field, f"is no column of integers: line {line} {fault}")
    return np.array(numbers, dtype=np.int64)


def check_size(
    table: Float64[np.ndarray, "n c"],
    numbers: Int64[np.ndarray, " n"],
    file: PurePosixPath,
    field: str,
    called: str = "line",
) -> None:
    """Raise DatasetError for a number that is not finite or beyond LARGEST_NUMBER.

    The message says which row: what it is `called`, and its entry of `numbers`.
    """
    usable = (np.abs(table) <= LARGEST_NUMBER).all(axis=1)
    if not usable.all():
        row = int(np.argmin(usable))
        reason = f"is beyond {LARGEST_NUMBER:g}" if np.isfinite(table[row]).all() else "is not finite"
        raise DatasetError(file, field, f"{reason} in {called} {numbers[row]}")
