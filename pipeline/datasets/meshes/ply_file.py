"""Split a PLY file into the columns of its elements."""

import re
import struct
from array import array
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import PurePosixPath
from typing import TypeAlias

import numpy as np
from jaxtyping import Float64, Int64, Shaped

from pipeline.datasets.errors import DatasetError
from pipeline.datasets.text_files import check_lines, line_feeds
from pipeline.datasets.text_tables import parse_numbers

MOST_ROWS = 20_000_000
_HEADER_BYTES = 2**20
_END = re.compile(rb"[\r\n]end_header[ \t]*(\r\n|\n|\r|\Z)")
_ORDERS = {"ascii": "", "binary_little_endian": "<", "binary_big_endian": ">"}
_CODES = {
    **dict.fromkeys(("char", "int8"), "b"),
    **dict.fromkeys(("uchar", "uint8"), "B"),
    **dict.fromkeys(("short", "int16"), "h"),
    **dict.fromkeys(("ushort", "uint16"), "H"),
    **dict.fromkeys(("int", "int32"), "i"),
    **dict.fromkeys(("uint", "uint32"), "I"),
    **dict.fromkeys(("float", "float32"), "f"),
    **dict.fromkeys(("double", "float64"), "d"),
    "int64": "q",
    "uint64": "Q",
}


@dataclass(frozen=True)
class Lists:
    """A list a row: how long each is, and their numbers one after the other."""

    counts: Int64[np.ndarray, " n"]
    flat: Shaped[np.ndarray, " m"]


Column: TypeAlias = Shaped[np.ndarray, " n"] | Lists


@dataclass(frozen=True)
class PlyFile:
    """The columns of each element by name, and the textures that comments name."""

    elements: Mapping[str, Mapping[str, Column]]
    textures: tuple[str, ...]


@dataclass(frozen=True)
class _Property:
    """A property of an element. `count` is the form of a list's length, None where the property is one number."""

    name: str
    kind: np.dtype[np.generic]
    count: struct.Struct | None


@dataclass(frozen=True)
class _Element:
    name: str
    rows: int
    properties: list[_Property] = field(default_factory=list)


@dataclass(frozen=True)
class PlyHeader:
    """The elements that a file announces. `order` is that of struct and numpy, empty for text; rows start at `end`."""

    layout: list[_Element]
    textures: tuple[str, ...]
    order: str
    end: int


def split_ply(data: bytes, file: PurePosixPath) -> PlyFile:
    """Split a file into columns; what follows the last row is passed over.

    Raises DatasetError for a header that announces more than the file holds, for a row that is short or holds no
    numbers, and for what is no ply.
    """
    header = read_header(data, file)
    return PlyFile(read_elements(data, header, file), header.textures)


def read_header(data: bytes, file: PurePosixPath) -> PlyHeader:
    """Read the header, of at most a million bytes. Raises DatasetError for what is no ply."""
    start = re.match(rb"ply[ \t]*(\r\n|\n|\r)", data)
    end = _END.search(data, 0, _HEADER_BYTES)
    if start is None or end is None:
        raise DatasetError(file, "header", "is no header of a ply")
    words = [line.split() for line in data[: end.start()].decode("utf-8", "replace").splitlines()]
    order = next((_ORDERS.get(line[1]) for line in words if line[:1] == ["format"] and len(line) > 1), None)
    if order is None:
        raise DatasetError(file, "header", f"names no format among {', '.join(_ORDERS)}")
    textures = (" ".join(line[2:]) for line in words if " ".join(line[:2]).lower() == "comment texturefile")
    # A header with CR alone may be followed by a number whose first byte is LF.
    begin = end.end() - (start[1] == b"\r" and end[1] == b"\r\n")
    return PlyHeader(_layout(words, order, file), tuple(textures), order, begin)


def read_elements(data: bytes, header: PlyHeader, file: PurePosixPath) -> dict[str, dict[str, Column]]:
    """Read the columns of each element of the header. Raises DatasetError for rows that are short or no numbers."""
    body, order = memoryview(data)[header.end :], header.order
    least = sum(
        element.rows * ((prop.count.size if prop.count else prop.kind.itemsize) if order else 2)
        for element in header.layout
        for prop in element.properties
    )
    if least > len(body) + 1:
        raise DatasetError(file, "header", f"announces at least {least} bytes, and {len(body)} follow")
    elements: dict[str, dict[str, Column]] = {}
    lines, place = iter(()) if order else _filled_lines(bytes(body), file), 0
    for element in header.layout:
        if order:
            columns, place = _binary_columns(body, place, element, file)
        else:
            columns = _text_columns(lines, element, file)
        elements.setdefault(element.name, columns)
    return elements


def _layout(words: list[list[str]], order: str, file: PurePosixPath) -> list[_Element]:
    """The elements, from the header's words; `order` is that of struct and numpy."""
    layout: list[_Element] = []
    for line in words:
        if line[:1] == ["element"]:
            number = line[2] if len(line) == 3 and len(line[2]) < 12 and line[2].isascii() else ""
            if not number.isdecimal() or int(number) > MOST_ROWS:
                reason = f"{' '.join(line)[:80]!r} announces no number of rows up to {MOST_ROWS}"
                raise DatasetError(file, "header", reason)
            layout.append(_Element(line[1], int(number)))
        elif line[:1] == ["property"]:
            is_list = line[1:2] == ["list"]
            codes = [_CODES.get(word) for word in (line[2:4] if is_list else line[1:2])]
            if not layout or None in codes or len(line) != (5 if is_list else 3):
                raise DatasetError(file, "header", f"{' '.join(line)[:80]!r} is no property")
            count = struct.Struct(f"{order or '<'}{codes[0]}") if is_list else None
            layout[-1].properties.append(_Property(line[-1].lower(), np.dtype(f"{order}{codes[-1]}"), count))
    return layout


def _filled_lines(body: bytes, file: PurePosixPath) -> Iterator[list[bytes]]:
    """The words of each line that has some."""
    content = line_feeds(body)
    check_lines(content, file)
    return filter(None, map(bytes.split, BytesIO(content)))


def _text_columns(lines: Iterator[list[bytes]], element: _Element, file: PurePosixPath) -> dict[str, Column]:
    """Read one row a line, so that a short row never borrows a number from its neighbour."""
    columns = [(prop, array("q"), array("d")) for prop in element.properties]
    for row in range(1, element.rows + 1 if columns else 1):
        try:
            numbers = parse_numbers(next(lines)).tolist()
        except StopIteration:
            reason = f"announces {element.rows} rows, and fewer follow, or blank ones"
            raise DatasetError(file, element.name, reason) from None
        except ValueError as error:
            raise DatasetError(file, element.name, f"{error} is no number") from None
        place = 0
        for prop, counts, values in columns:
            size = 1.0
            if prop.count is not None:
                size, place = (numbers[place] if place < len(numbers) else -1.0), place + 1
            if not (0 <= size <= len(numbers) - place and size.is_integer()):
                raise DatasetError(file, element.name, f"row {row} is too short")
            counts.append(int(size))
            values.extend(numbers[place : place + int(size)])
            place += int(size)
    by_name: dict[str, Column] = {}
    for prop, counts, values in columns:
        flat, size_of = np.array(values), np.array(counts, dtype=np.int64)
        if prop.kind.kind != "f":
            broken = np.flatnonzero(flat != np.floor(flat))
            if len(broken):
                row = int(np.searchsorted(np.cumsum(size_of), broken[0], side="right")) + 1
                raise DatasetError(file, element.name, f"row {row} holds no whole number as {prop.name}")
            flat = flat.astype(np.int64)
        by_name.setdefault(prop.name, flat if prop.count is None else Lists(size_of, flat))
    return by_name


def _binary_columns(
    body: memoryview, begin: int, element: _Element, file: PurePosixPath
) -> tuple[dict[str, Column], int]:
    """Read the rows of an element, and find where the last one ends."""
    by_name: dict[str, Column] = {}
    short = DatasetError(file, element.name, f"announces {element.rows} rows, and fewer follow")
    if all(prop.count is None for prop in element.properties):
        row = np.dtype([(str(number), prop.kind) for number, prop in enumerate(element.properties)])
        end = begin + element.rows * row.itemsize
        if end > len(body):
            raise short
        table = np.ndarray(element.rows, row, body, begin)
        for number, prop in enumerate(element.properties):
            by_name.setdefault(prop.name, table[str(number)])
        return by_name, end
    columns = [(prop, array("q"), bytearray()) for prop in element.properties]
    place = begin
    try:
        for _ in range(element.rows):
            for prop, counts, values in columns:
                size = 1
                if prop.count is not None:
                    (length,) = prop.count.unpack_from(body, place)
                    place += prop.count.size
                    size = int(length)
                    counts.append(size)
                    if size < 0 or size != length:
                        raise short
                values.extend(body[place : place + size * prop.kind.itemsize])
                place += size * prop.kind.itemsize
                if place > len(body):
                    raise short
    except (struct.error, ValueError, OverflowError):  # the file ends, or a length is no number
        raise short from None
    for prop, counts, values in columns:
        flat = np.frombuffer(values, prop.kind)
        if prop.count is not None and len(flat) > MOST_ROWS * 4:
            raise DatasetError(file, element.name, f"has lists of more than {MOST_ROWS * 4} numbers")
        by_name.setdefault(prop.name, flat if prop.count is None else Lists(np.array(counts, dtype=np.int64), flat))
    return by_name, place


def stacked(columns: Mapping[str, Column], names: Sequence[str]) -> Float64[np.ndarray, "n k"] | None:
    """Columns of numbers side by side; None if one of them is not there."""
    given = [column for name in names if isinstance(column := columns.get(name), np.ndarray)]
    return np.stack(given, axis=1).astype(np.float64) if len(given) == len(names) else None
