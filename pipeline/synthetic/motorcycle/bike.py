"""The frame of reference of a made-up motorcycle: hulls, the steering's line, points that several parts share."""

import numpy as np
from jaxtyping import Float64

from pipeline.synthetic.kernel.builder import Builder
from pipeline.synthetic.kernel.surface import Vector


def at(x: float, y: float = 0.0, z: float = 0.0) -> Vector:
    """A point, or a step."""
    return np.array([x, y, z])


def has_hull(bike: Builder, name: str) -> bool:
    """Whether there is such a hull."""
    return name in bike and bike[name].has("rows")


def stations(bike: Builder, name: str) -> Float64[np.ndarray, "n 4"]:
    """The stations of a hull: z, height of the middle, half-width, half-height."""
    group, lift = bike[name], 0.0 if name in ("nose", "belly") else bike["frame"].lift
    factors = np.array([1.0, 1.0, group.wide, group.high])
    return np.asarray(group.rows("rows") * factors + np.array([0.0, lift, 0.0, 0.0]))


def upper(bike: Builder, name: str, number: int) -> Vector:
    """The middle of a hull's upper side at one of its stations."""
    z, y, _, half = stations(bike, name)[number]
    return at(0.0, y + half, z)


def fork(bike: Builder, share: float) -> Vector:
    """A point of the steering's line in the middle plane: 0 at the front axle, 1 at the fork's upper end."""
    foot, frame = axle(bike, "front"), bike["frame"]
    return np.asarray(foot + share * (at(0.0, frame.head_y + frame.lift, frame.head_z) - foot))


def axle(bike: Builder, wheel: str) -> Vector:
    """The middle of a wheel."""
    return at(0.0, bike[wheel].radius, bike[wheel].z)


def tail_lamp(bike: Builder) -> Vector:
    """The middle of the tail light."""
    return at(0.0, bike["lamp"].tail_y + bike["frame"].lift, bike["lamp"].tail_z)


def arm_x(bike: Builder) -> float:
    """The distance of the swing arm's bars from the middle."""
    return max(0.05, 0.5 * bike["rear"].width + 0.016)
