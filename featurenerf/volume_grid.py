"""The grid of a volume: a cube around the world's origin."""

import numpy as np
from jaxtyping import Float32

from pipeline.config.settings import Camera


def covering_edge(camera: Camera) -> float:
    """Return the edge of a cube that holds every training object, in world units.

    Training samples rays between near and far only, so every object lies in a ball around the origin that reaches as
    close to a camera as near, or as far beyond the origin as far. The cube is the one around this ball.
    """
    return 2 * max(camera.radius - camera.near, camera.far - camera.radius)


def cell_centres(n: int, edge: float) -> Float32[np.ndarray, "n n n 3"]:
    """Return the centres of n x n x n cells that fill the cube; indices run along x, y, z."""
    along = ((np.arange(n) + 0.5) / n - 0.5) * edge
    return np.stack(np.meshgrid(along, along, along, indexing="ij"), axis=-1).astype(np.float32)
