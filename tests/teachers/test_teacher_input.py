"""What a teacher sees of an image, which pixels and cells are foreground, by hand; and what makes other maps."""

from collections.abc import Sequence

import numpy as np
import pytest
import torch
from torch import Tensor

from pipeline.artifacts.foreground import foreground_of
from pipeline.artifacts.project import Project
from pipeline.artifacts.projections import FittedProjection, Projection
from pipeline.config.profiles import profile_settings
from pipeline.config.settings import CacheTeachers
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


def test_what_teachers_see_makes_other_maps() -> None:
    fitted = FittedProjection(Projection(None, None, 1.0, 1.0, np.zeros(3)), "f", "c", {})

    def fingerprint(**cache: str) -> str:
        settings = profile_settings("demo").model_copy(update={"cache_teachers": CacheTeachers.model_validate(cache)})
        return Project(settings).maps_store("plane", "dino", fitted).fingerprint

    assert fingerprint() == fingerprint(input="over-black") != fingerprint(input="rgb")


@pytest.mark.parametrize(("origin", "seen"), [("alpha", [0, 0, 0, 1]), ("any-alpha", [0, 1, 1, 1])])
def test_soft_edges_by_hand(origin: str, seen: list[int]) -> None:
    rgba = np.zeros((4, 4), np.uint8)
    rgba[:, 3] = 0, 1, 127, 128
    assert foreground_of(rgba, origin).astype(int).tolist() == seen  # type: ignore[arg-type]


def test_a_cell_is_foreground_if_any_pixel_is() -> None:
    seen = np.zeros((1, 8, 8), dtype=bool)
    seen[0, 3, 5] = True
    assert foreground_cells(seen, "any")[0].tolist() == [[False, True], [False, False]]
    # nearest resizing takes the pixel (0, 4) of that cell
    assert not foreground_cells(seen, "nearest").any()
    seen[0, 4, 0] = True
    assert foreground_cells(seen, "nearest")[0].tolist() == [[False, False], [True, False]]


def test_nearest_from_any_alpha_is_the_released_rule() -> None:
    """The released code resizes alpha by nearest neighbours and takes what is not 0."""
    rgba = np.zeros((5, 128, 128, 4), np.uint8)
    rgba[..., 3] = np.random.default_rng(0).integers(0, 3, (5, 128, 128))
    alpha = torch.from_numpy(rgba[:, None, ..., 3])
    resized = torch.nn.functional.interpolate(alpha, size=(32, 32), mode="nearest")
    cells = foreground_cells(foreground_of(rgba, "any-alpha"), "nearest")
    assert np.array_equal(cells, resized[:, 0].bool().numpy())


@pytest.mark.parametrize("kind", ["made-up", "renders"])
@pytest.mark.parametrize("chosen", ["depth", "alpha", "any-alpha"])
def test_views_without_depth_take_alpha_unless_another_one_is_chosen(kind: str, chosen: str) -> None:
    settings = profile_settings("demo")
    source = settings.source.model_copy(update={"kind": kind})
    cache = CacheTeachers.model_validate({"foreground_from": chosen})
    settings = settings.model_copy(update={"source": source, "cache_teachers": cache})
    assert settings.foreground_from == ("alpha" if (kind, chosen) == ("renders", "depth") else chosen)
