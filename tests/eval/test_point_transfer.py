import numpy as np
import pytest
import torch

from eval.descriptors.descriptors import Descriptor
from eval.transfer.evaluate import evaluate_transfer
from eval.transfer.pairs import Pair
from eval.transfer.point_labels import PointLabels
from eval.transfer.point_transfer import plan_points
from pipeline.datasets.records import ObjectKey

TASK = "3d-cross-instance"
PAIR = Pair.cross_instance(ObjectKey("03001627", "a"), ObjectKey("03001627", "b"), 4)


def labels(keypoints=(), parts=(), candidates=()):
    """Keypoints as xyz or None by id; parts as (xyz, label)."""
    xyz = np.array([k or (np.nan,) * 3 for k in keypoints], dtype=np.float32).reshape(-1, 3)
    return PointLabels(
        xyz,
        np.array([k is not None for k in keypoints], dtype=bool),
        np.array([point for point, _ in parts], dtype=np.float32).reshape(-1, 3),
        np.array([label for _, label in parts], dtype=np.uint8),
        np.array(candidates, dtype=np.float32).reshape(-1, 3),
    )


class Itself(Descriptor):
    """A point's own coordinates, lifted to a sphere: the nearest point is the most similar."""

    name = "itself"

    def __init__(self):
        self.asked = []

    def at_points(self, key, view, points):
        self.asked.append((key.id, view, len(points)))
        xyz = torch.from_numpy(points).to(torch.float64)
        assert torch.isfinite(xyz).all()
        return torch.cat([xyz, (4 - (xyz**2).sum(1, keepdim=True)).sqrt()], dim=1)


def test_by_hand():
    source = labels([(0, 0, 0), None, (0.1, 0, 0)], [((0, 0, 0), 1), ((0.3, 0, 0), 2), ((0.05, 0, 0), 0)])
    target = labels(
        [(0, 0.07, 0), (0, 0, 0), (0.1, 0, 0.035)],
        [((0, 0, 0.1), 1), ((0.05, 0, 0), 1), ((0.2, 0, 0), 1), ((0.3, 0.1, 0), 2), ((0, 0, 0), 0)],
        [(0, 0, 0), (0.1, 0, 0), (0.3, 0, 0)],
    )
    itself = Itself()
    result = evaluate_transfer(TASK, PAIR, plan_points(source, target), itself, (0.05, 0.0501, 0.1001), unit=0.7)
    # Keypoint 0 is found at (0, 0, 0), 0.07 = 0.1 edges off; 2 at (0.1, 0, 0), 0.035 = 0.05 edges off.
    assert result.keypoint_ids == (0, 2)
    assert result.distances == pytest.approx((0.1, 0.05), rel=1e-6)
    assert result.pck == (0.0, 0.5, 1.0)
    # Of three points of part 1 the third is nearer to the source's part 2; points of label 0 stand aside on both sides.
    assert result.part_iou == ((1, 2 / 3), (2, 1 / 2))
    assert result.task == "3d-cross-instance"
    # Each side once: 2 keypoints and 2 labelled points; 3 candidates and 4 labelled points.
    assert itself.asked == [("a", 4, 4), ("b", 4, 7)]


def test_what_is_not_there_is_none_and_nobody_is_asked():
    keypoint, part = labels([(0, 0, 0)]), labels(parts=[((0, 0, 0), 1)])
    itself = Itself()
    for source, target in ((labels(), labels()), (keypoint, keypoint), (part, keypoint), (keypoint, part)):
        result = evaluate_transfer(TASK, PAIR, plan_points(source, target), itself, (0.1,), unit=0.7)
        assert (result.pck, result.iou, result.distances, result.part_iou) == (None, None, (), ())
    assert itself.asked == []


def test_rows_lead_to_the_points_that_were_meant():
    source = labels([None, (0.1, 0.2, 0.3)], [((0.5, 0, 0), 2), ((0.6, 0, 0), 0), ((0.7, 0, 0), 1)])
    target = labels([(0, 0, 0), (1, 1, 1)], [((0.8, 0, 0), 1)], [(0.9, 0, 0), (0.4, 0, 0)])
    plan = plan_points(source, target)
    assert np.array_equal(plan.source_places[plan.keypoints.source_row], source.keypoint_xyz[[1]])
    assert np.array_equal(plan.source_places[plan.parts.source_row], source.part_xyz[[0, 2]])
    assert np.array_equal(plan.target_places[plan.keypoints.candidate_row], target.candidate_xyz)
    assert np.array_equal(plan.target_places[plan.parts.target_row], target.part_xyz)
    assert plan.parts.labels == (1,)
