import numpy as np
import pytest

from featurenerf.viewer.picking import pick_point
from featurenerf.viewer.place import KeypointPlace, PixelPlace, PointPlace, parse_place
from pipeline.errors import UserError

ORIGIN, FORWARD = np.array([0.0, 0, 2]), np.array([0.0, 0, -3])
POINTS = np.array([[0, 0, -1], [0.04, 0, 1], [0.01, 0, 0.95], [0.3, 0, 1.5], [0, 0, 3]])


def test_a_place_is_a_pixel_a_keypoint_or_a_point() -> None:
    assert parse_place("40,64") == PixelPlace(40, 64)
    assert parse_place("k7") == KeypointPlace(7)
    assert parse_place("p12345") == PointPlace(12345)


def test_spaces_do_not_matter() -> None:
    assert parse_place(" 40 , 64 ") == parse_place("40 64") == PixelPlace(40, 64)


@pytest.mark.parametrize("text", ["40", "40,-1", "4.5,3", "k", "q7", "1,2,3", "k7; p1", "٤,٣", ""])
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(UserError, match="is no place"):
        parse_place(text)


def test_the_first_point_along_the_ray_is_picked() -> None:
    # Row 0 lies behind, row 3 aside, row 4 behind the eye; of rows 1 and 2, equally near, row 2 is closer to the ray.
    assert pick_point(POINTS, ORIGIN, FORWARD, 0.1) == 2
    assert pick_point(POINTS, ORIGIN, FORWARD, 0.005) == 0


def test_a_ray_that_passes_everything_picks_nothing() -> None:
    assert pick_point(POINTS + np.array([1.0, 0, 0]), ORIGIN, FORWARD, 0.1) is None
    assert pick_point(np.zeros((0, 3)), ORIGIN, FORWARD, 0.1) is None
