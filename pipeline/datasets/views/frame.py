"""The frame of a collection's cameras, and poses in the world."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64

from pipeline.datasets.axes import WORLD, Axes, rotation


@dataclass(frozen=True)
class Frame:
    """Directions of top and front in a collection's coordinates, and how many world units its unit is."""

    axes: Axes
    scale: float

    def world_from_source(self) -> Float64[np.ndarray, "4 4"]:
        """The similarity for column vectors; the origin stays where it is."""
        matrix = np.eye(4)
        matrix[:3, :3] = self.scale * rotation(WORLD, self.axes)
        return matrix


def pose_in_world(
    world_from_source: Float64[np.ndarray, "4 4"], pose: Float64[np.ndarray, "4 4"]
) -> Float64[np.ndarray, "4 4"]:
    """Move a camera by a similarity: its centre as a point, its axes by the rotation alone, so that it stays rigid."""
    scale = np.cbrt(np.linalg.det(world_from_source[:3, :3]))
    moved: Float64[np.ndarray, "4 4"] = world_from_source @ pose
    moved[:3, :3] /= scale
    return moved
