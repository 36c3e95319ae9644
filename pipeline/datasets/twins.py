"""Find faces that a file holds twice. ShapeNet stores almost every triangle again with opposite winding."""

import numpy as np
from jaxtyping import Bool, Float64, Int32


def first_of_twins(vertices: Float64[np.ndarray, "v 3"], faces: Int32[np.ndarray, "f 3"]) -> Bool[np.ndarray, " f"]:
    """Mark each face that is the first with its three positions, in any order."""
    _, position = np.unique(vertices.round(7), axis=0, return_inverse=True)
    corners = np.sort(position.reshape(-1)[faces], axis=1)
    _, first = np.unique(corners, axis=0, return_index=True)
    keep = np.zeros(len(faces), dtype=bool)
    keep[first] = True
    return keep
