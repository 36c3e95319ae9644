"""One box as other libraries write it, byte for byte but for normals and dates: ply.

Each entry bears the name of the library and the version whose files it was compared with.
"""

import struct
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from tests.datasets.meshes.mesh_files import COLOURS, FACES, UV, VERTICES

VERTEX_COLOURS = np.array(
    [
        [250, 20, 20], [20, 250, 20], [20, 20, 250], [250, 250, 20],
        [20, 250, 250], [250, 20, 250], [128, 128, 128], [240, 240, 240],
    ],
    dtype=np.uint8,
)  # fmt: skip
BY_VERTEX = VERTEX_COLOURS[FACES].mean(axis=1)  # what faces show
GREY = np.full((len(FACES), 3), 127.5)
MIXED = [[0, 1, 3], [0, 3, 2], [4, 6, 7, 5], [0, 4, 5, 1], [2, 3, 7, 6], [0, 2, 6, 4], [1, 5, 7, 3]]
File = tuple[bytes, np.ndarray]  # and the colour of each triangle

_CODES = {"uchar": "B", "uint8": "B", "int": "i", "int32": "i", "uint": "I", "float": "f", "double": "d"}
_XYZ, _RGB, _RGBA = ("x", "y", "z"), ("red", "green", "blue"), ("red", "green", "blue", "alpha")


def ply(
    lines: Sequence[str],
    vertex: Sequence[tuple[str, Sequence[str], Any]],
    face: Sequence[tuple[str, Sequence[str], Any]],
    kind: str = "binary_little_endian",
    number: Callable[[float], str] = "{:g}".format,
    end: str = "",
) -> bytes:
    """`vertex` and `face` are columns: their type, their names, a row of values for each row. Lists are `list T T`."""
    head = ["ply", f"format {kind} 1.0", *lines]
    rows = b""
    for name, columns in (("vertex", vertex), ("face", face)):
        head.append(f"element {name} {len(columns[0][2])}")
        head += [f"property {form} {prop}" for form, props, _ in columns for prop in props]
        for values in zip(*(column for _, _, column in columns), strict=True):
            fields = []
            for (form, _, _), given in zip(columns, values, strict=True):
                items = np.asarray(given).tolist()
                words = form.split()
                fields += [(words[1], len(items))] if len(words) == 3 else []
                fields += [(words[-1], item) for item in items]
            if kind == "ascii":
                texts = [number(v) if form in ("float", "double") else str(int(v)) for form, v in fields]
                rows += (" ".join(texts) + end + "\n").encode()
            else:
                sign = ">" if "big" in kind else "<"
                rows += struct.pack(sign + "".join(_CODES[form] for form, _ in fields), *(v for _, v in fields))
    return ("\n".join([*head, "end_header"]) + "\n").encode() + rows


def _points(form: str = "double") -> tuple[str, Sequence[str], Any]:
    return form, _XYZ, VERTICES


def _corners(form: str, name: str = "vertex_indices", lists: Any = FACES) -> tuple[str, Sequence[str], Any]:
    return f"list {form}", (name,), lists


def _opaque(colours: np.ndarray) -> np.ndarray:
    return np.concatenate([colours, np.full((len(colours), 1), 255)], axis=1)


_NORMALS = ("float", ("nx", "ny", "nz"), np.zeros((8, 3)))
_SHADES = ("uchar", _RGB, VERTEX_COLOURS)
_OPEN3D, _MESHIO = ["comment Created by Open3D"], ["comment Created by meshio v5.3.5, 2026-11-30T05:09:47.378560"]
_VCG, _VTK = ["comment VCGLIB generated"], ["comment VTK generated PLY File"]
_VTK_INFO = "obj_info vtkPolyData points and polygons: vtk4.0"
_QUALITY = ("double", ("quality",), np.zeros((8, 1)))
_UINT8 = ("uint8", _RGB, VERTEX_COLOURS)
_BIG = "binary_big_endian"

PLY_FILES: dict[str, File] = {
    "Open3D 0.20": (ply(_OPEN3D, [_points(), _SHADES], [_corners("uchar uint")]), BY_VERTEX),
    "Open3D 0.20 ascii": (ply(_OPEN3D, [_points(), _SHADES], [_corners("uchar uint")], "ascii"), BY_VERTEX),
    "meshio 5.3.5": (ply(_MESHIO, [_points(), _UINT8], [_corners("uint8 int32")]), BY_VERTEX),
    "meshio 5.3.5 mixed": (ply(_MESHIO, [_points(), _UINT8], [_corners("uint8 int32", lists=MIXED)]), BY_VERTEX),
    "meshio 5.3.5 mixed ascii": (
        ply(_MESHIO, [_points(), _UINT8], [_corners("uint8 int32", lists=MIXED)], "ascii", repr),
        BY_VERTEX,
    ),
    "plyfile 1.1.5": (ply(["comment by plyfile"], [_points("float"), _SHADES], [_corners("uchar int")]), BY_VERTEX),
    "plyfile 1.1.5 big": (
        ply(["comment by plyfile"], [_points("float"), _SHADES], [_corners("uchar int")], _BIG),
        BY_VERTEX,
    ),
    "plyfile 1.1.5 ascii": (
        ply(["comment by plyfile"], [_points("float"), _SHADES], [_corners("uchar int")], "ascii"),
        BY_VERTEX,
    ),
    "plyfile 1.1.5 float": (
        ply(["obj_info x"], [_points()], [_corners("uchar int"), ("float", _RGB, COLOURS / 255)]),
        COLOURS,
    ),
    "plyfile 1.1.5 mixed": (
        ply(
            [],
            [_points("float"), _SHADES],
            [_corners("uchar uint", "vertex_index", MIXED), ("uchar", ("flags",), [[0]] * 7)],
        ),
        BY_VERTEX,
    ),
    "MeshLab 2025.07 ascii": (
        ply(
            _VCG,
            [_points(), ("uchar", _RGBA, _opaque(VERTEX_COLOURS)), _QUALITY],
            [_corners("uchar int")],
            "ascii",
            end=" ",
        ),
        BY_VERTEX,
    ),
    "MeshLab 2025.07 faces": (
        ply(_VCG, [_points(), _QUALITY], [_corners("uchar int"), ("uchar", _RGBA, _opaque(COLOURS))]),
        COLOURS,
    ),
    "MeshLab 2025.07 faces ascii": (
        ply(_VCG, [_points(), _QUALITY], [_corners("uchar int"), ("uchar", _RGBA, _opaque(COLOURS))], "ascii", end=" "),
        COLOURS,
    ),
    "MeshLab 2025.07 texture": (
        ply(
            [*_VCG, "comment TextureFile meshlab-paper.png"],
            [_points()],
            [
                _corners("uchar int"),
                ("list uchar float", ("texcoord",), UV.reshape(-1, 6)),
                ("uchar", _RGBA, np.full((12, 4), 255)),
            ],
        ),
        COLOURS,
    ),
    "VTK 9.7 normals": (
        ply([*_VTK, _VTK_INFO], [_points("float"), _NORMALS, _SHADES], [_corners("uchar int")]),
        BY_VERTEX,
    ),
    "VTK 9.7 faces": (
        ply([*_VTK, _VTK_INFO], [_points("float"), _NORMALS], [_corners("uchar int"), ("uchar", _RGB, COLOURS)]),
        COLOURS,
    ),
    "vedo 2026.6": (
        ply(
            [*_VTK, "comment PLY file generated by vedo", _VTK_INFO],
            [_points("float"), _SHADES],
            [_corners("uchar int")],
        ),
        BY_VERTEX,
    ),
}
