"""Meshes as ten libraries export them, with the colours that each face shows."""

import importlib.util
import io
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import trimesh
from PIL import Image
from trimesh.exchange.gltf import export_glb
from trimesh.exchange.ply import export_ply
from trimesh.visual import TextureVisuals
from trimesh.visual.material import PBRMaterial

from pipeline.datasets.axes import Axes
from pipeline.datasets.meshes.mesh_folder import MeshFolder
from pipeline.datasets.records import ObjectKey
from tests.datasets.meshes.exporter_glb import BY_VERTEX, GLB_FILES, linear, paper, shown
from tests.datasets.meshes.exporter_ply import BY_VERTEX as MEAN
from tests.datasets.meshes.exporter_ply import GREY, PLY_FILES, VERTEX_COLOURS, File
from tests.datasets.meshes.exporter_stl import STL_FILES
from tests.datasets.meshes.mesh_files import COLOURS, FACES, UV, VERTICES
from tests.datasets.meshes.test_mesh_sources import shown_colours

KEY = ObjectKey("thing", "a")


def check(root: Path, suffix: str, content: bytes, expected: np.ndarray) -> None:
    """The faces, in whatever order, lie where they should and show the colours; nothing is noted."""
    (root / "thing").mkdir(exist_ok=True)
    (root / f"thing/a.{suffix}").write_bytes(content)
    mesh = MeshFolder(root, Axes("+y", "-z")).read_mesh(KEY)
    distance = np.linalg.norm(mesh.vertices[mesh.faces].mean(axis=1)[:, None] - VERTICES[FACES].mean(axis=1), axis=2)
    assert distance.min(axis=0).max() < 1e-5
    assert distance.min(axis=1).max() < 1e-5
    assert shown_colours(mesh) == pytest.approx(expected[distance.argmin(axis=1)], abs=1.5)  # Blender cuts bytes off
    assert mesh.look_notes == ()


def box(**looks: Any) -> trimesh.Trimesh:
    return trimesh.Trimesh(VERTICES, FACES, process=False, **looks)


def textured(**looks: Any) -> trimesh.Trimesh:
    material = PBRMaterial(baseColorTexture=Image.open(io.BytesIO(paper())), **looks)
    visual = TextureVisuals(uv=UV.reshape(-1, 2), material=material)
    return trimesh.Trimesh(VERTICES[FACES].reshape(-1, 3), np.arange(36).reshape(-1, 3), process=False, visual=visual)


def moved() -> bytes:
    """Two nodes show one mesh; a third, above them, undoes their shifts."""
    scene = trimesh.Scene()
    scene.add_geometry(
        box(vertex_colors=VERTEX_COLOURS), transform=trimesh.transformations.translation_matrix([1, 2, 3])
    )
    scene.apply_translation([-1, -2, -3])
    return export_glb(scene)


RED = PBRMaterial(baseColorFactor=[128, 64, 255, 255])
TRIMESH: dict[str, tuple[str, Callable[[], bytes], np.ndarray]] = {
    "ply faces": ("ply", lambda: export_ply(box(face_colors=COLOURS)), COLOURS),
    "ply faces ascii": ("ply", lambda: export_ply(box(face_colors=COLOURS), encoding="ascii"), COLOURS),
    "ply vertices": ("ply", lambda: export_ply(box(vertex_colors=VERTEX_COLOURS)), MEAN),
    "ply vertices ascii": ("ply", lambda: export_ply(box(vertex_colors=VERTEX_COLOURS), encoding="ascii"), MEAN),
    "stl": ("stl", lambda: box().export(file_type="stl"), GREY),
    "stl ascii": ("stl", lambda: box().export(file_type="stl_ascii").encode(), GREY),
    "glb vertices": ("glb", lambda: box(vertex_colors=VERTEX_COLOURS).export(file_type="glb"), BY_VERTEX),
    "glb texture": ("glb", lambda: textured().export(file_type="glb"), COLOURS),
    "glb webp": ("glb", lambda: export_glb(trimesh.Scene(textured()), extension_webp=True), COLOURS),
    "glb nodes": ("glb", moved, BY_VERTEX),
    "glb factor": (
        "glb",
        lambda: box(visual=TextureVisuals(material=RED)).export(file_type="glb"),
        np.tile(shown(np.array([128, 64, 255]) / 255), (12, 1)),
    ),
}


@pytest.mark.parametrize("name", list(TRIMESH))
def test_trimesh(tmp_path, name):
    suffix, write, expected = TRIMESH[name]
    check(tmp_path, suffix, write(), expected)


@pytest.mark.parametrize(
    ("suffix", "file"),
    [
        pytest.param(suffix, file, id=f"{suffix} {name}")
        for suffix, files in (("ply", PLY_FILES), ("stl", STL_FILES), ("glb", GLB_FILES))
        for name, file in files.items()
    ],
)
def test_other_libraries(tmp_path, suffix: str, file: File):
    (tmp_path / "thing").mkdir()
    (tmp_path / "thing/meshlab-paper.png").write_bytes(paper())
    check(tmp_path, suffix, *file)


@pytest.fixture(scope="module")
def blender(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("blender")
    command = [sys.executable, "-m", "tests.datasets.meshes.blender_export", str(folder)]
    subprocess.run(command, check=True, capture_output=True, cwd=Path(__file__).parents[3])
    return folder


RED_FACES = np.tile(COLOURS[0], (12, 1))
LINEAR = shown(linear(VERTEX_COLOURS)[FACES].mean(axis=1))


@pytest.mark.blender
@pytest.mark.skipif(importlib.util.find_spec("bpy") is None, reason="bpy is absent")
@pytest.mark.parametrize(
    ("file", "expected"),
    [
        ("materials.glb", COLOURS),
        ("vertices.glb", LINEAR),
        ("texture.glb", COLOURS),
        ("mapped.glb", COLOURS),
        ("morph.glb", RED_FACES),
        ("skin.glb", RED_FACES),
        ("ascii.ply", MEAN),
        ("binary.ply", MEAN),
        ("ascii.stl", GREY),
        ("binary.stl", GREY),
    ],
)
def test_blender(blender, tmp_path, file, expected):
    check(tmp_path, file.rpartition(".")[2], (blender / file).read_bytes(), expected)
