"""What other programs read in an export: the arrays that went in."""

import io
import tarfile
import tempfile
from pathlib import Path

import numpy as np
import pytest
import webdataset
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from pipeline.artifacts.layouts import labels_layout
from pipeline.artifacts.opened_store import OpenedStore
from pipeline.artifacts.receipts import Receipt, StoredObject
from pipeline.config.sections.data import Source, ViewLayout
from pipeline.config.sections.views import Camera
from pipeline.datasets.records import ObjectKey
from pipeline.datasets.views.layouts import VIEW_LAYOUTS
from pipeline.datasets.views.view_source import GivenView
from pipeline.errors import UserError
from pipeline.exchange.camera_npy import CAMERA_NPY
from pipeline.exchange.export_folder import ExportFolder
from pipeline.exchange.exported_object import ExportedObject
from pipeline.exchange.exporter import Exporter
from pipeline.exchange.npy import npy_bytes, npz_bytes
from pipeline.exchange.npz import NPZ
from pipeline.exchange.png import DEPTH_STEP, depth_steps, png_bytes
from pipeline.exchange.stored_objects import PADDED, labels_of
from pipeline.exchange.transforms import TRANSFORMS_JSON, transforms
from pipeline.exchange.webdataset import WEBDATASET, tar_pieces
from pipeline.stores.row_table import RowKey
from pipeline.stores.store import Store
from tests.exchange.objects import CELLS, CHANNELS, SIZE, VIEWS, exported_object, group_of

SEEDS = st.integers(0, 2**32 - 1)


def one_file(exporter: Exporter, *objects: ExportedObject) -> bytes:
    (content,) = [b"".join(pieces) for _, pieces in exporter.files(group_of(*objects), objects)]
    return content


@given(SEEDS, st.integers(1, 9), st.integers(1, 9))
def test_an_image_comes_back_from_its_png(seed: int, height: int, width: int) -> None:
    image = np.random.default_rng(seed).integers(0, 256, (height, width, 4), dtype=np.uint8)
    np.testing.assert_array_equal(np.asarray(Image.open(io.BytesIO(png_bytes(image)))), image)


@given(SEEDS)
def test_depth_comes_back_within_half_a_step_and_background_stays(seed: int) -> None:
    rng = np.random.default_rng(seed)
    depth = (rng.uniform(1e-6, 6.5, (5, 7)) * (rng.random((5, 7)) < 0.7)).astype(np.float32)
    read = np.asarray(Image.open(io.BytesIO(png_bytes(depth_steps(depth)))))
    assert read.dtype == np.uint16
    assert ((read == 0) == (depth == 0)).all()
    np.testing.assert_allclose(read * DEPTH_STEP, depth, atol=DEPTH_STEP)


def test_depth_that_does_not_fit_is_a_sentence() -> None:
    for value in (6.6, -0.1, np.nan):
        with pytest.raises(UserError, match=r"does not fit into a 16-bit png, whose limit is 6\.5535"):
            depth_steps(np.full((1, 1), value, dtype=np.float32))


def test_one_centred_camera_stands_in_the_file_as_blender_has_it() -> None:
    exported = exported_object("a")
    exported.intrinsics[:] = (4, 4, SIZE / 2, SIZE / 2)  # as far as half the image is wide: 90 degrees
    content = transforms(exported)
    assert content["camera_angle_x"] == pytest.approx(np.pi / 2)
    assert (content["fl_x"], content["cx"], content["w"]) == (4, SIZE / 2, SIZE)
    assert all("fl_x" not in frame for frame in content["frames"])
    assert content["licence"] == exported.licence


@given(SEEDS, st.booleans())
def test_an_npz_holds_the_arrays_and_no_pickles(seed: int, rich: bool) -> None:
    exported = exported_object("a", rich, seed=seed)
    with np.load(io.BytesIO(one_file(NPZ, exported)), allow_pickle=False) as read:
        arrays = dict(read)
    for name in ("rgba", "pose", "intrinsics", *(("depth", "feature") if rich else ())):
        np.testing.assert_array_equal(arrays[name], getattr(exported, name))
        assert arrays[name].dtype == getattr(exported, name).dtype
    assert ("depth" in arrays, "part" in arrays, "feature" in arrays) == (rich, rich, rich)
    for name, value in exported.labels.items():
        np.testing.assert_array_equal(arrays[name], value)
    assert (str(arrays["id"]), str(arrays["split"]), str(arrays["category"])) == ("a", "train", "chair")


def test_objects_of_python_are_no_arrays() -> None:
    with pytest.raises(ValueError, match="Object arrays cannot be saved"):
        npz_bytes({"a": np.array([{}], dtype=object)})
    assert np.load(io.BytesIO(npy_bytes(np.full((), 2.5)))).shape == ()


@given(st.lists(st.binary(max_size=2000), max_size=12))
def test_a_tar_file_holds_its_members(contents: list[bytes]) -> None:
    members = [(f"{'long-' * 30 if n % 2 else ''}{n}.json", data) for n, data in enumerate(contents)]
    data = b"".join(tar_pieces(members))
    assert len(data) % tarfile.RECORDSIZE == 0
    with tarfile.open(fileobj=io.BytesIO(data)) as archive:
        for about, (name, content) in zip(archive, members, strict=True):
            file = archive.extractfile(about)
            assert (about.name, file.read(), about.mtime, about.uid, about.gid) == (name, content, 0, 0, 0)


@pytest.mark.filterwarnings("ignore:Exception ignored in.*FileIO")  # webdataset leaves its files open
def test_webdataset_reads_the_samples(tmp_path: Path) -> None:
    objects = [exported_object("a"), exported_object("b.1 (Ж)", rich=False)]
    shard = tmp_path / "chair-train-000000.tar"
    shard.write_bytes(one_file(WEBDATASET, *objects))
    samples = list(webdataset.WebDataset(str(shard), shardshuffle=False).decode("rgba8"))
    names = ("a", "b%2E1 (Ж)")
    assert [sample["__key__"] for sample in samples] == [
        f"{name}-{view:03d}" for name in names for view in range(VIEWS)
    ]
    for exported, start in zip(objects, (0, VIEWS), strict=True):
        for view in range(VIEWS):
            sample = samples[start + view]
            np.testing.assert_array_equal(sample["rgba.png"], exported.rgba[view])
            np.testing.assert_array_equal(sample["pose.npy"], exported.pose[view])
            np.testing.assert_array_equal(sample["intrinsics.npy"], exported.intrinsics[view])
            assert (sample["json"]["id"], sample["json"]["view"]) == (exported.key.id, view)
    assert samples[1]["feature.npy"].shape == (CELLS, CELLS, CHANNELS)
    np.testing.assert_array_equal(samples[1]["feature.npy"], objects[0].feature[1])  # type: ignore[index]
    np.testing.assert_array_equal(samples[1]["keypoint_uv.npy"], objects[0].labels["keypoint_uv"][1])
    assert "feature.npy" not in samples[VIEWS] and "part.png" not in samples[VIEWS]


def test_the_padding_of_points_is_taken_off(tmp_path: Path) -> None:
    layout = labels_layout(Camera(views=1, size=8), keypoints=2, part_points=5, candidates=4)
    store, entry = Store(tmp_path, "labels", "chair", {}, layout), RowKey(ObjectKey("03001627", "a"), "x")
    arrays = {spec.name: np.zeros(spec.shape, spec.dtype) for spec in layout}
    counts = {"part_count": np.array(3, np.int32), "candidate_count": np.array(2, np.int32)}
    store.write(entry, store.allocate([entry])[entry], arrays | counts, {})
    receipt = Receipt("label", "chair", "", store.fingerprint, (StoredObject(entry.key, 0, ""),), {})
    labels = labels_of(OpenedStore(receipt, store), entry.key)
    assert {name: len(labels[name]) for name in PADDED} == {"part_xyz": 3, "part_label": 3, "candidate_xyz": 2}
    assert not labels.keys() & counts.keys()


# --- views come back from the readers of views


def read_back(
    exporter: Exporter, layout: ViewLayout, exported: ExportedObject, angle_x: float = 1.0
) -> list[GivenView]:
    with tempfile.TemporaryDirectory() as place:
        folder = ExportFolder.open(Path(place), {})
        for file, pieces in exporter.files(group_of(exported), [exported]):
            folder.write(file, pieces)
        source = Source(kind="renders", views_root=place, layout=layout, up="+y", front="-z", scale=1.0)
        reader = VIEW_LAYOUTS[layout](Path(place), source, Camera(angle_x=angle_x))
        assert reader.listing(exported.key.synset).ids == [exported.key.id]
        np.testing.assert_array_equal(reader.world_from_source(exported.key), np.eye(4))
        assert reader.count(exported.key) == VIEWS
        return reader.read(exported.key, np.arange(VIEWS))


def assert_same(views: list[GivenView], exported: ExportedObject) -> None:
    for number, view in enumerate(views):
        np.testing.assert_array_equal(view.rgba, exported.rgba[number])
        np.testing.assert_allclose(view.pose, exported.pose[number], atol=1e-6)
        np.testing.assert_allclose(view.intrinsics.array(), exported.intrinsics[number], rtol=1e-6)


@settings(max_examples=15)
@given(SEEDS, st.booleans())
def test_transforms_keep_cameras_of_each_view_and_one_for_all(seed: int, alike: bool) -> None:
    exported = exported_object("a", rich=not alike, seed=seed)
    if alike:
        exported.intrinsics[:] = exported.intrinsics[0]
    assert_same(read_back(TRANSFORMS_JSON, "transforms", exported), exported)


@settings(max_examples=15)
@given(SEEDS, st.floats(0.1, 3.0))
def test_png_keeps_images_and_poses_and_a_centred_camera_of_one_angle(seed: int, angle_x: float) -> None:
    exported = exported_object("a", seed=seed)
    focal = 0.5 * SIZE / np.tan(0.5 * angle_x)
    exported.intrinsics[:] = (focal, focal, SIZE / 2, SIZE / 2)
    assert_same(read_back(CAMERA_NPY, "camera-npy", exported, angle_x), exported)
