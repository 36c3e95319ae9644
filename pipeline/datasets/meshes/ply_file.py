"""Split a PLY file into the columns of its elements."""

import re
from dataclasses import dataclass
from pathlib import PurePosixPath

from pipeline.datasets.errors import DatasetError
from pipeline.datasets.meshes.ply_binary import binary_columns
from pipeline.datasets.meshes.ply_header import Column, read_layout
from pipeline.datasets.meshes.ply_text import text_columns

_ORDERS = {"ascii": "", "binary_little_endian": "<", "binary_big_endian": ">"}


@dataclass(frozen=True)
class PlyFile:
    """The columns of each element by name, and the textures that comments name."""

    elements: dict[str, dict[str, Column]]
    textures: tuple[str, ...]


def split_ply(data: bytes, file: PurePosixPath) -> PlyFile:
    """Split a file into columns; what follows the last row is passed over.

    Raises DatasetError for a header that announces more than the file holds, and for what is no ply.
    """
    start = re.match(rb"ply[ \t]*(\r\n|\n|\r)", data)
    end = re.search(rb"[\r\n]end_header[ \t]*(\r\n|\n|\r|\Z)", data)
    if start is None or end is None:
        raise DatasetError(file, "header", "is no header of a ply")
    # A header with CR alone may be followed by a number whose first byte is LF.
    begin = end.end() - (start[1] == b"\r" and end[1] == b"\r\n")
    lines = data[: end.start()].decode("utf-8", "replace").splitlines()
    words = [line.split() for line in lines]
    order = next((_ORDERS.get(line[1]) for line in words if line[:1] == ["format"] and len(line) > 1), None)
    if order is None:
        raise DatasetError(file, "header", f"names no format among {', '.join(_ORDERS)}")
    layout = read_layout(words, order, file)
    least = sum(rows * sum(p.least_bytes if order else 2 for p in properties) for _, rows, properties in layout)
    if least > len(data) - begin + 1:
        raise DatasetError(file, "header", f"announces at least {least} bytes, and {len(data) - begin} follow")
    textures = tuple(
        " ".join(line[2:])
        for line in words
        if line[:1] == ["comment"] and line[1:2] and line[1].lower() == "texturefile"
    )
    elements = (
        binary_columns(memoryview(data)[begin:], layout, file) if order else text_columns(data[begin:], layout, file)
    )
    return PlyFile(elements, textures)
