"""The text files of a data set: json, and tables of numbers, read strictly."""

import json
from collections.abc import Sequence
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
from jaxtyping import Float64, Int64

from pipeline.datasets.errors import DatasetError


def read_text(root: Path, file: PurePosixPath) -> str:
    """The text of `root / file`; bytes that are no UTF-8 become U+FFFD. Raises DatasetError if it cannot be read."""
    try:
        return (root / file).read_text(encoding="utf-8", errors="replace")
    except FileNotFoundError:
        raise DatasetError(file, "file", "is missing") from None
    except OSError as error:
        raise DatasetError(file, "file", f"cannot be read: {error.strerror}") from None


def read_json(root: Path, file: PurePosixPath) -> Any:
    """The value in the json file `root / file`. Raises DatasetError if it is missing or no json."""
    try:
        return json.loads(read_text(root, file))
    except (ValueError, RecursionError) as error:
        raise DatasetError(file, "file", f"is no valid json: {error}") from None


def parse_floats(rows: Sequence[str], columns: int, file: PurePosixPath, field: str) -> Float64[np.ndarray, "n c"]:
    """The first `columns` numbers of each row. Raises DatasetError if a row is shorter, no number or not finite."""
    if not rows:
        return np.zeros((0, columns))
    # loadtxt passes over empty rows without a word.
    if not all(map(str.strip, rows)):
        raise DatasetError(file, field, "has an empty row")
    try:
        table: Float64[np.ndarray, "n c"] = np.loadtxt(
            rows, dtype=np.float64, comments=None, usecols=range(columns), ndmin=2
        )
    except ValueError as error:
        raise DatasetError(file, field, f"is no table of {columns} columns: {error}") from None
    finite = np.isfinite(table).all(axis=1)
    if not finite.all():
        raise DatasetError(file, field, f"is not finite in row {int(np.argmin(finite)) + 1}")
    return table


def parse_integers(rows: Sequence[str], file: PurePosixPath, field: str) -> Int64[np.ndarray, " n"]:
    """One integer a row. Raises DatasetError if a row holds anything else."""
    try:
        return np.fromiter(map(int, rows), dtype=np.int64, count=len(rows))
    except (ValueError, OverflowError) as error:
        raise DatasetError(file, field, f"is no column of integers: {error}") from None


def rows_of(text: str) -> list[str]:
    """The lines of `text` that hold more than white space."""
    return [line for line in text.splitlines() if line.strip()]
