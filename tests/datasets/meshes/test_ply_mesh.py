"""PLY files: headers, numbers, lists, colours and textures as some writer makes them; and broken files."""

import struct
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
import pytest
from PIL import Image

from pipeline.datasets.errors import DatasetError
from pipeline.datasets.meshes import ply_file
from pipeline.datasets.meshes.face_colours import MOST_COLOURS, colour_materials
from pipeline.datasets.meshes.look_notes import MISSING, NO_COORDINATES, OUTSIDE, LookNote
from pipeline.datasets.meshes.object_files import ObjectFiles
from pipeline.datasets.meshes.ply_mesh import parse_ply
from pipeline.datasets.records import Mesh
from tests.datasets.meshes.mesh_files import COLOURS, FACES, UV, VERTICES, ply, png
from tests.datasets.meshes.test_mesh_sources import shown_colours

FILE = PurePosixPath("chair/a.ply")
CORNERS = np.array([(0, 0, 0), (1, 0, 0), (1, 1, 0), (0, 1, 0), (-1, 0.5, 0)])
POINTS = ("float", "xyz", CORNERS)
LISTS = "list uchar int"
RGB = ("red", "green", "blue")
MIXED = [[0, 1, 2], [0, 2, 3, 4], [2, 1, 0], [0, 1, 2, 3, 4]]
MIXED_FACES = [[0, 1, 2], [0, 2, 3], [0, 3, 4], [2, 1, 0], [0, 1, 2], [0, 2, 3], [0, 3, 4]]
KINDS = ["ascii", "binary_little_endian", "binary_big_endian"]
PAPER, PLAIN = "comment TextureFile paper one.png", "comment texturefile plain.png"


def polygons(lists: Any = MIXED, form: str = LISTS, name: str = "vertex_indices") -> tuple[str, tuple[str, ...], Any]:
    return form, (name,), lists


WHOLE = ply(
    [], [("float", "xyz", [[0, 0, 0], [1, 0, 0], [0, 1, 0], [2, 2, 2]])], [polygons([[0, 1, 2]])], "ascii"
).decode()


def read(content: bytes, root: Path = Path("/nowhere")) -> Mesh:
    return parse_ply(content, FILE, ObjectFiles(root, FILE.parent))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("form", ["uchar int", "uint8 uint32", "int int", "ushort uchar", "char uint64"])
def test_polygons_of_several_sizes(kind, form):
    content = ply([], [POINTS], [polygons(form=f"list {form}", name="vertex_index")], kind)
    for surplus in (b"", b"\n"):
        mesh = read(content + surplus)
        assert (mesh.faces.tolist(), mesh.vertices.tolist()) == (MIXED_FACES, CORNERS.tolist())


@pytest.mark.parametrize("ends", [b"\r\n", b"\r", b"\n"])
def test_ends_of_lines(ends):
    head, mark, body = ply([], [POINTS], [polygons()]).partition(b"end_header\n")
    # A first byte that is LF belongs to the body where lines end with CR.
    mesh = read((head + mark).replace(b"\n", ends) + struct.pack("<I", 0x3380000A) + body[4:])
    assert mesh.faces.tolist() == MIXED_FACES
    assert mesh.vertices[0, 0] == pytest.approx(2**-24, rel=1e-5)
    assert read(ply([], [POINTS], [polygons()], "ascii").replace(b"\n", ends)).faces.tolist() == MIXED_FACES


@pytest.mark.parametrize("kind", KINDS)
def test_elements_and_properties_that_are_not_needed(kind):
    lens = [[0.5] * number for number in range(5)]
    vertex = [("uchar", ("flag",), np.ones((5, 1))), POINTS, ("list uchar short", ("near",), [[1], [], [1, 2], [], []])]
    face = [("list uchar float", ("texcoord",), [range(6)]), polygons([[0, 1, 2]]), ("uchar", ("flags",), [[7]])]
    head, mark, body = ply(["obj_info num_cols 512", "comment by hand"], vertex, face, kind).partition(
        b"element vertex"
    )
    camera = ply(
        [], [("float", ("fov",), np.ones((5, 1))), ("list uchar float", ("lens",), lens)], [polygons([])], kind
    )
    element, _, rows = camera.partition(b"end_header\n")
    element = element[element.index(b"element vertex") : element.index(b"element face")]
    layout, end, body = body.partition(b"end_header\n")
    mesh = read(head + element.replace(b"vertex", b"camera") + mark + layout + end + rows + body)
    assert (mesh.faces.tolist(), mesh.vertices.tolist()) == ([[0, 1, 2]], CORNERS.tolist())


@pytest.mark.parametrize(
    ("form", "names", "scale"),
    [
        ("uchar", "red green blue", 255),
        ("uchar", "diffuse_red diffuse_green diffuse_blue", 255),
        ("uchar", "r g b", 255),
        ("float", "red green blue", 1),
        ("float", "red green blue", 255),
        ("double", "red green blue", 1),
        ("ushort", "red green blue", 65535),
        ("int", "red green blue", 255),
    ],
)
@pytest.mark.parametrize("element", ["vertex", "face"])
@pytest.mark.parametrize("kind", KINDS[:2])
def test_kinds_of_colours(form, names, scale, element, kind):
    """0.8, 0.4, 0.2, and an alpha that is not asked for. A face's own colour goes before those of its corners."""
    shade = np.array([0.8, 0.4, 0.2, 1.0]) * scale
    columns = {"vertex": [POINTS, ("uchar", RGB, np.full((5, 3), 9))], "face": [polygons()]}
    given = np.tile(shade if form in ("float", "double") else np.round(shade), (len(columns[element][0][2]), 1))
    columns[element][1:] = [(form, (*names.split(), "alpha"), given)]
    mesh = read(ply([], columns["vertex"], columns["face"], kind, repr))
    assert shown_colours(mesh) == pytest.approx(np.tile([204, 102, 51], (7, 1)), abs=0.51)


def test_the_polygon_of_a_triangle_has_its_colour():
    colours = np.array([(255, 0, 0), (0, 255, 0), (0, 0, 255), (9, 9, 9)])
    mesh = read(ply([], [POINTS], [polygons(), ("uchar", RGB, colours)]))
    assert shown_colours(mesh) == pytest.approx(colours[[0, 1, 1, 2, 3, 3, 3]])


def test_dark_bytes_are_no_fractions_and_corners_are_averaged():
    colours = np.array([[1, 0, 3], [1, 3, 0], [1, 0, 0], [9, 9, 9], [9, 9, 9]])
    content = ply([], [POINTS, ("uchar", RGB, colours)], [polygons([[0, 1, 2]])], "ascii")
    assert shown_colours(read(content))[0] == pytest.approx([1, 1, 1])


@pytest.mark.parametrize(("numbers", "shown", "notes"), [([1, 0], [0, 0, 255], 0), ([2, 0], [128] * 3, 1)])
def test_colours_of_materials(numbers, shown, notes):
    index = ("int", ("material_index",), [[number] for number in numbers])
    content = ply([], [POINTS], [polygons([[0, 1, 2], [2, 1, 0]]), index], "ascii")
    material = (
        b"element material 2\n" + b"".join(b"property uchar %b\n" % name.encode() for name in RGB) + b"end_header"
    )
    mesh = read(content.replace(b"end_header", material) + b"255 0 0\n0 0 255\n")
    assert shown_colours(mesh) == pytest.approx(np.array([shown, [255, 0, 0]]))
    reason = "face names a material that the file does not list: number 2 of 2, from 0 (1 grey face)"
    assert [str(note) for note in mesh.look_notes] == [reason] * notes


def test_strips_of_triangles():
    """As Stanford's scanners wrote them: -1 ends a strip."""
    strips = polygons([[0, 1, 2, 3, 4, -1, 2, 1, 0]], "list int int")
    content = ply([], [POINTS], [strips], "binary_big_endian").replace(b"element face", b"element tristrips")
    assert read(content).faces.tolist() == [[0, 1, 2], [1, 3, 2], [2, 3, 4], [2, 1, 0]]


def test_a_palette_keeps_few_colours_and_quantises_many():
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


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "chair").mkdir()
    (tmp_path / "chair/paper one.png").write_bytes(png())
    Image.fromarray(np.full((2, 2, 3), (9, 8, 7), dtype=np.uint8)).save(tmp_path / "chair/plain.png")
    (tmp_path / "secret.png").write_bytes(png())
    return tmp_path


def by_face(comments: list[str], numbers: list[int] = [0] * 12) -> bytes:  # nobody changes it
    """As MeshLab writes it: a list of coordinates and the number of a texture for each face."""
    coordinates = ("list uchar float", ("texcoord",), UV.reshape(-1, 6))
    face = [polygons(FACES), coordinates, ("int", ("texnumber",), [[number] for number in numbers])]
    return ply(comments, [("float", "xyz", VERTICES)], face)


@pytest.mark.parametrize(
    ("comments", "numbers", "plain", "grey", "note"),
    [
        ([PAPER], [0] * 12, [], [], None),
        ([PAPER, PLAIN], [0, 1, -1] * 4, range(1, 12, 3), range(2, 12, 3), None),  # -1 asks for no look
        ([PAPER], [1] * 12, [], [], ("texture numbers were taken to count from 1", 0)),
        (
            [PAPER],
            [0, 1, 2] * 4,
            [],
            [1, 2, 4, 5, 7, 8, 10, 11],
            ("face names a texture that the file does not list", 8),
        ),
        ([PAPER], [0, 0, -2] * 4, [], range(2, 12, 3), ("face names a texture that the file does not list", 4)),
        (["comment TextureFile absent.png"], [0] * 12, [], range(12), (f"texture {MISSING}", 12)),
        (["comment TextureFile ../secret.png"], [0] * 12, [], range(12), (f"texture {OUTSIDE}", 12)),
    ],
)
def test_textures_of_faces(root, comments, numbers, plain, grey, note):
    mesh = read(by_face(comments, numbers), root)
    expected = COLOURS.astype(float)
    expected[list(plain)], expected[list(grey)] = (9, 8, 7), 127.5
    assert shown_colours(mesh) == pytest.approx(expected, abs=0.51)
    assert [(found.reason, found.grey_faces) for found in mesh.look_notes] == ([note] if note else [])
    assert all(name.split(" ", 2)[2] in map(str, (file.name for file in mesh.files)) or note for name in comments)


@pytest.mark.parametrize("coordinates", [[], [np.nan, 0, 0, 0, 0, 0], [0.1, 0.1]])
def test_one_face_without_coordinates_costs_no_other(root, coordinates):
    faces = polygons([[0, 1, 2], [0, 1, 2, 3], [2, 1, 0]])
    texcoord = ("list uchar float", ("texcoord",), [[0.1] * 6, coordinates, [0.1] * 6])
    mesh = read(ply([PLAIN], [("float", "xyz", VERTICES[:4])], [faces, texcoord], "ascii"), root)
    assert shown_colours(mesh).tolist() == [[9, 8, 7], [127.5] * 3, [127.5] * 3, [9, 8, 7]]
    assert mesh.look_notes == (LookNote(NO_COORDINATES, "plain.png", 2),)


@pytest.mark.parametrize("names", ["s t", "u v", "texture_u texture_v"])
def test_coordinates_of_vertices(root, names):
    columns = [("float", "xyz", VERTICES[FACES[1]]), ("uchar", RGB, [[255, 0, 0]] * 3)]
    content = ply([PAPER], [*columns, ("float", names.split(), UV[1])], [polygons([[0, 1, 2]])], "ascii")
    assert shown_colours(read(content, root))[0] == pytest.approx(COLOURS[1])
    for given, grey in ((columns[:1], 1), (columns, 0)):
        mesh = read(ply([PAPER], given, [polygons([[0, 1, 2]])]), root)
        assert mesh.look_notes == (LookNote(NO_COORDINATES, "paper one.png", grey),)
        assert shown_colours(mesh)[0] == pytest.approx([127.5] * 3 if grey else [255, 0, 0])


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ("element vertex 4", "element vertex 99999999999", "announces no number of rows up to"),
        ("element vertex 4", "element vertex 9999999", "announces at least"),
        ("element face 1", "element face 4", "announces"),
        ("element face 1", "element face -1", "announces no number"),
        ("element face 1", "element face " + "9" * 5000, "announces no number"),
        ("property float x", "property", "'property' is no property"),
        ("element face 1", "element face ٣", "announces no number"),
        ("element face 1", "element face 0", "no faces"),
        ("1 0 0\n", "1 0 zero\n", "vertex: 'zero' is no number"),
        ("1 0 0\n", "1 0\n", "vertex: row 2 is too short"),
        ("1 0 0\n", "\n", "face: announces 1 rows, and fewer follow"),
        ("1 0 0\n", "1 nan 0\n", "not finite"),
        ("end_header", "end", "no header"),
        ("ascii", "asci", "names no format"),
        ("format ascii 1.0\n", "", "names no format"),
        ("float x", "complex x", "'property complex x' is no property"),
        ("property float x", "property float", "is no property"),
        ("float x", "float w", "no x, y and z"),
        ("3 0 1 2", "3 0 1", "face: row 1 is too short"),
        ("3 0 1 2", "-3 0 1 2", "face: row 1 is too short"),
        ("3 0 1 2", "3 0 1 nan", "face: row 1 holds no whole number"),
        ("3 0 1 2", "3 0 1 1.5", "face: row 1 holds no whole number"),
        ("3 0 1 2", "3 0 1 4", "out of range"),
        ("3 0 1 2", "3 0 1 -1", "out of range"),
        ("3 0 1 2", "2 0 1", "no faces"),
        ("3 0 1 2", "3 0 1 2" + " 1" * 600_000, "longer than 1000000 characters"),
    ],
)
def test_texts(old, new, reason):
    assert old in WHOLE
    with pytest.raises(DatasetError, match=reason) as caught:
        read(WHOLE.replace(old, new).encode())
    assert caught.value.file == FILE


@pytest.mark.parametrize("cut", [1, 4, 20, 60])
def test_a_binary_file_that_ends_early(cut):
    with pytest.raises(DatasetError, match="announces"):
        read(ply([], [POINTS], [polygons()])[:-cut])


@pytest.mark.parametrize("lists", [b"\xff" * 8, b"\x03" + bytes(12) + b"\xff" * 20])
@pytest.mark.parametrize("count", ["uchar", "char", "int", "uint64", "float"])
def test_lists_of_impossible_lengths(lists, count):
    content = (
        ply([], [POINTS], [polygons([])])
        .replace(b"face 0", b"face 2")
        .replace(LISTS.encode(), f"list {count} int".encode())
    )
    with pytest.raises(DatasetError, match=r"face: announces|one point|index|no faces|at least"):
        read(content + lists)


def test_a_short_file_cannot_announce_long_lists(monkeypatch):
    monkeypatch.setattr(ply_file, "MOST_ROWS", 3)
    with pytest.raises(DatasetError, match="lists of more than 12 numbers"):
        read(ply([], [("float", "xyz", np.eye(3))], [polygons([np.arange(5)] * 3)]))
