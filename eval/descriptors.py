"""Descriptors: what is compared when two pixels are compared."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np
import torch
from jaxtyping import Float, Float32, Int64
from torch import Tensor

from eval.own_view_renders import OwnViewRenders
from pipeline.datasets.records import ObjectKey


@runtime_checkable
class Descriptor(Protocol):
    """Gives every pixel of every view a vector. Vectors are compared by cosine similarity: their length is free."""

    @property
    def name(self) -> str:
        """How tables and captions call it."""

    def at(self, key: ObjectKey, view: int, pixels: Int64[np.ndarray, "n 2"]) -> Float[Tensor, "n c"]:
        """The descriptors of pixels (row, column) of one view; at least one pixel."""


@dataclass(frozen=True)
class TeacherMapDescriptor:
    """A 2D teacher's own map, sampled bilinearly: the baseline (paper, section Evaluation).

    `cell` is the edge of a map's cell in pixels.
    """

    name: str
    map_of: Callable[[ObjectKey, int], Float32[np.ndarray, "r s c"]]
    cell: int

    def at(self, key: ObjectKey, view: int, pixels: Int64[np.ndarray, "n 2"]) -> Float[Tensor, "n c"]:
        """The map of this view at the pixels' centres."""
        return sample_map(torch.from_numpy(self.map_of(key, view)), torch.from_numpy(pixels), self.cell)


@dataclass(frozen=True)
class InternalDescriptor:
    """The field's internal features, composited; each object seen from its own image at that view."""

    renders: OwnViewRenders
    name: str = "internal"

    def at(self, key: ObjectKey, view: int, pixels: Int64[np.ndarray, "n 2"]) -> Float[Tensor, "n c"]:
        """Rendered from the camera of the view's own image."""
        return self.renders.at(key, view, pixels).internal


@dataclass(frozen=True)
class DistilledDescriptor:
    """The field's distilled feature, composited; each object seen from its own image at that view."""

    renders: OwnViewRenders
    name: str = "distilled"

    def at(self, key: ObjectKey, view: int, pixels: Int64[np.ndarray, "n 2"]) -> Float[Tensor, "n c"]:
        """Rendered from the camera of the view's own image."""
        return self.renders.at(key, view, pixels).feature


def sample_map(teacher_map: Float[Tensor, "r s c"], pixels: Int64[Tensor, "n 2"], cell: int) -> Float[Tensor, "n c"]:
    """Bilinear samples of a teacher map at pixel centres.

    A pixel's centre lies at i + 0.5; the centre of cell r at `cell` * (r + 0.5) pixels. Beyond the outermost cell
    centres the border's value holds.
    """
    last = torch.tensor(teacher_map.shape[:2]) - 1
    position = ((pixels.to(torch.float64) + 0.5) / cell - 0.5).clamp_min(0).minimum(last)
    low = position.floor().to(torch.int64)
    high = (low + 1).minimum(last)
    share = (position - low).to(teacher_map.dtype)
    down, right = share[:, :1], share[:, 1:]
    top = teacher_map[low[:, 0], low[:, 1]] * (1 - right) + teacher_map[low[:, 0], high[:, 1]] * right
    bottom = teacher_map[high[:, 0], low[:, 1]] * (1 - right) + teacher_map[high[:, 0], high[:, 1]] * right
    return top * (1 - down) + bottom * down
