"""Views and labels of a collection, as stores get them: both are cropped to one square and moved into one world."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

import numpy as np
import pytest
from jaxtyping import Float64, Int64

from pipeline.artifacts.doubtful_views import doubtful_views
from pipeline.artifacts.views import given_views_row, views_store
from pipeline.config.settings import Camera, Render, Source
from pipeline.datasets.axes import Axes
from pipeline.datasets.errors import DatasetError
from pipeline.datasets.meshes.mesh_source import Listing
from pipeline.datasets.records import Keypoints, ObjectKey, PartPoints, Split
from pipeline.datasets.views.frame import Frame
from pipeline.datasets.views.view_source import GivenLabels, GivenView, Intrinsics
from pipeline.manifests.describe import DescribeTask
from pipeline.manifests.describe_views import ViewDescriber, chosen_views
from pipeline.manifests.manifest import Manifest, ManifestObject
from pipeline.manifests.pairs import Pairs
from pipeline.stores.store import Store
from render.cameras import orbit_pose
from render.given_labels import GivenObjectLabels
from render.given_views import GivenViews

KEY = ObjectKey("mug", "a")
CAMERA = Camera(views=2, size=8)
HEIGHT, WIDTH, COUNT = 16, 20, 5  # cropped to columns 2 ... 17, and halved
POINTS = np.array([[0.2, 0.1, 0.0], [-0.1, 0.0, 0.3]])


@dataclass(frozen=True)
class Labelled:
    """A ViewSource of one object with five views; keypoint 1 lies beyond the square, keypoint 2 in view 3 alone."""

    root: Path
    frame: Frame

    def listing(self, synset: str) -> Listing:  # noqa: ARG002
        return Listing([KEY.id], {})

    def folders(self, synset: str) -> tuple[PurePosixPath, ...]:
        return (PurePosixPath(synset),)

    def splits(self, synset: str) -> Mapping[str, Split] | None:  # noqa: ARG002
        return None

    def files(self, key: ObjectKey) -> tuple[PurePosixPath, ...]:  # noqa: ARG002
        return (PurePosixPath("file"),)

    def world_from_source(self, key: ObjectKey) -> Float64[np.ndarray, "4 4"]:  # noqa: ARG002
        return self.frame.world_from_source()

    def count(self, key: ObjectKey) -> int:  # noqa: ARG002
        return COUNT

    def read(self, key: ObjectKey, numbers: Int64[np.ndarray, " n"]) -> list[GivenView]:  # noqa: ARG002
        rgba = np.zeros((HEIGHT, WIDTH, 4), dtype=np.uint8)
        rgba[4:12, 6:14] = 255
        return [GivenView(rgba, orbit_pose(40.0 * int(n), 20, 2.6), Intrinsics(30, 32, 11, 7)) for n in numbers]

    def part_names(self, synset: str) -> tuple[str, ...]:  # noqa: ARG002
        return ("body", "handle")

    def labels(self, key: ObjectKey, numbers: Int64[np.ndarray, " n"]) -> GivenLabels | None:  # noqa: ARG002
        part = np.zeros((len(numbers), HEIGHT, WIDTH), dtype=np.uint8)
        part[:, 4:8, 6:14], part[:, 8:12, 6:14] = 1, 2
        uv = np.tile([[8.0, 5.0], [1.0, 5.0], [9.0, 9.0]], (len(numbers), 1, 1))
        visible = np.stack([np.array([True, True, n == 3]) for n in numbers])
        keypoints = Keypoints(POINTS, np.array([0, 4]), POINTS[:1])
        return GivenLabels(part, uv, visible, keypoints, PartPoints(POINTS, np.array([1, 2], dtype=np.uint8)))


@pytest.fixture
def source(tmp_path: Path) -> Labelled:
    (tmp_path / "file").write_bytes(b"content")
    return Labelled(tmp_path, Frame(Axes("+z", "+y"), 0.5))


def described(source: Labelled) -> ManifestObject:
    return ViewDescriber(source, "made", CAMERA.views)()(DescribeTask(KEY, "train"))


def stored(source: Labelled, item: ManifestObject) -> tuple[Store, int]:
    """The view store that the render stage would leave."""
    manifest = Manifest("mug", "mug", {}, (), (item,), Pairs((), (), {}), {})
    settings = Source(kind="renders", views_root=str(source.root), layout="srn")
    store, entry = views_store(source.root, "mug", settings, CAMERA, Render()), given_views_row(manifest, item)
    row = store.allocate([entry])[entry]
    store.write(entry, row, *GivenViews(source, CAMERA).stored(KEY, item.matrix()))
    return store, row


def labels(source: Labelled, item: ManifestObject):
    store, row = stored(source, item)
    return GivenObjectLabels(source, CAMERA, store, slots=5)()(KEY, item, row)


def test_views_are_spread_evenly(source: Labelled) -> None:
    assert chosen_views(source, KEY, 2).tolist() == [0, 2]
    assert chosen_views(source, KEY, 5).tolist() == [0, 1, 2, 3, 4]
    with pytest.raises(DatasetError, match=r"mug/a: views: are 5, fewer than camera\.views, which is 6"):
        chosen_views(source, KEY, 6)


def test_the_manifest_has_one_digest_and_the_labels(source: Labelled) -> None:
    item = described(source)
    assert list(item.files) == ["mug/a"]
    assert item.keypoints is not None
    assert item.parts is not None
    assert (item.keypoints.labels, item.keypoints.points) == ((0, 1, 4), 1)  # view 3 is not chosen
    assert (item.parts.labels, item.parts.points) == ((1, 2), 2)
    (source.root / "file").write_bytes(b"changed")
    assert described(source).files != item.files


def test_views_are_cropped_and_moved(source: Labelled) -> None:
    store, row = stored(source, described(source))
    assert "depth" not in store.specs
    assert store.read("intrinsics", row).tolist() == [[15, 16, 4.5, 3.5]] * 2
    rgba = store.read("rgba", row)
    assert (rgba[:, 2:6, 2:6] == 255).all()
    assert rgba.sum() == 2 * 16 * 4 * 255
    pose = store.read("pose", row)
    assert np.allclose(np.linalg.norm(pose[:, :3, 3], axis=1), 1.3)  # 2.6 of the source's units, each half of ours
    assert np.allclose(np.linalg.det(pose[:, :3, :3]), 1, atol=1e-6)


def test_labels_lie_on_the_cropped_views(source: Labelled) -> None:
    given = labels(source, described(source))
    assert (given.part[:, 2:4, 2:6] == 1).all()
    assert (given.part[:, 4:6, 2:6] == 2).all()
    assert np.array_equal(given.part > 0, given.seen)
    assert given.keypoint_uv[0, :3].tolist() == [[3, 2.5], [-0.5, 2.5], [3.5, 4.5]]
    assert given.keypoint_visible.tolist() == [[True, False, False, False, False]] * 2
    # top +z is the world's +y, front +y its -z, so x stays
    assert np.allclose(given.keypoint_xyz[[0, 4]], 0.5 * POINTS[:, [0, 2, 1]] * [1, 1, -1])
    assert np.isnan(given.keypoint_xyz[1:4]).all()
    assert np.allclose(given.part_xyz, given.keypoint_xyz[[0, 4]])


def test_labels_that_the_manifest_does_not_list_are_left_out(source: Labelled) -> None:
    given = labels(source, replace(described(source), keypoints=None, parts=None))
    assert not given.part.any()
    assert not given.keypoint_visible.any()
    assert len(given.part_xyz) == len(given.candidates) == 0


def test_changed_labels_are_refused(source: Labelled) -> None:
    item = described(source)
    assert item.parts is not None
    with pytest.raises(DatasetError, match="run `pipeline manifest` again"):
        labels(source, replace(item, parts=replace(item.parts, sha256="0" * 64)))


def test_what_is_doubtful_is_said() -> None:
    fine = {"foreground": 0.2, "nearest": 0.9, "farthest": 1.7}
    assert doubtful_views([fine], 0.8, 1.8) == []
    (sentence,) = doubtful_views([fine, fine | {"nearest": 0.5}, fine | {"farthest": 2.5}], 0.8, 1.8)
    assert sentence.startswith("2 of 3 objects seem to be cut by camera.near 0.8 or camera.far 1.8: all lie 0.5 to 2.5")
    assert "set near to 0.475 and far to 2.62" in sentence
    (sentence,) = doubtful_views([fine | {"foreground": 1.0, "farthest": 9.0}], 0.8, 1.8)
    assert sentence.startswith("1 of 1 objects have no transparent background")
