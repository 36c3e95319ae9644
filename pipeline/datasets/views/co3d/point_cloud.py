"""Read the points of a ply file; colours and normals are passed over."""

from pathlib import Path, PurePosixPath

import numpy as np
from jaxtyping import Float64

from pipeline.datasets.errors import DatasetError
from pipeline.datasets.text_files import read_bytes
from pipeline.datasets.text_tables import LARGEST_NUMBER

CLOUD_BYTES = 2**28
CLOUD_POINTS = 2**24
HEADER_BYTES = 2**16
ASCII_WORDS = 2**22  # all published clouds are binary

_KINDS = {
    kind: code
    for code, kinds in {
        "i1": "char int8", "u1": "uchar uint8", "i2": "short int16", "u2": "ushort uint16", "i4": "int int32",
        "u4": "uint uint32", "f4": "float float32", "f8": "double float64",
    }.items()
    for kind in kinds.split()
}  # fmt: skip
_ORDERS = {"ascii": "", "binary_little_endian": "<", "binary_big_endian": ">"}


def read_point_cloud(root: Path, file: PurePosixPath) -> Float64[np.ndarray, "n 3"]:
    """Read x, y and z of the vertices of a ply, its first element. Faces and other properties are passed over.

    Raises DatasetError for a file that is missing, too large, no ply with points, or has a number that is not finite.
    """
    data = read_bytes(root, file, CLOUD_BYTES)
    head, mark, _ = data[:HEADER_BYTES].partition(b"end_header")
    lines = [line.split() for line in head.decode("ascii", "replace").splitlines()]
    if not mark or not lines or lines[0] != ["ply"]:
        raise DatasetError(file, "header", "is no header of a ply")
    form, count, row = _layout(lines, file)
    place = [[name for name, _ in row].index(axis) for axis in "xyz"]
    begin = data.find(b"\n", len(head)) + 1 or len(data)
    few = DatasetError(file, "vertex", f"announces {count} points, and fewer follow")
    if form == "ascii":
        words = count * len(row)
        if words > ASCII_WORDS:
            raise DatasetError(file, "vertex", f"has more than {ASCII_WORDS:,} numbers in text form")
        numbers = data[begin:].decode("ascii", "replace").split(None, words)[:words]
        if len(numbers) < words:
            raise few
        try:
            table = np.array(numbers, dtype=np.float64).reshape(count, len(row))
        except ValueError:
            raise DatasetError(file, "vertex", "holds a word that is no number") from None
        xyz = table[:, place]
    else:
        binary = np.dtype([(f"{number}", _ORDERS[form] + kind) for number, (_, kind) in enumerate(row)])
        if len(data) - begin < count * binary.itemsize:
            raise few
        rows = np.frombuffer(data, binary, count, begin)
        xyz = np.stack([rows[str(number)].astype(np.float64) for number in place], axis=1)
    if not (np.abs(xyz) <= LARGEST_NUMBER).all():
        raise DatasetError(file, "vertex", f"holds a coordinate that is not finite or beyond {LARGEST_NUMBER:g}")
    return xyz


def _layout(lines: list[list[str]], file: PurePosixPath) -> tuple[str, int, list[tuple[str, str]]]:
    """The file's form, the number of its vertices, and name and kind of each of their properties."""
    form, count, elements, row = "", 0, list[str](), list[tuple[str, str]]()
    for line in lines:
        match line:
            case ["format", form, *_]:
                pass
            case ["element", name, number]:
                elements.append(name)
                if elements == ["vertex"]:
                    count = int(number) if number.isdecimal() and len(number) < 12 else 0
            case ["property", *words] if elements == ["vertex"]:
                if len(words) != 2 or words[0] not in _KINDS:
                    raise DatasetError(file, "header", "has vertices with a list or an unknown type")
                row.append((words[1], _KINDS[words[0]]))
    if form not in _ORDERS:
        raise DatasetError(file, "header", "has no known format")
    if elements[:1] != ["vertex"] or not {"x", "y", "z"} <= {name for name, _ in row}:
        raise DatasetError(file, "header", "does not begin with vertices that have x, y and z")
    if not 0 < count <= CLOUD_POINTS:
        raise DatasetError(file, "header", f"announces no number of points from 1 to {CLOUD_POINTS:,}")
    return form, count, row
