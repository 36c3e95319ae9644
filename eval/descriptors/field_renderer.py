"""A trained field as the evaluator asks it: arrays in, tensors on the field's device out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float32, Int64
from torch import Tensor

from eval.views import PosedImage
from pipeline.errors import UserError
from train.network.source import Source
from train.rendering.rendered_rays import RenderedRays
from train.trained_field import FieldPoints, TrainedField

SAMPLES_OF_RAY = 64  # about as many points take the memory of one ray


@dataclass(frozen=True)
class FieldRenderer:
    """Renders images and pixels with a field, `rays_per_batch` rays at a time.

    Raises UserError if the memory of its device does not hold so many.
    """

    field: TrainedField
    rays_per_batch: int

    def encode(self, image: PosedImage) -> Source:
        """Encode an object from one image of it."""
        return self.encode_together([image])

    def encode_together(self, images: Sequence[PosedImage]) -> Source:
        """Encode one object from several images of it, at least one."""
        return self.field.encode(*_stacked(images))

    def encode_each(self, images: Sequence[PosedImage]) -> list[Source]:
        """Encode several objects at once, each from one image."""
        return self.field.encode_each(*_stacked(images))

    def render(
        self,
        source: Source,
        pose: Float32[np.ndarray, "4 4"],
        intrinsics: Float32[np.ndarray, "4"],
        pixels: Int64[np.ndarray, "n 2"] | Float32[np.ndarray, "n 2"],
    ) -> RenderedRays:
        """Render pixels (row, column), at least one, of a camera; `pose` is camera-to-world.

        They may be fractions (`pixel_rays`).
        """
        camera = torch.from_numpy(pose), torch.from_numpy(intrinsics)
        with self._enough_memory():
            return self.field.render_pixels(source, *camera, torch.from_numpy(pixels), self.rays_per_batch)

    def render_each(
        self,
        sources: Sequence[Source],
        poses: Float32[np.ndarray, "o 4 4"],
        intrinsics: Float32[np.ndarray, "o 4"],
        pixels: Sequence[Int64[np.ndarray, "_ 2"]],
        own: Sequence[bool],
    ) -> list[RenderedRays]:
        """Render pixels of several cameras at once, each with its own source; all have as many source views.

        `own` tells the cameras that are those of the only view of their source.
        """
        cameras = torch.from_numpy(poses), torch.from_numpy(intrinsics)
        asked = [torch.from_numpy(of_camera) for of_camera in pixels]
        with self._enough_memory():
            return self.field.render_each(sources, *cameras, asked, own, self.rays_per_batch)

    def query(
        self,
        source: Source,
        points: Float32[np.ndarray, "n 3"],
        pose: Float32[np.ndarray, "4 4"],
        intrinsics: Float32[np.ndarray, "4"],
    ) -> FieldPoints:
        """Query the field at world points seen from a camera, in batches as large as those of rays."""
        camera = torch.from_numpy(pose), torch.from_numpy(intrinsics)
        at_once = self.rays_per_batch * SAMPLES_OF_RAY
        with self._enough_memory():
            return self.field.query_points(source, torch.from_numpy(points), *camera, at_once)

    def render_image(
        self,
        source: Source,
        pose: Float32[np.ndarray, "4 4"],
        intrinsics: Float32[np.ndarray, "4"],
        height: int,
        width: int,
    ) -> RenderedRays:
        """Render the whole image of a camera, as (height, width) rays in this machine's memory."""
        rays = self.render(source, pose, intrinsics, all_pixels(height, width))
        return rays.to(torch.device("cpu")).reshaped(height, width)

    @contextmanager
    def _enough_memory(self) -> Iterator[None]:
        """Raise UserError where a GPU has too little memory for so many rays."""
        try:
            yield
        except torch.OutOfMemoryError:
            raise UserError(
                f"the memory of {self.field.device} does not hold {self.rays_per_batch} rays at a time: set "
                "rays_per_batch, in params.yaml evaluate.rays_per_batch, to less than that."
            ) from None


def _stacked(images: Sequence[PosedImage]) -> Iterator[Tensor]:
    """Pictures, poses and intrinsics."""
    for name in ("rgb", "pose", "intrinsics"):
        yield torch.from_numpy(np.stack([getattr(image, name) for image in images]))


def all_pixels(height: int, width: int) -> Int64[np.ndarray, "n 2"]:
    """List (row, column) of every pixel in reading order."""
    return np.stack(np.unravel_index(np.arange(height * width), (height, width)), axis=1).astype(np.int64)
