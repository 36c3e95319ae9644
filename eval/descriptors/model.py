"""The one interface through which the evaluator uses a trained field."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from typing import Any, Protocol, runtime_checkable

import numpy as np
import torch
from jaxtyping import Float, Float32, Int64
from torch import Tensor

from eval.views import PosedImage

SAMPLES_OF_RAY = 64  # about as many points take the memory of one ray


@runtime_checkable
class RenderedPixels(Protocol):
    """What a field answers for n pixels, composited with the fine weights."""

    @property
    def rgb(self) -> Float[Tensor, "n 3"]:
        """Colour over black, sRGB in [0, 1]."""

    @property
    def depth(self) -> Float[Tensor, " n"]:
        """Expected distance along the ray, in world units."""

    @property
    def weight_sum(self) -> Float[Tensor, " n"]:
        """Opacity, in [0, 1]: how much of the ray meets something."""

    @property
    def internal(self) -> Float[Tensor, "n w"]:
        """Internal features: the trunk's output before its last relu."""

    @property
    def feature(self) -> Float[Tensor, "n c"]:
        """The distilled feature."""


@runtime_checkable
class PointFeatures(Protocol):
    """What a field answers for n points in space."""

    @property
    def internal(self) -> Float[Tensor, "n w"]:
        """Internal features: the trunk's output before its last relu."""

    @property
    def feature(self) -> Float[Tensor, "n c"]:
        """The distilled feature."""


@runtime_checkable
class FieldModel(Protocol):
    """A trained field in evaluation mode, without gradients: the same arguments give the same answers.

    What `encode` returns is the field's own affair; it is handed back to the others unseen. Arguments may lie on any
    device; answers lie on the field's.
    """

    def encode(self, images: Float[Tensor, "s h w 3"], poses: Float[Tensor, "s 4 4"], /) -> Any:
        """Take in views of one object: images over black, sRGB in [0, 1], and their poses (camera-to-world)."""

    def encode_each(self, images: Float[Tensor, "o h w 3"], poses: Float[Tensor, "o 4 4"], /) -> Sequence[Any]:
        """Take in one view each of several objects at once."""

    def render_pixels(
        self, source: Any, pose: Float[Tensor, "4 4"], pixels: Int64[Tensor, "n 2"], rays_per_batch: int, /
    ) -> RenderedPixels:
        """Render pixels (row, column) of a camera with the data's intrinsics, rays through their centres.

        At most `rays_per_batch` rays are in work at a time.
        """

    def render_each(
        self,
        sources: Sequence[Any],
        poses: Float[Tensor, "o 4 4"],
        pixels: Sequence[Int64[Tensor, "_ 2"]],
        rays_per_batch: int,
        /,
    ) -> Sequence[RenderedPixels]:
        """The same for pixels, at least one, of several cameras, each with a source of one view; up to rounding."""

    def query_points(
        self, source: Any, points: Float[Tensor, "n 3"], pose: Float[Tensor, "4 4"], points_per_batch: int, /
    ) -> PointFeatures:
        """The field at world points, each seen along the ray of the pixel of the camera at `pose` it projects to."""


@dataclass(frozen=True)
class PixelRender:
    """Rendered pixels; fields as in `RenderedPixels`."""

    rgb: Float[Tensor, "n 3"]
    depth: Float[Tensor, " n"]
    weight_sum: Float[Tensor, " n"]
    internal: Float[Tensor, "n w"]
    feature: Float[Tensor, "n c"]

    def rows(self, rows: Int64[Tensor, " m"]) -> PixelRender:
        """Some of the pixels, in the order of their numbers."""
        return self._each(lambda values: values[rows])

    def to(self, device: torch.device) -> PixelRender:
        """The same on a device."""
        return self._each(lambda values: values.to(device))

    def joined(self, other: PixelRender) -> PixelRender:
        """These pixels, then the other's."""
        return PixelRender(**{f.name: torch.cat([getattr(self, f.name), getattr(other, f.name)]) for f in fields(self)})

    def _each(self, change: Callable[[Tensor], Tensor]) -> PixelRender:
        return PixelRender(**{f.name: change(getattr(self, f.name)) for f in fields(self)})


@dataclass(frozen=True)
class FieldRenderer:
    """Renders images and pixels with a field, `rays_per_batch` rays at a time. Answers lie on the field's device."""

    model: FieldModel
    rays_per_batch: int

    def encode(self, image: PosedImage) -> Any:
        """What the field knows of an object after seeing one image of it."""
        return self.model.encode(torch.from_numpy(image.rgb)[None], torch.from_numpy(image.pose)[None])

    def encode_each(self, images: Sequence[PosedImage]) -> Sequence[Any]:
        """The same for one image each of several objects."""
        rgb, poses = np.stack([image.rgb for image in images]), np.stack([image.pose for image in images])
        return self.model.encode_each(torch.from_numpy(rgb), torch.from_numpy(poses))

    def render(self, source: Any, pose: Float32[np.ndarray, "4 4"], pixels: Int64[np.ndarray, "n 2"]) -> PixelRender:
        """Render pixels (row, column), at least one, of the camera at `pose` (camera-to-world)."""
        return _kept(
            self.model.render_pixels(source, torch.from_numpy(pose), torch.from_numpy(pixels), self.rays_per_batch)
        )

    def render_each(
        self,
        sources: Sequence[Any],
        poses: Float32[np.ndarray, "o 4 4"],
        pixels: Sequence[Int64[np.ndarray, "_ 2"]],
    ) -> list[PixelRender]:
        """The same for each of several sources, of one view each, and cameras."""
        asked = [torch.from_numpy(of_camera) for of_camera in pixels]
        rendered = self.model.render_each(sources, torch.from_numpy(poses), asked, self.rays_per_batch)
        return [_kept(one) for one in rendered]

    def query(self, source: Any, points: Float32[np.ndarray, "n 3"], pose: Float32[np.ndarray, "4 4"]) -> PointFeatures:
        """The field at world points seen from the camera at `pose`, as many at a time as a batch of rays samples."""
        given, seen_from = torch.from_numpy(points), torch.from_numpy(pose)
        return self.model.query_points(source, given, seen_from, self.rays_per_batch * SAMPLES_OF_RAY)

    def render_rgb(
        self, source: Any, pose: Float32[np.ndarray, "4 4"], height: int, width: int
    ) -> Float32[np.ndarray, "h w 3"]:
        """Render the whole image of the camera at `pose`, over black, clipped to [0, 1]."""
        rgb = self.render(source, pose, all_pixels(height, width)).rgb
        return np.asarray(rgb.reshape(height, width, 3).clamp(0, 1).cpu().numpy(), dtype=np.float32)


def _kept(rendered: RenderedPixels) -> PixelRender:
    return PixelRender(**{f.name: getattr(rendered, f.name) for f in fields(PixelRender)})


def all_pixels(height: int, width: int) -> Int64[np.ndarray, "n 2"]:
    """(row, column) of every pixel in reading order."""
    return np.stack(np.unravel_index(np.arange(height * width), (height, width)), axis=1).astype(np.int64)
