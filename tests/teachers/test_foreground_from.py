"""Which pixels are foreground, by hand, and the released rule."""

import numpy as np
import pytest
import torch

from pipeline.artifacts.foreground import foreground_of
from pipeline.config.profiles import profile_settings
from pipeline.config.settings import CacheTeachers
from pipeline.teachers.grid import foreground_cells


@pytest.mark.parametrize(("origin", "seen"), [("alpha", [0, 0, 0, 1]), ("any-alpha", [0, 1, 1, 1])])
def test_soft_edges_by_hand(origin: str, seen: list[int]) -> None:
    rgba = np.zeros((4, 4), np.uint8)
    rgba[:, 3] = 0, 1, 127, 128
    assert foreground_of(rgba, origin).astype(int).tolist() == seen  # type: ignore[arg-type]


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
