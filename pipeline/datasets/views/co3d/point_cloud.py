"""Read the points of a ply file; colours and normals are passed over."""

from dataclasses import replace
from pathlib import Path, PurePosixPath

import numpy as np
from jaxtyping import Float64

from pipeline.datasets.errors import DatasetError
from pipeline.datasets.meshes.ply_file import read_elements, read_header, stacked
from pipeline.datasets.text_files import read_bytes
from pipeline.datasets.text_tables import LARGEST_NUMBER

CLOUD_BYTES = 2**28
CLOUD_POINTS = 2**24
TEXT_NUMBERS = 2**22  # text is read slowly; all published clouds are binary


def read_point_cloud(root: Path, file: PurePosixPath) -> Float64[np.ndarray, "n 3"]:
    """Read x, y and z of the vertices, which must be the first element, as all writers of point clouds have it.

    Raises DatasetError for a file that is missing, too large, no ply with points, or has a number that is not finite.
    """
    data = read_bytes(root, file, CLOUD_BYTES)
    header = read_header(data, file)
    vertex = header.layout[0] if header.layout else None
    if vertex is None or vertex.name != "vertex" or not vertex.rows or any(prop.count for prop in vertex.properties):
        raise DatasetError(file, "header", "does not begin with vertices that are plain numbers")
    if vertex.rows > CLOUD_POINTS:
        raise DatasetError(file, "header", f"announces more than {CLOUD_POINTS:,} points")
    if not header.order and vertex.rows * len(vertex.properties) > TEXT_NUMBERS:
        raise DatasetError(file, "vertex", f"has more than {TEXT_NUMBERS:,} numbers of text: write it in binary form")
    xyz = stacked(read_elements(data, replace(header, layout=[vertex]), file)["vertex"], "xyz")
    if xyz is None:
        raise DatasetError(file, "vertex", "has no x, y and z")
    if not (np.abs(xyz) <= LARGEST_NUMBER).all():
        raise DatasetError(file, "vertex", f"holds a coordinate that is not finite or beyond {LARGEST_NUMBER:g}")
    return xyz
