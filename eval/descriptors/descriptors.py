"""Descriptors: what is compared when two pixels, or two points, are compared."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np
import torch
from jaxtyping import Float, Float32, Int64
from torch import Tensor

from eval.descriptors.field_answers import FieldAnswers
from eval.views import PoseOf
from pipeline.datasets.records import ObjectKey
from render.cameras import project


@runtime_checkable
class Descriptor(Protocol):
    """Gives pixels and points a vector each. Vectors are compared by cosine similarity: their length is free."""

    @property
    def name(self) -> str:
        """How tables and captions call it."""

    def at_pixels(self, key: ObjectKey, seen: int, view: int, pixels: Int64[np.ndarray, "n 2"]) -> Float[Tensor, "n c"]:
        """Of pixels (row, column), at least one, in the camera of `view`, of an object known from its image at `seen`.

        A 2D teacher sees the image that it describes: `seen` is nothing to it.
        """

    def at_points(self, key: ObjectKey, view: int, points: Float32[np.ndarray, "n 3"]) -> Float[Tensor, "n c"]:
        """Of world points, at least one, of an object known from its image at `view`."""


@dataclass(frozen=True)
class TeacherMapDescriptor:
    """A 2D teacher's own map, sampled bilinearly: the baseline (paper, section Evaluation).

    Of a point in space it is the map where the point projects to. `cell` is the edge of a map's cell in pixels, `size`
    the image's in pixels, `angle_x` the field of view in radians. Answers lie on `device`.
    """

    name: str
    map_of: Callable[[ObjectKey, int], Float32[np.ndarray, "r s c"]]
    pose_of: PoseOf
    cell: int
    size: int
    angle_x: float
    device: torch.device

    def at_pixels(
        self,
        key: ObjectKey,
        seen: int,  # noqa: ARG002
        view: int,
        pixels: Int64[np.ndarray, "n 2"],
    ) -> Float[Tensor, "n c"]:
        """The map of this view at the pixels' centres."""
        return self._at(key, view, pixels + 0.5)

    def at_points(self, key: ObjectKey, view: int, points: Float32[np.ndarray, "n 3"]) -> Float[Tensor, "n c"]:
        """The map of this view at the points' projections; beyond the image's border its outermost value."""
        uv, _ = project(points.astype(np.float64), self.pose_of(key, view), self.size, self.angle_x)
        return self._at(key, view, uv[:, ::-1])

    def _at(self, key: ObjectKey, view: int, positions: Float[np.ndarray, "n 2"]) -> Float[Tensor, "n c"]:
        on_device = torch.from_numpy(self.map_of(key, view)).to(self.device)
        return sample_map(on_device, torch.from_numpy(positions.copy()).to(self.device), self.cell)


@dataclass(frozen=True)
class InternalDescriptor:
    """The field's internal features, composited along the pixels' rays, or at the points themselves."""

    answers: FieldAnswers
    name: str = "internal"

    def at_pixels(self, key: ObjectKey, seen: int, view: int, pixels: Int64[np.ndarray, "n 2"]) -> Float[Tensor, "n c"]:
        """Rendered in the camera of `view`."""
        return self.answers.pixels(key, seen, view, pixels).internal

    def at_points(self, key: ObjectKey, view: int, points: Float32[np.ndarray, "n 3"]) -> Float[Tensor, "n c"]:
        """At the points, seen from `view`."""
        return self.answers.points(key, view, points).internal


@dataclass(frozen=True)
class DistilledDescriptor:
    """The field's distilled feature, composited along the pixels' rays, or at the points themselves."""

    answers: FieldAnswers
    name: str = "distilled"

    def at_pixels(self, key: ObjectKey, seen: int, view: int, pixels: Int64[np.ndarray, "n 2"]) -> Float[Tensor, "n c"]:
        """Rendered in the camera of `view`."""
        return self.answers.pixels(key, seen, view, pixels).feature

    def at_points(self, key: ObjectKey, view: int, points: Float32[np.ndarray, "n 3"]) -> Float[Tensor, "n c"]:
        """At the points, seen from `view`."""
        return self.answers.points(key, view, points).feature


def sample_map(teacher_map: Float[Tensor, "r s c"], positions: Float[Tensor, "n 2"], cell: int) -> Float[Tensor, "n c"]:
    """Bilinear samples of a teacher map at positions (down, right) in pixels.

    A pixel's centre lies at i + 0.5; the centre of cell r at `cell` * (r + 0.5) pixels. Beyond the outermost cell
    centres the border's value holds.
    """
    last = torch.tensor(teacher_map.shape[:2], device=positions.device) - 1
    place = (positions.to(torch.float64) / cell - 0.5).clamp_min(0).minimum(last)
    low = place.floor().to(torch.int64)
    high = (low + 1).minimum(last)
    share = (place - low).to(teacher_map.dtype)
    down, right = share[:, :1], share[:, 1:]
    top = teacher_map[low[:, 0], low[:, 1]] * (1 - right) + teacher_map[low[:, 0], high[:, 1]] * right
    bottom = teacher_map[high[:, 0], low[:, 1]] * (1 - right) + teacher_map[high[:, 0], high[:, 1]] * right
    return top * (1 - down) + bottom * down
