"""A FIFO in the place of a file is refused at once by every reader: opening it as a file would wait for ever."""

import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from featurenerf.image_reading import read_image
from pipeline.artifacts.prepared_meshes import mesh_file_name
from pipeline.artifacts.projections import kept_projection
from pipeline.config.settings import Camera, Settings, load_settings
from pipeline.datasets.axes import Axes
from pipeline.datasets.meshes.mesh_folder import MeshFolder
from pipeline.datasets.records import ObjectKey
from pipeline.errors import UserError
from pipeline.exchange.released_checkpoint import import_checkpoint
from pipeline.manifests.manifest import ManifestObject, as_matrix, every_manifest
from pipeline.stores.atomic_files import sha256_of
from pipeline.stores.checked_json import write_checked
from pipeline.stores.plain_files import read_file
from pipeline.upkeep.doctor.repository import lock_findings
from pipeline.upkeep.statistics import all_statistics
from render.kept_meshes import PreparedMeshes
from tests.stores.kept import the_store
from train.model_files import load_model

pytestmark = pytest.mark.timeout(20)
HERE, CPU = Path(), torch.device("cpu")
ITEM = ManifestObject("a", "train", {"a.obj": "12"}, as_matrix(np.eye(4)), None, None, ())
MESHES = PreparedMeshes(MeshFolder(HERE, Axes("+y", "-z")), HERE)  # what is kept is read without the collection
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
