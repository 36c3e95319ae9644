"""What a teacher sees of an image with soft edges, by hand; and what makes another projection and other maps."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from pipeline.artifacts.maps import maps_store
from pipeline.artifacts.projections import FittedProjection, Projection
from pipeline.config.settings import CacheTeachers, Camera
from pipeline.stores.store import Store
from pipeline.teachers.feature_maker import DeviceFeatures
from pipeline.teachers.grid import foreground_cells
from pipeline.teachers.projection import ProjectionOnDevice


class MeanColour:
    """A network whose map is the mean colour of each cell of 4 x 4 pixels."""

    def __call__(self, images: Tensor, names: Sequence[str]) -> Tensor:  # noqa: ARG002
        return images.unflatten(1, (-1, 4)).unflatten(3, (-1, 4)).mean(dim=(2, 4))


@pytest.mark.parametrize(("seen", "red"), [("over-black", 0.4), ("rgb", 0.8)])
def test_a_soft_edge_by_hand(seen: str, red: float) -> None:
    rgba = torch.zeros((1, 4, 4, 4), dtype=torch.uint8)
    rgba[..., 0], rgba[..., 3] = 204, torch.tensor([0, 85, 170, 255])  # 0.8 red, opacities of 0, 1/3, 2/3, 1: mean 1/2
    network = DeviceFeatures(MeanColour(), ProjectionOnDevice(None, None, 1.0), torch.device("cpu"), 1, seen)  # type: ignore[arg-type]
    features = network.raw(rgba, torch.tensor([0]), ["a/b/0"])
    torch.testing.assert_close(features, torch.tensor([[red, 0.0, 0.0]]))


def test_what_teachers_see_makes_other_maps(tmp_path: Path) -> None:
    camera, views = Camera(views=1, size=8), Store(tmp_path, "views", "plane", {}, [])
    projection = Projection(None, None, 1.0, 1.0, np.zeros(3))
    fitted = FittedProjection(projection, "f", "c", {})

    def fingerprint(**cache: str) -> str:
        section = CacheTeachers.model_validate(cache)
        return maps_store(tmp_path, "plane", "dino", views, fitted, camera, "any", section).fingerprint

    assert fingerprint() == fingerprint(input="over-black") != fingerprint(input="rgb")


def test_nearest_is_the_released_resizing_of_alpha() -> None:
    alpha = np.random.default_rng(0).integers(0, 3, (5, 128, 128)).astype(np.uint8)
    resized = torch.nn.functional.interpolate(torch.from_numpy(alpha)[:, None], size=(32, 32), mode="nearest")
    assert np.array_equal(foreground_cells(alpha > 0, "nearest"), resized[:, 0].bool().numpy())
