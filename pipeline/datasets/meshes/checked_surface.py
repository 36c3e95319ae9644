"""Check the surface of a user's mesh."""

from pathlib import PurePosixPath

import numpy as np
from jaxtyping import Float, Float64, Int32, Integer

from pipeline.datasets.errors import DatasetError
from pipeline.datasets.text_tables import LARGEST_NUMBER


def checked_surface(
    vertices: Float[np.ndarray, "v 3"], faces: Integer[np.ndarray, "f 3"], file: PurePosixPath
) -> tuple[Float64[np.ndarray, "v 3"], Int32[np.ndarray, "f 3"]]:
    """Check vertices and faces, return them in the records' types. Raises DatasetError, see MeshSource.read_mesh."""
    points = np.ascontiguousarray(vertices, dtype=np.float64)
    if not len(points):
        raise DatasetError(file, "vertices", "there are no vertices")
    if not len(faces):
        raise DatasetError(file, "faces", "there are no faces")
    finite = (np.abs(points) <= LARGEST_NUMBER).all(axis=1)
    if not finite.all():
        reason = f"vertex {int(np.argmin(finite))}, counted from 0, is not finite, or beyond 1e100"
        raise DatasetError(file, "vertices", reason)
    bad = (faces < 0) | (faces >= len(points))
    if bad.any():
        index = int(faces.reshape(-1)[np.argmax(bad)])
        raise DatasetError(file, "faces", f"index {index}, counted from 0, is out of range: {len(points)} vertices")
    if not np.ptp(points[faces.reshape(-1)], axis=0).max() > 0:
        raise DatasetError(file, "faces", "all faces lie in one point")
    return points, faces.astype(np.int32)
