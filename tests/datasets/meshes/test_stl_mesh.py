"""STL files as their writers write them: two formats that look alike, surplus bytes, colours in spare bits."""

from pathlib import PurePosixPath

import numpy as np
import pytest

from pipeline.datasets.errors import DatasetError
from pipeline.datasets.meshes.stl_mesh import parse_stl
from tests.datasets.meshes.mesh_files import FACES, VERTICES, stl, text_stl
from tests.datasets.meshes.test_mesh_sources import shown_colours

FILE = PurePosixPath("chair/a.stl")
CORNERS = VERTICES[FACES]


TEXT = text_stl("solid box", "endsolid box", "246", "{:.6e}").decode()


@pytest.mark.parametrize("header", [b"", b"solid box", b"SOLID", b"  solid ascii", b"COLOR=\xff\x00\x00"])
@pytest.mark.parametrize("surplus", [b"", b"\n", b"\0\0", b"x" * 49, b"x" * 500])
def test_binary_files(header, surplus):
    mesh = parse_stl(stl(header) + surplus, FILE)
    assert mesh.vertices[mesh.faces] == pytest.approx(CORNERS)
    assert [note.detail for note in mesh.look_notes] == ([str(len(surplus))] if surplus else [])
    red = b"COLOR" in header
    assert shown_colours(mesh) == pytest.approx(np.tile([255, 0, 0] if red else [127.5] * 3, (len(FACES), 1)))


@pytest.mark.parametrize(
    "change",
    [
        str,
        str.upper,
        lambda whole: whole.replace("\n", "\r\n"),
        lambda whole: whole.replace("\n", "\r"),
        lambda whole: whole.replace("  ", "\t"),
        lambda whole: whole.replace(" box", ""),
        lambda whole: whole.replace("0 0 0\n", "nan nan nan\n"),
        lambda whole: whole.replace(" box", " vertex facet endsolid solid 1 2 3"),
        lambda whole: "\n\n" + whole.rstrip(),
        lambda whole: whole.replace("endsolid box", "end solid"),
        lambda whole: "\ufeff" + whole,
        lambda whole: "# made by me\r" + whole.replace("\n", "\r"),
        lambda whole: "; made by me\n// solid work\n\n" + whole,
        lambda whole: whole.removeprefix("solid box\n"),
        lambda whole: whole + "\0",
        lambda whole: "\ufeff" + whole + "\r\n" + "\0" * 500,
    ],
)
def test_texts(change):
    mesh = parse_stl(change(TEXT).encode(), FILE)
    assert mesh.vertices[mesh.faces] == pytest.approx(CORNERS)
    assert shown_colours(mesh) == pytest.approx(127.5)


def test_several_solids_are_one_mesh():
    mesh = parse_stl((2 * TEXT).encode(), FILE)
    assert mesh.vertices[mesh.faces] == pytest.approx(np.concatenate([CORNERS, CORNERS]))


RED, GREEN, BLUE = 31 << 10, 31 << 5, 31


@pytest.mark.parametrize(
    ("header", "attributes", "colours"),
    [
        # VisCAM and SolidView: red in the high bits, bit 15 says that the face has a colour.
        (b"", [0x8000 | RED, 0x8000 | GREEN, BLUE], [[255, 0, 0], [0, 255, 0], [127.5] * 3]),
        (b"", [0x8000 | 16 << 10 | 8 << 5, 0, 0], [[132, 66, 0], [127.5] * 3, [127.5] * 3]),
        # Without bit 15 the spare bytes mean something else.
        (b"", [RED, GREEN, 7], [[127.5] * 3] * 3),
        # Materialise: blue in the high bits, bit 15 says that the face has the object's colour.
        (b"COLOR=\x0a\x14\x1e\xff", [RED, GREEN, 0x8000], [[0, 0, 255], [0, 255, 0], [10, 20, 30]]),
        (
            b"COLOR=\x7f\x7f\x7f MATERIAL=\x7f\x7f\x7f ",
            [0x8000 | RED, 0x8000 | GREEN, 0xFFFF],
            [[0, 0, 255], [0, 255, 0], [255] * 3],
        ),
        (b"by COLOR=\x0a\x14\x1e\xff,MATERIAL=", [0, 0, 0], [[10, 20, 30]] * 3),
    ],
)
def test_colours(header, attributes, colours):
    mesh = parse_stl(stl(header, attributes * 4), FILE)
    assert shown_colours(mesh) == pytest.approx(np.array(colours * 4), abs=0.51)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"<html>404</html>" * 9, "a text needs a line that begins with solid"),
        (b"", "announces 0 triangles, and 0 follow"),
        (stl(b"")[:80] + b"\xff" * 4 + stl(b"")[84:], "announces 4294967295 triangles, and 12 follow"),
        (stl(b"")[:80] + bytes(4) + stl(b"")[84:], "announces 0 triangles, and 12 follow"),
        (stl(b"")[:96] + b"\x01\0\x80\x7f" + stl(b"")[100:], "not finite"),  # a signalling NaN
        (stl(b"")[:-1], "announces 12 triangles, and 11 follow"),
        (b"solid a\nvertex 0 0 0\nvertex 1 0 0\nvertex 0 1\nendsolid\n", "vertex: .*3 columns"),
        (b"solid a\nvertex 0 0 0\nvertex 1 0 0\nvertex 0 1 x\nendsolid\n", "vertex: .*'x'"),
        (b"solid a\nvertex 0 0 0\nvertex 1 0 0\nendsolid\n", "there are 2 of them"),
        (TEXT.replace("endloop", "vertex 1 2 3\nendloop").encode(), "there are 48 of them in 12 loops"),
        (TEXT[:-40].encode(), "endsolid: is missing"),
        (b"solid a\nendsolid a\n", "no vertices"),
        (TEXT.encode() + b"1 " * 600_000, "longer than 1000000 characters"),
    ],
)
def test_broken_files(content, reason):
    with pytest.raises(DatasetError, match=reason) as caught:
        parse_stl(content, FILE)
    assert caught.value.file == FILE
