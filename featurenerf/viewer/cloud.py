"""The predicted volume of an object as a cloud of points: the centres of its densest cells."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float32, UInt8

from eval.pictures.canvas import as_bytes
from featurenerf.seen_object import SeenObject

CELLS = 40  # along each edge of the grid
# Fewer points, so that a browser without a graphics card draws them in time.
MOST_POINTS = 8000
LEAST_DENSITY = 0.02  # relative to the largest; what is thinner is never shown
# A ray of the grid's whole length through a density below this loses less than 1% of its light: nothing is there.
NOTHING = 0.01


@dataclass(frozen=True)
class Cloud:
    """Points in the world frame, the densest one first.

    `density` is relative to the largest of the object, 0..1. `cell` is the edge of a cell in world units.
    """

    points: Float32[np.ndarray, "n 3"]
    rgb: UInt8[np.ndarray, "n 3"]
    density: Float32[np.ndarray, " n"]
    cell: float

    def above(self, threshold: float) -> int:
        """Count the points that are at least as dense as the threshold: they are the first ones."""
        return int(np.searchsorted(-self.density, -threshold, side="right"))


def cloud_of(seen: SeenObject, cells: int = CELLS, most: int = MOST_POINTS) -> Cloud:
    """Query the field on a grid of cells, and keep the densest: at most `most`. An empty volume has no point."""
    volume = seen.volume(cells, feature=False, internal=False)
    kept, density = densest(volume.density.reshape(-1), volume.edge, most)
    rgb = as_bytes(volume.rgb.reshape(1, -1, 3)[:, kept])[0]
    return Cloud(volume.points.reshape(-1, 3)[kept], rgb, density, volume.edge / cells)


def densest(density: Float32[np.ndarray, " n"], edge: float, most: int) -> tuple[np.ndarray, Float32[np.ndarray, " m"]]:
    """Choose the densest cells of a cube, in their order. Returns their indices and relative densities."""
    largest = density.max()
    if largest * edge < NOTHING:
        return np.zeros(0, np.int64), np.zeros(0, np.float32)
    relative = density / largest
    order = np.argsort(-relative, kind="stable")[:most]
    kept = order[relative[order] >= LEAST_DENSITY]
    return kept, relative[kept]
