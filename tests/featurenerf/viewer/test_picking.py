import numpy as np

from featurenerf.viewer.picking import pick_point

ORIGIN, FORWARD = np.array([0.0, 0, 2]), np.array([0.0, 0, -3])
POINTS = np.array([[0, 0, -1], [0.04, 0, 1], [0.01, 0, 0.95], [0.3, 0, 1.5], [0, 0, 3]])


def test_the_first_point_along_the_ray_is_picked() -> None:
    # Row 0 lies behind, row 3 aside, row 4 behind the eye; of rows 1 and 2, equally near, row 2 is closer to the ray.
    assert pick_point(POINTS, ORIGIN, FORWARD, 0.1) == 2
    assert pick_point(POINTS, ORIGIN, FORWARD, 0.005) == 0


def test_a_ray_that_passes_everything_picks_nothing() -> None:
    assert pick_point(POINTS + np.array([1.0, 0, 0]), ORIGIN, FORWARD, 0.1) is None
    assert pick_point(np.zeros((0, 3)), ORIGIN, FORWARD, 0.1) is None
