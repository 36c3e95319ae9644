"""Mtl files: options of maps, colours, transparency; and the colours of vertices beside them."""

from pathlib import PurePosixPath

import pytest

from pipeline.datasets.meshes.mtl_file import MaterialEntry, parse_mtl
from tests.datasets.meshes.test_obj_looks import FACE, GREY, KD, RED, VERTICES, png, read, shown


def entry_of(lines: str) -> MaterialEntry:
    return parse_mtl(f"newmtl m\n{lines}\n".encode(), PurePosixPath())["m"]


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("a.png", "a.png"),
        ("my wood.png", "my wood.png"),
        ("-s 1 1 1 a.png", "a.png"),
        ("-s 1 a.png", "a.png"),
        ("-o 0.5 -1 -s 2 2 my wood.png", "my wood.png"),
        ("a.png # drawn by hand", "a.png"),
        ("no#1.png", "no#1.png"),
        ("-clamp on -blendu off -mm 0 1 a.png", "a.png"),
        ("-bm 1 -imfchan r 2.png", "2.png"),
        ("-t 1 2 3 4", "4"),
        ("-s", "-s"),
        ("-dash.png", "-dash.png"),
        ("-x a.png", "-x a.png"),
        ("-colorspace sRGB a.png", "a.png"),
        ("..\\images\\a.png", "..\\images\\a.png"),
    ],
)
def test_the_file_name_stands_behind_the_options(written, name):
    entry = entry_of(f"Kd 1 0 0\nmap_Kd {written}\r")
    assert (entry.texture.name, entry.colour) == (name, (1, 0, 0))


@pytest.mark.parametrize(
    ("written", "colour"),
    [
        ("0.8", (0.8, 0.8, 0.8)),
        ("1 0 0 # red", (1, 0, 0)),
        ("1 2 -1", (1, 1, 0)),
        ("1 0", None),
        ("1 0 0 0.5", (1, 0, 0)),
        ("1 0 0 #red", (1, 0, 0)),
        ("51 102 153", (0.2, 0.4, 0.6)),
        ("13107 0 65535", (0.2, 0, 1)),
        ("3.5 0.2 0", (1, 0.2, 0)),
        ("nan", None),
        ("", None),
    ],
)
def test_colours(written, colour):
    assert entry_of(f"Kd {written}").colour == colour


def test_all_colours_of_a_file_have_one_white():
    entries = parse_mtl(b"newmtl a\nKd 0 1 0\nnewmtl b\nKd 255 0 0\nKa 51 0 0\n", PurePosixPath())
    assert entries["a"].colour == (0, 1 / 255, 0)
    assert (entries["b"].colour, entries["b"].ambient) == ((1, 0, 0), (0.2, 0, 0))


@pytest.mark.parametrize(
    ("written", "transparent"),
    [
        ("d 1", False),
        ("d 0.5", True),
        ("d 0", True),
        ("d -halo 0.2", True),
        ("Tr 0", False),
        ("Tr 0.3", True),
        ("map_d leaf.png", True),
        ("map_d", False),
        ("d", False),
        ("d x", False),
        ("d nan", False),
        ("", False),
    ],
)
def test_transparency_is_recorded(written, transparent):
    assert entry_of(f"Kd 1 0 0\n{written}").transparent == transparent


def coloured(rows: list[str], faces: str = "f 1 2 3\n") -> str:
    return "".join(f"v {row}\n" for row in rows) + faces


@pytest.mark.parametrize(
    ("rows", "colours"),
    [
        (["0 0 0 1 0 0", "1 0 0 0 1 0", "0 1 0 0 0 1"], [[85, 85, 85]]),
        (["0 0 0 0.8 0 0", "1 0 0 0.8 0 0", "0 1 0 0.8 0 0"], [[204, 0, 0]]),
        (["0 0 0 200 10 10", "1 0 0 200 10 10", "0 1 0 200 10 10"], [RED]),
        (["0 0 0 199.6 9.7 10.4", "1 0 0 200.2 10 10", "0 1 0 200 10 10"], [RED]),
        (["0 0 0 51400 2570 2570", "1 0 0 51400 2570 2570", "0 1 0 51400 2570 2570"], [RED]),
        (["0 0 0 3.5 0 0", "1 0 0 1 0 0.6", "0 1 0 1 0 0"], [[255, 0, 51]]),
        (["0 0 0 1 0 0 0.5", "1 0 0 1 0 0 0.5", "0 1 0 1 0 0 0.5"], [[255, 0, 0]]),
        (["0 0 0 1.001 -0.1 0", "1 0 0 1 0 0", "0 1 0 1 0 0"], [[255, 0, 0]]),
        (["0 0 0 1", "1 0 0 1", "0 1 0 1"], [GREY]),
        (["0 0 0 0 0 -1", "1 0 0 0 0 1", "0 1 0 0 1 0"], [GREY]),
        (["0 0 0 1 1 1", "1 0 0 1 1 1", "0 1 0 1 1 1"], [[255, 255, 255]]),
        (["0 0 0 1 0 0", "1 0 0", "0 1 0"], [[255, 0, 0]]),
    ],
)
def test_colours_of_vertices(tmp_path, rows, colours):
    mesh = read(tmp_path, {"one.obj": coloured(rows)})
    assert (shown(mesh), mesh.look_notes) == (colours, ())


def test_colours_of_some_vertices(tmp_path):
    rows = ["0 0 0 1 0 0", "1 0 0 1 0 0", "0 1 0 1 0 0", "0 0 1", "1 0 1", "0 1 1"]
    mesh = read(tmp_path, {"one.obj": coloured(rows, "f 1 2 3\nf 4 5 6\n")})
    assert shown(mesh) == [[255, 0, 0], GREY]
    assert [str(note) for note in mesh.look_notes] == [
        "faces without coloured vertices: others have colours (1 grey face)"
    ]
    mtl = {"m.mtl": "newmtl skin\nKd 0.2 0.4 0.6\n"}
    obj = "mtllib m.mtl\nusemtl skin\n" + coloured(rows, "f 1 2 3\nf 4 5 6\n")
    assert shown(read(tmp_path, {"one.obj": obj, **mtl})) == [[255, 0, 0], KD]


@pytest.mark.parametrize(
    ("colour", "mtl", "wanted"),
    [
        ("1 0 0", "Kd 0.8 0.8 0.8", [255, 0, 0]),
        ("1 1 1", "Kd 0.2 0.4 0.6", KD),
        ("255 255 255", "Kd 0.2 0.4 0.6", KD),
        ("1 0 0", "map_Kd a.png", RED),
        ("1 0 0", "map_Kd gone.png", [255, 0, 0]),
    ],
)
def test_a_texture_goes_before_vertex_colours_and_these_before_kd(tmp_path, colour, mtl, wanted):
    obj = f"mtllib m.mtl\nusemtl skin\n{VERTICES}{FACE}".replace("0 0\n", f"0 0 {colour}\n").replace(
        "0 1 0\n", f"0 1 0 {colour}\n"
    )
    mesh = read(tmp_path, {"one.obj": obj, "m.mtl": f"newmtl skin\n{mtl}\n", "a.png": png(RED)})
    assert shown(mesh) == [wanted]
    assert sum(note.grey_faces for note in mesh.look_notes) == 0
    assert [note.detail for note in mesh.look_notes] == (["gone.png"] if "gone" in mtl else [])
