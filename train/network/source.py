"""The encoded source views of a batch of objects."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import torch
from jaxtyping import Float
from torch import Tensor

from train.map_tensors import map_tensors
from train.network.shared_cells import SharedCells
from train.pixel_centres import HALF


@dataclass(frozen=True)
class Source:
    """The encoded source views of `o` objects, `s` views each, and the cameras that took them.

    `intrinsics` are (fx, fy, cx, cy) in continuous pixels of the images, which are squares of `size` pixels.
    `first_centre` is where the first cell of a feature map stands (`train.pixel_centres`). `shared_cells` are those of
    `read_often`.
    """

    features: Float[Tensor, "o s c h w"]
    poses: Float[Tensor, "o s 4 4"]
    intrinsics: Float[Tensor, "o s 4"]
    size: int
    first_centre: float = HALF
    shared_cells: SharedCells | None = None

    def read_often(self) -> Source:
        """Prepare for several readings in one graph: on a CPU their gradients are summed in one array."""
        if self.features.is_cuda or not (torch.is_grad_enabled() and self.features.requires_grad):
            return self
        # In fp32 also where the maps are bf16: many rays add to the gradient of one cell.
        return replace(self, shared_cells=SharedCells(self.cells().to(self.poses.dtype)))

    def cells(self) -> Float[Tensor, "n c"]:
        """List the cells of all maps, in reading order."""
        return self.features.movedim(2, -1).reshape(-1, self.features.shape[2])

    def of_object(self, index: int) -> Source:
        """The source views of one object."""
        return map_tensors(self, lambda tensor: tensor[index : index + 1])


def joined(sources: Sequence[Source]) -> Source:
    """The objects of all, which have as many source views, one after the other."""
    names = ("features", "poses", "intrinsics")
    features, poses, intrinsics = (torch.cat([getattr(source, name) for source in sources]) for name in names)
    return replace(sources[0], features=features, poses=poses, intrinsics=intrinsics)
