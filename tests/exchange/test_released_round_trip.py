"""Stores -> released layout -> stores, through the stages: images, cameras, labels and maps are the same."""

import contextlib
import json
import zipfile
from pathlib import Path

import numpy as np
import pytest
import yaml

from pipeline.artifacts.map_values import read_maps
from pipeline.artifacts.opened_store import OpenedStore
from pipeline.artifacts.project import Project
from pipeline.config.settings import load_settings
from pipeline.exchange import released_data
from pipeline.manifests.manifest import Manifest
from tests.stages.conftest import done, refused, run_command
from tests.stages.tree import contents

PARAMS = {
    "categories": ["chair"],
    "teachers": ["daisy"],
    "fields": ["whole"],
    "machine": {"workers": 1, "views_per_batch": 3},
    "synthesize": {"objects": 3},
    "manifest": {"fractions": [0.4, 0.0, 0.6], "pairs": 4},
    "camera": {"views": 4, "size": 32},
    "fit-projection": {"views": 3},
}
STAGES = ("manifest", "render", "label", "fit-projection", "cache-teachers")


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """project/ with stores, out/ as exported, back/ with stores of what was imported, again/ as exported from there."""
    base = tmp_path_factory.mktemp("released")

    (base / "project").mkdir()
    (base / "back").mkdir()
    with contextlib.chdir(base / "project"):
        Path("params.yaml").write_text(yaml.safe_dump(PARAMS))
        for stage in ("synthesize", *STAGES):
            done(stage)
        done("export", "released-data", "--out", str(base / "out"), "--teacher", "daisy")
    with contextlib.chdir(base / "back"):
        table = done("import", "released-data", str(base / "out"), "--category", "chair")
        assert "chair: maps daisy_feat (384 x 8 x 8; 3 objects)" in table
        for stage in STAGES:
            done(stage, "--set", "machine.workers=1", "--set", "machine.views_per_batch=3")
        done("export", "released-data", "--out", str(base / "again"), "--teacher", "daisy_feat")
    return base


class Opened:
    """The stores of a project."""

    def __init__(self, folder: Path, teacher: str) -> None:
        with contextlib.chdir(folder):
            self.project = Project(load_settings())
            self.manifest: Manifest = self.project.manifest("chair")
            stored = self.project.stored_views("chair", teacher)
            self.views, self.maps = stored.views, stored.maps
            self.labels: OpenedStore = self.project.labels(self.manifest)
            self.keys = [self.manifest.key(item.id) for item in self.manifest.objects]
            names = ("rgba", "pose", "intrinsics")
            self.view_arrays = {key: {n: self.views.read(n, key) for n in names} for key in self.keys}
            specs = self.labels.store.specs
            self.label_arrays = {key: {n: self.labels.read(n, key) for n in specs} for key in self.keys}
            self.feature = {key: read_maps(self.maps.store, self.maps.rows[key].row) for key in self.keys}


@pytest.fixture(scope="module")
def first(base: Path) -> Opened:
    return Opened(base / "project", "daisy")


@pytest.fixture(scope="module")
def second(base: Path) -> Opened:
    return Opened(base / "back", "daisy_feat")


def test_objects_splits_and_pairs_come_back(first: Opened, second: Opened) -> None:
    assert [(item.id, item.split) for item in second.manifest.objects] == [
        (item.id, item.split) for item in first.manifest.objects
    ]
    assert second.manifest.pairs == first.manifest.pairs
    assert len(first.manifest.pairs.cross_instance) == 4
    assert second.manifest.part_names[0] == "part 1"
    assert len(second.manifest.part_names) <= len(first.manifest.part_names)


def test_images_and_poses_come_back_exactly_and_intrinsics_to_a_millionth(first: Opened, second: Opened) -> None:
    assert second.keys == first.keys
    for key in first.keys:
        one, other = first.view_arrays[key], second.view_arrays[key]
        np.testing.assert_array_equal(other["rgba"], one["rgba"])
        np.testing.assert_array_equal(other["pose"], one["pose"])
        np.testing.assert_allclose(other["intrinsics"], one["intrinsics"], rtol=1e-6)
        assert one["rgba"][..., 3].any()


def test_parts_and_candidates_come_back_exactly(first: Opened, second: Opened) -> None:
    for key in first.keys:
        one, other = first.label_arrays[key], second.label_arrays[key]
        assert one["part_count"] > 100 and len(np.unique(one["part"])) > 2
        for name in ("part", "part_xyz", "part_label", "candidate_xyz", "part_count", "candidate_count"):
            np.testing.assert_array_equal(other[name], one[name], err_msg=name)


def test_keypoints_come_back_exactly_in_3d_and_to_their_pixels_middle_in_images(first: Opened, second: Opened) -> None:
    for key in first.keys:
        one, other = first.label_arrays[key], second.label_arrays[key]
        for name in ("keypoint_present", "keypoint_visible", "keypoint_xyz"):
            np.testing.assert_array_equal(other[name], one[name])
        seen = one["keypoint_visible"]
        assert seen.sum() > 5
        np.testing.assert_array_equal(other["keypoint_uv"][seen], np.floor(one["keypoint_uv"][seen]) + 0.5)


def test_maps_come_back_exactly_in_half_precision(first: Opened, second: Opened) -> None:
    for key in first.keys:
        assert first.feature[key].dtype == second.feature[key].dtype == np.float16
        assert first.feature[key].any()
        np.testing.assert_array_equal(second.feature[key], first.feature[key])


def test_what_was_imported_is_exported_as_the_same_files(base: Path) -> None:
    written = contents(base / "out")
    assert len(written) == 3 * (4 + 1 + 4 + 1) + 1
    assert contents(base / "again") == written


def test_the_released_loaders_steps_read_what_is_exported(base: Path) -> None:
    """The steps of the released data loader, written here: sorted pngs, frames, arrays of each annotation."""
    out, name = base / "out", "madeup-chair-0000"
    frames = json.loads((out / "camera" / "03001627" / f"{name}.json").read_text())["frames"]
    pictures = sorted(path.name for path in (out / "img" / "03001627" / name).glob("*.png"))
    assert [frame["file_path"] for frame in frames] == pictures
    pixels = np.load(out / "kp_2d_anno" / "03001627" / f"{name}.npz", allow_pickle=True)["labels"].tolist()
    assert len(pixels) == len(pictures)
    pickled = zipfile.ZipFile(out / "kp_2d_anno" / "03001627" / f"{name}.npz").read("labels.npy")
    assert b"numpy.core.multiarray" in pickled and b"numpy._core" not in pickled  # names that old numpy knows
    assert all(isinstance(view, np.ndarray) and view.dtype == np.int64 and view.shape[1] == 3 for view in pixels)
    parts = np.load(out / "part_2d_anno" / "03001627" / f"{name}.npz")["labels"]
    assert parts.shape == (4, 32, 32)
    feats = np.load(out / "daisy_feat" / "03001627" / f"{name}.npz")["feats"]
    assert feats.shape == (4, 384, 8, 8)
    cloud = np.load(out / "part_3d_anno" / "03001627" / f"{name}.npz")
    assert len(cloud["pts"]) == len(cloud["labels"])
    keypoints = np.load(out / "kp_3d_anno" / "03001627" / f"{name}.npz")
    assert keypoints["labels"].shape[1] == 4
    split = json.loads((out / "splits" / "03001627.json").read_text())
    assert {pair["src"] for pair in split["cross_inst_pairs"]} <= set(split["test"])
    assert set(split["valid_flags_for_test"]) == set(split["test"])


def test_nothing_is_overwritten_unasked(base: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(base / "back")
    for words in (("import", "released-data", "../out"), ("export", "released-data", "--out", "../again")):
        result = run_command(*words)
        assert result.exit_code == 2
        assert "is there already" in result.output and "--overwrite" in result.output


def test_a_stopped_export_continues_to_the_same_bytes(
    base: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(base / "project")
    words = ("export", "released-data", "--out", str(tmp_path), "--teacher", "daisy")
    with monkeypatch.context() as patch:
        patch.setattr(released_data, "_splits", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            run_command(*words)
    done(*words)
    assert contents(tmp_path) == contents(base / "out")


def test_a_train_object_without_maps_is_said_in_a_sentence(base: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(base / "back")
    train = next(item.id for item in Opened(base / "back", "daisy_feat").manifest.of_split("train"))
    file = base / "out" / "daisy_feat" / "03001627" / f"{train}.npz"
    hidden = file.rename(file.with_suffix(".hidden"))
    said = refused("fit-projection", "--set", "fit-projection.views=2")
    hidden.rename(file)
    assert f"a train object has no usable maps: daisy_feat/03001627/{train}.npz: file: is missing" in said


def test_a_teacher_with_more_channels_is_projected(base: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """960 channels of the diffusion model become 384 in the same way: here 384 become 4."""
    monkeypatch.chdir(base / "back")
    few = ("--set", "fit-projection.channels=4", "--set", "machine.workers=1")
    done("fit-projection", *few)
    done("cache-teachers", *few)
    project = Project(load_settings(overrides=("fit-projection.channels=4", "machine.workers=1")))
    stored = project.stored_views("chair", "daisy_feat")
    key = next(iter(stored.maps.rows))
    assert stored.feature(key).shape == (4, 8, 8, 4)
    assert stored.feature(key).any()
