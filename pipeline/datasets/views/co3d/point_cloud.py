"""Read the points of a ply file; colours and normals are passed over."""

from pathlib import Path, PurePosixPath

import numpy as np
from jaxtyping import Float64

from pipeline.datasets.errors import DatasetError
from pipeline.datasets.meshes.ply_file import split_ply
from pipeline.datasets.text_files import read_bytes
from pipeline.datasets.text_tables import LARGEST_NUMBER

CLOUD_BYTES = 2**28
TEXT_BYTES = 2**25  # text is read slowly; all published clouds are binary


def read_point_cloud(root: Path, file: PurePosixPath) -> Float64[np.ndarray, "n 3"]:
    """Read x, y and z of the vertices.

    Raises DatasetError for a file that is missing, too large, no ply with points, or has a number that is not finite.
    """
    data = read_bytes(root, file, CLOUD_BYTES)
    if len(data) > TEXT_BYTES and b"format ascii" in data[: data.find(b"end_header")]:
        raise DatasetError(file, "file", f"has more than {TEXT_BYTES:,} bytes of text: write it in binary form")
    columns = split_ply(data, file).elements.get("vertex", {})
    axes = [column for axis in "xyz" if isinstance(column := columns.get(axis), np.ndarray) and len(column)]
    if len(axes) < 3:
        raise DatasetError(file, "vertex", "does not hold points with x, y and z")
    xyz = np.stack(axes, axis=1).astype(np.float64)
    if not (np.abs(xyz) <= LARGEST_NUMBER).all():
        raise DatasetError(file, "vertex", f"holds a coordinate that is not finite or beyond {LARGEST_NUMBER:g}")
    return xyz
