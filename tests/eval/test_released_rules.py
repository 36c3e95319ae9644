"""Evaluation under the profile `released` is the released evaluator; each setting's two values differ by hand."""

from collections.abc import Iterable, Iterator, Sequence
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from eval.descriptors.descriptors import Descriptor
from eval.descriptors.field_answers import FieldAnswers
from eval.evaluation_inputs import EvaluationInputs
from eval.transfer.evaluate import evaluate_transfer
from eval.transfer.field_transfer import FieldTransfer, thresholds_by_task
from eval.transfer.pairs import Pair
from eval.transfer.point_labels import PointLabels
from eval.transfer.transfer_result import TransferResult
from eval.transfer.view_transfer import plan_views
from eval.views import SeenPixels, ViewLabels
from pipeline.config.profiles import profile_settings
from pipeline.config.settings import Evaluate
from pipeline.datasets.records import ObjectKey
from tests.eval import released_evaluator as released

A, B = ObjectKey("03001627", "a"), ObjectKey("03001627", "b")
PAIR = Pair(A, 1, B, 1)
SIZE, EDGE, KEYPOINTS = 12, 0.7, 5
SEEDS = st.integers(0, 2**32 - 1)
RELEASED = profile_settings("released").evaluate


class NoAnswers(FieldAnswers):
    """No field is asked: the descriptor answers by itself."""

    def __init__(self) -> None:
        self.renderer = SimpleNamespace(rays_per_batch=512)  # type: ignore[assignment]

    def encode(self, images: Iterable[tuple[ObjectKey, int]]) -> None:
        assert all(key in (A, B) for key, _ in images)

    def render(self, asked: Iterable[SeenPixels]) -> None:
        assert all(((seen.pixels >= 0) & (seen.pixels < SIZE)).all() for seen in asked)


class World(EvaluationInputs):
    """Two objects with random labels, and a descriptor that is a random smooth function of place and object."""

    name = "random"
    views = 50

    def __init__(self, seed: int) -> None:
        draw = np.random.default_rng(seed)
        self.labels, self.points, self.maps, self.waves = {}, {}, {}, {}
        near = draw.uniform(-0.35, 0.35, (KEYPOINTS, 3))
        for key in (A, B):
            uv = draw.uniform(0, SIZE, (KEYPOINTS, 2)).astype(np.float32)
            part = draw.integers(0, 4, (SIZE, SIZE)).astype(np.uint8)
            self.labels[key] = ViewLabels(uv, draw.random(KEYPOINTS) < 0.8, part, np.ones((SIZE, SIZE), bool))
            places = draw.uniform(-0.35, 0.35, (30, 3)).astype(np.float32)
            # Keypoints of both objects are close to each other, and candidates to them: distances are of all sizes.
            xyz = (near + draw.normal(size=(KEYPOINTS, 3)) * 0.02).astype(np.float32)
            candidates = (np.repeat(xyz, 4, axis=0) + draw.normal(size=(4 * KEYPOINTS, 3)) * 0.04).astype(np.float32)
            label = draw.integers(0, 4, 30).astype(np.uint8)  # a quarter is labelled 0
            self.points[key] = PointLabels(xyz, draw.random(KEYPOINTS) < 0.8, places, label, candidates)
            self.maps[key] = draw.normal(size=(SIZE, SIZE, 5)).astype(np.float32)
        self.waves = draw.normal(size=(6, 3)) * 4

    # What the evaluator reads, and the descriptor that it asks.
    def pairs(self, task: str, _limit: int) -> list[Pair]:
        return [] if task == "2d-novel-view" else [PAIR]

    def ahead(self, pairs: Sequence[object], _threads: int) -> Iterator[Sequence[object]]:
        yield pairs

    def view_labels(self, key: ObjectKey, _view: int) -> ViewLabels:
        return self.labels[key]

    def point_labels(self, key: ObjectKey) -> PointLabels:
        return self.points[key]

    def at_pixels(self, key: ObjectKey, _seen: int, _view: int, pixels: np.ndarray) -> torch.Tensor:
        return torch.from_numpy(self.maps[key][tuple(pixels.T)])

    def feature(self, point: np.ndarray) -> np.ndarray:
        return np.sin(self.waves @ point.astype(np.float64)).astype(np.float32)

    def at_points(self, _key: ObjectKey, _view: int, points: np.ndarray) -> torch.Tensor:
        return torch.from_numpy(np.stack([self.feature(point) for point in points]))

    def results(self, evaluate: Evaluate) -> dict[str, TransferResult]:
        """By task, as the evaluate stage measures them."""
        transfer = FieldTransfer(evaluate, EDGE, 1, self, NoAnswers(), [self])
        return {result.task: result for result in transfer.measure("test").results}

    def released_2d(self, key: ObjectKey) -> dict[str, object]:
        labels = self.labels[key]
        visible = np.flatnonzero(labels.keypoint_visible)
        # The published annotations are integers: the pixel in which the keypoint lies.
        keypoints = {int(number): tuple(int(x) for x in labels.keypoint_uv[number]) for number in visible}
        return {"keypoints": keypoints, "part": labels.part, "feature": self.maps[key]}

    def released_3d(self, key: ObjectKey) -> dict[str, object]:
        points = self.points[key]
        return {
            "keypoints": {
                int(n): (points.keypoint_xyz[n], self.feature(points.keypoint_xyz[n]))
                for n in np.flatnonzero(points.keypoint_present)
            },
            "candidates": [(xyz, self.feature(xyz)) for xyz in points.candidate_xyz],
            "points": [(xyz, self.feature(xyz)) for xyz in points.part_xyz],
            "labels": points.part_label.tolist(),
        }


def assert_equal(result: TransferResult, expected: tuple[list[float] | None, float | None]) -> None:
    pck, iou = expected
    assert (result.pck is None, result.iou is None) == (pck is None, iou is None)
    assert pck is None or result.pck == pytest.approx(pck, abs=1e-9)
    assert iou is None or result.iou == pytest.approx(iou, abs=1e-9)


@settings(max_examples=15)
@given(SEEDS)
def test_the_released_profile_is_the_released_evaluator(seed: int) -> None:
    world = World(seed)
    results = world.results(RELEASED)
    expected = released.evaluate_2d(world.released_2d(A), world.released_2d(B), [2.5, 5, 7.5, 10])
    assert_equal(results["2d-cross-instance"], expected)
    expected = released.evaluate_3d(world.released_3d(A), world.released_3d(B), [0.025, 0.05, 0.075, 0.1])
    assert_equal(results["3d-cross-instance"], expected)


def test_it_is_not_the_default_evaluator() -> None:
    differences = {"pck 2d": 0, "pck 3d": 0, "iou 3d": 0}
    for seed in range(20):
        ours, theirs = (World(seed).results(of) for of in (profile_settings("paper").evaluate, RELEASED))
        differences["pck 2d"] += ours["2d-cross-instance"].pck != theirs["2d-cross-instance"].pck
        differences["pck 3d"] += ours["3d-cross-instance"].pck != theirs["3d-cross-instance"].pck
        differences["iou 3d"] += ours["3d-cross-instance"].iou != theirs["3d-cross-instance"].iou
    assert all(count > 0 for count in differences.values()), differences


class OnACircle(Descriptor):
    """Describes a pixel by the angle column / 10: the nearest column is the most alike."""

    name = "angle"

    def at_pixels(self, _key: ObjectKey, _seen: int, _view: int, pixels: np.ndarray) -> torch.Tensor:
        angle = pixels[:, 1] / 10
        return torch.from_numpy(np.stack([np.cos(angle), np.sin(angle)], axis=1))


def test_by_index_a_keypoint_has_the_feature_of_its_own_pixel() -> None:
    # The keypoint lies in the background pixel (0, 5), beside the foreground pixels 4 and 8; candidates are 4 and 5.
    foreground = np.zeros((1, 12), bool)
    foreground[0, [4, 8]] = True
    source = ViewLabels(np.array([[5.4, 0.5]], np.float32), np.ones(1, bool), np.zeros((1, 12), np.uint8), foreground)
    part = np.zeros((1, 12), np.uint8)
    part[0, [4, 5]] = 1
    target = ViewLabels(np.array([[5.4, 0.5]], np.float32), np.ones(1, bool), part, part > 0)
    for rule, place in (("continuous", 4.5), ("index", 5.0)):
        plan = plan_views(source, target, rule)
        result = evaluate_transfer("2d-cross-instance", PAIR, plan, OnACircle(), [9.0])
        assert result.distances == pytest.approx([abs(place - (5.4 if rule == "continuous" else 5.0))])


def test_thresholds_in_world_units_or_longest_edges() -> None:
    units = {unit: Evaluate(pck_edges=(0.07,), pck_unit=unit) for unit in ("longest-edge", "world")}
    thresholds = {unit: thresholds_by_task(of, EDGE)["3d-cross-instance"] for unit, of in units.items()}
    assert thresholds == {"longest-edge": (0.07,), "world": (pytest.approx(0.1),)}
