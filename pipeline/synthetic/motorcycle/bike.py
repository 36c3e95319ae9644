"""The frame of reference of a made-up motorcycle: hulls, the steering's line, points that several parts share."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64

from pipeline.synthetic.kernel.surface import Vector
from pipeline.synthetic.kernel.table import Group, Sizes


@dataclass(frozen=True)
class Bike:
    """A motorcycle of these sizes. Its right is +x."""

    sizes: Sizes

    def __getitem__(self, group: str) -> Group:
        """A group of the sizes."""
        return self.sizes[group]

    def has(self, hull: str) -> bool:
        """Whether there is such a hull."""
        return hull in self.sizes and self[hull].has("rows")

    def hull(self, name: str) -> Float64[np.ndarray, "n 4"]:
        """The stations of a hull: z, height of the middle, half-width, half-height."""
        group = self[name]
        lift = 0.0 if name in ("nose", "belly") else self["frame"].lift
        factors = np.array([1.0, 1.0, group.wide, group.high])
        return np.asarray(group.rows("rows") * factors + np.array([0.0, lift, 0.0, 0.0]))

    def upper(self, name: str, number: int) -> Vector:
        """The middle of a hull's upper side at one of its stations."""
        z, y, _, half = self.hull(name)[number]
        return np.array([0.0, y + half, z])

    @property
    def head(self) -> Vector:
        """The fork's upper end."""
        frame = self["frame"]
        return np.array([0.0, frame.head_y + frame.lift, frame.head_z])

    def fork(self, share: float) -> Vector:
        """A point of the steering's line in the middle plane: 0 at the front axle, 1 at the fork's upper end."""
        axle = self.axle("front")
        return np.asarray(axle + share * (self.head - axle))

    def axle(self, wheel: str) -> Vector:
        """The middle of a wheel."""
        return np.array([0.0, self[wheel].radius, self[wheel].z])

    @property
    def tail_lamp(self) -> Vector:
        """The middle of the tail light."""
        lamp = self["lamp"]
        return np.array([0.0, lamp.tail_y + self["frame"].lift, lamp.tail_z])

    @property
    def arm_x(self) -> float:
        """The distance of the swing arm's bars from the middle."""
        return max(0.05, 0.5 * self["rear"].width + 0.016)


def at(x: float, y: float = 0.0, z: float = 0.0) -> Vector:
    """A point, or a step."""
    return np.array([x, y, z])
