import numpy as np
import pytest
import torch

import featurenerf
import featurenerf.point_query
from featurenerf import UserError
from featurenerf.volume_grid import cell_centres, covering_edge
from pipeline.config.settings import Camera

ARRAYS = ("density", "rgb", "feature", "internal", "coordinate")


def test_the_grid_by_hand() -> None:
    centres = cell_centres(2, 1.0)
    assert centres[0, 0, 0].tolist() == [-0.25, -0.25, -0.25]
    assert centres[1, 0, 0].tolist() == [0.25, -0.25, -0.25]
    assert centres[0, 0, 1].tolist() == [-0.25, -0.25, 0.25]
    assert cell_centres(1, 7.0).tolist() == [[[[0, 0, 0]]]]


def test_the_default_cube_holds_all_that_training_samples() -> None:
    assert covering_edge(Camera()) == pytest.approx(1.0)  # 1.3 -+ 0.5
    assert covering_edge(Camera(radius=2, near=1.5, far=3)) == 2


def test_answers_at_points_are_the_models(first: featurenerf.SeenObject) -> None:
    points = np.random.default_rng(0).uniform(-0.4, 0.4, (50, 3))
    model = first.renderer.field
    expected = model.query_points(
        first.source, *map(torch.from_numpy, (points.astype(np.float32), first.pose, first.intrinsics)), 1000
    )
    found = first.at(points)
    for name in ARRAYS:
        values = getattr(found, name)
        assert values.dtype == np.float32
        np.testing.assert_allclose(values, getattr(expected, name).numpy(), rtol=1e-5, atol=1e-6)
    assert found.density.min() >= 0
    assert found.density.any()
    assert (found.feature.shape, found.internal.shape) == ((50, 6), (50, 16))


def test_a_volume_answers_at_its_points(first: featurenerf.SeenObject, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(featurenerf.point_query, "POINTS_AT_ONCE", 7)  # 64 points in ten parts
    volume = first.volume(4, edge=0.7)
    monkeypatch.undo()
    alone = first.at(volume.points[3, 1, 2][None])
    for name in ARRAYS:
        np.testing.assert_allclose(getattr(volume, name)[3, 1, 2], getattr(alone, name)[0], rtol=1e-4, atol=1e-5)
    assert volume.density.shape == (4, 4, 4)
    assert volume.feature.shape == (4, 4, 4, 6)
    assert volume.points.max() == pytest.approx(0.7 * 3 / 8)


def test_features_that_are_not_wanted_take_no_memory(first: featurenerf.SeenObject) -> None:
    bare, whole = first.volume(3, feature=False, internal=False), first.volume(3)
    assert bare.feature.shape == bare.internal.shape == (3, 3, 3, 0)
    assert np.array_equal(bare.density, whole.density)
    assert np.array_equal(bare.coordinate, whole.coordinate)


def test_a_view_is_that_of_the_evaluators_renderer(first: featurenerf.SeenObject, balls) -> None:
    pose = balls[1][0, 1]
    expected = first.renderer.render_image(first.source, pose, first.intrinsics, 32, 32)
    view = first.render(pose)
    assert np.array_equal(view.rgb, expected.rgb.numpy())
    assert np.array_equal(view.depth, expected.depth.numpy())
    assert np.array_equal(view.opacity, expected.weight_sum.numpy())
    assert np.array_equal(view.feature, expected.feature.numpy())
    assert np.array_equal(view.internal, expected.internal.numpy())
    assert view.rgb.shape == (32, 32, 3) and view.internal.shape == (32, 32, 16)
    assert np.array_equal(view.pose, pose)


def test_a_principal_point_that_moves_by_whole_pixels_moves_the_picture(first: featurenerf.SeenObject, balls) -> None:
    pose, camera = balls[1][0, 1], first.renderer.field.camera
    plain = first.render(pose)
    focal = 0.5 * 32 / np.tan(camera.angle_x / 2)
    np.testing.assert_allclose(plain.intrinsics, [focal, focal, 16, 16], rtol=1e-6)
    moved = first.render(pose, np.add(plain.intrinsics, [0, 0, 3, -2]))
    np.testing.assert_allclose(moved.rgb[:30, 3:], plain.rgb[2:, :29], atol=1e-5)
    np.testing.assert_allclose(moved.depth[:30, 3:], plain.depth[2:, :29], atol=1e-5)
    assert np.abs(moved.rgb - plain.rgb).max() > 1e-3


def test_a_longer_focal_length_enlarges_the_middle(first: featurenerf.SeenObject) -> None:
    own = first.intrinsics
    # Pixel centre 18.5 lies 2.5 to the right of 16; with the fivefold focal length so does 28.5, at 12.5.
    large = first.render(intrinsics=own * [5, 5, 1, 1])
    np.testing.assert_allclose(large.internal[28, 3], first.render().internal[18, 13], rtol=1e-3, atol=1e-4)
    assert np.array_equal(large.pose, first.pose)


def test_without_a_camera_the_own_view_is_rendered_once(first: featurenerf.SeenObject) -> None:
    assert first.render() is first.render()
    np.testing.assert_allclose(first.render(first.pose).rgb, first.render().rgb)
    turned = first.render(azimuth=10, elevation=5)
    assert np.abs(turned.rgb - first.render().rgb).max() > 1e-3


@pytest.mark.parametrize(
    ("ask", "message"),
    [
        (lambda seen: seen.at(np.zeros((4, 2))), r"points must have the shape \(n, 3\).* not \(4, 2\)"),
        (lambda seen: seen.at(np.zeros((0, 3))), "points must have the shape"),
        (lambda seen: seen.at([[np.inf, 0, 0]]), "points must be finite"),
        (lambda seen: seen.volume(0), "n must be at least 1"),
        (lambda seen: seen.volume(4, edge=-1), "edge must be a positive number"),
        (lambda seen: seen.render(np.eye(4)[:3]), r"pose must have the shape \(4, 4\), not \(3, 4\)"),
        (lambda seen: seen.render(azimuth=3), "give azimuth and elevation"),
    ],
)
def test_a_question_that_makes_no_sense_is_a_sentence(first: featurenerf.SeenObject, ask, message: str) -> None:
    with pytest.raises(UserError, match=message):
        ask(first)
