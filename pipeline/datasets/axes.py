"""The directions of top and front in a source's coordinates. Every collection of meshes and annotations states them."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from jaxtyping import Float64

Direction = Literal["+x", "-x", "+y", "-y", "+z", "-z"]


@dataclass(frozen=True)
class Axes:
    """A right-handed frame by the directions of its objects' top and front. Raises ValueError if they are parallel."""

    up: Direction
    front: Direction

    def __post_init__(self) -> None:
        """Refuse parallel directions."""
        if self.up[1] == self.front[1]:
            raise ValueError(f"up {self.up} and front {self.front} lie on one axis")


# Fronts as measured on real files. Y is up in all of them.
SHAPENET_V1 = Axes("+y", "+x")  # ShapeNet part too
SHAPENET_V2 = Axes("+y", "-z")  # KeypointNet too; the world's own
PARTNET = Axes("+y", "+z")
WORLD = SHAPENET_V2


def rotation(target: Axes, source: Axes) -> Float64[np.ndarray, "3 3"]:
    """The rotation for column vectors from `source` coordinates to `target` coordinates; never a mirror.

    v2 from v1 is x2 = z1, y2 = y1, z2 = -x1, which agrees to 2e-6 on a plane that both releases hold.
    """
    turn: Float64[np.ndarray, "3 3"] = _basis(target) @ _basis(source).T
    return turn


def _basis(axes: Axes) -> Float64[np.ndarray, "3 3"]:
    """Columns: the object's own right, top and front in the frame's coordinates."""
    up, front = _unit(axes.up), _unit(axes.front)
    return np.stack([np.cross(front, up), up, front], axis=1)


def _unit(direction: Direction) -> Float64[np.ndarray, " 3"]:
    unit = np.zeros(3)
    unit["xyz".index(direction[1])] = 1.0 if direction[0] == "+" else -1.0
    return unit
