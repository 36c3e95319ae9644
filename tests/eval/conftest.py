"""A field whose answers are known without training."""

import numpy as np
import pytest
import torch
from jaxtyping import Float, Int64
from torch import Tensor

from eval.descriptors.field_renderer import SAMPLES_OF_RAY, FieldRenderer
from eval.views import PosedImage
from pipeline.datasets.records import ObjectKey
from train.network.source import Source
from train.rendering.rendered_rays import RenderedRays
from train.trained_field import FieldPoints, TrainedField


class FlatField(TrainedField):
    """Answers for a pixel: its source image's colour there; internal (row, column, 1); feature = the camera's mark.

    The mark is the pose's corner, which must be the first focal length.

    At a point `internal` is the point itself. A source's features are its image.
    """

    def __init__(self) -> None:
        self.encoded = self.points_asked = 0
        self.asked: list[list[tuple[int, int]]] = []

    def encode(
        self, images: Float[Tensor, "s h w 3"], poses: Float[Tensor, "s 4 4"], intrinsics: Float[Tensor, "s 4"]
    ) -> Source:
        assert len(images) == 1
        return self.encode_each(images, poses, intrinsics)[0]

    def encode_each(
        self, images: Float[Tensor, "o h w 3"], poses: Float[Tensor, "o 4 4"], intrinsics: Float[Tensor, "o 4"]
    ) -> list[Source]:
        assert torch.equal(poses[:, 0, 3], intrinsics[:, 0])
        self.encoded += len(images)
        return [
            Source(image.movedim(-1, 0)[None, None], pose[None, None], of_view[None, None], image.shape[1])
            for image, pose, of_view in zip(images, poses, intrinsics, strict=True)
        ]

    def query_points(
        self,
        source: Source,
        points: Float[Tensor, "n 3"],
        pose: Float[Tensor, "4 4"],
        intrinsics: Float[Tensor, "4"],
        points_per_batch: int,
    ) -> FieldPoints:
        assert pose[0, 3] == intrinsics[0]
        assert source.features.shape[2] == 3
        assert points_per_batch == 5 * SAMPLES_OF_RAY
        self.points_asked += 1
        return FieldPoints(
            internal=points,
            feature=pose[0, 3].expand(len(points), 2),
            density=torch.ones(len(points)),
            rgb=torch.zeros(len(points), 3),
            coordinate=points,
        )

    def render_each(
        self,
        sources: list[Source],
        poses: Float[Tensor, "o 4 4"],
        intrinsics: Float[Tensor, "o 4"],
        pixels: list[Int64[Tensor, "_ 2"]],
        own: list[bool],
        rays_per_batch: int,
    ) -> list[RenderedRays]:
        for source, pose, is_own in zip(sources, poses, own, strict=True):
            assert torch.equal(source.poses[0, 0], pose) is is_own
        asked = zip(sources, poses, intrinsics, pixels, strict=True)
        return [self.render_pixels(*of_camera, rays_per_batch) for of_camera in asked]

    def render_pixels(
        self,
        source: Source,
        pose: Float[Tensor, "4 4"],
        intrinsics: Float[Tensor, "4"],
        pixels: Int64[Tensor, "n 2"],
        rays_per_batch: int,
    ) -> RenderedRays:
        assert pose[0, 3] == intrinsics[0]
        assert rays_per_batch == 5
        self.asked.append([(int(row), int(column)) for row, column in pixels])
        place = pixels.to(torch.float32)
        return RenderedRays(
            rgb=source.features[0, 0][:, pixels[:, 0], pixels[:, 1]].T,
            depth=place.sum(dim=1),
            weight_sum=torch.ones(len(pixels)),
            internal=torch.cat([place, torch.ones(len(pixels), 1)], dim=1),
            feature=pose[0, 3].expand(len(pixels), 2),
            coordinate_error=torch.zeros(len(pixels), 0),
        )


@pytest.fixture
def flat_field() -> FlatField:
    return FlatField()


@pytest.fixture
def flat_renderer(flat_field: FlatField) -> FieldRenderer:
    return FieldRenderer(flat_field, rays_per_batch=5)


def image_of(key: ObjectKey, view: int) -> PosedImage:
    """8x8 images, one colour for each object, brighter with each view; the camera's mark is the view's number."""
    rgb = np.full((8, 8, 3), 0.1 * int(key.id) + 0.01 * view, dtype=np.float32)
    pose = np.eye(4, dtype=np.float32)
    pose[0, 3] = view
    return PosedImage(rgb, pose, np.array([view, 1, 4, 4], np.float32))


@pytest.fixture
def flat_images():
    return image_of
