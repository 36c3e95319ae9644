"""A field whose answers are known without training."""

from dataclasses import dataclass, field

import numpy as np
import pytest
import torch
from jaxtyping import Float, Int64
from torch import Tensor

from eval.descriptors.model import SAMPLES_OF_RAY, FieldRenderer, PixelRender
from eval.views import PosedImage
from pipeline.datasets.records import ObjectKey


@dataclass(frozen=True)
class FlatPoints:
    """`internal` the point itself, `feature` the pose's corner."""

    internal: Float[Tensor, "n 3"]
    feature: Float[Tensor, "n 2"]


@dataclass
class FlatField:
    """Answers for a pixel: its source image's colour there; internal (row, column, 1); feature = the pose's corner."""

    encoded: int = 0
    points_asked: int = 0
    asked: list[list[tuple[int, int]]] = field(default_factory=list)

    def encode(self, image: Float[Tensor, "s h w 3"], poses: Float[Tensor, "s 4 4"]) -> Float[Tensor, "h w 3"]:
        assert poses.shape == (1, 4, 4)
        self.encoded += 1
        return image[0]

    def encode_each(
        self, images: Float[Tensor, "o h w 3"], poses: Float[Tensor, "o 4 4"]
    ) -> list[Float[Tensor, "h w 3"]]:
        assert poses.shape == (len(images), 4, 4)
        self.encoded += len(images)
        return list(images)

    def query_points(
        self,
        source: Float[Tensor, "h w 3"],
        points: Float[Tensor, "n 3"],
        pose: Float[Tensor, "4 4"],
        points_per_batch: int,
    ) -> FlatPoints:
        assert source.shape[-1] == 3
        assert points_per_batch == 5 * SAMPLES_OF_RAY
        self.points_asked += 1
        return FlatPoints(points, pose[0, 3].expand(len(points), 2))

    def render_each(
        self,
        sources: list[Float[Tensor, "h w 3"]],
        poses: Float[Tensor, "o 4 4"],
        pixels: list[Int64[Tensor, "_ 2"]],
        rays_per_batch: int,
    ) -> list[PixelRender]:
        asked = zip(sources, poses, pixels, strict=True)
        return [self.render_pixels(source, pose, some, rays_per_batch) for source, pose, some in asked]

    def render_pixels(
        self,
        source: Float[Tensor, "h w 3"],
        pose: Float[Tensor, "4 4"],
        pixels: Int64[Tensor, "n 2"],
        rays_per_batch: int,
    ) -> PixelRender:
        assert rays_per_batch == 5
        self.asked.append([(int(row), int(column)) for row, column in pixels])
        place = pixels.to(torch.float32)
        return PixelRender(
            rgb=source[pixels[:, 0], pixels[:, 1]],
            depth=place.sum(dim=1),
            weight_sum=torch.ones(len(pixels)),
            internal=torch.cat([place, torch.ones(len(pixels), 1)], dim=1),
            feature=pose[0, 3].expand(len(pixels), 2),
        )


@pytest.fixture
def flat_field() -> FlatField:
    return FlatField()


@pytest.fixture
def flat_renderer(flat_field: FlatField) -> FieldRenderer:
    return FieldRenderer(flat_field, rays_per_batch=5)


def image_of(key: ObjectKey, view: int) -> PosedImage:
    """8x8 images, one colour for each object, brighter with each view; the pose's corner is the view's number."""
    rgb = np.full((8, 8, 3), 0.1 * int(key.id) + 0.01 * view, dtype=np.float32)
    pose = np.eye(4, dtype=np.float32)
    pose[0, 3] = view
    return PosedImage(rgb, pose)


@pytest.fixture
def flat_images():
    return image_of
