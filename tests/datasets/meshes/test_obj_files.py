"""Which files and materials an obj means, and what many of them cost."""

import os

from pipeline.datasets.axes import Axes
from pipeline.datasets.meshes import object_files
from pipeline.datasets.meshes.look_notes import UNSEARCHED
from pipeline.datasets.meshes.mesh_folder import MeshFolder
from pipeline.datasets.records import ObjectKey
from tests.datasets.meshes.test_obj_looks import FACE, GREY, MAP, RED, SKIN, VERTICES, png, read, shown, write


def test_a_sign_in_names_of_materials_tells_them_apart(tmp_path):
    obj = f"mtllib m.mtl\n{VERTICES}" + "".join(f"usemtl Material #{n}\n{FACE}" for n in (1, 2, 3))
    mesh = read(tmp_path, {"one.obj": obj, "m.mtl": "newmtl Material #1\nKd 1 0 0\nnewmtl Material #2\nKd 0 0 1\n"})
    assert shown(mesh) == [[255, 0, 0], [0, 0, 255], GREY]
    assert [str(n) for n in mesh.look_notes] == ["no mtl file has a material of this name: Material #3 (1 grey face)"]


def test_many_notes_of_one_reason_are_summed_up(tmp_path):
    obj = VERTICES + "".join(f"usemtl m{number}\n{FACE}" for number in range(3000))
    notes = read(tmp_path, {"one.obj": obj}).look_notes
    assert (len(notes), notes[-1].detail, sum(note.grey_faces for note in notes)) == (21, "others", 3000)


def test_a_folder_is_listed_once_whatever_the_names(tmp_path, monkeypatch):
    walks, walk = [], os.walk
    monkeypatch.setattr(os, "walk", lambda *args, **options: walks.append(args) or walk(*args, **options))
    mtl = "".join(f"newmtl m{number}\nmap_Kd C:\\x\\{number}.png\n" for number in range(30))
    obj = "mtllib m.mtl\n" + VERTICES + "".join(f"usemtl m{number}\n{FACE}" for number in range(30))
    write(tmp_path / "store/folder", {"29.png": png(RED)})
    (tmp_path / "store/folder/up").symlink_to("..")
    (tmp_path / "thing/one").mkdir(parents=True)
    (tmp_path / "thing/one/textures").symlink_to("../../store/folder")
    mesh = read(tmp_path, {"one.obj": obj, "m.mtl": mtl})
    assert (shown(mesh)[-2:], len(walks)) == ([GREY, RED], 1)
    assert mesh.look_notes[0].detail == "C:\\x\\29.png: thing/one/textures/29.png"
    monkeypatch.setattr(object_files, "_MOST_FILES", 3)
    (many, *_) = read(tmp_path, {"x.png": b"", "y.png": b""}).look_notes
    assert (many.reason, many.grey_faces) == (f"texture {UNSEARCHED}", 1)


def test_links_are_followed_wherever_they_lead(tmp_path):
    store, own = tmp_path / "store", tmp_path / "thing/one"
    write(store, {"of-one.obj": "mtllib m.mtl\n" + SKIN, "of-m.mtl": MAP, "picture": png(RED)})
    own.mkdir(parents=True)
    for name in ("one.obj", "m.mtl"):
        (own / name).symlink_to(store / f"of-{name}")
    (own / "a.png").symlink_to("../../store/picture")
    mesh = read(tmp_path, {})
    assert (shown(mesh), mesh.look_notes) == ([RED], ())
    assert [str(file) for file in mesh.files] == ["thing/one/one.obj", "thing/one/m.mtl", "thing/one/a.png"]
    for target, reason in (("nowhere", "is missing"), ("a.png", "cannot be read: Too many levels of symbolic links")):
        (own / "a.png").unlink()
        (own / "a.png").symlink_to(target)
        assert [note.reason for note in read(tmp_path, {}).look_notes] == [f"texture {reason}"]


def test_in_a_folder_of_many_objects_only_the_own_files_are_meant(tmp_path):
    files = {"a.obj": "mtllib m.mtl\n" + SKIN, "b.mtl": MAP, "c/c.obj": SKIN, "c/m.mtl": MAP, "tex/a.png": png(RED)}
    write(tmp_path / "thing", files)
    source = MeshFolder(tmp_path, Axes("+y", "+z"))
    mesh = source.read_mesh(ObjectKey("thing", "a"))
    assert [str(note) for note in mesh.look_notes] == ["mtl file is missing: m.mtl (1 grey face)"]
    (tmp_path / "thing/b.mtl").rename(tmp_path / "thing/a.mtl")
    assert shown(source.read_mesh(ObjectKey("thing", "a"))) == [RED]
