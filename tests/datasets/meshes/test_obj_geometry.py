"""Obj files: by hand, against a plain reader, and broken ones."""

import time
import tracemalloc
from pathlib import Path, PurePosixPath

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pipeline.datasets.errors import DatasetError
from pipeline.datasets.meshes import obj_geometry
from pipeline.datasets.meshes.obj_geometry import ObjGeometry, parse_obj
from tests.datasets.meshes.plain_obj import RefusedError, plain_obj

FILE = PurePosixPath("03001627/a/model.obj")


def parse(text: str) -> ObjGeometry:
    return parse_obj(text.encode(), FILE)


SQUARE = "v 0 0 0\nv 1 0 0\nv 1 1 0\nv 0 1 0\n"

# The ways of both releases: two spaces after f (assimp), several `o` before any face, `vt u v w`, lines, twin faces.
MIXED = (
    "# made up\r\nmtllib model.mtl\r\no one\no two\n"
    + SQUARE
    + "v 9 9 9\nvn 0 0 1\nvt 0 0 0\nvt 2.5 -1 0\nvt 1 1 0\n"
    + "f 1 2 3\nusemtl wood\nf  1/1/1 2/2/1 3/3/1 \nf  3/3/1 2/2/1 1/1/1\nl 1 2\nusemtl paint\nf 1//1 3//1 4//1\n"
    + "usemtl wood\nf 1/1 2/2 3/3 4/1\n"
)


@pytest.fixture(autouse=True, scope="module")
def fans_alone():
    """The plain reader knows no other triangles; test_concave_polygons.py has the others."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(obj_geometry, "cut_concave", lambda fan, *_: fan)
        yield


def test_every_field_of_a_small_file():
    geometry = parse(MIXED)
    assert geometry.vertices.tolist() == [[0, 0, 0], [1, 0, 0], [1, 1, 0], [0, 1, 0], [9, 9, 9]]
    assert geometry.faces.tolist() == [[0, 1, 2], [0, 1, 2], [2, 1, 0], [0, 2, 3], [0, 1, 2], [0, 2, 3]]
    assert geometry.material_names == (None, "wood", "paint")
    assert geometry.face_material.tolist() == [0, 1, 1, 2, 1, 1]
    a, b, c, none = [0, 0], [2.5, -1], [1, 1], [0, 0]
    assert geometry.uv.tolist() == [[none] * 3, [a, b, c], [c, b, a], [none] * 3, [a, b, c], [a, c, a]]
    assert geometry.libraries == ("model.mtl",)


@pytest.mark.parametrize(
    ("text", "field", "reason"),
    [
        ("", "v", "no vertices"),
        (SQUARE, "f", "no faces"),
        ("f 1 2 3\n", "v", "no vertices"),
        (SQUARE + "f 1 2 9\n", "f", "index 9 is out of range: there are 4 vertices"),
        (SQUARE + "f 1 2 99999999999999999999\n", "f", "integers"),
        (SQUARE + "f 0 1 2\n", "f", "index 0"),
        (SQUARE + "v 0 0 1.#QNAN\nf 1 2 3\n", "v", "1.#QNAN"),
        (SQUARE + "vt 0 -1.#IND\nf 1 2 3\n", "vt", "-1.#IND"),
        (SQUARE + "f -1 -2 -5\nv 0 0 0\n", "f", "index -5"),
        (SQUARE + "f 1 2 3/4/5/6\n", "f", "3/4/5/6.*face 1"),
        (SQUARE + "f 1 2 3\nf 1 2 /3\n", "f", "face 2"),
        (SQUARE + "f 1 2 3-\n", "f", "3-"),
        (SQUARE + "f 1 2 -\n", "f", "integers"),
        (SQUARE + "f 1 2 3//x\n", "f", "3//x"),
        (SQUARE + "f 1 2 1_0\n", "f", "1_0"),
        ("v 0 0 0\nv 1 0 1_0\nf 1 1 2\n", "v", "1_0.*row 2"),
        ("v 0 0 0 0 0 x\nf 1 1 1\n", "v", "'x'"),
        ("v 0 0 1.2.3\nf 1 1 1\n", "v", "1.2.3"),
        ("v 0 0 1-2\nf 1 1 1\n", "v", "1-2"),
        ("v 0 0 1e999\nf 1 1 1\n", "v", "not finite in row 1"),
        ("v 0 0 0\nv 0 0 2e100\nf 1 1 2\n", "v", "beyond 1e.100 in row 2"),
        (SQUARE + "vt\nf 1/1 2/1 3/1\n", "vt", "empty row"),
        (SQUARE + "f 1 2 3\n\0", "file", "zero bytes"),
        (SQUARE + "f 1 2 x\n", "f", "integers"),
        (SQUARE + "f 1 2 3\nf 1 3", "f 2", "three corners"),
        ("v 0 0\nv 0 1 0 0\nv 0 1 0\nf 1 2 3\n", "v", "row 1 has 2"),  # a row never borrows from its neighbour
        (SQUARE + "f\n", "f 1", "fewer than three"),
        ("v 0 0 nan\nv 1 0 0\nv 0 1 0\nf 1 2 3\n", "v", "not finite in row 1"),
        ("v 0 0 0\nv 1 0 inf\nv 0 1 0\nf 1 2 3\n", "v", "not finite in row 2"),
        ("v 0 0 0\nv 1 0\nv 0 1 0\nf 1 2 3\n", "v", "3 columns"),
        ("v\nv 1 0 0\nv 0 1 0\nv 1 1 1\nf 1 2 3\n", "v", "empty row"),
        ("v\nf 1 1 1\n", "v", "empty row"),
        ("v 0 0 zero\nv 1 0 0\nv 0 1 0\nf 1 2 3\n", "v", "3 columns"),
    ],
)
def test_broken_files_name_the_place(text, field, reason):
    with pytest.raises(DatasetError, match=reason) as caught:
        parse(text)
    assert caught.value.file == FILE
    assert caught.value.field == field


# Words and separators that may stand anywhere, so that every rule meets every other.
NUMBERS = st.one_of(
    st.sampled_from(["0", "-0.0", "1.", ".5", "+2", "1e-7", "-3.25E+2", "123456789.123456789", "0.1234567890123456"]),
    st.floats(-1e3, 1e3).map(repr),
    st.decimals(-99, 99, places=6).map(str),
)
STRANGE = st.sampled_from(
    ["nan", "inf", "1e999", "x", "1-2", "1.2.3", "--1", "-", "/", "1/", "/1", "1//", "1/2/3/4", "1_0", "0x10", "é", "#",
     "\\", "1\x1c2", "99999999999999999999", "000000000001", "-1/-1/-1", "+1"]
)  # fmt: skip
# Three vertices and a texture coordinate always stand first, so most of these indices are good ones.
INDEX = st.sampled_from([-3, -2, -1, 1, 2, 3, 1, 2, 3]).map(str)
UV = st.sampled_from(["1", "-1", "", "0"])
CORNER = st.one_of(INDEX, st.builds("{}/{}".format, INDEX, UV), st.builds("{}/{}/{}".format, INDEX, UV, UV))
ANY_CORNER = CORNER | st.lists(st.integers(-5, 7).map(str), min_size=1, max_size=4).map("/".join)
BLANK = st.sampled_from([" ", "  ", "\t", " \t ", "\v", "\f", " \\\n", "\\\r\n"])
END = st.sampled_from(["\n", "\n", "\n", " \n", "\r\n", "\r", "\n\n", " # note\n"])
STRANGE_END = st.sampled_from([" \\\n", "\\\n", "\\ \n", "#\\\n"])


@st.composite
def line_of(draw, keyword, word, low, high, strange):
    words = draw(st.lists(word, min_size=low, max_size=high))
    if strange and draw(st.integers(0, 9)) == 0:
        words.insert(draw(st.integers(0, len(words))), draw(STRANGE))
    lead = draw(st.sampled_from(["", "", "", " ", "\t"]))
    end = draw(STRANGE_END if strange and draw(st.integers(0, 9)) == 0 else END)
    return lead + keyword + "".join(draw(BLANK) + word for word in words) + end


@st.composite
def obj_text(draw):
    strange = draw(st.sampled_from([False, False, True]))
    kinds = (
        line_of("v", NUMBERS, 3, 6, strange),
        line_of("vt", NUMBERS, 1, 3, strange),
        line_of("f", ANY_CORNER if strange else CORNER, 3, 5, strange),
        line_of("f", st.integers(1, 3).map(str), 3, 4, strange),
        line_of("f", st.integers(-3, -1).map(str), 3, 4, strange),
        line_of("usemtl", st.sampled_from(["a", "b", "ü"]), 0, 2, strange),
        st.sampled_from(["# c \\\n", "o x\n", "g\n", "s 1\n", "vn 0 0 1\n", "vp 1\n", "\n", "#v 1 2\n"]),
    )
    start = draw(st.sampled_from(["", "\ufeff# b\n"])) + "v 0 0 0\nv 1 0 0\nv 0 1 0\nvt 0 1\n"
    start += draw(st.sampled_from(["f 1 2 3\n", "f 1 2 3\n", ""]))
    return start + "".join(draw(st.lists(st.one_of(*kinds), min_size=1, max_size=15)))


def assert_same_as_plain(text: str) -> None:
    try:
        expected = plain_obj(text)
    except RefusedError:
        with pytest.raises(DatasetError):
            parse(text)
        return
    geometry = parse(text)
    for name, value in expected.items():
        assert np.array_equal(getattr(geometry, name), value), name
    assert geometry.faces.dtype == geometry.face_material.dtype == np.int32


@settings(max_examples=120)
@given(obj_text())
@example("v 0 0 0\nusemtl a b # note\nf 1 1 1\nusemtl a #25\nf 1 1 1\n")
def test_same_as_the_plain_reader(text):
    assert_same_as_plain(text)


@settings(max_examples=80)
@given(st.data())
def test_same_as_the_plain_reader_on_mutated_texts(data):
    text = MIXED
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(0, len(text)))
        end = data.draw(st.integers(place, min(place + 3, len(text))))
        piece = data.draw(st.sampled_from(["", " ", "\n", "-", "/", ".", "1", "e", "#", "v ", "f "]))
        text = text[:place] + piece + text[end:]
    assert_same_as_plain(text)


def test_a_long_line_is_refused_at_once():
    start = time.perf_counter()
    with pytest.raises(DatasetError, match=r"line 2: is longer than 1000000 characters"):
        parse_obj(b"# c\n" + b"v " * 20_000_000, FILE)
    assert time.perf_counter() - start < 1


def test_polygons_that_would_fill_the_memory_are_refused_before():
    polygon = b"f " + b"1 2 3 " * 150_000 + b"\n"
    tracemalloc.start()
    with pytest.raises(DatasetError, match=r"f: the faces are more than 10000000 triangles"):
        parse_obj(SQUARE.encode() + 23 * polygon, FILE)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 2**28  # 2.5 GB where they were cut


def test_more_words_than_any_object_needs_are_refused(monkeypatch):
    monkeypatch.setattr(obj_geometry, "_MOST_WORDS", 12)
    assert len(parse(SQUARE + 4 * "f 1 2 3\n").faces) == 4
    for text, keyword in ((SQUARE + "v 0 0 0\nf 1 2 3\n", "v"), (SQUARE + 5 * "f 1 2 3\n", "f")):
        with pytest.raises(DatasetError, match=f"{keyword}: has more than 12 words behind it"):
            parse(text)


def test_libraries():
    text = "# mtllib no.mtl\nmtllib a b.mtl \r\n  mtllib\tc.mtl\nmtllibx d.mtl\nmtllib\nmtllib a b.mtl"
    assert parse(f"{SQUARE}f 1 2 3\n{text}").libraries == ("a b.mtl", "c.mtl")


@pytest.mark.samples
def test_published_files_are_read_as_the_plain_reader_reads_them(samples: Path):
    files = sorted(samples.glob("shapenet_v*/*/*/**/*.obj"))
    assert len(files) >= 8
    for path in files:
        assert_same_as_plain(path.read_text(encoding="utf-8"))
