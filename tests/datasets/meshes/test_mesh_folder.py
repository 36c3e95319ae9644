"""A folder of users' own meshes: which file is an object's, and what each format says of looks."""

from pathlib import Path

import pytest

from pipeline.datasets.axes import Axes
from pipeline.datasets.errors import DatasetError
from pipeline.datasets.meshes.mesh_folder import MeshFolder
from pipeline.datasets.records import ObjectKey
from pipeline.errors import UserError
from tests.datasets.meshes.mesh_files import FACES, VERTICES, write_obj, write_ply, write_stl

SYNSET = "03001627"
KEY = ObjectKey(SYNSET, "a")


@pytest.fixture
def source(tmp_path: Path) -> MeshFolder:
    (tmp_path / "chair").mkdir()
    return MeshFolder(tmp_path, Axes("+y", "-z"))


def touch(source: MeshFolder, *names: str) -> None:
    for name in names:
        (source.root / "chair" / name).parent.mkdir(parents=True, exist_ok=True)
        (source.root / "chair" / name).touch()


def test_flat_files_and_folders_side_by_side(source):
    write_ply(source.root / "chair/flat.ply", VERTICES, FACES)
    write_obj(source.root / "chair/deep/some name.obj", VERTICES, FACES)
    touch(source, "a?b.ply", ".ply", "-x.glb", "UPPER.PLY", "notes.txt")
    (source.root / "chair/empty").mkdir()
    (source.root / "chair/a?b").mkdir()
    write_stl(source.root / "chair/a?b/x.stl", VERTICES, FACES)
    assert source.listing(SYNSET).ids == ["deep", "flat"]
    assert str(source.mesh_path(ObjectKey(SYNSET, "deep"))) == "chair/deep/some name.obj"
    assert str(source.mesh_path(ObjectKey(SYNSET, "flat"))) == "chair/flat.ply"


@pytest.mark.parametrize(
    ("names", "reason"),
    [
        (["x.fbx", "notes.txt"], {"x.fbx": ".fbx is not read: convert it to .glb"}),
        (["x.GLTF"], {"x.GLTF": ".gltf is not read: convert it to .glb"}),
        (["all.zip", "y.obj.gz"], dict.fromkeys(("all.zip", "y.obj.gz"), "is an archive: unpack it")),
        (["z/model.OBJ", "z/a.png"], {"z": "holds no .obj, .ply, .stl, .glb directly; model.OBJ: write its suffix"}),
        (["z/scene.gltf"], {"z": "holds no .obj, .ply, .stl, .glb directly; scene.gltf: .gltf is not read: convert"}),
        (["z/meshes/a.obj"], {"z": "holds no .obj, .ply, .stl, .glb directly"}),
        (["a.fbx", "a.OBJ", "a.zip", "a.obj", "a.obj.gz", "b.zip", "b/b.ply", "a/a.png"], {}),
    ],
)
def test_what_is_passed_over_and_why(source, names, reason):
    touch(source, *names)
    passed = source.listing(SYNSET).passed_over
    assert {name: passed[name][: len(text)] for name, text in reason.items()} == reason
    assert passed.keys() == reason.keys()
    touch(source, "x.ply")
    assert "x.fbx" not in source.listing(SYNSET).passed_over


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
    ("first", "second", "reason"),
    [
        ("a.ply", "a.stl", "chair/a.ply: file: chair/a.stl has the same id"),
        ("a.obj", "a/x.ply", "chair/a.obj: file: chair/a/x.ply has the same id"),
        ("a/x.ply", "a/y.ply", "chair/a: folder: holds several meshes, x.ply, y.ply: keep one, or call the right one"),
        ("a/model.glb", "a/model.stl", "chair/a: folder: holds several meshes, model.glb, model.stl: keep one"),
    ],
)
def test_an_id_that_is_there_twice(source, first, second, reason):
    touch(source, first, second)
    assert source.listing(SYNSET).ids == ["a"]
    for read in (source.mesh_path, source.read_mesh):
        with pytest.raises(DatasetError, match=reason):
            read(KEY)


@pytest.mark.parametrize(
    ("names", "meant"),
    [
        (("collision.obj", "visual.obj"), "visual.obj"),
        (("model.ply", "simple.stl", "textured.obj"), "model.ply"),
        (("a.stl", "model.stl", "._a.stl"), "a.stl"),
        (("nontextured.ply", "textured.obj"), "textured.obj"),
    ],
)
def test_of_several_meshes_the_documented_name_is_meant(source, names, meant):
    touch(source, *(f"a/{name}" for name in names))
    assert source.mesh_path(KEY).name == meant


def test_a_file_that_is_too_large_is_not_read(source):
    for suffix in ("obj", "ply", "stl", "glb"):
        file = source.root / f"chair/a.{suffix}"
        with file.open("wb") as opened:
            opened.truncate(2**30 + 1)  # a hole: nothing is written
        with pytest.raises(DatasetError, match=r"too large"):
            source.read_mesh(KEY)
        file.unlink()


def test_an_obj_may_name_several_mtl_files_on_one_line(source):
    folder = source.root / "chair"
    (folder / "one.mtl").write_text("newmtl red\nKd 1 0 0 # a comment\n")
    (folder / "two.mtl").write_text("newmtl grey\nKd 0.8\n")
    triangles = "v 0 0 0\nv 1 0 0\nv 0 1 0\nusemtl red\nf 1 2 3\nusemtl grey\nf 3 2 1\n"
    (folder / "a.obj").write_text(f"mtllib one.mtl two.mtl\n{triangles}")
    mesh = source.read_mesh(KEY)
    assert [material.colour for material in mesh.materials] == [(1, 0, 0), (0.8, 0.8, 0.8)]
    assert {file.name for file in source.read_mesh(KEY).files} == {"a.obj", "one.mtl", "two.mtl"}
    (folder / "a.obj").write_text(f"mtllib one.mtl three.mtl\n{triangles}")
    (note,) = source.read_mesh(KEY).look_notes
    assert (note.reason, note.detail) == ("mtl file is missing", "three.mtl")
    (folder / "one.mtl").rename(folder / "one two.mtl")
    (folder / "a.obj").write_text(f"mtllib one two.mtl\n{triangles}")
    assert source.read_mesh(KEY).materials[0].colour == (1, 0, 0)


@pytest.mark.parametrize("named", ["mtllib a.mtl\n", "mtllib b.mtl\n", ""])
def test_an_mtl_file_that_cannot_be_read_is_noted(source, named):
    (source.root / "chair/a.obj").write_text(f"{named}v 0 0 0\nv 1 0 0\nv 0 1 0\nusemtl red\nf 1 2 3\n")
    (source.root / "chair/a.mtl").write_text("newmtl red\nKd 1 0 0 #" + "x" * 1_000_001)
    (note,) = source.read_mesh(KEY).look_notes
    reason = "mtl file is missing" if "b.mtl" in named else "mtl file cannot be read"
    assert (note.grey_faces, note.reason) == (1, reason)
