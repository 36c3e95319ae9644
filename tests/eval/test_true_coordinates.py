"""The oracle: who knows where on the object every pixel lies, finds everything."""

from dataclasses import replace

import numpy as np
import pytest

from eval.transfer.evaluate import evaluate_transfer
from eval.transfer.pairs import Pair
from eval.transfer.point_transfer import plan_points
from eval.transfer.view_transfer import plan_views
from pipeline.datasets.categories import CATEGORIES
from pipeline.datasets.records import ObjectKey
from tests.eval.true_coordinates import EDGE, KnownObject, TrueCoordinates, known_object

KEY = ObjectKey("made-up", "object")
VIEWS = 6
each_category = pytest.mark.parametrize("known", [category.name for category in CATEGORIES], indirect=True)


@pytest.fixture
def known(request: pytest.FixtureRequest) -> KnownObject:
    return known_object(request.param, 0, VIEWS)


def across_views(known: KnownObject, oracle: TrueCoordinates) -> list:
    """Measure keypoints alone: most time would go into parts."""
    views = [(a, b) for a in range(VIEWS) for b in range(VIEWS) if a != b]
    plans = [replace(plan_views(known.labels[a], known.labels[b]), parts=None) for a, b in views]
    return [
        evaluate_transfer("2d-novel-view", Pair(KEY, a, KEY, b), plan, oracle, (2.5,))
        for (a, b), plan in zip(views, plans, strict=True)
    ]


@each_category
def test_keypoints_are_found_across_views_of_one_object(known: KnownObject) -> None:
    shares = [result.pck[0] for result in across_views(known, TrueCoordinates(known)) if result.pck is not None]
    assert len(shares) >= 10
    assert np.mean(shares) >= 0.97


@each_category
def test_parts_are_found_in_the_same_view(known: KnownObject) -> None:
    # All pixels stand against themselves; keypoints' pixels may show the point of a part beside them.
    labels = known.labels[0]
    result = evaluate_transfer(
        "2d-novel-view", Pair(KEY, 0, KEY, 0), plan_views(labels, labels), TrueCoordinates(known), (2.5,)
    )
    assert result.iou is not None and result.iou > 0.97


@each_category
def test_points_find_themselves_in_3d(known: KnownObject) -> None:
    pair, plan = Pair.cross_instance(KEY, KEY, 0), plan_points(known.points, known.points)
    result = evaluate_transfer("3d-cross-instance", pair, plan, TrueCoordinates(known), (0.025,), EDGE)
    # The candidates hold the keypoints themselves.
    assert result.pck == (1.0,)
    assert max(result.distances) == 0.0
    assert result.iou is not None and result.iou > 0.99


def test_without_the_lift_points_on_one_ray_are_one() -> None:
    """The oracle can fail: cosine of plain coordinates confuses points of one ray from the origin."""

    class Plain(TrueCoordinates):
        def at_pixels(self, *asked):
            return super().at_pixels(*asked)[:, :3] + 1e-9

    known = known_object("chair", 0, VIEWS)
    shares = [result.pck[0] for result in across_views(known, Plain(known)) if result.pck is not None]
    assert np.mean(shares) < 0.8
