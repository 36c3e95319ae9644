"""What an obj looks like where its author's intention is plain, and what is noted where it is not."""

from pathlib import Path

import numpy as np
import pytest

from pipeline.datasets.axes import Axes
from pipeline.datasets.meshes.mesh_folder import MeshFolder
from pipeline.datasets.records import Mesh, ObjectKey
from tests.datasets.meshes.mesh_files import encoded
from tests.datasets.meshes.test_mesh_sources import shown_colours

KEY = ObjectKey("thing", "one")
RED, BLUE, GREY, KD = [200, 10, 10], [10, 10, 200], [127.5] * 3, [51, 102, 153]
VERTICES = "v 0 0 0\nv 1 0 0\nv 0 1 0\nvt 0.1 0.1\nvt 0.3 0.1\nvt 0.1 0.3\n"
FACE = "f 1/1 2/2 3/3\n"
SKIN = VERTICES + "usemtl skin\n" + FACE
MAP = "newmtl skin\nmap_Kd a.png\n"


def png(colour: list[int], right: list[int] | None = None) -> bytes:
    """Two by two pixels; the right half may have another colour."""
    return encoded(np.tile(np.array([colour, right or colour], dtype=np.uint8), (2, 1, 1)))


def write(folder: Path, files: dict[str, str | bytes]) -> None:
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())


def read(root: Path, files: dict[str, str | bytes]) -> Mesh:
    """Read the object whose folder holds these files; the obj is `one.obj`."""
    write(root / "thing/one", files)
    return MeshFolder(root, Axes("+y", "+z")).read_mesh(KEY)


def shown(mesh: Mesh) -> list[list[float]]:
    colours: list[list[float]] = np.round(shown_colours(mesh), 1).tolist()
    return colours


@pytest.mark.parametrize(
    ("mtl", "obj"),
    [
        (MAP, "mtllib m.mtl\n"),
        ("newmtl skin # of the shelf\nmap_Kd a.png # the picture\n", "mtllib m.mtl # all of it\n"),
        ("\tnewmtl\tskin\n\t\tmap_Kd\ta.png\t\n", "  mtllib\tm.mtl \n"),
        ("newmtl skin\r\nMAP_KD a.png\r\n", "mtllib m.mtl\r\n"),
        ("newmtl skin\nPr 0.5\nmap_Pr b.png\nmap_Kd -blendu on -s 1 1 1 -o 0 0 0 -bm 0.3 a.png\n", "mtllib m.mtl\n"),
        ('newmtl skin\nmap_Kd "a.png"\n', 'mtllib "m.mtl"\n'),
        ("newmtl skin\nmap_Kd .\\a.png\n", "mtllib .\\m.mtl\n"),
        ("newmtl skin\nmap_Kd \\\na.png\n", "mtllib \\\nm.mtl\n"),
        (MAP + MAP, "mtllib m.mtl\nmtllib m.mtl\n"),
        ("newmtl skin\nmap_Kd a.png #by hand\n", "mtllib m.mtl #all of it\n"),
        (f"\ufeff{MAP}".encode("utf-16-le"), "mtllib m.mtl\n"),
        ("newmtl skin\nKd 0.2 0.4 0.6\nmap_Ka b.png\nmap_Kd a.png\n", "mtllib m.mtl\n"),
        ("newmtl skin\nKd 200 10 10\nmap_Ka b.png\n", "mtllib m.mtl\n"),  # a coloured Kd goes before map_Ka
    ],
)
def test_spellings_that_mean_the_same_need_no_note(tmp_path, mtl, obj):
    mesh = read(tmp_path, {"one.obj": obj + SKIN, "m.mtl": mtl, "a.png": png(RED)})
    assert (shown(mesh), mesh.look_notes) == ([RED], ())


@pytest.mark.parametrize("name", ["grün.png", "my oak.png", "my  oak (1).png", "a#1.png", "a #1.png", "äöü € .png"])
@pytest.mark.parametrize("encoding", ["utf-8", "latin-1"])
def test_names_of_any_letters(tmp_path, name, encoding):
    line = f"newmtl Körper\nmap_Kd {name}\n".encode(encoding, "replace" if "€" in name else "strict")
    obj = b"mtllib m.mtl\n" + SKIN.replace("skin", "Körper").encode(encoding)
    mesh = read(tmp_path, {"one.obj": obj, "m.mtl": line, name: png(RED)})
    assert shown(mesh) == [GREY if "€" in name and encoding == "latin-1" else RED]


@pytest.mark.parametrize(
    ("files", "reason"),
    [
        ({"m.mtl": "newmtl Skin\nmap_Kd a.png\n"}, "material was found under another name"),
        ({"m.mtl": 'newmtl "skin"\nmap_Kd a.png\n'}, "material was found under another name"),
        ({"m.mtl": "newmtl skin #1\nmap_Kd a.png\n"}, "material was found under another name"),
        ({"m.mtl": "newmtl skin\nKd 1 1 1\nmap_Ka a.png\n"}, "material has no map_Kd, and map_Ka was used"),
        ({"m.mtl": MAP + "newmtl skin\nKd 0.5 0.5 0.5\n"}, "material is defined twice"),
        ({"M.MTL": MAP}, "mtl file was found under another path"),
        ({"sub/m.mtl": "newmtl skin\nmap_Kd ../a.png\n"}, "mtl file was found under another path"),
        ({"other.mtl": MAP}, "mtl file beside the obj was used"),
        ({"one.mtl": MAP, "x.mtl": "newmtl skin\nKd 0 1 0\n"}, "mtl file beside the obj was used"),
        ({"m.mtl": "newmtl skin\nmap_Kd A.PNG\n"}, "texture was found under another path"),
        ({"m.mtl": "newmtl skin\nmap_Kd C:a.png\n"}, "texture was found under another path"),
        ({"m.mtl": "newmtl skin\nmap_Kd file:///x/a.png\n"}, "texture was found under another path"),
        ({"m.mtl": "newmtl skin\nmap_Kd C:\\Work\\a.png\n"}, "texture was found under another path"),
        ({"m.mtl": 'newmtl skin\nmap_Kd "D:\\My Work\\a.png"\n'}, "texture was found under another path"),
        ({"m.mtl": "newmtl skin\nmap_Kd \\\\server\\share\\a.png\n"}, "texture was found under another path"),
        ({"m.mtl": "newmtl skin\nmap_Kd /home/x/a.png\n"}, "texture was found under another path"),
        ({"m.mtl": "newmtl skin\nmap_Kd ../textures/a.png\n"}, "texture was found under another path"),
        ({"m.mtl": "newmtl skin\nmap_Kd tex/deep/a.png\n"}, "texture was found under another path"),
    ],
)
def test_what_is_meant_without_doubt_is_read_and_noted(tmp_path, files, reason):
    mesh = read(tmp_path, {"one.obj": "mtllib m.mtl\n" + SKIN, "a.png": png(RED), **files})
    assert shown(mesh) == [RED]
    (note,) = mesh.look_notes
    assert note.reason.startswith(reason) and note.grey_faces == 0


@pytest.mark.parametrize("obj", [SKIN, VERTICES + FACE])
def test_an_mtl_beside_an_obj_that_names_none(tmp_path, obj):
    mesh = read(tmp_path, {"one.obj": obj, "one.mtl": MAP, "a.png": png(RED)})
    assert shown(mesh) == [RED]
    assert mesh.look_notes[0].reason == "mtl file beside the obj was used"


@pytest.mark.parametrize(
    ("files", "note"),
    [
        ({}, "mtl file is missing: m.mtl"),
        ({"x.mtl": MAP, "y.mtl": MAP}, "mtl file is missing: m.mtl"),
        ({"m.mtl": b"\xff\xfe\0n\0e\0w\0" * 9 + b"\n"}, "no mtl file has a material of this name: skin"),
        ({"m.mtl": "newmtl wood\nKd 1 0 0\n"}, "no mtl file has a material of this name: skin"),
        ({"m.mtl": "newmtl SKIN\nKd 1 0 0\nnewmtl Skin\n"}, "material may be one of several: skin: SKIN, Skin"),
        ({"m.mtl": "newmtl skin\nKs 1 1 1\n"}, "material has no colour or texture that can be read: skin"),
        ({"m.mtl": "newmtl skin\nKd 0,8 0,2 0,1\n"}, "material has no colour or texture that can be read: skin"),
        ({"m.mtl": MAP.encode("utf-16-le")}, "mtl file cannot be read: thing/one/m.mtl: is no text"),
        ({"m.mtl": "newmtl skin #1\nnewmtl skin #2\n"}, "material may be one of several: skin: skin #1, skin #2"),
        ({"m.mtl": "newmtl skin\nKd 1 0 0\nmap_Kd b.png\n"}, "texture is missing: b.png"),
        ({"m.mtl": "newmtl skin\nmap_Kd ../../b.png\n"}, "texture lies outside the object's folder: ../../b.png"),
        ({"m.mtl": "newmtl skin\nmap_Kd b.png\n", "b.png/x": b""}, "texture is no plain file: b.png"),
        ({"m.mtl": f"newmtl skin\nmap_Kd {'x' * 300}.png\n"}, "texture cannot be read: File name too long: xxx"),
        ({"m.mtl": "newmtl skin\nmap_Kd C:\\b.png\n"}, "texture lies outside the object's folder: C:\\b.png"),
        (
            {"m.mtl": "newmtl skin\nmap_Kd /x/b.png\n", "s/b.png": png(RED), "t/b.png": png(RED)},
            "texture may be one of several: /x/b.png: thing/one/s/b.png, thing/one/t/b.png",
        ),
        (
            {"m.mtl": "newmtl skin\nmap_Kd b.dds\n", "b.dds": b"DDS |" + bytes(99)},
            "texture not decoded: unknown format",
        ),
        ({"m.mtl": "newmtl skin\nmap_Kd b.png\n", "b.png": b""}, "texture not decoded: unknown format"),
        ({"m.mtl": "newmtl skin\nmap_Kd b.png\n", "b.png": png(RED)[:50]}, "texture not decoded: damaged: b.png"),
    ],
)
def test_a_lost_look_is_grey_with_its_reason(tmp_path, files, note):
    (tmp_path / "b.png").write_bytes(png(RED))  # outside
    mesh = read(tmp_path, {"one.obj": "mtllib m.mtl\n" + SKIN, "a.png": png(RED), **files})
    assert shown(mesh) == [GREY]
    (found,) = mesh.look_notes
    assert str(found).startswith(note) and str(found).endswith("(1 grey face)")


def test_each_reason_has_its_faces(tmp_path):
    obj = f"mtllib m.mtl\n{VERTICES}{FACE}usemtl skin\n{FACE}f 1 2 3\nusemtl gone\n{FACE}{FACE}usemtl lost\n{FACE}"
    mtl = MAP + "newmtl gone\nmap_Kd gone.png\n"
    mesh = read(tmp_path, {"one.obj": obj, "m.mtl": mtl, "a.png": png(RED)})
    assert shown(mesh) == [GREY, RED, GREY, GREY, GREY, GREY]
    assert {(note.reason, note.grey_faces) for note in mesh.look_notes} == {
        ("faces above the first usemtl have no material", 1),
        ("texture without texture coordinates", 1),
        ("texture is missing", 2),
        ("no mtl file has a material of this name", 1),
    }


def test_scale_and_offset_of_a_map_move_it(tmp_path):
    files = {"a.png": png(RED, BLUE), "one.obj": "mtllib m.mtl\n" + SKIN}
    for options, colour in (("", RED), ("-o 0.5 0", BLUE), ("-s 4 1 1", BLUE), ("-s 2 -o 0.25 0 0", BLUE)):
        mesh = read(tmp_path, {**files, "m.mtl": f"newmtl skin\nmap_Kd {options} a.png\n"})
        assert (options, shown(mesh)) == (options, [colour])
