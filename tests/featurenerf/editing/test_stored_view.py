from pathlib import Path

import numpy as np
import pytest

import featurenerf
from featurenerf import UserError
from featurenerf.editing.labelled_pair import NamedObject, label_pair
from featurenerf.editing.stored_view import StoredView, named_view, part_named, see_view, with_own_labels
from pipeline.artifacts.project import Project
from pipeline.config.settings import load_settings


@pytest.mark.parametrize(
    ("text", "view"),
    [
        ("chair:abc:7", StoredView("chair", "abc", 7)),
        ("chair:abc", StoredView("chair", "abc", 0)),
        ("chair.png", None),
        ("chair:", None),
        (":abc:1", None),
        ("chair:abc:1:2", None),
    ],
)
def test_the_name_of_a_view(text: str, view: StoredView | None) -> None:
    assert named_view(text) == view


@pytest.mark.parametrize("view", ["x", "-1", "٣"])
def test_a_view_that_is_no_number_is_a_sentence(view: str) -> None:
    with pytest.raises(UserError, match=f"its view is '{view}', but views are counted from 0, as in chair:abc:0"):
        named_view(f"chair:abc:{view}")


@pytest.fixture
def field(project: Path) -> featurenerf.Field:
    (folder,) = (path for path in (project / "models").iterdir() if path.name.endswith("whole"))
    return featurenerf.load_field(folder, device="cpu")


@pytest.fixture
def unseen(project: Path) -> list[str]:
    return featurenerf.open_labels("plane").of_split("test")


def test_labels_are_those_of_the_store(project: Path, unseen: list[str]) -> None:
    labels = featurenerf.open_labels("plane")
    manifest = Project(load_settings()).manifest("plane")
    stored, key = Project(load_settings()).labels(manifest), manifest.key(unseen[0])
    assert labels.part_names == manifest.part_names
    assert np.array_equal(labels.part(unseen[0]), stored.read("part", key))
    parts, count = labels.part_points(unseen[0]), int(stored.read("part_count", key))
    assert len(parts.points) == len(parts.label) == count > 0
    assert np.isfinite(parts.points).all()
    assert part_named("plane", labels.part_names[1]) == 2
    with pytest.raises(UserError, match="plane has no part 'seat': its parts are "):
        part_named("plane", "seat")


def test_a_view_is_seen_by_its_own_camera(field: featurenerf.Field, unseen: list[str]) -> None:
    seen, views = see_view(field, StoredView("plane", unseen[0], 2)), featurenerf.open_views("plane")
    assert np.array_equal(seen.pose, views.pose(unseen[0])[2])
    assert np.array_equal(seen.intrinsics, views.intrinsics(unseen[0])[2])
    with pytest.raises(UserError, match="has no view 4: its views count from 0 to 3"):
        see_view(field, StoredView("plane", unseen[0], 4))


def test_which_labels_a_pair_takes(field: featurenerf.Field, unseen: list[str]) -> None:
    views = [StoredView("plane", name, 1) for name in unseen[:2]]
    first, second = (NamedObject(see_view(field, view), view) for view in views)
    photo, part = NamedObject(second.seen, None), featurenerf.open_labels("plane").part_names[0]
    own = [with_own_labels(named.seen, named.view).parts for named in (first, second)]

    *given, label = label_pair(first, second, part)
    assert label == 1
    for labelled, parts in zip(given, own, strict=True):
        assert np.array_equal(labelled.parts.points, parts.points)
    for source, target, _ in (label_pair(first, second, part, "transferred"), label_pair(first, photo, part)):
        assert np.array_equal(source.parts.points, own[0].points)
        assert target.seen is second.seen
        assert len(target.parts.points) != len(own[1].points)
    source, target, _ = label_pair(photo, first, part)
    assert source.seen is photo.seen
    assert np.array_equal(target.parts.label, own[0].label)

    for pair, labels, message in (
        ((photo, photo), None, "are both photos"),
        ((first, photo), "given", "use --labels transferred"),
        ((first, NamedObject(second.seen, StoredView("chair", "x", 0))), None, "are of different categories"),
    ):
        with pytest.raises(UserError, match=message):
            label_pair(*pair, part, labels)
