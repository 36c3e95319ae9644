"""The rows of a binary PLY file: numbers of either order, and lists that may differ in length."""

import struct
from collections.abc import Sequence
from pathlib import PurePosixPath

import numpy as np
from jaxtyping import Int64, Shaped

from pipeline.datasets.errors import DatasetError
from pipeline.datasets.meshes.ply_header import MOST_ROWS, Column, Layout, Lists, Property, within

_CODES = dict(zip(("i1", "u1", "i2", "u2", "i4", "u4", "i8", "u8", "f4", "f8"), "bBhHiIqQfd", strict=True))


def binary_columns(body: memoryview, layout: Layout, file: PurePosixPath) -> dict[str, dict[str, Column]]:
    """The columns of each element by name. Raises DatasetError if the file ends before its last row."""
    elements: dict[str, dict[str, Column]] = {}
    begin = 0
    for name, rows, properties in layout:
        starts, begin = _row_starts(body, begin, rows, properties, name, file)
        columns: dict[str, Column] = {}
        place = starts
        for prop in properties:
            if prop.count is None:
                columns.setdefault(prop.name, _gathered(body, place, prop.kind))
                place = place + prop.kind.itemsize
                continue
            counts = _gathered(body, place, prop.count).astype(np.int64)
            if counts.sum() > MOST_ROWS * 4:
                raise DatasetError(file, name, f"has lists of more than {MOST_ROWS * 4} numbers")
            first = place + prop.count.itemsize
            inner = np.repeat(first, counts) + prop.kind.itemsize * within(counts)
            columns.setdefault(prop.name, Lists(counts, _gathered(body, inner, prop.kind)))
            place = first + prop.kind.itemsize * counts
        elements.setdefault(name, columns)
    return elements


def _row_starts(
    body: memoryview, begin: int, rows: int, properties: Sequence[Property], name: str, file: PurePosixPath
) -> tuple[Int64[np.ndarray, " n"], int]:
    """Find where each row starts, and where the last one ends. Raises DatasetError if the file ends before."""
    gaps: list[tuple[int, struct.Struct, int]] = []  # bytes before a list, its length, bytes of one of its numbers
    gap = 0
    for prop in properties:
        if prop.count is None:
            gap += prop.kind.itemsize
        else:
            order = ">" if prop.count.byteorder == ">" else "<"
            gaps.append((gap, struct.Struct(order + _CODES[prop.count.str[1:]]), prop.kind.itemsize))
            gap = 0

    def behind(place: int) -> int:
        for before, length, width in gaps:
            (count,) = length.unpack_from(body, place + before)
            if count < 0 or count != int(count):
                raise ValueError("a list has no valid length")
            place += before + length.size + int(count) * width
        return place + gap

    try:
        size = behind(begin) - begin if rows else 0
        if not gaps or _all_alike(body, begin, rows, size, gaps):
            starts, end = begin + size * np.arange(rows), begin + size * rows
        else:
            places = [begin]
            for _ in range(rows):
                places.append(behind(places[-1]))
            starts, end = np.array(places[:-1], dtype=np.int64), places[-1]
    except (struct.error, ValueError, OverflowError):
        end = len(body) + 1
    if end > len(body):
        raise DatasetError(file, name, f"announces {rows} rows, and fewer follow")
    return starts, end


def _all_alike(
    body: memoryview, begin: int, rows: int, size: int, gaps: Sequence[tuple[int, struct.Struct, int]]
) -> bool:
    """Tell whether every row has lists of the first row's lengths; so have nearly all files."""
    if begin + rows * size > len(body):
        return False
    place = begin
    for before, length, width in gaps:
        place += before
        column = np.ndarray(rows, f"V{length.size}", body, place, (size,))
        if not (column == column[0]).all():
            return False
        place += length.size + int(length.unpack_from(body, place)[0]) * width
    return True


def _gathered(
    body: memoryview, places: Int64[np.ndarray, " n"], kind: np.dtype[np.generic]
) -> Shaped[np.ndarray, " n"]:
    """The numbers that start at some bytes."""
    if not len(places):
        return np.zeros(0, dtype=kind)
    every = np.ndarray(len(body) - kind.itemsize + 1, f"V{kind.itemsize}", body, strides=(1,))
    numbers: Shaped[np.ndarray, " n"] = every[places].view(kind)
    return numbers
