import numpy as np

from featurenerf.viewer.picking import into_frame, pick_point
from featurenerf.viewer.stage import rotation_about_y

ORIGIN, FORWARD = np.array([0.0, 0, 2]), np.array([0.0, 0, -3])
POINTS = np.array([[0, 0, -1], [0.04, 0, 1], [0.01, 0, 0.95], [0.3, 0, 1.5], [0, 0, 3]])


def test_the_first_point_along_the_ray_is_picked() -> None:
    # Row 0 lies behind, row 3 aside, row 4 behind the eye; of rows 1 and 2, equally near, row 2 is closer to the ray.
    assert pick_point(POINTS, ORIGIN, FORWARD, 0.1) == 2
    assert pick_point(POINTS, ORIGIN, FORWARD, 0.005) == 0


def test_a_ray_that_passes_everything_picks_nothing() -> None:
    assert pick_point(POINTS + np.array([1.0, 0, 0]), ORIGIN, FORWARD, 0.1) is None
    assert pick_point(np.zeros((0, 3)), ORIGIN, FORWARD, 0.1) is None


def test_a_ray_meets_a_turned_object_where_it_stands() -> None:
    rotation, place = rotation_about_y(0.7), np.array([-0.4, 0, 0])
    point = np.array([0.1, 0.2, 0.3])
    in_scene = rotation @ point + place
    origin, direction = into_frame(ORIGIN, in_scene - ORIGIN, rotation, place)
    length = np.linalg.norm(in_scene - ORIGIN)
    np.testing.assert_allclose(origin + direction / np.linalg.norm(direction) * length, point, atol=1e-12)


def test_turning_shows_the_side_that_the_azimuth_names() -> None:
    # An object's +X side is seen from azimuth 90: turned by -90 degrees, it faces +Z, where the camera stands.
    np.testing.assert_allclose(rotation_about_y(np.radians(-90)) @ [1, 0, 0], [0, 0, 1], atol=1e-12)
