"""Colours of an obj's vertices, alone and beside materials."""

import pytest

from tests.datasets.meshes.test_obj_looks import FACE, GREY, KD, RED, VERTICES, png, read, shown


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
