import numpy as np

from eval.pictures.palette import part_colour
from featurenerf.viewer.answer import Heat
from featurenerf.viewer.colouring import heat_colours, paint_features, paint_heat, paint_parts
from featurenerf.viewer.pair import move_parts, shared_basis
from tests.featurenerf.viewer.planted_objects import SIZE, one_hot, planted

FORWARD = np.arange(16).reshape(SIZE, SIZE)
BACKWARD = FORWARD[::-1, ::-1]
PART = np.repeat([[1], [1], [2], [0]], SIZE, axis=1)


def test_equal_features_have_equal_colours_in_source_and_target() -> None:
    a, b = planted("a", one_hot(FORWARD), one_hot([0, 1, 2, 3])), planted("b", one_hot(BACKWARD), one_hot([3, 2, 1, 0]))
    basis = shared_basis(a, b, "internal", 0.0)
    left, right = paint_features(a, "internal", basis), paint_features(b, "internal", basis)
    np.testing.assert_array_equal(left.points, right.points[::-1])
    np.testing.assert_array_equal(left.picture, right.picture[::-1, ::-1])
    assert len(np.unique(left.points, axis=0)) == 4


def test_faint_points_do_not_decide_on_the_basis() -> None:
    faint = np.concatenate([one_hot([0, 1, 2, 3]), 100 * one_hot([9])])
    density = np.array([0.9, 0.9, 0.9, 0.9, 0.05], np.float32)
    a, b = (planted(name, one_hot(FORWARD), faint, density=density) for name in "ab")
    assert not shared_basis(a, b, "internal", 0.1).directions[:, 9].any()
    assert shared_basis(a, b, "internal", 0.0).directions[:, 9].any()
    assert shared_basis(a, b, "internal", 0.99).directions[:, 9].any()  # nothing is shown: all count


def test_parts_move_with_the_feature_from_pixels_and_from_points() -> None:
    a = planted("a", one_hot(FORWARD), one_hot([0, 8]), part=PART, point_part=[5, 6])
    b = planted("b", one_hot(BACKWARD), one_hot([8, 0, 8]))
    moved = move_parts(a, b, "internal")
    # The source's last row has no label: those features are as near to all, and take the first labelled pixel's part.
    assert moved.pixels.reshape(SIZE, SIZE)[1:].tolist() == PART[::-1][1:].tolist()
    assert moved.points.tolist() == [6, 5, 6]


def test_without_labels_no_part_moves() -> None:
    a, b = (planted(name, one_hot(FORWARD), one_hot([0, 8])) for name in "ab")
    moved = move_parts(a, b, "internal")
    assert not moved.pixels.any() and not moved.points.any()


def test_parts_and_heat_are_painted_on_pixels_and_points() -> None:
    a = planted("a", one_hot(FORWARD), one_hot([0, 8]))
    parts = paint_parts(a, PART.reshape(-1).astype(np.uint8), np.array([0, 2], np.uint8))
    assert parts.points[1].tolist() == list(part_colour(2))
    assert len(np.unique(parts.picture.reshape(-1, 3), axis=0)) == 3
    heat = Heat(np.linspace(0, 1, 16, dtype=np.float32), np.array([0.2, 0.4], np.float32))
    painted = paint_heat(a, heat)
    assert painted.points[1].tolist() == heat_colours(np.ones(1, np.float32))[0].tolist()
    assert painted.picture.reshape(-1, 3)[-1].mean() > painted.picture.reshape(-1, 3)[0].mean()
