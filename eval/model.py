"""The one interface through which the evaluator uses a trained field."""

from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

import numpy as np
import torch
from jaxtyping import Float, Float32, Int64
from torch import Tensor

from eval.views import PosedImage


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
class FieldModel(Protocol):
    """A trained field in evaluation mode, without gradients: the same arguments give the same answers.

    What `encode` returns is the field's own affair; it is handed back to `render_pixels` unseen. Arguments may lie on
    any device; answers lie on the field's.
    """

    def encode(self, images: Float[Tensor, "s h w 3"], poses: Float[Tensor, "s 4 4"], /) -> Any:
        """Take in views of one object: images over black, sRGB in [0, 1], and their poses (camera-to-world)."""

    def render_pixels(
        self, source: Any, pose: Float[Tensor, "4 4"], pixels: Int64[Tensor, "n 2"], rays_per_batch: int, /
    ) -> RenderedPixels:
        """Render pixels (row, column) of a camera with the data's intrinsics, rays through their centres.

        At most `rays_per_batch` rays are in work at a time.
        """


@dataclass(frozen=True)
class PixelRender:
    """Rendered pixels gathered on the CPU; fields as in `RenderedPixels`."""

    rgb: Float[Tensor, "n 3"]
    depth: Float[Tensor, " n"]
    weight_sum: Float[Tensor, " n"]
    internal: Float[Tensor, "n w"]
    feature: Float[Tensor, "n c"]


@dataclass(frozen=True)
class FieldRenderer:
    """Renders images and pixels with a field, `rays_per_batch` rays at a time."""

    model: FieldModel
    rays_per_batch: int

    def encode(self, image: PosedImage) -> Any:
        """What the field knows of an object after seeing one image of it."""
        return self.model.encode(torch.from_numpy(image.rgb)[None], torch.from_numpy(image.pose)[None])

    def render(self, source: Any, pose: Float32[np.ndarray, "4 4"], pixels: Int64[np.ndarray, "n 2"]) -> PixelRender:
        """Render pixels (row, column), at least one, of the camera at `pose` (camera-to-world)."""
        rendered = self.model.render_pixels(
            source, torch.from_numpy(pose), torch.from_numpy(pixels), self.rays_per_batch
        )
        return PixelRender(
            rgb=rendered.rgb.cpu(),
            depth=rendered.depth.cpu(),
            weight_sum=rendered.weight_sum.cpu(),
            internal=rendered.internal.cpu(),
            feature=rendered.feature.cpu(),
        )

    def render_rgb(
        self, source: Any, pose: Float32[np.ndarray, "4 4"], height: int, width: int
    ) -> Float32[np.ndarray, "h w 3"]:
        """Render the whole image of the camera at `pose`, over black, clipped to [0, 1]."""
        rgb = self.render(source, pose, all_pixels(height, width)).rgb
        return np.asarray(rgb.reshape(height, width, 3).clamp(0, 1).numpy(), dtype=np.float32)


def all_pixels(height: int, width: int) -> Int64[np.ndarray, "n 2"]:
    """(row, column) of every pixel in reading order."""
    return np.stack(np.unravel_index(np.arange(height * width), (height, width)), axis=1).astype(np.int64)
