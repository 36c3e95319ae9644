"""The encoded source views of a batch of objects."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import torch
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


def joined(sources: Sequence[Source]) -> Source:
    """The objects of all, which have as many source views, one after the other."""
    features, poses = (torch.cat([getattr(source, name) for source in sources]) for name in ("features", "poses"))
    return replace(sources[0], features=features, poses=poses)
