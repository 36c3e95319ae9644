"""Obj files: by hand, against trimesh, and broken ones."""

import io
from pathlib import Path, PurePosixPath

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from trimesh.exchange.obj import load_obj

from pipeline.datasets.errors import DatasetError
from pipeline.datasets.obj_geometry import ObjGeometry, material_libraries, parse_obj

FILE = PurePosixPath("03001627/a/model.obj")
SQUARE = "v 0 0 0\nv 1 0 0\nv 1 1 0\nv 0 1 0\n"

# The ways of both releases: two spaces after f (assimp), several `o` before any face, `vt u v w`, lines, twin faces.
MIXED = (
    "# made up\r\nmtllib model.mtl\r\no one\no two\n"
    + SQUARE
    + "v 9 9 9\nvn 0 0 1\nvt 0 0 0\nvt 2.5 -1 0\nvt 1 1 0\n"
    + "f 1 2 3\nusemtl wood\nf  1/1/1 2/2/1 3/3/1 \nf  3/3/1 2/2/1 1/1/1\nl 1 2\nusemtl paint\nf 1//1 3//1 4//1\n"
    + "usemtl wood\nf 1/1 2/2 3/3 4/1\n"
)


def test_every_field_of_a_small_file():
    geometry = parse_obj(MIXED, FILE)
    assert geometry.vertices.tolist() == [[0, 0, 0], [1, 0, 0], [1, 1, 0], [0, 1, 0], [9, 9, 9]]
    assert geometry.faces.tolist() == [[0, 1, 2], [0, 1, 2], [2, 1, 0], [0, 2, 3], [0, 1, 2], [0, 2, 3]]
    assert geometry.material_names == (None, "wood", "paint")
    assert geometry.face_material.tolist() == [0, 1, 1, 2, 1, 1]
    a, b, c, none = [0, 0], [2.5, -1], [1, 1], [0, 0]
    assert geometry.uv.tolist() == [[none] * 3, [a, b, c], [c, b, a], [none] * 3, [a, b, c], [a, c, a]]
    assert material_libraries(MIXED) == ("model.mtl",)


def test_a_material_whose_faces_differ_in_form_keeps_its_texture_coordinates():
    text = SQUARE + "vt 0.25 0.75\nusemtl a\nf 1/1 2/1 3/1\nf 1 3 4\n"
    uv = parse_obj(text, FILE).uv
    assert uv.tolist() == [[[0.25, 0.75]] * 3, [[0, 0]] * 3]


@given(
    st.lists(st.tuples(*[st.floats(-1e3, 1e3)] * 3), min_size=3, max_size=20),
    st.lists(st.lists(st.integers(0, 2), min_size=3, max_size=6), min_size=1, max_size=10),
)
def test_polygons_become_fans(vertices, polygons):
    text = "".join(f"v {x!r} {y!r} {z!r}\n" for x, y, z in vertices)
    text += "".join("f " + " ".join(str(index + 1) for index in polygon) + "\n" for polygon in polygons)
    geometry = parse_obj(text, FILE)
    assert geometry.vertices.tolist() == [list(vertex) for vertex in vertices]
    fans = [[p[0], p[i], p[i + 1]] for p in polygons for i in range(1, len(p) - 1)]
    assert geometry.faces.tolist() == fans


@pytest.mark.parametrize(
    ("text", "field", "reason"),
    [
        ("", "v", "no vertices"),
        (SQUARE, "f", "no faces"),
        ("f 1 2 3\n", "v", "no vertices"),
        (SQUARE + "f 1 2 9\n", "f", "index 9 is out of range: there are 4 vertices"),
        (SQUARE + "f 1 2 99999999999999999999\n", "f", "integers"),
        (SQUARE + "f 0 1 2\n", "f", "index 0"),
        (SQUARE + "f -1 -2 -3\n", "f", "index -1"),
        (SQUARE + "vt 0 0\nf 1/1 2/2 3/1\n", "f", "index 2 is out of range: there are 1 texture"),
        (SQUARE + "f 1 2 3\nf 1 2\n", "f 2", "fewer than three corners"),
        (SQUARE + "f 1 2 x\n", "f", "integers"),
        (SQUARE + "f\n", "f 1", "fewer than three"),
        ("v 0 0 nan\nv 1 0 0\nv 0 1 0\nf 1 2 3\n", "v", "not finite in row 1"),
        ("v 0 0 0\nv 1 0 inf\nv 0 1 0\nf 1 2 3\n", "v", "not finite in row 2"),
        ("v 0 0 0\nv 1 0\nv 0 1 0\nf 1 2 3\n", "v", "3 columns"),
        ("v\nv 1 0 0\nv 0 1 0\nv 1 1 1\nf 1 2 3\n", "v", "empty row"),
        ("v\nf 1 1 1\n", "v", "empty row"),
        ("v 0 0 zero\nv 1 0 0\nv 0 1 0\nf 1 2 3\n", "v", "3 columns"),
        (SQUARE + "vt 0 nan\nf 1/1 2/1 3/1\n", "vt", "not finite"),
    ],
)
def test_broken_files_name_the_place(text, field, reason):
    with pytest.raises(DatasetError, match=reason) as caught:
        parse_obj(text, FILE)
    assert caught.value.file == FILE
    assert caught.value.field == field


def test_a_file_cut_inside_a_line():
    text = SQUARE + "f 1 2 3\nf 1 3 4"
    for end in (len(text) - 2, len(text) - 4):
        with pytest.raises(DatasetError, match="three corners"):
            parse_obj(text[:end], FILE)


def corner_table(positions: np.ndarray, uv: np.ndarray) -> np.ndarray:
    """Faces as sorted rows of nine coordinates and six texture coordinates."""
    rows = np.concatenate([positions.reshape(-1, 9), uv.reshape(-1, 6)], axis=1)
    return rows[np.lexsort(rows.T)]


def assert_agrees_with_trimesh(text: str, geometry: ObjGeometry) -> None:
    """Per material: the same triangles, and where trimesh has texture coordinates, the same ones."""
    pieces = list(load_obj(io.BytesIO(text.encode()), skip_materials=True)["geometry"].values())
    assert sum(len(piece["faces"]) for piece in pieces) == len(geometry.faces)
    ours = []
    for number in range(len(geometry.material_names)):
        mine = geometry.face_material == number
        ours.append((geometry.vertices[geometry.faces[mine]], geometry.uv[mine]))
    for piece in pieces:
        corners = piece["vertices"][piece["faces"]]
        uv = np.zeros((len(corners), 3, 2)) if piece["visual"] is None else piece["visual"].uv[piece["faces"]]
        same = [
            len(positions) == len(corners)
            and np.array_equal(
                corner_table(positions, mine if piece["visual"] is not None else np.zeros_like(mine)),
                corner_table(corners, uv),
            )
            for positions, mine in ours
        ]
        assert sum(same) == 1


def test_trimesh_reads_the_same_made_up_file():
    text = SQUARE + "vt 0 0\nvt 3 -2\nusemtl a\nf 1/1 2/2 3/1\nf 3/1 2/2 1/1\nusemtl b\nf 1/1 3/2 4/2\n"
    assert_agrees_with_trimesh(text, parse_obj(text, FILE))


@pytest.mark.samples
def test_trimesh_reads_the_same_published_files(samples: Path):
    files = sorted(samples.glob("shapenet_v*/*/*/**/*.obj"))
    assert len(files) >= 8
    for path in files:
        text = path.read_text(encoding="utf-8")
        assert_agrees_with_trimesh(text, parse_obj(text, PurePosixPath(path.name)))
