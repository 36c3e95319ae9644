"""One training object in memory, with only those cells of its teacher maps that show it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Bool, Float16, Float32, Int32, Int64, UInt8
from torch import Tensor


@dataclass(frozen=True)
class PackedObject:
    """Views, cameras and teacher maps of one object with `v` views, on the CPU.

    `rgba` has straight alpha; poses are camera-to-world with OpenGL axes; `intrinsics` are (fx, fy, cx, cy) in
    continuous pixels; `boxes` are top, left, bottom, right of the
    foreground in pixels, half open. A map's cell (r, c) covers an equal square of pixels (4x4 of 128): `cells` is 0
    where its feature is zero, else one more than its row in `tokens`.
    """

    rgba: UInt8[Tensor, "v h w 4"]
    pose: Float32[Tensor, "v 4 4"]
    intrinsics: Float32[Tensor, "v 4"]
    boxes: Int64[Tensor, "v 4"]
    cells: Int32[Tensor, "v g g"]
    tokens: Float16[Tensor, "t c"]

    @property
    def bytes(self) -> int:
        """The memory that the tensors take."""
        return sum(tensor.numel() * tensor.element_size() for tensor in vars(self).values())


def pack_object(
    rgba: UInt8[np.ndarray, "v h w 4"],
    pose: Float32[np.ndarray, "v 4 4"],
    intrinsics: Float32[np.ndarray, "v 4"],
    feature: Float16[np.ndarray, "v g g c"],
) -> PackedObject:
    """Pack the arrays that the stores hold of an object. Only cells that are zero in every channel are left out.

    A cell with a NaN is kept.
    """
    shown: Bool[np.ndarray, "v g g"] = (feature != 0).any(axis=-1)
    cells = np.zeros(shown.shape, dtype=np.int32)
    cells[shown] = np.arange(1, shown.sum() + 1, dtype=np.int32)
    return PackedObject(
        rgba=torch.from_numpy(np.ascontiguousarray(rgba)),
        pose=torch.from_numpy(np.ascontiguousarray(pose)),
        intrinsics=torch.from_numpy(np.ascontiguousarray(intrinsics)),
        boxes=torch.from_numpy(foreground_boxes(rgba[..., 3])),
        cells=torch.from_numpy(cells),
        tokens=torch.from_numpy(feature[shown]),
    )


def foreground_boxes(alpha: UInt8[np.ndarray, "v h w"]) -> Int64[np.ndarray, "v 4"]:
    """Return boxes of the pixels with alpha above 0: top, left, bottom, right, half open. An empty view: the image."""
    foreground = alpha > 0
    rows: Bool[np.ndarray, "v h"] = foreground.max(axis=2)
    columns: Bool[np.ndarray, "v w"] = foreground.max(axis=1)
    # argmax of an all-false row is 0, which makes exactly the whole image.
    top, left = rows.argmax(axis=1), columns.argmax(axis=1)
    bottom = rows.shape[1] - rows[:, ::-1].argmax(axis=1)
    right = columns.shape[1] - columns[:, ::-1].argmax(axis=1)
    return np.stack([top, left, bottom, right], axis=-1)
