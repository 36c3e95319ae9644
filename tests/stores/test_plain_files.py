"""Refuse what lies in the place of a file: a FIFO at once by every reader, a pointer of git-lfs by its name."""

import os
from collections.abc import Callable
from pathlib import Path, PurePosixPath

import numpy as np
import pytest
import torch

from featurenerf.image_reading import read_image
from pipeline.artifacts.prepared_meshes import mesh_file_name
from pipeline.artifacts.projections import kept_projection
from pipeline.artifacts.receipts import require_unchanged
from pipeline.config.sections.teachers import TimmVit
from pipeline.config.settings import Camera, Settings, Train, load_settings
from pipeline.datasets.axes import WORLD
from pipeline.datasets.errors import DatasetError
from pipeline.datasets.meshes.look_notes import LostLookError
from pipeline.datasets.meshes.mesh_folder import MeshFolder
from pipeline.datasets.meshes.textures import TextureReader
from pipeline.datasets.numpy_files.npz_file import read_npz
from pipeline.datasets.records import ObjectKey
from pipeline.errors import UserError
from pipeline.exchange.released_checkpoint import import_checkpoint
from pipeline.manifests.manifest import ManifestObject, as_matrix, every_manifest
from pipeline.stores.atomic_files import sha256_of
from pipeline.stores.checked_json import read_checked, write_checked
from pipeline.stores.plain_files import read_file
from pipeline.teachers.weights import trusted_weights
from pipeline.upkeep.doctor.repository import lock_findings
from pipeline.upkeep.statistics import all_statistics
from render.kept_meshes import PreparedMeshes
from tests.stores.kept import the_store
from train.model_files import load_model
from train.network.encoder_weights import build_encoder
from train.network.model import FeatureField
from train.run.initial_weights import load_initial_weights

pytestmark = pytest.mark.timeout(20)
HERE, CPU = Path(), torch.device("cpu")
ITEM = ManifestObject("a", "train", {"a.obj": "12"}, as_matrix(np.eye(4)), None, None, ())
MESHES = PreparedMeshes(MeshFolder(HERE, WORLD), HERE)  # what is kept is read without the collection
READERS: dict[str, Callable[[], object]] = {
    "params.yaml": load_settings,
    "data_manifests/plane.json": every_manifest,
    "model.json": lambda: load_model(HERE, CPU),
    "model.safetensors": lambda: load_model(HERE, CPU),
    "released.pth": lambda: import_checkpoint(Path("released.pth"), Path("out"), {}, Camera(), 8),
    "photo.png": lambda: read_image("photo.png", "photo"),
    mesh_file_name(ITEM): lambda: MESHES.of(ObjectKey("0", "a"), ITEM),
    "weights.pth": lambda: sha256_of(Path("weights.pth")),
    "lock": lambda: list(lock_findings(HERE)),
    "rwlock": lambda: list(lock_findings(HERE)),
}


@pytest.mark.parametrize("name", READERS)
def test_a_fifo_is_refused_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.chdir(tmp_path)
    Path("data_manifests").mkdir()
    write_checked(Path("model.json"), {})
    Path(name).unlink(missing_ok=True)
    os.mkfifo(name)
    with pytest.raises(UserError, match=rf"{name} is a named pipe or a device: put a plain file in its place"):
        READERS[name]()


def test_a_device_is_refused_and_a_link_is_followed(tmp_path: Path) -> None:
    (tmp_path / "device").symlink_to("/dev/zero")
    with pytest.raises(UserError, match="device is a named pipe or a device"):
        read_file(tmp_path / "device")
    (tmp_path / "file").write_bytes(b"x")
    (tmp_path / "link").symlink_to("file")
    assert read_file(tmp_path / "link") == b"x"


def test_fifos_in_stores(kept: Settings) -> None:
    views, (projection,) = the_store("views"), Path("stores/projections/daisy/plane").iterdir()
    for path in (views.path / "failures.jsonl", projection / "about.json", projection / "projection.safetensors"):
        aside = path.rename(path.with_suffix(".aside")) if path.exists() else None
        os.mkfifo(path)
        if aside is None:
            assert not list(all_statistics(Path("stores"), ["views"], None))  # left out, and said
        else:
            assert kept_projection(projection) is None
            aside.replace(path)
    (views.path / "about.json").unlink()
    os.mkfifo(views.path / "about.json")
    with pytest.raises(UserError, match=r"about\.json belongs to a store of other settings"):
        views.create()


LFS = b"version https://git-lfs.github.com/spec/v1\noid sha256:" + b"0" * 64 + b"\nsize 12345\n"
PULL = r"is a git-lfs pointer in place of the file: run `git lfs pull`"
DINO = "vit_small_patch8_224.dino"
POINTERS: dict[str, Callable[[], object]] = {
    **{name: read for name, read in READERS.items() if name not in ("lock", "rwlock")},
    "encoder.pth": lambda: build_encoder("small", "encoder.pth"),
    "state.safetensors": lambda: load_initial_weights(FeatureField(Train(encoder="small"), 4), "."),
    "teacher.pth": lambda: trusted_weights("dino", TimmVit(kind="timm-vit", model=DINO, weights="teacher.pth")),
    "pairs.parquet": lambda: require_unchanged(HERE, {"pairs.parquet": "0" * 64}, "evaluate", "plane"),
    "receipt.json": lambda: read_checked(Path("receipt.json")),
}


@pytest.mark.parametrize("name", POINTERS)
def test_a_pointer_of_git_lfs_is_called_that(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.chdir(tmp_path)
    if name == "model.safetensors":
        write_checked(Path("model.json"), {})
    Path("data_manifests").mkdir()
    Path(name).write_bytes(LFS)
    with pytest.raises(UserError, match=rf"{name} {PULL}\.$"):
        POINTERS[name]()


@pytest.mark.parametrize("suffix", ["obj", "ply", "stl", "glb"])
def test_a_pointer_in_place_of_a_mesh_costs_its_object(tmp_path: Path, suffix: str) -> None:
    (tmp_path / "0").mkdir()
    (tmp_path / "0" / f"a.{suffix}").write_bytes(LFS)
    with pytest.raises(DatasetError, match=rf"0/a\.{suffix}: file: {PULL}$"):
        MeshFolder(tmp_path, WORLD).read_mesh(ObjectKey("0", "a"))


def test_a_pointer_in_place_of_an_archive(tmp_path: Path) -> None:
    (tmp_path / "a.npz").write_bytes(LFS)
    with pytest.raises(DatasetError, match=rf"a\.npz: file: {PULL}$"):
        read_npz(tmp_path, PurePosixPath("a.npz"), ["feats"])


def test_a_texture_that_is_a_pointer_is_noted(tmp_path: Path) -> None:
    (tmp_path / "oak.png").write_bytes(LFS)
    with pytest.raises(LostLookError, match=f"texture {PULL}"):
        TextureReader().read(tmp_path / "oak.png", "oak.png")
