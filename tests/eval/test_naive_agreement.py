"""Fast and plain evaluator give the same, on random inputs, at every task and metric."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from eval.descriptors.position import position_descriptor
from eval.transfer.evaluate import evaluate_transfer
from eval.transfer.pairs import Pair
from eval.transfer.point_labels import PointLabels
from eval.transfer.point_transfer import plan_points
from eval.transfer.view_transfer import plan_views
from eval.views import ViewLabels
from pipeline.config.settings import Camera
from pipeline.datasets.records import ObjectKey
from render.cameras import centred_intrinsics, hemisphere_poses, project
from tests.eval import naive_evaluator as naive

A, B = ObjectKey("03001627", "a"), ObjectKey("03001627", "b")
SIZE = 7
CAMERA = Camera(size=12)
SEEDS = st.integers(0, 2**32 - 1)


class Tables:
    """Random descriptors, one table for each (object, view seen, camera), and a smooth function of 3D points."""

    name = "random"

    def __init__(self, seed):
        self.seed = seed

    def table(self, key, seen, view):
        return np.random.default_rng([self.seed, ord(key.id), seen, view]).normal(size=(SIZE, SIZE, 5))

    def at_pixels(self, key, seen, view, pixels):
        return torch.from_numpy(self.table(key, seen, view)[tuple(pixels.T)].astype(np.float32))

    def of_point(self, key, view, point):
        drawn = np.random.default_rng([self.seed, ord(key.id), view])
        return np.sin(drawn.normal(size=(6, 3)) @ point.astype(np.float64) * 9 + drawn.normal(size=6)).astype(
            np.float32
        )

    def at_points(self, key, view, points):
        return torch.from_numpy(np.stack([self.of_point(key, view, point) for point in points]))


def random_view(draw):
    """Any of: no keypoint, no part, labels that the other side lacks; foreground everywhere."""
    keypoints = int(draw.integers(0, 7))
    part = draw.integers(0, draw.integers(1, 5), size=(SIZE, SIZE)).astype(np.uint8)
    uv = draw.uniform(0, SIZE, size=(keypoints, 2)).astype(np.float32)
    return ViewLabels(uv, draw.random(keypoints) < 0.7, part, np.ones((SIZE, SIZE), dtype=bool))


def random_points(draw):
    keypoints, points, candidates = (int(draw.integers(0, most)) for most in (7, 25, 25))
    present = draw.random(keypoints) < 0.7
    xyz = draw.uniform(-0.35, 0.35, size=(keypoints, 3)).astype(np.float32)
    xyz[~present] = np.nan
    label = draw.integers(0, draw.integers(1, 5), size=points).astype(np.uint8)
    part, candidate = (draw.uniform(-0.35, 0.35, size=(n, 3)).astype(np.float32) for n in (points, candidates))
    return PointLabels(xyz, present, part, label, candidate)


def assert_equal(result, expected):
    distances, pck, part_iou, iou = expected
    assert result.distances == pytest.approx(distances, abs=1e-6)
    assert (result.pck is None) == (pck is None)
    assert pck is None or result.pck == pytest.approx(pck, abs=1e-6)
    assert [label for label, _ in result.part_iou] == [label for label, _ in part_iou]
    assert [x for _, x in result.part_iou] == pytest.approx([x for _, x in part_iou], abs=1e-6)
    assert (result.iou is None) == (iou is None)
    assert iou is None or result.iou == pytest.approx(iou, abs=1e-6)


@pytest.mark.parametrize("task", ["2d-cross-instance", "2d-other-camera", "2d-novel-view"])
@given(seed=SEEDS)
def test_two_dimensions(task, seed):
    draw, tables, thresholds = np.random.default_rng(seed), Tables(seed), (0.7, 2.5, 5.0)
    source, target = random_view(draw), random_view(draw)
    pair, seen = (Pair(A, 1, A, 2), 1) if task == "2d-novel-view" else (Pair(A, 1, B, 2), 2)
    here, there = tables.table(A, 1, 1).astype(np.float32), tables.table(pair.target, seen, 2).astype(np.float32)
    expected = naive.evaluate_views(
        source,
        target,
        lambda row, column: here[row, column].astype(np.float64),
        lambda row, column: there[row, column].astype(np.float64),
        thresholds,
    )
    assert_equal(evaluate_transfer(task, pair, plan_views(source, target), tables, thresholds), expected)


@given(seed=SEEDS)
def test_three_dimensions(seed):
    draw, tables, thresholds = np.random.default_rng(seed), Tables(seed), (0.1, 0.3, 0.6)
    source, target = random_points(draw), random_points(draw)
    expected = naive.evaluate_points(
        source,
        target,
        lambda point: tables.of_point(A, 1, point).astype(np.float64),
        lambda point: tables.of_point(B, 1, point).astype(np.float64),
        thresholds,
        0.7,
    )
    pair, plan = Pair(A, 1, B, 1), plan_points(source, target)
    result = evaluate_transfer("3d-cross-instance", pair, plan, tables, thresholds, unit=0.7)
    assert_equal(result, expected)


def poses():
    """Two cameras at the distance and angle of the settings, which look at the origin."""
    return hemisphere_poses(np.random.default_rng(5), 2, CAMERA.radius)


def camera_of(_key, view):
    return poses()[view], centred_intrinsics(CAMERA.size, CAMERA.angle_x)


def control():
    return position_descriptor(camera_of, CAMERA.size, torch.device("cpu"))


@given(seed=SEEDS)
def test_the_control_in_three_dimensions(seed):
    draw, thresholds = np.random.default_rng(seed), (0.1, 0.3, 0.6)
    source, target = random_points(draw), random_points(draw)

    def place_from(view):
        def place(point):
            uv, _ = project(point[None].astype(np.float64), *camera_of(None, view))
            return naive.place_in_image(uv[0], CAMERA.size)

        return place

    expected = naive.evaluate_points(
        source, target, place_from(0), place_from(1), thresholds, 0.7, alike=naive.nearness
    )
    pair, plan = Pair(A, 0, B, 1), plan_points(source, target)
    assert_equal(evaluate_transfer("3d-cross-instance", pair, plan, control(), thresholds, unit=0.7), expected)


def test_random_inputs_reach_all_that_can_be():
    """The comparison is not of nothing with nothing."""
    results = []
    for seed in range(60):
        draw, tables = np.random.default_rng(seed), Tables(seed)
        plan = plan_views(random_view(draw), random_view(draw))
        results.append(evaluate_transfer("2d-cross-instance", Pair(A, 1, B, 2), plan, tables, (2.5,)))
        pair = Pair(A, 1, B, 1)
        in_space = plan_points(random_points(draw), random_points(draw))
        results.append(evaluate_transfer("3d-cross-instance", pair, in_space, tables, (0.3,), unit=0.7))
    for group in (results[::2], results[1::2]):
        assert {(result.pck is None, result.iou is None) for result in group} == {
            (has, had) for has in (True, False) for had in (True, False)
        }
        assert max(len(result.part_iou) for result in group) >= 3
