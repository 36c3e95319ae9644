"""The encoded source views of a batch of objects."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import torch
from jaxtyping import Float
from torch import Tensor

from train.map_tensors import map_tensors
from train.pixel_centres import HALF


@dataclass(frozen=True)
class Source:
    """The encoded source views of `o` objects, `s` views each, and the cameras that took them.

    `intrinsics` are (fx, fy, cx, cy) in continuous pixels of the images, which are squares of `size` pixels.
    `first_centre` is where the first cell of a feature map stands (`train.pixel_centres`).
    """

    features: Float[Tensor, "o s c h w"]
    poses: Float[Tensor, "o s 4 4"]
    intrinsics: Float[Tensor, "o s 4"]
    size: int
    first_centre: float = HALF

    def of_object(self, index: int) -> Source:
        """The source views of one object."""
        return map_tensors(self, lambda tensor: tensor[index : index + 1])


def joined(sources: Sequence[Source]) -> Source:
    """The objects of all, which have as many source views, one after the other."""
    names = ("features", "poses", "intrinsics")
    features, poses, intrinsics = (torch.cat([getattr(source, name) for source in sources]) for name in names)
    return replace(sources[0], features=features, poses=poses, intrinsics=intrinsics)
