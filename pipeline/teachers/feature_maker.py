"""Features of the foreground cells of rendered views: network, projection, scale, half precision."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import torch
from jaxtyping import Bool, Float, Float16, Int64, UInt8
from torch import Tensor

from pipeline.config.sections.teachers import TeacherInput
from pipeline.errors import UserError
from pipeline.teachers.projection import ProjectionOnDevice
from pipeline.teachers.teacher import Network

# Makes the features of the cells that are true, in order, from an object's views and their names: by a network in this
# process, or one that several processes share. Raises UserError for problems of all views.
FeatureMaker: TypeAlias = Callable[
    [UInt8[np.ndarray, "v h w 4"], Bool[np.ndarray, "v r c"], Sequence[str]], Float16[np.ndarray, "k channels"]
]


@dataclass(frozen=True)
class DeviceFeatures:
    """The calculation on the network's device. Calls do not wait for the device.

    `seen` says what the network sees: images over black, or their colours with the alpha channel dropped.
    """

    network: Network
    projection: ProjectionOnDevice
    device: torch.device
    views_per_batch: int
    seen: TeacherInput = "over-black"

    def __call__(
        self, rgba: UInt8[Tensor, "v h w 4"], index: Int64[Tensor, " k"], names: Sequence[str]
    ) -> Float16[Tensor, "k channels"]:
        """Return the features of the cells at `index`, which counts views, rows and columns and ascends."""
        return self.projection(self.raw(rgba, index, names)).half()

    def raw(
        self, rgba: UInt8[Tensor, "v h w 4"], index: Int64[Tensor, " k"], names: Sequence[str]
    ) -> Float[Tensor, "k c"]:
        """Return the network's own features of these cells, before projection and scale."""
        scaled = rgba.float() / 255
        images = scaled[..., :3] if self.seen == "rgb" else scaled[..., :3] * scaled[..., 3:]
        size = self.views_per_batch
        batches = [slice(start, start + size) for start in range(0, len(images), size)]
        maps = torch.cat([self.network(images[batch], names[batch]) for batch in batches])
        return maps.flatten(0, 2).index_select(0, index)

    @torch.inference_mode()
    def wait_for(
        self, rgba: UInt8[np.ndarray, "v h w 4"], cells: Bool[np.ndarray, "v r c"], names: Sequence[str]
    ) -> Float16[np.ndarray, "k channels"]:
        """Calculate on the device and wait for the result. It is a `FeatureMaker`."""
        index = torch.from_numpy(np.flatnonzero(cells)).to(self.device)
        try:
            return np.asarray(self(torch.from_numpy(rgba).to(self.device), index, names).cpu().numpy())
        except torch.OutOfMemoryError:
            raise out_of_memory(self.device, self.views_per_batch) from None


def out_of_memory(device: torch.device, views_per_batch: int) -> UserError:
    """Describe that a GPU's memory is too small."""
    return UserError(
        f"the memory of {device} does not hold {views_per_batch} views in the teacher's network: lower "
        "machine.views_per_batch."
    )
