"""Parse tables of numbers in text files strictly: a short row never borrows a number from its neighbour."""

from pathlib import PurePosixPath

import numpy as np
from jaxtyping import Float64, Int64

from pipeline.datasets.decimal_words import (
    BLANK,
    DOT,
    OTHER,
    PADDING,
    SIGN,
    SLASH,
    BadWordError,
    Text,
    classify,
    find_words,
    parse_floats,
    parse_integers,
)
from pipeline.datasets.errors import DatasetError

LARGEST_NUMBER = 1e100  # the squares of larger coordinates overflow


def parse_table(content: bytes, columns: int, file: PurePosixPath, field: str) -> Float64[np.ndarray, "n c"]:
    """Parse the first `columns` numbers of each line; blank lines are passed over. Lines end with LF.

    Raises DatasetError, with the line's number, for a line that is shorter or holds no number, and for a number that is
    not finite or beyond LARGEST_NUMBER.
    """
    text = classify(PADDING + content + b"\n")
    start, end = find_words(text)
    first, counts = _lines(text, start)
    filled = np.flatnonzero(counts)
    short = filled[counts[filled] < columns]
    if len(short):
        reason = f"is no table of {columns} columns: line {short[0] + 1} has {counts[short[0]]}"
        raise DatasetError(file, field, reason)
    wanted = (first[filled, None] + np.arange(columns)).reshape(-1)
    try:
        table = parse_floats(text, start[wanted], end[wanted]).reshape(-1, columns)
    except BadWordError as error:
        line = content.count(b"\n", 0, error.place - len(PADDING)) + 1
        raise DatasetError(file, field, f"is no table of {columns} columns: {error} in line {line}") from None
    check_size(table, filled + 1, file, field)
    return table


def parse_column(content: bytes, file: PurePosixPath, field: str) -> Int64[np.ndarray, " n"]:
    """Parse the integer of each line, passing over blank lines. Raises DatasetError for any other content."""
    text = classify(PADDING + content + b"\n")
    start, end = find_words(text)
    _, counts = _lines(text, start)
    crowded = np.flatnonzero(counts > 1)
    if len(crowded):
        raise DatasetError(
            file, field, f"is no column of integers: line {crowded[0] + 1} has {counts[crowded[0]]} words"
        )
    # parse_integers takes digits behind at most one sign for granted.
    strange = (text.kind == OTHER) | (text.kind == DOT) | (text.kind == SLASH)
    strange[1:] |= (text.kind[1:] == SIGN) & (text.kind[:-1] != BLANK)
    if strange.any():
        line = content.count(b"\n", 0, int(np.argmax(strange)) - len(PADDING)) + 1
        raise DatasetError(file, field, f"is no column of integers: line {line} holds something else")
    try:
        return parse_integers(text, start, end)
    except BadWordError as error:
        raise DatasetError(file, field, f"is no column of integers: {error}") from None


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


def _lines(text: Text, start: Int64[np.ndarray, " w"]) -> tuple[Int64[np.ndarray, " n"], Int64[np.ndarray, " n"]]:
    """The number of the first word of each line, and how many words it has."""
    first = np.concatenate([[0], np.searchsorted(start, np.flatnonzero(text.byte == ord("\n")))])
    return first[:-1], np.diff(first)
