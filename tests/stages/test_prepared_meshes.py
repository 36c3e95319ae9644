"""Meshes ready for drawing are made once, kept, and never another object's."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from pipeline.artifacts.project import Project
from pipeline.config.settings import load_settings
from pipeline.datasets.errors import DatasetError
from pipeline.stores.atomic_files import sha256_of
from render.kept_meshes import PreparedMeshes
from render.prepared_mesh import prepare


def test_a_kept_mesh_needs_no_collection_and_is_never_another_one(project: Path, tmp_path: Path) -> None:
    opened, folder = Project(load_settings()), tmp_path / "kept"
    meshes, manifest = opened.roots().meshes, opened.manifest("plane")
    item = manifest.objects[0]
    key = manifest.key(item.id)
    path, prepared = meshes.root / meshes.mesh_path(key), PreparedMeshes(meshes, folder)
    first = prepared.of(key, item)
    np.testing.assert_array_equal(first.normal, prepare(meshes.read_mesh(key), item.matrix()).normal)

    # Another map into the world is another file.
    halved = tuple(tuple(value / 2 for value in row) for row in item.world_from_source[:3])
    half = replace(item, world_from_source=(*halved, item.world_from_source[3]))
    np.testing.assert_allclose(prepared.of(key, half).vertices, first.vertices / 2)
    assert len(list(folder.iterdir())) == 2

    # A damaged one is made again.
    good = {file: file.read_bytes() for file in folder.iterdir()}
    for file, content in good.items():
        file.write_bytes(content[:-1])
    prepared.of(key, item)
    prepared.of(key, half)
    assert {file: file.read_bytes() for file in folder.iterdir()} == good

    path.rename(tmp_path / "away.obj")
    np.testing.assert_array_equal(prepared.of(key, item).normal, first.normal)
    for other in (PreparedMeshes(meshes, None), PreparedMeshes(meshes, folder, anew=True)):
        with pytest.raises(DatasetError, match="is listed in the manifest and missing"):
            other.of(key, item)

    # A mesh without any area is refused.
    path.write_text("v 0 0 0\nv .1 0 0\nv .3 0 0\nf 1 2 3\n")
    path.with_suffix(".mtl").unlink()
    listed = replace(item, files={str(meshes.mesh_path(key)): sha256_of(path)})
    with pytest.raises(DatasetError, match="no face has an area"):
        PreparedMeshes(meshes, None).of(key, listed)
