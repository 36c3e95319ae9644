"""What `match` finds is what the evaluator measures, on the pairs of a walked project."""

import numpy as np
import pytest

import featurenerf
from eval.opened_field import OpenedField
from eval.transfer.evaluate import transfer
from eval.transfer.pairs import Pair
from eval.transfer.point_transfer import plan_points
from eval.transfer.view_transfer import plan_views
from pipeline.artifacts.runs import MODELS


@pytest.fixture
def sides(opened: OpenedField) -> tuple[Pair, featurenerf.SeenObject, featurenerf.SeenObject]:
    (model,) = MODELS.iterdir()
    field, views = featurenerf.load_field(model), featurenerf.open_views(model.name.partition("-")[0])
    pair = opened.inputs.pairs("2d-cross-instance", 1)[0]
    seen = [
        field.see(views.rgba(key.id)[view], pose=views.pose(key.id)[view])
        for key, view in ((pair.source, pair.source_view), (pair.target, pair.target_view))
    ]
    return pair, seen[0], seen[1]


@pytest.mark.parametrize("number", [0, 1])
def test_pixels_match_as_keypoints_do(opened: OpenedField, sides, number: int) -> None:
    pair, a, b = sides
    source, target = (
        opened.inputs.view_labels(*end) for end in ((pair.source, pair.source_view), (pair.target, pair.target_view))
    )
    plan, descriptor = plan_views(source, target), opened.own[number]
    expected = transfer("2d-cross-instance", pair, plan, descriptor).keypoints
    assert plan.keypoints is not None and expected is not None and len(expected)
    found = featurenerf.match(
        a,
        b,
        pixels=plan.source_places[plan.keypoints.source_row],
        candidates=plan.target_places[plan.keypoints.candidate_row],
        feature=descriptor.name,  # type: ignore[arg-type]  # one of the two
    )
    assert np.array_equal(found.places[:, ::-1] + np.float32(0.5), expected)


@pytest.mark.parametrize("number", [0, 1])
def test_points_match_as_keypoints_do(opened: OpenedField, sides, number: int) -> None:
    pair, a, b = sides
    plan = plan_points(opened.inputs.point_labels(pair.source), opened.inputs.point_labels(pair.target))
    descriptor = opened.own[number]
    expected = transfer("3d-cross-instance", pair, plan, descriptor).keypoints
    assert plan.keypoints is not None and expected is not None and len(expected)
    feature = descriptor.name
    found = featurenerf.match(
        a,
        b,
        points=plan.keypoints.source,
        candidates=plan.keypoints.candidate,
        feature=feature,  # type: ignore[arg-type]
    )
    assert np.array_equal(found.places, expected)
