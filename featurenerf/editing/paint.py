"""New colours for a part of an object, as points in space that carry them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from jaxtyping import Bool, Float32
from scipy.spatial import cKDTree

from featurenerf.editing.part_points import PartPoints


@dataclass(frozen=True)
class PaintedPoints:
    """Labels and new colours of points: whether they belong to the part, or to another one.

    Points that are far from every labelled point belong to neither. `colour` is sRGB in 0..1, and 0 outside the part.
    """

    in_part: Bool[np.ndarray, " n"]
    in_other: Bool[np.ndarray, " n"]
    colour: Float32[np.ndarray, "n 3"]


@dataclass(frozen=True)
class Paint:
    """The labelled points of an object, and new colours for those of one part.

    `colour` has a row for each point, sRGB in 0..1; rows of other parts are not used. A place in space takes the label
    and the colour of the nearest labelled point, if that is at most `distance` world units away.
    """

    parts: PartPoints
    part: int
    colour: Float32[np.ndarray, "n 3"]
    distance: float

    def at(self, points: Float32[np.ndarray, "m 3"]) -> PaintedPoints:
        """Say what the paint does to world points."""
        away, nearest = self._tree.query(points, distance_upper_bound=np.nextafter(self.distance, np.inf))
        near = np.isfinite(away)
        row = np.where(near, nearest, 0)
        in_part = near & (self.parts.label[row] == self.part)
        colour = np.where(in_part[:, None], self.colour[row], np.float32(0))
        return PaintedPoints(in_part, near & ~in_part, colour)

    @cached_property
    def _tree(self) -> Any:
        return cKDTree(self.parts.points)
