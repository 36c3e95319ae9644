"""A field's device that has too little memory: one sentence says so, whatever was asked."""

from collections.abc import Callable

import numpy as np
import pytest
import torch

from eval.descriptors.field_renderer import FieldRenderer
from pipeline.datasets.records import ObjectKey
from pipeline.errors import UserError
from train.network.source import Source
from train.rendering.rendered_rays import RenderedRays
from train.trained_field import FieldPoints, TrainedField


class FullField(TrainedField):
    """A field on a device that holds nothing more."""

    def __init__(self) -> None:
        pass

    @property
    def device(self) -> torch.device:
        return torch.device("cuda:0")

    def render_pixels(self, *_asked: object) -> RenderedRays:
        raise torch.OutOfMemoryError

    def render_each(self, *_asked: object) -> list[RenderedRays]:
        raise torch.OutOfMemoryError

    def query_points(self, *_asked: object) -> FieldPoints:
        raise torch.OutOfMemoryError


POSE, INTRINSICS, PIXELS = np.eye(4, dtype=np.float32), np.ones(4, dtype=np.float32), np.zeros((1, 2), dtype=np.int64)
POINTS = np.zeros((1, 3), dtype=np.float32)


@pytest.mark.parametrize(
    "ask",
    [
        lambda renderer, source: renderer.render(source, POSE, INTRINSICS, PIXELS),
        lambda renderer, source: renderer.render_each([source], POSE[None], INTRINSICS[None], [PIXELS], [True]),
        lambda renderer, source: renderer.query(source, POINTS, POSE, INTRINSICS),
        lambda renderer, source: renderer.render_image(source, POSE, INTRINSICS, 2, 2),
    ],
)
def test_too_little_memory_names_the_setting(
    ask: Callable[[FieldRenderer, Source], object], flat_renderer: FieldRenderer, flat_images
) -> None:
    source = flat_renderer.encode(flat_images(ObjectKey("02691156", "1"), 0))
    with pytest.raises(UserError) as raised:
        ask(FieldRenderer(FullField(), 16384), source)
    assert str(raised.value) == (
        "the memory of cuda:0 does not hold 16384 rays at a time: set rays_per_batch, in params.yaml "
        "evaluate.rays_per_batch, to less than that."
    )
