"""Teacher maps of the released data as the project's arrays, and back. A map's cells cover the whole picture."""

from pathlib import Path, PurePosixPath

import numpy as np
from jaxtyping import Float

from pipeline.datasets.errors import DatasetError
from pipeline.datasets.numpy_files.npz_file import read_npz
from pipeline.datasets.released.layout import FEATURES


def read_maps(root: Path, file: PurePosixPath, channels: int) -> Float[np.ndarray, "views h w {channels}"]:
    """Read the maps of all views of an object. Raises DatasetError if there are none with so many channels."""
    maps = read_npz(root, file, [FEATURES])[FEATURES]
    if maps.ndim != 4 or maps.shape[1] != channels or maps.dtype.kind != "f" or not maps.size:
        raise DatasetError(
            file, FEATURES, f"has shape {maps.shape} of {maps.dtype}, not (views, {channels}, h, w) of floats"
        )
    return maps.transpose(0, 2, 3, 1)


def released_maps(maps: Float[np.ndarray, "views h w channels"]) -> Float[np.ndarray, "views channels h w"]:
    """Return maps with the axes of the file, in its order in memory."""
    return np.ascontiguousarray(maps.transpose(0, 3, 1, 2))
