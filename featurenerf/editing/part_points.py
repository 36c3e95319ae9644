"""Labelled points of an object's surface."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float32, UInt8


@dataclass(frozen=True)
class PartPoints:
    """Points of a surface in the world frame, and the part that each one belongs to; label 0 is unlabelled."""

    points: Float32[np.ndarray, "n 3"]
    label: UInt8[np.ndarray, " n"]

    def of_part(self, part: int) -> Float32[np.ndarray, "m 3"]:
        """Return the points of one part."""
        chosen: Float32[np.ndarray, "m 3"] = self.points[self.label == part]
        return chosen
