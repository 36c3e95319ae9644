"""Textures that a PLY file names, with coordinates of faces or of vertices."""

import struct
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from pipeline.datasets.meshes.look_notes import MISSING, NO_COORDINATES, OUTSIDE, LookNote
from tests.datasets.meshes.mesh_files import COLOURS, FACES, UV, VERTICES, png
from tests.datasets.meshes.test_mesh_sources import shown_colours
from tests.datasets.meshes.test_ply_mesh import LIST, RGB, XYZ, binary_ply, read, text_ply

TEXCOORD = "property list uchar float texcoord\nproperty int texnumber\n"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "chair").mkdir()
    (tmp_path / "chair/paper one.png").write_bytes(png())
    Image.fromarray(np.full((2, 2, 3), (9, 8, 7), dtype=np.uint8)).save(tmp_path / "chair/plain.png")
    (tmp_path / "secret.png").write_bytes(png())
    return tmp_path


def by_face(comments: str, numbers: list[int] | None = None) -> bytes:
    """As MeshLab writes it: a list of coordinates and the number of a texture for each face."""
    faces = b"".join(
        struct.pack("<B3iB6fi", 3, *face, 6, *uv.reshape(-1), number)
        for face, uv, number in zip(FACES.tolist(), UV, numbers or [0] * len(FACES), strict=True)
    )
    rows = VERTICES.astype("<f4").tobytes()
    content = binary_ply(XYZ, rows, LIST + TEXCOORD, faces, (len(VERTICES), len(FACES)))
    return content.replace(b"element vertex", comments.encode() + b"element vertex", 1)


def test_coordinates_of_faces(root):
    mesh = read(by_face("comment TextureFile paper one.png\n"), root)
    assert shown_colours(mesh) == pytest.approx(COLOURS, abs=0.51)
    assert ([str(file) for file in mesh.files], mesh.look_notes) == (["chair/a.ply", "chair/paper one.png"], ())


def test_two_textures_and_none(root):
    comments = "comment TextureFile paper one.png\ncomment texturefile plain.png\n"
    mesh = read(by_face(comments, [0, 1, -1] * 4), root)
    expected = COLOURS.astype(float)
    expected[1::3], expected[2::3] = (9, 8, 7), 127.5
    assert shown_colours(mesh) == pytest.approx(expected, abs=0.51)
    assert mesh.look_notes == ()  # the file asks for no look where the number is -1


@pytest.mark.parametrize(
    ("numbers", "grey", "reason"),
    [
        ([1] * 12, 0, "texture numbers were taken to count from 1"),
        ([0, 1, 2] * 4, 8, "face names a texture that the file does not list"),
        ([0, 0, -2] * 4, 4, "face names a texture that the file does not list"),
    ],
)
def test_numbers_of_no_texture(root, numbers, grey, reason):
    mesh = read(by_face("comment TextureFile paper one.png\n", numbers), root)
    (note,) = mesh.look_notes
    assert (note.reason, note.grey_faces) == (reason, grey)
    assert (shown_colours(mesh) == 127.5).all(axis=1).sum() == grey


@pytest.mark.parametrize("coordinates", ["0", "6 nan 0 0 0 0 0", "2 0.1 0.1"])
def test_one_face_without_coordinates_costs_no_other(root, coordinates):
    faces = ["3 0 1 2 6 0.1 0.1 0.1 0.1 0.1 0.1", f"4 0 1 2 3 {coordinates}", "3 2 1 0 6 0.1 0.1 0.1 0.1 0.1 0.1"]
    vertices = [f"{x} {y} {z}" for x, y, z in VERTICES[:4]]
    texcoord = "property list uchar float texcoord\n"
    mesh = read(text_ply(XYZ, vertices, LIST + texcoord, faces, "comment TextureFile plain.png\n"), root)
    assert shown_colours(mesh).tolist() == [[9, 8, 7], [127.5] * 3, [127.5] * 3, [9, 8, 7]]
    assert mesh.look_notes == (LookNote(NO_COORDINATES, "plain.png", 2),)


@pytest.mark.parametrize("names", ["s t", "u v", "texture_u texture_v"])
def test_coordinates_of_vertices(root, names):
    rows = [f"{x} {y} {z} 255 0 0 {u} {v}" for (x, y, z), (u, v) in zip(VERTICES[FACES[1]], UV[1], strict=True)]
    properties = XYZ + RGB + "".join(f"property float {name}\n" for name in names.split())
    content = text_ply(properties, rows, LIST, ["3 0 1 2"], "comment TextureFile paper one.png\n")
    assert shown_colours(read(content, root))[0] == pytest.approx(COLOURS[1])


@pytest.mark.parametrize(
    ("name", "reason"), [("absent.png", f"texture {MISSING}"), ("../secret.png", f"texture {OUTSIDE}")]
)
def test_a_texture_that_is_not_to_be_had(root, name, reason):
    assert read(by_face(f"comment TextureFile {name}\n"), root).look_notes == (LookNote(reason, name, len(FACES)),)


def test_a_texture_without_coordinates(root):
    rows = [f"{x} {y} {z} 255 0 0" for x, y, z in VERTICES[:3]]
    for properties, grey in ((XYZ, 1), (XYZ + RGB, 0)):
        content = text_ply(properties, rows, LIST, ["3 0 1 2"], "comment TextureFile paper one.png\n")
        mesh = read(content, root)
        assert mesh.look_notes == (LookNote(NO_COORDINATES, "paper one.png", grey),)
        assert shown_colours(mesh)[0] == pytest.approx([127.5] * 3 if grey else [255, 0, 0])
