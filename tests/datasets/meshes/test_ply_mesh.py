"""PLY files: kinds of headers, numbers, lists and colours, each as some writer makes it."""

import struct
from pathlib import Path, PurePosixPath

import numpy as np
import pytest

from pipeline.datasets.meshes.face_colours import MOST_COLOURS, colour_materials
from pipeline.datasets.meshes.object_files import ObjectFiles
from pipeline.datasets.meshes.ply_mesh import parse_ply
from pipeline.datasets.records import Mesh
from tests.datasets.meshes.test_mesh_sources import shown_colours

FILE = PurePosixPath("chair/a.ply")
CORNERS = [(0, 0, 0), (1, 0, 0), (1, 1, 0), (0, 1, 0), (-1, 0.5, 0)]
XYZ = "property float x\nproperty float y\nproperty float z\n"
LIST = "property list uchar int vertex_indices\n"
RGB = "property uchar red\nproperty uchar green\nproperty uchar blue\n"


def text_ply(vertex: str, rows: list[str], face: str, faces: list[str], comment: str = "") -> bytes:
    header = f"ply\nformat ascii 1.0\n{comment}element vertex {len(rows)}\n{vertex}"
    return f"{header}element face {len(faces)}\n{face}end_header\n{chr(10).join([*rows, *faces])}\n".encode()


def binary_ply(
    vertex: str, rows: bytes, face: str, faces: bytes, counts: tuple[int, int], order: str = "little"
) -> bytes:
    header = f"ply\nformat binary_{order}_endian 1.0\nelement vertex {counts[0]}\n{vertex}element face {counts[1]}\n"
    return f"{header}{face}end_header\n".encode() + rows + faces


def read(content: bytes, root: Path = Path("/nowhere")) -> Mesh:
    return parse_ply(content, FILE, ObjectFiles(root, FILE.parent))


def points(order: str = "<", kind: str = "3f") -> bytes:
    return b"".join(struct.pack(order + kind, *corner) for corner in CORNERS)


def polygons(lists: list[list[int]], order: str = "<", count: str = "B", index: str = "i") -> bytes:
    return b"".join(struct.pack(f"{order}{count}{len(row)}{index}", len(row), *row) for row in lists)


MIXED, MIXED_FACES = [[0, 1, 2], [0, 2, 3, 4], [2, 1, 0], [0, 1, 2, 3, 4]], [
    [0, 1, 2], [0, 2, 3], [0, 3, 4], [2, 1, 0], [0, 1, 2], [0, 2, 3], [0, 3, 4]
]  # fmt: skip


@pytest.mark.parametrize("order", ["little", "big"])
@pytest.mark.parametrize(
    ("count", "index"), [("uchar", "int"), ("uint8", "uint32"), ("int", "int"), ("ushort", "uchar"), ("char", "uint64")]
)
def test_polygons_of_several_sizes(order, count, index):
    codes = {"uchar": "B", "uint8": "B", "int": "i", "ushort": "H", "char": "b", "uint32": "I", "uint64": "Q"}
    sign = "<" if order == "little" else ">"
    faces = polygons(MIXED, sign, codes[count], codes[index])
    content = binary_ply(XYZ, points(sign), f"property list {count} {index} vertex_index\n", faces, (5, 4), order)
    assert read(content).faces.tolist() == MIXED_FACES
    assert read(content + b"\n").faces.tolist() == MIXED_FACES
    text = text_ply(
        XYZ,
        ["{} {} {}".format(*row) for row in CORNERS],
        LIST,
        [f"{len(r)} {str(r)[1:-1].replace(',', '')}" for r in MIXED],
    )
    assert read(text).faces.tolist() == MIXED_FACES
    assert read(text).vertices.tolist() == read(content).vertices.tolist()


@pytest.mark.parametrize("ends", [b"\r\n", b"\r", b"\n"])
def test_ends_of_lines(ends):
    content = binary_ply(XYZ, points(), LIST, polygons(MIXED), (5, 4))
    head, mark, body = content.partition(b"end_header\n")
    # A first byte that is LF belongs to the body where lines end with CR.
    body = struct.pack("<I", 0x3380000A) + body[4:]
    mesh = read((head + mark).replace(b"\n", ends) + body)
    assert mesh.faces.tolist() == MIXED_FACES
    assert mesh.vertices[0, 0] == pytest.approx(2**-24, rel=1e-5)
    text = text_ply(XYZ, ["0 0 0", "1 0 0", "0 1 0"], LIST, ["3 0 1 2"])
    assert read(text.replace(b"\n", ends)).faces.tolist() == [[0, 1, 2]]


def test_elements_and_properties_that_are_not_needed():
    vertex = f"property uchar flag\n{XYZ}property list uchar short near\nproperty double quality\n"
    rows = b"".join(
        struct.pack("<B3fB", 1, *corner, number) + struct.pack(f"<{number}hd", *range(number), 0.5)
        for number, corner in enumerate(CORNERS)
    )
    extra = "element camera 2\nproperty float fov\nproperty list uchar float lens\n"
    before = "ply\nformat binary_little_endian 1.0\nobj_info num_cols 512\ncomment by hand\n"
    before += f"{extra}element vertex 5\n{vertex}"
    face = f"property list uchar float texcoord\n{LIST}property uchar flags\n"
    faces = struct.pack("<B6fB3iB", 6, *range(6), 3, 0, 1, 2, 7)
    content = before.encode() + f"element face 1\n{face}element edge 1\nproperty int vertex1\nend_header\n".encode()
    content += struct.pack("<fBffB", 1, 1, 2, 3, 0) + rows + faces + struct.pack("<i", 9)
    mesh = read(content)
    assert mesh.faces.tolist() == [[0, 1, 2]]
    assert mesh.vertices.tolist() == [list(corner) for corner in CORNERS]


@pytest.mark.parametrize(
    ("kind", "names", "scale"),
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
@pytest.mark.parametrize("binary", [True, False])
def test_kinds_of_colours(kind, names, scale, element, binary):
    """0.8, 0.4, 0.2, and an alpha that is not asked for. A face's own colour goes before those of its corners."""
    shade = [0.8, 0.4, 0.2, 1.0]
    numbers = [value * scale if kind in ("float", "double") else round(value * scale) for value in shade]
    properties = "".join(f"property {kind} {name}\n" for name in [*names.split(), "alpha"])
    if binary:
        code = {"uchar": "B", "float": "f", "double": "d", "ushort": "H", "int": "i"}[kind]
        colour = struct.pack(f"<4{code}", *numbers)
        rows = b"".join(struct.pack("<3f", *corner) + (colour if element == "vertex" else b"") for corner in CORNERS)
        faces = b"".join(polygons([row]) + (colour if element == "face" else b"") for row in MIXED)
        vertex, face = (XYZ + properties, LIST) if element == "vertex" else (XYZ, LIST + properties)
        content = binary_ply(vertex, rows, face, faces, (5, 4))
    else:
        words = " ".join(map(str, numbers))
        rows_ = ["{} {} {}".format(*c) + (f" {words}" if element == "vertex" else " 9 9 9 9") for c in CORNERS]
        faces_ = [f"{len(r)} {' '.join(map(str, r))}" + (f" {words}" if element == "face" else "") for r in MIXED]
        other = RGB + "property uchar alpha\n"
        content = text_ply(
            XYZ + (properties if element == "vertex" else other),
            rows_,
            LIST + (properties if element == "face" else ""),
            faces_,
        )
    assert shown_colours(read(content)) == pytest.approx(np.tile([204, 102, 51], (7, 1)), abs=0.51)


def test_the_polygon_of_a_triangle_has_its_colour():
    colours = [(255, 0, 0), (0, 255, 0), (0, 0, 255), (9, 9, 9)]
    faces = b"".join(polygons([row]) + bytes(colour) for row, colour in zip(MIXED, colours, strict=True))
    mesh = read(binary_ply(XYZ, points(), LIST + RGB, faces, (5, 4)))
    expected = [colours[polygon] for polygon in (0, 1, 1, 2, 3, 3, 3)]
    assert shown_colours(mesh) == pytest.approx(np.array(expected))


def test_dark_bytes_are_no_fractions():
    rows = [f"{x} {y} {z} 1 0 1" for x, y, z in CORNERS]
    assert shown_colours(read(text_ply(XYZ + RGB, rows, LIST, ["3 0 1 2"])))[0] == pytest.approx([1, 0, 1])


def test_colours_of_materials():
    content = text_ply(
        XYZ, ["0 0 0", "1 0 0", "0 1 0"], LIST + "property int material_index\n", ["3 0 1 2 1", "3 2 1 0 0"]
    )
    content = (
        content.replace(b"end_header", b"element material 2\n" + RGB.encode() + b"end_header") + b"255 0 0\n0 0 255\n"
    )
    assert shown_colours(read(content)) == pytest.approx(np.array([[0, 0, 255], [255, 0, 0]]))
    mesh = read(content.replace(b"3 2 1 0 0", b"3 2 1 0 2"))
    assert shown_colours(mesh) == pytest.approx(np.array([[0, 0, 255], [128, 128, 128]]))
    (note,) = mesh.look_notes
    assert str(note) == "face names a material that the file does not list: number 2 of 2, from 0 (1 grey face)"


def test_colours_of_corners_are_averaged():
    rows = ["0 0 0 255 0 0", "1 0 0 0 255 0", "0 1 0 0 0 255", "5 5 5 1 2 3"]
    mesh = read(text_ply(XYZ + RGB, rows, LIST, ["3 0 1 2"]))
    assert len(mesh.vertices) == 4
    assert mesh.materials[0].colour == pytest.approx((1 / 3, 1 / 3, 1 / 3), abs=1e-9)


def test_strips_of_triangles():
    """As Stanford's scanners wrote them: -1 ends a strip."""
    strip = [0, 1, 2, 3, 4, -1, 2, 1, 0]
    head = f"ply\nformat binary_big_endian 1.0\nelement vertex 5\n{XYZ}"
    head += "element tristrips 1\nproperty list int int vertex_indices\nend_header\n"
    mesh = read(head.encode() + points(">") + struct.pack(">10i", len(strip), *strip))
    assert mesh.faces.tolist() == [[0, 1, 2], [1, 3, 2], [2, 3, 4], [2, 1, 0]]


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
