"""The encoded source views of a batch of objects."""

from __future__ import annotations

from dataclasses import dataclass

from jaxtyping import Float
from torch import Tensor


@dataclass(frozen=True)
class Source:
    """The encoded source views of `o` objects, `s` views each, and the cameras that took them.

    `size` is the images' width in pixels, `angle_x` the field of view in radians.
    """

    features: Float[Tensor, "o s c h w"]
    poses: Float[Tensor, "o s 4 4"]
    size: int
    angle_x: float
