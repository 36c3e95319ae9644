import numpy as np
import pytest
import torch

from featurenerf.editing.blend import blended
from featurenerf.editing.paint import Paint
from featurenerf.editing.part_points import PartPoints

RED, BLUE = np.float32([1, 0, 0]), np.float32([0, 0, 1])


def paint(distance: float) -> Paint:
    """Two points of the part 2, red and blue, and one of part 1, on the x axis at 0, 1 and 2."""
    points = np.array([[0, 0, 0], [1, 0, 0], [2, 0, 0]], dtype=np.float32)
    parts = PartPoints(points, np.array([2, 2, 1], dtype=np.uint8))
    return Paint(parts, 2, np.stack([RED, BLUE, RED]), distance)


def test_a_place_takes_the_colour_of_the_nearest_point_within_the_distance() -> None:
    x = [0.2, 0.7, 1.6, 2.25, -0.25, -0.3, 2.3]
    said = paint(0.4).at(np.array([[value, 0, 0] for value in x], dtype=np.float32))
    assert said.in_part.tolist() == [True, True, False, False, True, True, False]
    assert said.in_other.tolist() == [False, False, True, True, False, False, True]
    assert said.colour.tolist() == [[1, 0, 0], [0, 0, 1], [0, 0, 0], [0, 0, 0], [1, 0, 0], [1, 0, 0], [0, 0, 0]]


def test_a_place_far_from_all_points_belongs_to_nothing() -> None:
    said = paint(0.25).at(np.array([[0.25, 0, 0], [0.26, 0, 0], [0, 9, 0]], dtype=np.float32))
    assert said.in_part.tolist() == [True, False, False]  # the distance itself counts
    assert not said.in_other.any()
    assert not said.colour[1:].any()


def test_points_of_a_part() -> None:
    assert paint(1).parts.of_part(2)[:, 0].tolist() == [0, 1]
    assert paint(1).parts.of_part(3).shape == (0, 3)


# A ray of weights 0.3 (the part, green before, red then), 0.2 (another part, white) and 0.1 (no part, white).
RGB = torch.tensor([0.3, 0.6, 0.3])
OPACITY = torch.tensor(0.6)
CHANNELS = torch.tensor([0.3, 0.2, 0.3, 0, 0, 0, 0.3, 0])


def test_with_samples_the_parts_share_changes() -> None:
    torch.testing.assert_close(blended("sample", RGB, OPACITY, CHANNELS), torch.tensor([0.6, 0.3, 0.3]))


def test_with_rays_the_part_that_weighs_most_decides() -> None:
    torch.testing.assert_close(blended("ray", RGB, OPACITY, CHANNELS), torch.tensor([0.6, 0.0, 0.0]))
    other = CHANNELS.clone()
    other[1] = 0.31
    assert torch.equal(blended("ray", RGB, OPACITY, other), RGB)


@pytest.mark.parametrize("blend", ["ray", "sample"])
def test_a_ray_that_misses_the_part_keeps_its_colour(blend) -> None:
    missed = torch.tensor([0.0, 0.4, 0, 0, 0, 0, 0, 0])
    assert torch.equal(blended(blend, RGB, OPACITY, missed), RGB)
    nothing = torch.zeros(8)
    assert torch.equal(blended(blend, torch.zeros(3), torch.tensor(0.0), nothing), torch.zeros(3))
