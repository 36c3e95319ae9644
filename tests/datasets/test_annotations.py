"""Which data sets annotate a category, and what is asked of them."""

from dataclasses import dataclass
from pathlib import Path

import pytest

from pipeline.datasets.annotations import open_annotations
from pipeline.datasets.categories import category_named
from pipeline.datasets.errors import DatasetError
from pipeline.datasets.records import ObjectKey
from pipeline.errors import UserError
from tests.datasets.parts.part_files import labelled, write_folders, write_v0
from tests.datasets.test_keypointnet import entry, point, write_annotations


@dataclass(frozen=True)
class Roots:
    keypointnet: Path | None = None
    shapenet_part: Path | None = None
    partnet: Path | None = None


CHAIR = category_named("chair")
THINGS = [labelled("chair", 0, 4, points=50)]
KEY = THINGS[0].key


@pytest.fixture
def part_roots(tmp_path: Path) -> Roots:
    write_v0(tmp_path / "shapenet_part", CHAIR, THINGS)
    write_folders(tmp_path / "partnet", CHAIR, THINGS)
    return Roots(None, tmp_path / "shapenet_part", tmp_path / "partnet")


def test_partnet_is_preferred_and_shapenet_part_stands_in(part_roots):
    for roots, dataset in ((part_roots, "partnet"), (Roots(None, part_roots.shapenet_part), "shapenet-part")):
        annotations = open_annotations(roots, CHAIR)
        assert annotations.parts.dataset == dataset
        assert annotations.read_parts(KEY).label.tolist() == THINGS[0].label.tolist()


def test_no_root_no_annotation(part_roots):
    annotations = open_annotations(Roots(), CHAIR)
    assert annotations.read_parts(KEY) is None
    assert annotations.read_keypoints(KEY) is None
    # ShapeNet part has no bottle, PartNet no plane: their roots are not even looked at.
    assert open_annotations(Roots(None, part_roots.shapenet_part), category_named("bottle")).parts is None
    assert open_annotations(Roots(None, None, part_roots.partnet), category_named("plane")).parts is None


def test_a_root_without_the_category_is_the_users_matter(part_roots):
    with pytest.raises(UserError, match=r"source\.shapenet_part_root"):
        open_annotations(part_roots, category_named("plane"))
    with pytest.raises(UserError, match=r"source\.partnet_root"):
        open_annotations(part_roots, category_named("bottle"))
    with pytest.raises(UserError, match=r"source\.keypointnet_root"):
        open_annotations(Roots(part_roots.partnet), CHAIR)


def test_keypoints_and_the_reason_of_one_that_was_refused(tmp_path):
    row = [point(4, [0.1, 0.2, 0.3])]
    write_annotations(tmp_path, [entry("a", row), entry("b", row * 2)])
    annotations = open_annotations(Roots(tmp_path), CHAIR)
    assert annotations.read_keypoints(ObjectKey(CHAIR.synset, "a")).xyz.tolist() == [[0.1, 0.2, 0.3]]
    for _ in range(2):
        with pytest.raises(DatasetError, match="semantic_id: occurs twice"):
            annotations.read_keypoints(ObjectKey(CHAIR.synset, "b"))
    assert annotations.read_keypoints(ObjectKey(CHAIR.synset, "c")) is None
    assert annotations.read_keypoints(ObjectKey("04379243", "a")) is None
