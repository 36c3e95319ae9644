"""Meshes as ten programs export them, with the colours that each face shows: a box, or for obj two triangles."""

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import trimesh
from PIL import Image
from trimesh.exchange.gltf import export_glb
from trimesh.exchange.ply import export_ply
from trimesh.visual import ColorVisuals, TextureVisuals
from trimesh.visual.material import PBRMaterial, SimpleMaterial

from pipeline.datasets.axes import Axes
from pipeline.datasets.meshes.mesh_folder import MeshFolder
from pipeline.datasets.records import ObjectKey
from tests.datasets.meshes.mesh_files import COLOURS, EXPORTS, FACES, GREY, UV, VERTICES
from tests.datasets.meshes.test_mesh_sources import shown_colours

KEY = ObjectKey("thing", "a")
VERTEX_COLOURS = np.array(
    [
        [250, 20, 20], [20, 250, 20], [20, 20, 250], [250, 250, 20],
        [20, 250, 250], [250, 20, 250], [128, 128, 128], [240, 240, 240],
    ],
    dtype=np.uint8,
)  # fmt: skip


def shown(linear: np.ndarray) -> np.ndarray:
    """Linear light 0..1 as sRGB 0..255."""
    return 255 * np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * np.maximum(linear, 1e-9) ** (1 / 2.4) - 0.055)


def linear(colours: np.ndarray) -> np.ndarray:
    """sRGB 0..255 as linear light 0..1."""
    given = colours / 255.0
    return np.where(given <= 0.04045, given / 12.92, ((given + 0.055) / 1.055) ** 2.4)


# What the faces show, by the last part of a file's name. Many writers of glb take sRGB numbers for linear ones.
SHOWN = {
    "faces": COLOURS,
    "vertices": VERTEX_COLOURS[FACES].mean(axis=1),
    "grey": GREY,
    "red": np.tile(COLOURS[0], (12, 1)),
    "linear-faces": shown(COLOURS / 255),
    "linear-vertices": shown(VERTEX_COLOURS[FACES].mean(axis=1) / 255),
    "mean-of-linear-vertices": shown(linear(VERTEX_COLOURS)[FACES].mean(axis=1)),
    "five-bits": np.round(COLOURS / 255 * 31) * 255 / 31,
    "low-bits-cut": COLOURS.astype(int) // 8 * 255 / 31,
}


def check(root: Path, suffix: str, content: bytes, expected: np.ndarray) -> None:
    """The faces, in whatever order, lie where they should and show the colours; nothing is noted."""
    (root / "thing").mkdir(exist_ok=True)
    (root / f"thing/a{suffix}").write_bytes(content)
    mesh = MeshFolder(root, Axes("+y", "-z")).read_mesh(KEY)
    distance = np.linalg.norm(mesh.vertices[mesh.faces].mean(axis=1)[:, None] - VERTICES[FACES].mean(axis=1), axis=2)
    assert distance.min(axis=0).max() < 1e-5
    assert distance.min(axis=1).max() < 1e-5
    assert shown_colours(mesh) == pytest.approx(expected[distance.argmin(axis=1)], abs=1.5)  # Blender cuts bytes off
    assert mesh.look_notes == ()


FILES = sorted(path.name for path in EXPORTS.iterdir() if path.suffix in (".ply", ".stl", ".glb"))


@pytest.mark.parametrize("name", FILES)
def test_other_programs(tmp_path, name: str):
    (tmp_path / "thing").mkdir()
    (tmp_path / "thing/meshlab-paper.png").write_bytes((EXPORTS / "meshlab-paper.png").read_bytes())
    _, kind, suffix = name.rsplit(".", 2)
    check(tmp_path, f".{suffix}", (EXPORTS / name).read_bytes(), SHOWN[kind])


def test_no_program_is_missing():
    assert [sum(name.endswith(suffix) for name in FILES) for suffix in ("ply", "stl", "glb")] == [19, 19, 15]


def box(**looks: Any) -> trimesh.Trimesh:
    return trimesh.Trimesh(VERTICES, FACES, process=False, **looks)


def coloured_box() -> trimesh.Trimesh:
    return box(vertex_colors=VERTEX_COLOURS)


def textured() -> trimesh.Trimesh:
    picture = Image.open(io.BytesIO((EXPORTS / "meshlab-paper.png").read_bytes()))
    visual = TextureVisuals(uv=UV.reshape(-1, 2), material=PBRMaterial(baseColorTexture=picture))
    return trimesh.Trimesh(VERTICES[FACES].reshape(-1, 3), np.arange(36).reshape(-1, 3), process=False, visual=visual)


def moved() -> bytes:
    """Two nodes show one mesh; a third, above them, undoes their shifts."""
    scene = trimesh.Scene()
    scene.add_geometry(coloured_box(), transform=trimesh.transformations.translation_matrix([1, 2, 3]))
    scene.apply_translation([-1, -2, -3])
    return export_glb(scene)


PURPLE = TextureVisuals(material=PBRMaterial(baseColorFactor=[128, 64, 255, 255]))
TRIMESH: dict[str, tuple[Callable[[], bytes], np.ndarray]] = {
    "faces.ply": (lambda: export_ply(box(face_colors=COLOURS)), COLOURS),
    "faces ascii.ply": (lambda: export_ply(box(face_colors=COLOURS), encoding="ascii"), COLOURS),
    "vertices.ply": (lambda: export_ply(coloured_box()), SHOWN["vertices"]),
    "vertices ascii.ply": (lambda: export_ply(coloured_box(), encoding="ascii"), SHOWN["vertices"]),
    "binary.stl": (lambda: box().export(file_type="stl"), GREY),
    "ascii.stl": (lambda: box().export(file_type="stl_ascii").encode(), GREY),
    "vertices.glb": (lambda: coloured_box().export(file_type="glb"), SHOWN["linear-vertices"]),
    "texture.glb": (lambda: textured().export(file_type="glb"), COLOURS),
    "webp.glb": (lambda: export_glb(trimesh.Scene(textured()), extension_webp=True), COLOURS),
    "nodes.glb": (moved, SHOWN["linear-vertices"]),
    "factor.glb": (lambda: box(visual=PURPLE).export(file_type="glb"), shown(np.tile([128, 64, 255], (12, 1)) / 255)),
}


@pytest.mark.parametrize("name", list(TRIMESH))
def test_trimesh(tmp_path, name):
    write, expected = TRIMESH[name]
    check(tmp_path, Path(name).suffix, write(), expected)


# Obj files: a triangle beside another one. The picture's left half is red and its right half blue.
RED, BLUE = [200, 10, 10], [10, 10, 200]
TRIANGLES = np.array([[0, 0, 0], [1, 0, 0], [0, 1, 0], [2, 0, 0], [3, 0, 0], [2, 1, 1]], dtype=np.float64)
UV_OF_TWO = np.array([[0.25, 0.5]] * 3 + [[0.75, 0.5]] * 3)
OBJS = {
    "red-red": "vtk-colour meshlab-faces blender-colour",
    "blue-red": "blender-moved",
    "grey-grey": "meshio meshio-uv",
    "red-blue": "open3d-vertices open3d-normals open3d-texture open3d-both vtk-texture meshlab-vertices "
    "meshlab-texture blender-vertices blender-vertices-and-material blender-copied blender-absolute blender-windows "
    "assimp assimp-windows",
}
COLOUR_NAMES = {"red": RED, "blue": BLUE, "grey": [127.5] * 3}


def check_two(source: MeshFolder, key: ObjectKey, wanted: str, tolerance: float, notes: int = 0) -> None:
    mesh = source.read_mesh(key)
    colours = np.array([COLOUR_NAMES[name] for name in wanted.split("-")])
    assert shown_colours(mesh) == pytest.approx(colours, abs=tolerance)
    assert len(mesh.look_notes) == notes


@pytest.mark.parametrize(
    ("name", "wanted"), [(name, wanted) for wanted, names in OBJS.items() for name in names.split()]
)
def test_obj_files_of_other_programs(name, wanted):
    notes = name in ("blender-absolute", "blender-windows")  # paths of another machine
    check_two(MeshFolder(EXPORTS, Axes("+y", "+z")), ObjectKey("obj", name), wanted, 3, notes)


@pytest.mark.parametrize("looks", ["vertices", "texture", "pbr", "colour"])
def test_obj_files_of_trimesh(tmp_path, looks):
    picture = Image.fromarray(np.tile(np.array([RED] * 8 + [BLUE] * 8, dtype=np.uint8), (16, 1, 1)))
    material = PBRMaterial(baseColorTexture=picture, baseColorFactor=[255] * 4)
    visual = {
        "vertices": ColorVisuals(vertex_colors=np.array([RED] * 3 + [BLUE] * 3, dtype=np.uint8)),
        "texture": TextureVisuals(uv=UV_OF_TWO, image=picture),
        "pbr": TextureVisuals(uv=UV_OF_TWO, material=material),
        "colour": TextureVisuals(material=SimpleMaterial(diffuse=[*RED, 255])),
    }[looks]
    (tmp_path / "thing/a").mkdir(parents=True)
    two = trimesh.Trimesh(TRIANGLES, np.arange(6).reshape(2, 3), visual=visual, process=False)
    two.export(tmp_path / "thing/a/a.obj")
    check_two(MeshFolder(tmp_path, Axes("+y", "+z")), KEY, "red-red" if looks == "colour" else "red-blue", 1)
