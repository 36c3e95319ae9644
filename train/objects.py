"""The objects that a category is trained on, in memory."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Bool, Float16, Float32, Int64, UInt8
from torch import Tensor


@dataclass(frozen=True)
class TrainingObjects:
    """Views, poses and teacher maps of `n` objects, all on the CPU.

    `rgba` has straight alpha; poses are camera-to-world with OpenGL axes; a map's cell (r, c) covers an equal square of
    pixels (4x4 of 128) and is zero on the background; `boxes` are top, left, bottom, right in pixels, half open.
    """

    rgba: UInt8[Tensor, "n v h w 4"]
    pose: Float32[Tensor, "n v 4 4"]
    teacher: Float16[Tensor, "n v g g c"]
    boxes: Int64[Tensor, "n v 4"]

    @staticmethod
    def of(
        rgba: UInt8[np.ndarray, "n v h w 4"],
        pose: Float32[np.ndarray, "n v 4 4"],
        teacher: Float16[np.ndarray, "n v g g c"],
    ) -> TrainingObjects:
        """Objects as their stores hold them; the arrays are shared, not copied."""
        boxes = torch.from_numpy(foreground_boxes(rgba[..., 3]))
        return TrainingObjects(torch.from_numpy(rgba), torch.from_numpy(pose), torch.from_numpy(teacher), boxes)

    @property
    def count(self) -> int:
        """How many objects."""
        return self.rgba.shape[0]

    @property
    def views(self) -> int:
        """How many views each object has."""
        return self.rgba.shape[1]

    @property
    def size(self) -> int:
        """The images' width in pixels."""
        return self.rgba.shape[3]

    @property
    def teacher_channels(self) -> int:
        """Channels of the teacher's maps."""
        return self.teacher.shape[-1]


def foreground_boxes(alpha: UInt8[np.ndarray, "n v h w"]) -> Int64[np.ndarray, "n v 4"]:
    """Top, left, bottom, right (half open, pixels) of where alpha is above 0; the whole image where it is nowhere."""
    foreground = alpha > 0
    rows: Bool[np.ndarray, "n v h"] = foreground.max(axis=3)
    columns: Bool[np.ndarray, "n v w"] = foreground.max(axis=2)
    # argmax of an all-false row is 0, which makes exactly the whole image.
    top, left = rows.argmax(axis=2), columns.argmax(axis=2)
    bottom = rows.shape[2] - rows[:, :, ::-1].argmax(axis=2)
    right = columns.shape[2] - columns[:, :, ::-1].argmax(axis=2)
    return np.stack([top, left, bottom, right], axis=-1)
