"""The answer to a click, on planted features: pixel 5 of the source is like pixel 10 of the target alone."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from eval.descriptors.similarity import most_similar
from featurenerf.viewer.answer import answer_place, best_row
from featurenerf.viewer.place import KeypointPlace, PixelPlace, PointPlace
from featurenerf.viewer.viewed_object import unit_rows
from pipeline.errors import UserError
from tests.featurenerf.viewer.planted_objects import SIZE, one_hot, planted

FORWARD = np.arange(16).reshape(SIZE, SIZE)
BACKWARD = FORWARD[::-1, ::-1]


@pytest.fixture
def source():
    return planted("a", one_hot(FORWARD), one_hot([3, 4]), keypoints=[(7, 1, 1)], points=[[0, 0, 0], [0.1, 0, 0]])


@pytest.fixture
def target():
    points = [[0, 0, 0.05], [0.1, 0.2, 0], [0, 0.325, 0]]
    return planted("b", one_hot(BACKWARD), one_hot([9, 4, 3]), keypoints=[(7, 2, 3)], points=points)


def test_a_pixel_is_found_where_the_same_feature_is(source, target) -> None:
    answer = answer_place(source, target, "internal", PixelPlace(1, 1))
    assert answer.asked.uv.tolist() == [1.5, 1.5] and answer.match.uv.tolist() == [2.5, 2.5]
    assert answer.match.point.tolist() == target.surface[2, 2].tolist()
    assert answer.similarity == 1
    assert answer.target.pixels.tolist() == [0.0] * 10 + [1.0] + [0.0] * 5
    assert answer.source.pixels.tolist() == [0.0] * 5 + [1.0] + [0.0] * 10
    assert answer.true is None and answer.error is None


def test_a_keypoint_is_asked_at_its_pixel_and_measured_from_its_true_place(source, target) -> None:
    answer = answer_place(source, target, "internal", KeypointPlace(7))
    assert answer.match.uv.tolist() == [2.5, 2.5]
    assert answer.true is not None and answer.true.tolist() == [3.25, 2.25]
    assert answer.error == pytest.approx(np.hypot(0.75, 0.25))


def test_a_point_is_looked_for_among_points(source, target) -> None:
    answer = answer_place(source, target, "internal", PointPlace(0))
    assert answer.match.point.tolist() == pytest.approx([0, 0.325, 0])
    assert answer.asked.point.tolist() == [0, 0, 0]
    # The camera stands at 1.3 before the origin and has a focal length of 4 pixels: 0.325 up are 1 pixel up.
    assert answer.match.uv.tolist() == pytest.approx([2, 1])
    assert answer.target.points.tolist() == [0, 0, 1]


def test_hidden_points_are_not_found(source, target) -> None:
    shown = answer_place(source, target, "internal", PointPlace(0), threshold=0.6)  # densities are 0.9, 0.7, 0.5
    assert shown.match.point.tolist() == pytest.approx([0, 0, 0.05])
    with pytest.raises(UserError, match="lower the density threshold"):
        answer_place(source, target, "internal", PointPlace(0), threshold=0.95)


@pytest.mark.parametrize(
    ("place", "message"),
    [
        (PixelPlace(4, 0), "lies outside the image of 4 x 4"),
        (PixelPlace(0, 4), "lies outside the image of 4 x 4"),
        (KeypointPlace(6), "shows no keypoint 6"),
        (PointPlace(2), "has no point 2"),
    ],
)
def test_a_place_that_is_not_there_is_one_sentence(source, target, place, message: str) -> None:
    with pytest.raises(UserError, match=message):
        answer_place(source, target, "internal", place)


def test_background_is_not_asked(source, target) -> None:
    source.given.rgba[0, 0, 3] = 0
    with pytest.raises(UserError, match="shows background"):
        answer_place(source, target, "internal", PixelPlace(0, 0))


@given(st.integers(0, 2**32 - 1), st.sampled_from([3, 64]))
def test_the_shortlist_changes_no_match(seed: int, channels: int) -> None:
    draws = np.random.default_rng(seed)
    # Nearly equal candidates, some of them twice: the evaluation takes the best in float64, then the first.
    base = draws.normal(size=channels)
    candidates = (base + 1e-6 * draws.normal(size=(40, channels))).astype(np.float32)
    candidates[draws.integers(0, 40, 8)] = candidates[draws.integers(0, 40, 8)]
    query = (base + 0.1 * draws.normal(size=channels)).astype(np.float32)
    similarity = unit_rows(candidates) @ unit_rows(query[None])[0]
    expected = most_similar(torch.from_numpy(query[None]), torch.from_numpy(candidates))
    assert best_row(query, candidates, similarity) == int(expected[0])
