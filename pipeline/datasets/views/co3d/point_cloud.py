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

_TYPES = {
    **dict.fromkeys(("char", "int8"), "i1"),
    **dict.fromkeys(("uchar", "uint8"), "u1"),
    **dict.fromkeys(("short", "int16"), "i2"),
    **dict.fromkeys(("ushort", "uint16"), "u2"),
    **dict.fromkeys(("int", "int32"), "i4"),
    **dict.fromkeys(("uint", "uint32"), "u4"),
    **dict.fromkeys(("float", "float32"), "f4"),
    **dict.fromkeys(("double", "float64"), "f8"),
}
_ORDERS = {"binary_little_endian": "<", "binary_big_endian": ">"}


def read_point_cloud(root: Path, file: PurePosixPath) -> Float64[np.ndarray, "n 3"]:
    """Read x, y and z of the vertices, which must be the first element, as all writers of point clouds have it.

    Raises DatasetError for a file that is missing, too large, no ply of points or not finite.
    """
    data = read_bytes(root, file, CLOUD_BYTES)
    head, mark, _ = data[:HEADER_BYTES].partition(b"end_header")
    lines = [line.split() for line in head.decode("ascii", "replace").splitlines()]
    if not mark or not lines or lines[0] != ["ply"]:
        raise DatasetError(file, "header", "is no header of a ply")
    form, count, names, types = _layout(lines, file)
    begin = data.find(b"\n", len(head)) + 1
    body = memoryview(data)[begin:] if begin else memoryview(b"")
    place = [names.index(axis) for axis in "xyz"]
    if form == "ascii":
        words = count * len(names)
        if words > ASCII_WORDS:
            raise DatasetError(file, "vertex", f"has more than {ASCII_WORDS:,} numbers in text form")
        rows = bytes(body).decode("ascii", "replace").split(None, words)[:words]
        if len(rows) < words:
            raise DatasetError(file, "vertex", f"announces {count} points, and fewer follow")
        try:
            xyz = np.array(rows, dtype=np.float64).reshape(count, len(names))[:, place]
        except ValueError:
            raise DatasetError(file, "vertex", "holds a word that is no number") from None
    else:
        row = np.dtype([(f"{i}", _ORDERS[form] + kind) for i, kind in enumerate(types)])
        if len(body) < count * row.itemsize:
            raise DatasetError(file, "vertex", f"announces {count} points, and fewer follow")
        table = np.frombuffer(body, dtype=row, count=count)
        xyz = np.stack([table[str(i)].astype(np.float64) for i in place], axis=1)
    if not (np.abs(xyz) <= LARGEST_NUMBER).all():
        raise DatasetError(file, "vertex", f"holds a coordinate that is not finite or beyond {LARGEST_NUMBER:g}")
    return xyz


def _layout(lines: list[list[str]], file: PurePosixPath) -> tuple[str, int, list[str], list[str]]:
    """The file's form, and number, names and types of the columns of its vertices."""
    form, count = "", 0
    names: list[str] = []
    types: list[str] = []
    elements: list[str] = []
    for line in lines:
        if line[:1] == ["format"] and len(line) > 1:
            form = line[1]
        elif line[:1] == ["element"] and len(line) == 3:
            elements.append(line[1])
            if elements == ["vertex"]:
                count = int(line[2]) if line[2].isdecimal() and len(line[2]) < 12 else 0
        elif line[:1] == ["property"] and elements == ["vertex"]:
            if len(line) != 3 or line[1] not in _TYPES:
                raise DatasetError(file, "header", "has vertices with a list or an unknown type")
            names.append(line[2])
            types.append(_TYPES[line[1]])
    if form != "ascii" and form not in _ORDERS:
        raise DatasetError(file, "header", "has no known format")
    if elements[:1] != ["vertex"] or not {"x", "y", "z"} <= set(names):
        raise DatasetError(file, "header", "does not begin with vertices that have x, y and z")
    if not 0 < count <= CLOUD_POINTS:
        raise DatasetError(file, "header", f"announces no number of points from 1 to {CLOUD_POINTS:,}")
    return form, count, names, types
