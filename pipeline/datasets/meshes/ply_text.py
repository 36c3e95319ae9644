"""The rows of a PLY file of text: one a line, so that a short row never borrows a number from its neighbour."""

from collections.abc import Sequence
from pathlib import PurePosixPath

import numpy as np
from jaxtyping import Bool, Float64, Int64

from pipeline.datasets.decimal_words import PADDING, BadWordError, classify, find_words, parse_floats
from pipeline.datasets.errors import DatasetError
from pipeline.datasets.meshes.ply_header import Column, Layout, Lists, Property, within
from pipeline.datasets.text_files import check_lines


def text_columns(body: bytes, layout: Layout, file: PurePosixPath) -> dict[str, dict[str, Column]]:
    """The columns of each element by name. Raises DatasetError for a row that is short or holds no numbers."""
    content = body.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    check_lines(content, file)
    text = classify(PADDING + content + b"\n")
    start, end = find_words(text)
    first = np.concatenate([[0], np.searchsorted(start, np.flatnonzero(text.byte == ord("\n")))])
    counts = np.diff(first)
    filled = np.flatnonzero(counts)
    first, counts = first[filled], counts[filled]
    elements: dict[str, dict[str, Column]] = {}
    row = 0
    for name, rows, properties in layout:
        if row + rows > len(first) and properties:
            raise DatasetError(file, name, f"announces {rows} rows, and fewer follow, or blank ones")
        begin, behind = first[row : row + rows], (first + counts)[row : row + rows]
        row += rows if properties else 0
        width = int(behind[-1] - begin[0]) if rows and properties else 0
        words = slice(begin[0], begin[0] + width) if width else slice(0, 0)
        try:
            numbers = parse_floats(text, start[words], end[words])
        except BadWordError as error:
            raise DatasetError(file, name, f"{error} is no number") from None
        elements.setdefault(
            name, _element_columns(numbers, begin - words.start, behind - words.start, properties, name, file)
        )
    return elements


def _element_columns(
    numbers: Float64[np.ndarray, " w"],
    begin: Int64[np.ndarray, " n"],
    behind: Int64[np.ndarray, " n"],
    properties: Sequence[Property],
    name: str,
    file: PurePosixPath,
) -> dict[str, Column]:
    """`begin` and `behind` are the first word of each row, and the one after its last."""

    def require(fits: Bool[np.ndarray, " n"], fault: str) -> None:
        if not fits.all():
            raise DatasetError(file, name, f"row {int(np.argmin(fits)) + 1} {fault}")

    columns: dict[str, Column] = {}
    place = begin
    for prop in properties:
        require(place < behind, "is too short")
        given = numbers[place]
        place = place + 1
        if prop.count is not None:
            require((given >= 0) & (given <= behind - place) & (given == np.floor(given)), "is too short")
            counts = given.astype(np.int64)
            owner = np.repeat(np.arange(len(counts)), counts)
            given = numbers[np.repeat(place, counts) + within(counts)]
            place = place + counts
        if prop.kind.kind != "f":
            whole = given == np.floor(given)
            rows = whole if prop.count is None else np.bincount(owner[~whole], minlength=len(place)) == 0
            require(rows, f"holds no whole number as {prop.name}")
            given = given.astype(np.int64)
        columns.setdefault(prop.name, given if prop.count is None else Lists(counts, given))
    return columns
