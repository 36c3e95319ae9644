"""PLY files, binary and ascii: polygons, and colours of faces or vertices."""

import io
import warnings
from pathlib import PurePosixPath
from typing import Any

import numpy as np
from jaxtyping import Int32, Integer, UInt8
from trimesh.exchange.ply import load_ply

from pipeline.datasets.errors import DatasetError
from pipeline.datasets.meshes.checked_surface import checked_surface
from pipeline.datasets.meshes.face_colours import colour_materials
from pipeline.datasets.meshes.obj_materials import GREY
from pipeline.datasets.records import Mesh

# Bytes of a number; all others have four.
_BYTES = {
    **dict.fromkeys(("char", "uchar", "int8", "uint8"), 1),
    **dict.fromkeys(("short", "ushort", "int16", "uint16"), 2),
    **dict.fromkeys(("double", "float64", "int64", "uint64"), 8),
}


def parse_ply(data: bytes, file: PurePosixPath) -> Mesh:
    """Parse a mesh with all the file's vertices; `file` names it in errors.

    Polygons become fans of triangles. Colours (sRGB, 0..255 or 0..1) become materials, see `colour_materials`: a
    face's own, else the mean of its corners'; faces are grey without either. Where polygons of several sizes make
    faces and their colours differ in number, all faces have the mean colour. A texture (`comment TextureFile`) is not
    read: it is named among `missing_textures`, and the faces have the colours or are grey.

    Raises DatasetError for a header that announces more than the file holds, and for what is no mesh.
    """
    texture = _check_header(data, file)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")  # numpy only warns of text that is no number
            # Nothing is looked up (no resolver) and no vertex is split for its texture coordinates.
            loaded = load_ply(io.BytesIO(data), resolver=None, fix_texture=False, skip_materials=True)
            vertices = np.asarray(loaded.get("vertices", np.zeros((0, 3))), dtype=np.float64).reshape(-1, 3)
            polygons = loaded.get("faces")
            polygons = np.zeros((0, 3), dtype=np.int64) if polygons is None else np.asarray(polygons)
            faces = _fans(polygons.astype(np.int64))
            face_colours, vertex_colours = (_bytes(loaded.get(name)) for name in ("face_colors", "vertex_colors"))
    except Exception as error:  # trimesh raises whatever a bad file makes its code raise
        reason = f"is no valid ply, or mixes polygons of several sizes, which need triangulating: {error!r:.200}"
        raise DatasetError(file, "file", reason) from None
    vertices, faces = checked_surface(vertices, faces, file)
    colours = _face_colours(face_colours, vertex_colours, len(polygons), faces)
    place, materials = (np.zeros(len(faces), dtype=np.int32), (GREY,)) if colours is None else colour_materials(colours)
    return Mesh(vertices, faces, np.zeros((len(faces), 3, 2)), place, materials, texture)


def _check_header(data: bytes, file: PurePosixPath) -> tuple[str, ...]:
    """The texture that the header names. Raises DatasetError if the file cannot hold what the header announces."""
    head, mark, body = data.partition(b"end_header")
    body = body.partition(b"\n")[2]
    lines = [line.split() for line in head.decode("utf-8", "replace").splitlines()]
    if not mark or not data.startswith(b"ply") or len(lines) < 2:
        raise DatasetError(file, "header", "is no header of a ply")
    is_ascii = "ascii" in lines[1]
    rows, least = 0, 0
    count = 0
    for line in lines:
        if line[:1] == ["element"]:
            count = int(line[2]) if len(line) == 3 and line[2].isdecimal() else -1
            if count < 0:
                raise DatasetError(file, "header", f"{' '.join(line)[:80]!r} announces no number of rows")
            rows += count
        elif line[:1] == ["property"] and len(line) > 2:
            # Of a list at least the length is there; a number in ascii takes a digit and a blank.
            least += count * (2 if is_ascii else _BYTES.get(line[2] if line[1] == "list" else line[1], 4))
    if least > len(body) + 1:
        raise DatasetError(file, "header", f"announces at least {least} bytes, and {len(body)} follow")
    if is_ascii:
        # trimesh takes a file that ends early, and counts blank lines as rows.
        following = body.decode("utf-8", "replace").splitlines()[:rows]
        if len(following) < rows or not all(map(str.strip, following)):
            raise DatasetError(file, "header", f"announces {rows} rows, and fewer follow, or blank ones")
    named = [line[2:] for line in lines if len(line) > 2 and line[0] == "comment" and line[1].lower() == "texturefile"]
    return tuple(" ".join(words) for words in named)


def _fans(polygons: Integer[np.ndarray, "n k"]) -> Integer[np.ndarray, "f 3"]:
    """Triangles (0, i, i + 1) of polygons of k corners each, those of a polygon one after the other."""
    corners = polygons.shape[1]
    fan = np.stack([np.zeros(corners - 2, dtype=np.int64), np.arange(1, corners - 1), np.arange(2, corners)], axis=1)
    return polygons[:, fan].reshape(-1, 3)


def _bytes(given: Any) -> UInt8[np.ndarray, "n 3"] | None:
    """The first three columns as 0..255; floats are 0..1."""
    if given is None:
        return None
    colours = np.asarray(given)
    scale = 255.0 if colours.dtype.kind == "f" else 1.0
    return np.clip(np.round(scale * colours[:, :3].astype(np.float64)), 0.0, 255.0).astype(np.uint8)


def _face_colours(
    face_colours: UInt8[np.ndarray, "n 3"] | None,
    vertex_colours: UInt8[np.ndarray, "v 3"] | None,
    polygons: int,
    faces: Int32[np.ndarray, "f 3"],
) -> UInt8[np.ndarray, "f 3"] | None:
    if face_colours is not None and len(face_colours) == polygons:
        return np.repeat(face_colours, len(faces) // polygons, axis=0)
    if face_colours is not None:
        return np.tile(np.round(face_colours.mean(axis=0)).astype(np.uint8), (len(faces), 1))
    if vertex_colours is not None:
        mean: UInt8[np.ndarray, "f 3"] = np.round(vertex_colours[faces].mean(axis=1)).astype(np.uint8)
        return mean
    return None
