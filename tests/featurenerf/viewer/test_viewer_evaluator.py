"""What a click finds is what the evaluator measures, on the stored views of a walked project."""

from pathlib import Path

import numpy as np
import pytest

import featurenerf
from eval.evaluation_inputs import ends_of
from eval.opened_field import OpenedField
from eval.transfer.evaluate import transfer
from eval.transfer.view_transfer import plan_views
from featurenerf.matching import Feature
from featurenerf.viewer.answer import answer_place
from featurenerf.viewer.pair import move_parts
from featurenerf.viewer.place import KeypointPlace
from featurenerf.viewer.stored_objects import StoredObjects, open_stored_objects
from featurenerf.viewer.viewed_object import view_object
from pipeline.artifacts.runs import MODELS
from pipeline.config.settings import load_settings
from pipeline.errors import UserError


@pytest.fixture
def stored(project: Path) -> StoredObjects:
    return open_stored_objects(load_settings().categories[0])


def test_clicked_keypoints_and_parts_are_the_evaluators(opened: OpenedField, stored: StoredObjects) -> None:
    (model,) = MODELS.iterdir()
    field = featurenerf.load_field(model, device="cpu")
    compared = parts = 0
    for pair in opened.inputs.pairs("2d-cross-instance", 4):
        source, target = (view_object(field, stored.given(key.id, view)) for key, view in ends_of(pair))
        plan = plan_views(*(opened.inputs.view_labels(*end) for end in ends_of(pair)))
        for descriptor in opened.own:
            kind: Feature = descriptor.name  # type: ignore[assignment]  # one of the two
            expected = transfer("2d-cross-instance", pair, plan, descriptor)
            if plan.keypoints is not None:
                places = [KeypointPlace(int(number)) for number in plan.keypoints.ids]
                answers = [answer_place(source, target, kind, place) for place in places]
                np.testing.assert_array_equal([answer.match.uv for answer in answers], expected.keypoints)
                true = np.linalg.norm(expected.keypoints - plan.keypoints.true, axis=1)
                np.testing.assert_allclose([answer.error for answer in answers], true, rtol=1e-5)
                compared += len(places)
            if plan.parts is not None:
                np.testing.assert_array_equal(move_parts(source, target, kind).pixels, expected.parts)
                parts += 1
    assert compared >= 4 and parts >= 2


def test_labels_and_cameras_are_those_of_the_evaluator(opened: OpenedField, stored: StoredObjects) -> None:
    key = opened.inputs.test_keys()[0]
    given, labels, points = stored.given(key.id, 2), opened.inputs.view_labels(key, 2), opened.inputs.point_labels(key)
    assert given.labels is not None and given.points is not None
    for name in ("keypoint_uv", "keypoint_visible", "part", "foreground"):
        np.testing.assert_array_equal(getattr(given.labels, name), getattr(labels, name))
    np.testing.assert_array_equal(given.points.points, points.part_xyz)
    np.testing.assert_array_equal(given.points.label, points.part_label)
    np.testing.assert_array_equal(given.rgba, opened.inputs.rgba(key, 2))
    for mine, theirs in zip((given.pose, given.intrinsics), opened.inputs.camera(key, 2), strict=True):
        np.testing.assert_array_equal(mine, theirs)


def test_without_labels_the_foreground_is_searched(project: Path) -> None:
    category = load_settings().categories[0]
    (project / "receipts").joinpath("label").rename(project / "receipts" / "label-away")
    given = open_stored_objects(category).given(open_stored_objects(category).views.ids[0], 0)
    assert given.labels is None and given.points is None


def test_without_a_project_photos_are_asked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UserError, match=r"no params\.yaml in the current folder: .* or give photos"):
        open_stored_objects(None)
