"""Wavefront obj files: vertices, triangles, texture coordinates and the names of materials.

trimesh's reader is not used here. It takes the index 0, negative indices and truncated faces without a word, drops the
texture coordinates of a material in which one face has none, and drops vertices without faces, which ShapeNet's
normalisation counted (pipeline.datasets.alignment needs them).
"""

from dataclasses import dataclass, field
from pathlib import PurePosixPath

import numpy as np
from jaxtyping import Float64, Int32, Int64

from pipeline.datasets.errors import DatasetError
from pipeline.datasets.text_files import parse_floats, parse_integers


@dataclass(frozen=True)
class ObjGeometry:
    """What an obj file holds, in the file's own order; a polygon is cut into a fan of triangles.

    `vertices` are all of the file's, with or without faces. `uv` is 0 at corners without texture coordinates.
    `face_material` indexes `material_names`, which stand in the order of their first face; None: no `usemtl` before it.
    """

    vertices: Float64[np.ndarray, "v 3"]
    faces: Int32[np.ndarray, "f 3"]
    uv: Float64[np.ndarray, "f 3 2"]
    face_material: Int32[np.ndarray, " f"]
    material_names: tuple[str | None, ...]


@dataclass
class _Lines:
    """The lines of an obj file by kind; a face's entry in `materials` indexes `names`."""

    vertices: list[str] = field(default_factory=list)
    uvs: list[str] = field(default_factory=list)
    faces: list[list[str]] = field(default_factory=list)
    materials: list[int] = field(default_factory=list)
    names: dict[str | None, int] = field(default_factory=dict)


def parse_obj(text: str, file: PurePosixPath) -> ObjGeometry:
    """The geometry in an obj file's text; `file` names it in errors.

    Raises DatasetError for a file without faces, a number that is none or not finite, a face of fewer than three
    corners, and an index outside 1..count. Negative (relative) indices, which ShapeNet does not use, are errors too.
    """
    lines = _sorted_lines(text)
    if not lines.vertices:
        raise DatasetError(file, "v", "there are no vertices")
    if not lines.faces:
        raise DatasetError(file, "f", "there are no faces")
    vertices = parse_floats(lines.vertices, 3, file, "v")
    uvs = np.concatenate([np.zeros((1, 2)), parse_floats(lines.uvs, 2, file, "vt")])
    counts = np.array([len(corners) for corners in lines.faces])
    if counts.min() < 3:
        raise DatasetError(file, f"f {int(np.argmin(counts)) + 1}", "a face has fewer than three corners")
    corner, uv_corner = _corners(lines.faces, file)
    _check_range(corner, 1, len(vertices), "vertices", file)
    _check_range(uv_corner, 0, len(uvs) - 1, "texture coordinates", file)
    fan = _fan(counts)
    return ObjGeometry(
        vertices=vertices,
        faces=(corner[fan] - 1).astype(np.int32),
        uv=uvs[uv_corner[fan]],
        face_material=np.repeat(np.array(lines.materials, dtype=np.int32), counts - 2),
        material_names=tuple(lines.names),
    )


def material_libraries(text: str) -> tuple[str, ...]:
    """The file names after `mtllib` in an obj file's text, as written, each once."""
    lines = (line.strip() for line in text.split("\n") if line.startswith("mtllib"))
    return tuple(dict.fromkeys(line[len("mtllib") :].strip() for line in lines))


def _sorted_lines(text: str) -> _Lines:
    lines = _Lines()
    name: str | None = None
    for line in text.split("\n"):
        keyword, *rest = line.split(None, 1)[:2] or [""]
        value = rest[0] if rest else ""
        if keyword == "v":
            lines.vertices.append(value)
        elif keyword == "vt":
            lines.uvs.append(value)
        elif keyword == "f":
            lines.faces.append(value.split())
            lines.materials.append(lines.names.setdefault(name, len(lines.names)))
        elif keyword == "usemtl":
            name = value.strip()
    return lines


def _corners(faces: list[list[str]], file: PurePosixPath) -> tuple[Int64[np.ndarray, " c"], Int64[np.ndarray, " c"]]:
    """Vertex and texture-coordinate index of every corner `v`, `v/vt`, `v//vn` or `v/vt/vn`, from 1; 0: no vt."""
    parts = [corner.split("/", 2) for corners in faces for corner in corners]
    vertex = parse_integers([part[0] for part in parts], file, "f")
    uv = parse_integers([part[1] if len(part) > 1 and part[1] else "0" for part in parts], file, "f")
    return vertex, uv


def _check_range(index: Int64[np.ndarray, " c"], low: int, high: int, what: str, file: PurePosixPath) -> None:
    bad = (index < low) | (index > high)
    if bad.any():
        raise DatasetError(file, "f", f"index {int(index[np.argmax(bad)])} is out of range: there are {high} {what}")


def _fan(counts: Int64[np.ndarray, " n"]) -> Int64[np.ndarray, "f 3"]:
    """Positions in the list of all corners, of the triangles (0, i, i + 1) of each polygon of `counts` corners."""
    start = np.repeat(np.cumsum(counts) - counts, counts - 2)
    first = np.cumsum(counts - 2) - (counts - 2)
    step = np.arange(len(start)) - np.repeat(first, counts - 2)
    return np.stack([start, start + step + 1, start + step + 2], axis=1)
