"""Clipping planes for backends that need them: rasterisers, and Blender's camera."""

import numpy as np
from jaxtyping import Float64

from render.prepared_mesh import PreparedMesh


def clipping(mesh: PreparedMesh, poses: Float64[np.ndarray, "views 4 4"]) -> tuple[float, float]:
    """Near and far planes, world units, that enclose the mesh from every pose: only what is behind a camera is cut."""
    reach = float(np.linalg.norm(mesh.vertices, axis=1).max())
    eyes = np.linalg.norm(poses[:, :3, 3], axis=1)
    return float(max(0.9 * (eyes.min() - reach), 1e-3 * eyes.max())), float(1.1 * (eyes.max() + reach))
