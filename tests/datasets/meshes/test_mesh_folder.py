"""A folder of users' own meshes: which file is an object's, and what each format says of looks."""

import struct
from pathlib import Path

import numpy as np
import pytest

from pipeline.datasets.axes import Axes
from pipeline.datasets.errors import DatasetError
from pipeline.datasets.meshes.face_colours import MOST_COLOURS, colour_materials
from pipeline.datasets.meshes.mesh_folder import MeshFolder
from pipeline.datasets.records import ObjectKey
from pipeline.errors import UserError
from tests.datasets.meshes.mesh_files import FACES, VERTICES, png, write_obj, write_ply, write_stl

SYNSET = "03001627"
KEY = ObjectKey(SYNSET, "a")


@pytest.fixture
def source(tmp_path: Path) -> MeshFolder:
    (tmp_path / "chair").mkdir()
    return MeshFolder(tmp_path, Axes("+y", "-z"))


def test_flat_files_and_folders_side_by_side(source):
    write_ply(source.root / "chair/flat.ply", VERTICES, FACES)
    write_obj(source.root / "chair/deep/some name.obj", VERTICES, FACES)
    for name in ("a b.ply", ".ply", "ä.stl", "-x.glb", "UPPER.PLY", "notes.txt"):
        (source.root / "chair" / name).touch()
    (source.root / "chair/empty").mkdir()
    (source.root / "chair/a b").mkdir()
    write_stl(source.root / "chair/a b/x.stl", VERTICES, FACES)
    assert source.listing(SYNSET).ids == ["deep", "flat"]
    assert str(source.mesh_path(ObjectKey(SYNSET, "deep"))) == "chair/deep/some name.obj"
    assert str(source.mesh_path(ObjectKey(SYNSET, "flat"))) == "chair/flat.ply"


def test_the_name_goes_before_the_synset(source):
    (source.root / SYNSET).mkdir()
    for folder, name in (("chair", "named"), (SYNSET, "numbered"), ("02691156", "plane")):
        (source.root / folder).mkdir(exist_ok=True)
        write_stl(source.root / folder / f"{name}.stl", VERTICES, FACES)
    assert source.listing(SYNSET).ids == ["named"]
    assert source.listing("02691156").ids == ["plane"]
    with pytest.raises(UserError, match=r"source\.mesh_root: .* has no folder car or 02958343"):
        source.listing("02958343")
    with pytest.raises(DatasetError, match=r"car|02958343"):
        source.read_mesh(ObjectKey("02958343", "a"))


@pytest.mark.parametrize(
    ("first", "second"), [("a.ply", "a.stl"), ("a.obj", "a/x.ply"), ("a/x.ply", "a/y.ply"), ("a/x.glb", "a/x.stl")]
)
def test_an_id_that_is_there_twice(source, first, second):
    for name in (first, second):
        (source.root / "chair" / name).parent.mkdir(exist_ok=True)
        (source.root / "chair" / name).touch()
    assert source.listing(SYNSET).ids == ["a"]
    for read in (source.mesh_path, source.read_geometry, source.read_mesh):
        with pytest.raises(DatasetError, match=f"chair/{first}: file: chair/{second} has the same id"):
            read(KEY)


def test_an_obj_may_not_leave_its_folder(source):
    (source.root / "secret.png").write_bytes(png())
    write_obj(source.root / "chair/a.obj", VERTICES, FACES)
    (source.root / "chair/a.mtl").write_text("newmtl paper\nmap_Kd ../secret.png\n")
    assert source.read_mesh(KEY).missing_textures == ("../secret.png",)
    assert [file.name for file in source.read_geometry(KEY).files] == ["a.obj", "a.mtl"]


def test_a_file_that_is_too_large_is_not_read(source):
    for suffix in ("obj", "ply", "stl", "glb"):
        file = source.root / f"chair/a.{suffix}"
        with file.open("wb") as opened:
            opened.truncate(2**30 + 1)  # a hole: nothing is written
        with pytest.raises(DatasetError, match=r"too large"):
            source.read_mesh(KEY)
        file.unlink()


# Colours -------------------------------------------------------------------------------------------------------------


def test_few_colours_are_kept_and_many_become_a_palette():
    few = np.array([[1, 2, 3], [200, 0, 0], [1, 2, 3]], dtype=np.uint8)
    place, materials = colour_materials(few)
    assert [materials[i].colour for i in place] == [tuple(c) for c in (few / 255).tolist()]
    assert len(materials) == 2
    many = np.random.default_rng(5).integers(0, 256, (5000, 3)).astype(np.uint8)
    place, materials = colour_materials(many)
    assert 32 < len(materials) <= MOST_COLOURS
    shown = 255 * np.array([materials[i].colour for i in place])
    # 64 cells of a cube of edge 256 have edge 64: a uniform colour lies 16 from the middle on average.
    assert np.abs(shown - many).mean() < 24


def write_text_ply(source: MeshFolder, properties: str, rows: list[str], faces: list[str], comment: str = "") -> None:
    header = f"ply\nformat ascii 1.0\n{comment}element vertex {len(rows)}\nproperty float x\nproperty float y\n"
    header += f"property float z\n{properties}element face {len(faces)}\nproperty list uchar int vertex_indices\n"
    (source.root / "chair/a.ply").write_text(header + "end_header\n" + "\n".join([*rows, *faces]) + "\n")


RGB = "property uchar red\nproperty uchar green\nproperty uchar blue\n"


def test_colours_of_ply_vertices_are_averaged(source):
    rows = ["0 0 0 255 0 0", "1 0 0 0 255 0", "0 1 0 0 0 255", "5 5 5 1 2 3"]
    write_text_ply(source, RGB, rows, ["3 0 1 2"])
    mesh = source.read_mesh(KEY)
    assert len(mesh.vertices) == 4
    assert mesh.materials[0].colour == pytest.approx((1 / 3, 1 / 3, 1 / 3), abs=1e-9)


def test_polygons_of_a_ply(source):
    corners = ["0 0 0", "1 0 0", "1 1 0", "0 1 0", "-1 0.5 0"]
    write_text_ply(source, "", corners, ["4 0 1 2 3", "4 4 0 1 2"])
    assert source.read_mesh(KEY).faces.tolist() == [[0, 1, 2], [0, 2, 3], [4, 0, 1], [4, 1, 2]]
    assert source.read_mesh(KEY).materials[0].colour == (0.5, 0.5, 0.5)
    write_text_ply(source, "", corners, ["5 0 1 2 3 4", "3 0 1 2"])
    faces = source.read_mesh(KEY).faces
    assert sorted(map(sorted, faces.tolist())) == [[0, 1, 2], [0, 1, 2], [0, 2, 3], [0, 3, 4]]
    # A texture that is named and not read is said to be missing.
    write_text_ply(source, "", corners, ["3 0 1 2"], "comment TextureFile ../../secret.png\n")
    assert source.read_mesh(KEY).missing_textures == source.read_geometry(KEY).missing == ("../../secret.png",)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (("element vertex 4", "element vertex 99999999999"), "announces at least"),
        (("element face 1", "element face 4"), "announces"),
        (("element face 1", "element face -1"), "announces no number"),
        (("element face 1", "element face 0"), "no faces"),
        (("1 0 0\n", "1 0 zero\n"), "no valid ply"),
        (("1 0 0\n", "1 0\n"), "no valid ply"),
        (("1 0 0\n", "\n"), "blank"),
        (("end_header", "end"), "no header"),
        (("float x", "complex x"), "no valid ply"),
        (("3 0 1 2", "3 0 1"), "no faces"),
        (("3 0 1 2", "3 0 1 nan"), "no valid ply"),
        (("3 0 1 2", "2 0 1"), "no faces|no valid"),
    ],
)
def test_broken_plys(source, change, reason):
    write_text_ply(source, "", ["0 0 0", "1 0 0", "0 1 0", "2 2 2"], ["3 0 1 2"])
    file = source.root / "chair/a.ply"
    assert change[0] in file.read_text()
    file.write_text(file.read_text().replace(*change))
    with pytest.raises(DatasetError, match=reason) as caught:
        source.read_mesh(KEY)
    assert str(caught.value.file) == "chair/a.ply"


def test_stl_files_that_lie(source):
    file = source.root / "chair/a.stl"
    write_stl(file, VERTICES, FACES)
    content = bytearray(file.read_bytes())
    content[80:84] = struct.pack("<I", 2**32 - 1)
    file.write_bytes(content)
    with pytest.raises(DatasetError, match="announces 4294967295 triangles, and 12 follow"):
        source.read_mesh(KEY)
    file.write_text("solid a\nvertex 0 0 0\nvertex 1 0 0\nvertex 0 1\nendsolid\n")
    with pytest.raises(DatasetError, match="no valid stl"):
        source.read_mesh(KEY)
    solid = "solid {0}\nvertex {0} 0 0\nvertex 1 0 0\nvertex 0 1 0\nendsolid {0}\n"
    file.write_text(solid.format(5) + solid.format(6))
    assert source.read_mesh(KEY).vertices[:, 0].tolist() == [5, 1, 0, 6, 1, 0]


def test_an_obj_may_name_several_mtl_files_on_one_line(source):
    folder = source.root / "chair"
    (folder / "one.mtl").write_text("newmtl red\nKd 1 0 0 # a comment\n")
    (folder / "two.mtl").write_text("newmtl grey\nKd 0.8\n")
    triangles = "v 0 0 0\nv 1 0 0\nv 0 1 0\nusemtl red\nf 1 2 3\nusemtl grey\nf 3 2 1\n"
    (folder / "a.obj").write_text(f"mtllib one.mtl two.mtl\n{triangles}")
    mesh = source.read_mesh(KEY)
    assert [material.colour for material in mesh.materials] == [(1, 0, 0), (0.8, 0.8, 0.8)]
    assert {file.name for file in source.read_geometry(KEY).files} == {"a.obj", "one.mtl", "two.mtl"}
    (folder / "a.obj").write_text(f"mtllib one.mtl three.mtl\n{triangles}")
    assert source.read_mesh(KEY).missing_textures == source.read_geometry(KEY).missing == ("three.mtl",)
    (folder / "one.mtl").rename(folder / "one two.mtl")
    (folder / "a.obj").write_text(f"mtllib one two.mtl\n{triangles}")
    assert source.read_mesh(KEY).materials[0].colour == (1, 0, 0)
