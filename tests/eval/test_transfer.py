"""Transfer of one pair by hand, in 2D and in 3D: what is described, matched and measured."""

import numpy as np
import pytest
import torch

from eval.transfer.evaluate import evaluate_transfer, pck, transfer
from eval.transfer.pairs import Pair
from eval.transfer.point_labels import PointLabels
from eval.transfer.point_transfer import plan_points
from eval.transfer.view_transfer import keypoint_pixels, plan_views
from eval.views import ViewLabels, pixels_containing
from pipeline.datasets.records import ObjectKey

A, B = (ObjectKey("03001627", name) for name in "ab")
PAIR = Pair.cross_instance(A, B, 4)


def view(part, uv=(), visible=True, foreground=None):
    part = np.array(part, dtype=np.uint8)
    uv = np.array(uv, dtype=np.float32).reshape(-1, 2)
    shown = part > 0 if foreground is None else np.array(foreground, dtype=bool)
    return ViewLabels(uv, np.full(len(uv), visible), part, shown)


FULL = np.ones((4, 4))
HALVES = np.repeat([[1], [2]], 4, axis=0) * np.ones((1, 8))


class Asked:
    """A descriptor that remembers what it was asked for; all pixels look alike: the first candidate is found."""

    name = "asked"

    def __init__(self):
        self.asked = []

    def at_pixels(self, key, seen, view, pixels):
        self.asked.append((key.id, seen, view, len(pixels)))
        assert len(np.unique(pixels, axis=0)) == len(pixels) > 0
        return torch.ones(len(pixels), 4)

    def at_points(self, key, view, points):
        """A point's own coordinates, lifted to a sphere: the nearest point is the most similar."""
        self.asked.append((key.id, view, len(points)))
        xyz = torch.from_numpy(points).to(torch.float64)
        assert torch.isfinite(xyz).all()
        return torch.cat([xyz, (4 - (xyz**2).sum(1, keepdim=True)).sqrt()], dim=1)


class Place(Asked):
    """The same place, the same descriptor: right where both views show the same thing."""

    def at_pixels(self, _key, _seen, _view, pixels):
        row, column = torch.from_numpy(pixels).to(torch.float32).T
        return torch.stack([row, column, (200 - row**2 - column**2).sqrt()], dim=1)


class Looks(Asked):
    """Pixels with the same number look the same; different numbers have nothing in common."""

    def __init__(self, source, target):
        self.numbers = {A: torch.tensor(source), B: torch.tensor(target)}

    def at_pixels(self, key, _seen, _view, pixels):
        return torch.eye(16)[self.numbers[key][tuple(torch.from_numpy(pixels).T)]]


def evaluated(source, target, descriptor, task="2d-cross-instance", pair=PAIR):
    return evaluate_transfer(task, pair, plan_views(source, target), descriptor, (2.5, 5.0))


def test_pck_by_hand_and_the_threshold_itself_is_no_hit():
    distances = np.array([0.0, 2.5, 4.0, 7.5, 20.0])
    assert pck(distances, (2.5, 5.0, 7.5, 10.0)) == (1 / 5, 3 / 5, 3 / 5, 4 / 5)
    assert pck(distances[:0], (2.5,)) is None


def test_a_pair_by_hand():
    both = view(HALVES, [(0.5, 0.5), (3.5, 4.5)])
    place, blind = evaluated(both, both, Place()), evaluated(both, both, Asked())
    assert (place.distances, place.pck, place.iou) == ((0.0, 0.0), (1.0, 1.0), 1.0)
    # Blind finds pixel (0, 0) for both: distances 0 and 5, and 5 is not below 5. All becomes part 1: 32/64 and 0/32.
    assert (blind.distances, blind.pck, blind.keypoint_ids) == ((0.0, 5.0), (0.5, 0.5), (0, 1))
    assert (blind.part_iou, blind.iou) == (((1, 0.5), (2, 0.0)), 0.25)
    assert (blind.task, blind.descriptor, blind.pair) == ("2d-cross-instance", "asked", PAIR)


def test_three_parts_by_hand():
    source = [[1, 1, 2, 3], [1, 1, 2, 3], [0, 0, 2, 3], [0, 0, 2, 3]]
    target = [[1, 2, 3, 3], [1, 2, 3, 3], [1, 2, 2, 0], [1, 1, 1, 0]]
    # Looks 0, 1, 2 are those of parts 1, 2, 3 in the source.
    look = [[0, 0, 2, 2], [0, 1, 2, 1], [0, 1, 1, 5], [1, 1, 0, 5]]
    result = evaluated(view(source), view(target), Looks([[0, 0, 1, 2]] * 4, look))
    # Found: 1 1 3 3 / 1 2 3 2 / 1 2 2 - / 2 2 1 -.
    # Part 1: true 6, found 5 (4 of them true): 4 / 7. Part 2: true 4, found 6 (3 true): 3 / 7. Part 3: true 4, found 3
    # (all true): 3 / 4.
    assert result.part_iou == ((1, 4 / 7), (2, 3 / 7), (3, 3 / 4))


@pytest.mark.parametrize(
    ("task", "pair", "asked"),
    [
        ("2d-cross-instance", Pair(A, 3, B, 9), [("a", 3, 3, 64), ("b", 9, 9, 64)]),
        ("2d-other-camera", Pair(A, 3, B, 20), [("a", 3, 3, 64), ("b", 20, 20, 64)]),
        ("2d-novel-view", Pair(A, 3, A, 9), [("a", 3, 3, 64), ("a", 3, 9, 64)]),
    ],
)
def test_each_side_is_asked_for_once_and_a_novel_view_is_known_from_the_source_alone(task, pair, asked):
    blind, both = Asked(), view(HALVES, [(0.5, 0.5), (3.5, 4.5)])
    evaluated(both, both, blind, task, pair)
    assert blind.asked == asked


def test_distance_goes_from_the_found_pixels_centre_to_the_true_place():
    # The source keypoint lies in pixel (row 1, column 2); the same descriptor stands at (row 1, column 2) of the
    # target, centre (2.5, 1.5); the true place is 3 to the right and 4 below.
    source, target = view(FULL, [(2.9, 1.1)]), view(np.ones((8, 8)), [(5.5, 5.5)])
    plan = plan_views(source, target)
    assert plan.keypoints.source[0] == pytest.approx((2.9, 1.1))
    assert plan.keypoints.true.tolist() == [[5.5, 5.5]]
    assert transfer("2d-cross-instance", PAIR, plan, Place()).keypoints.tolist() == [[2.5, 1.5]]
    assert evaluated(source, target, Place()).distances == (5.0,)


def test_an_object_without_parts_offers_its_foreground():
    foreground = np.zeros((4, 4))
    foreground[2, 3] = foreground[0, 1] = 1
    plan = plan_views(view(FULL, [(0.5, 0.5)]), view(np.zeros((4, 4)), [(0.5, 0.5)], foreground=foreground))
    assert plan.target_places.tolist() == [[0, 1], [2, 3]]


def test_a_point_on_the_far_border_belongs_to_the_last_pixel():
    uv = np.array([(4, 4), (0, 0), (3.99, 1)], dtype=np.float32)
    assert pixels_containing(uv, 4, 4).tolist() == [[3, 3], [0, 0], [1, 3]]


def test_a_keypoint_over_the_background_is_read_at_the_nearest_foreground_beside_it():
    foreground = np.zeros((4, 4))
    foreground[1, 1:3] = 1
    # In order: over the foreground; above pixel (1, 2), nearer to it than to (1, 1); at the corner, where only (1, 1)
    # is beside it; nothing beside it; at one distance from both, where reading order decides.
    uv = [(1.2, 1.9), (2.1, 0.9), (0.1, 0.1), (0.5, 3.5), (2.0, 0.5)]
    shown = view(np.zeros((4, 4)), uv, foreground=foreground)
    assert keypoint_pixels(shown, np.arange(5)).tolist() == [[1, 1], [1, 2], [1, 1], [3, 0], [1, 1]]


def test_each_pixel_is_described_once_and_only_for_what_both_sides_have():
    # Keypoints 0 and 1 share a pixel without a part, 2 lies in a labelled pixel, 3 alone in one without.
    part = np.zeros((4, 4))
    part[0] = 1
    both = view(part, [(1.5, 2.5), (1.6, 2.6), (2.5, 0.5), (3.5, 3.5)], foreground=FULL)
    plan = plan_views(both, both)
    assert plan.source_places.tolist() == [[0, 0], [0, 1], [0, 2], [0, 3], [2, 1], [3, 3]]
    assert plan.keypoints.source_row.tolist() == [4, 4, 2, 5]
    assert plan.target_places.tolist() == [[0, 0], [0, 1], [0, 2], [0, 3]]
    assert plan.parts.source_row.tolist() == plan.parts.target_row.tolist() == [0, 1, 2, 3]
    plan = plan_views(view(FULL, [(1.5, 2.5)]), view(2 * FULL, [(1.5, 2.5)]))
    assert plan.parts is None
    assert plan.source_places.tolist() == [[2, 1]]


def points(keypoints=(), parts=(), candidates=()):
    """Keypoints as xyz or None by id; parts as (xyz, label)."""
    xyz = np.array([k or (np.nan,) * 3 for k in keypoints], dtype=np.float32).reshape(-1, 3)
    return PointLabels(
        xyz,
        np.array([k is not None for k in keypoints], dtype=bool),
        np.array([point for point, _ in parts], dtype=np.float32).reshape(-1, 3),
        np.array([label for _, label in parts], dtype=np.uint8),
        np.array(candidates, dtype=np.float32).reshape(-1, 3),
    )


def test_three_dimensions_by_hand():
    source = points([(0, 0, 0), None, (0.1, 0, 0)], [((0, 0, 0), 1), ((0.3, 0, 0), 2), ((0.05, 0, 0), 0)])
    target = points(
        [(0, 0.07, 0), (0, 0, 0), (0.1, 0, 0.035)],
        [((0, 0, 0.1), 1), ((0.05, 0, 0), 1), ((0.2, 0, 0), 1), ((0.3, 0.1, 0), 2), ((0, 0, 0), 0)],
        [(0, 0, 0), (0.1, 0, 0), (0.3, 0, 0)],
    )
    itself, plan = Asked(), plan_points(source, target)
    result = evaluate_transfer("3d-cross-instance", PAIR, plan, itself, (0.05, 0.0501, 0.1001), unit=0.7)
    # Keypoint 0 is found at (0, 0, 0), 0.07 = 0.1 edges off; 2 at (0.1, 0, 0), 0.035 = 0.05 edges off.
    assert result.keypoint_ids == (0, 2)
    assert result.distances == pytest.approx((0.1, 0.05), rel=1e-6)
    assert result.pck == (0.0, 0.5, 1.0)
    # Of three points of part 1 the third is nearer to the source's part 2; points of label 0 stand aside on both sides.
    assert result.part_iou == ((1, 2 / 3), (2, 1 / 2))
    # Each side once: 2 keypoints and 2 labelled points; 3 candidates and 4 labelled points.
    assert itself.asked == [("a", 4, 4), ("b", 4, 7)]


KEYPOINT, PART = points([(0, 0, 0)]), points(parts=[((0, 0, 0), 1)])


@pytest.mark.parametrize(
    ("task", "plan"),
    [
        ("2d-cross-instance", plan_views(view(FULL, [(1, 1)]), view(3 * FULL, [(1, 1)], visible=False))),
        ("2d-cross-instance", plan_views(view(FULL, [(1, 1)]), view(0 * FULL, [(1, 1)]))),
        *(
            ("3d-cross-instance", plan_points(*ends))
            for ends in ((points(), points()), (KEYPOINT, KEYPOINT), (PART, KEYPOINT), (KEYPOINT, PART))
        ),
    ],
)
def test_a_pair_with_nothing_in_common_asks_for_nothing(task, plan):
    blind = Asked()
    result = evaluate_transfer(task, PAIR, plan, blind, (0.1,))
    assert (result.pck, result.iou, result.distances, result.keypoint_ids, result.part_iou) == (None, None, (), (), ())
    assert blind.asked == []
    assert len(plan.source_places) == len(plan.target_places) == 0
