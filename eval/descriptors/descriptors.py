"""Descriptors: what is compared when two pixels, or two points, are compared."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, Protocol, runtime_checkable

import numpy as np
import torch
from jaxtyping import Float, Float32, Int64
from torch import Tensor

from eval.descriptors.field_answers import FieldAnswers
from eval.views import CameraOf
from pipeline.datasets.records import ObjectKey
from render.cameras import project
from train.objects.teacher_targets import cell_taps
from train.transfers import uploaded


@runtime_checkable
class Descriptor(Protocol):
    """Gives pixels and points a vector each. Vectors are compared by cosine similarity: their length is free."""

    @property
    def name(self) -> str:
        """The name in tables and captions."""

    def at_pixels(self, key: ObjectKey, seen: int, view: int, pixels: Int64[np.ndarray, "n 2"]) -> Float[Tensor, "n c"]:
        """Describe pixels (row, column), at least one, in the camera of `view`; the field sees the image at `seen`.

        A 2D teacher sees the image that it describes and ignores `seen`.
        """

    def at_points(self, key: ObjectKey, view: int, points: Float32[np.ndarray, "n 3"]) -> Float[Tensor, "n c"]:
        """Describe world points, at least one, of an object known from its image at `view`."""


@dataclass(frozen=True)
class MapDescriptor:
    """A map of each view, sampled bilinearly; a 2D teacher's own map is the baseline (paper, section Evaluation).

    A point in space is described by the map where the point projects to. `cell` is the edge of a map's cell in pixels.
    Answers lie on `device`.
    """

    name: str
    map_of: Callable[[ObjectKey, int], Float32[np.ndarray, "r s c"]]
    camera_of: CameraOf
    cell: int
    device: torch.device

    def at_pixels(
        self,
        key: ObjectKey,
        seen: int,  # noqa: ARG002
        view: int,
        pixels: Int64[np.ndarray, "n 2"],
    ) -> Float[Tensor, "n c"]:
        """Sample the map of this view at the pixels' centres."""
        return self._at(key, view, pixels + 0.5)

    def at_points(self, key: ObjectKey, view: int, points: Float32[np.ndarray, "n 3"]) -> Float[Tensor, "n c"]:
        """Sample the map of this view at the points' projections; beyond the image's border its outermost value."""
        uv, _ = project(points.astype(np.float64), *self.camera_of(key, view))
        return self._at(key, view, uv[:, ::-1])

    def _at(self, key: ObjectKey, view: int, positions: Float[np.ndarray, "n 2"]) -> Float[Tensor, "n c"]:
        given = uploaded(torch.from_numpy(self.map_of(key, view)), self.device)
        return sample_map(given, uploaded(torch.from_numpy(positions.copy()), self.device), self.cell)


@dataclass(frozen=True)
class FieldDescriptor:
    """The field's internal or distilled features, composited along the pixels' rays, or at the points themselves."""

    name: Literal["internal", "distilled"]
    answers: FieldAnswers

    def at_pixels(self, key: ObjectKey, seen: int, view: int, pixels: Int64[np.ndarray, "n 2"]) -> Float[Tensor, "n c"]:
        """Render the features in the camera of `view`."""
        return self.answers.pixels(key, seen, view, pixels, self._output)

    def at_points(self, key: ObjectKey, view: int, points: Float32[np.ndarray, "n 3"]) -> Float[Tensor, "n c"]:
        """Query the features at the points, seen from `view`."""
        answer = self.answers.points(key, view, points)
        return answer.internal if self._output == "internal" else answer.feature

    @property
    def _output(self) -> Literal["internal", "feature"]:
        return "internal" if self.name == "internal" else "feature"


def sample_map(teacher_map: Float[Tensor, "r r c"], positions: Float[Tensor, "n 2"], cell: int) -> Float[Tensor, "n c"]:
    """Sample a teacher map bilinearly at positions (down, right) in pixels, as `cell_taps` places its cells.

    A pixel's centre lies at i + 0.5.
    """
    taps = cell_taps(positions.to(torch.float64), cell * len(teacher_map), len(teacher_map))
    share = taps.share.to(teacher_map.dtype)
    down, right = share[:, :1], share[:, 1:]
    around = teacher_map[taps.rows, taps.columns]
    # Not `mixed`: targets and descriptors keep the bits that published figures were made with.
    top = around[:, 0] * (1 - right) + around[:, 1] * right
    bottom = around[:, 2] * (1 - right) + around[:, 3] * right
    return top * (1 - down) + bottom * down
