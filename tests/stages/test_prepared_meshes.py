"""Meshes ready for drawing are made once, kept, and never another object's."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from pipeline.artifacts.project import Project
from pipeline.config.settings import load_settings
from pipeline.datasets.errors import DatasetError
from pipeline.datasets.meshes.mesh_source import MeshSource
from pipeline.manifests.manifest import ManifestObject
from pipeline.stores.atomic_files import sha256_of
from render.kept_meshes import PreparedMeshes
from render.prepared_mesh import prepare


@pytest.fixture
def meshes(project: Path) -> MeshSource:
    return Project(load_settings()).roots().meshes


@pytest.fixture
def item(project: Path) -> ManifestObject:
    return Project(load_settings()).manifest("plane").objects[0]


def test_a_kept_mesh_needs_no_collection(meshes: MeshSource, item: ManifestObject, tmp_path: Path) -> None:
    key = Project(load_settings()).manifest("plane").key(item.id)
    prepared = PreparedMeshes(meshes, tmp_path / "kept")
    first = prepared.of(key, item)
    np.testing.assert_array_equal(first.normal, prepare(meshes.read_mesh(key), item.matrix()).normal)
    (meshes.root / meshes.mesh_path(key)).rename(tmp_path / "away.obj")
    np.testing.assert_array_equal(prepared.of(key, item).normal, first.normal)
    for other in (PreparedMeshes(meshes, None), PreparedMeshes(meshes, tmp_path / "kept", anew=True)):
        with pytest.raises(DatasetError, match="is listed in the manifest and missing"):
            other.of(key, item)


def test_a_damaged_kept_mesh_is_made_again(meshes: MeshSource, item: ManifestObject, tmp_path: Path) -> None:
    key = Project(load_settings()).manifest("plane").key(item.id)
    prepared = PreparedMeshes(meshes, tmp_path / "kept")
    prepared.of(key, item)
    (file,) = (tmp_path / "kept").iterdir()
    good = file.read_bytes()
    file.write_bytes(good[:-1])
    prepared.of(key, item)
    assert [path.read_bytes() for path in (tmp_path / "kept").iterdir()] == [good]


def test_another_map_into_the_world_is_another_file(meshes: MeshSource, item: ManifestObject, tmp_path: Path) -> None:
    key = Project(load_settings()).manifest("plane").key(item.id)
    prepared = PreparedMeshes(meshes, tmp_path / "kept")
    a, b, c, last = item.world_from_source
    halved = tuple((w / 2, x / 2, y / 2, z / 2) for w, x, y, z in (a, b, c))
    half = (*halved, last)
    whole = prepared.of(key, item).vertices
    np.testing.assert_allclose(prepared.of(key, replace(item, world_from_source=half)).vertices, whole / 2)
    assert len(list((tmp_path / "kept").iterdir())) == 2


def test_a_mesh_without_any_area_is_refused(meshes: MeshSource, item: ManifestObject, tmp_path: Path) -> None:
    key = Project(load_settings()).manifest("plane").key(item.id)
    path = meshes.root / meshes.mesh_path(key)
    path.write_text("v 0 0 0\nv .1 0 0\nv .3 0 0\nf 1 2 3\n")
    path.with_suffix(".mtl").unlink()
    listed = replace(item, files={str(meshes.mesh_path(key)): sha256_of(path)})
    with pytest.raises(DatasetError, match="no face has an area"):
        PreparedMeshes(meshes, None).of(key, listed)
