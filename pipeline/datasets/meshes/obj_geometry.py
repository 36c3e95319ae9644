"""Wavefront obj files: vertices, triangles, texture coordinates and the names of materials.

trimesh's reader is not used here. It takes the index 0 and truncated faces without a word, drops the texture
coordinates of a material in which one face has none, and drops vertices without faces, which ShapeNet's normalisation
counted (pipeline.datasets.alignment needs them).
"""

from dataclasses import dataclass
from itertools import pairwise
from pathlib import PurePosixPath

import numpy as np
from jaxtyping import Bool, Float64, Int32

from pipeline.datasets.decimal_words import BadWordError, find_words, parse_floats
from pipeline.datasets.errors import DatasetError
from pipeline.datasets.meshes.concave_polygons import cut_concave
from pipeline.datasets.meshes.face_colours import white_of
from pipeline.datasets.meshes.obj_corners import absolute_indices, fan_of_polygons, read_corners
from pipeline.datasets.meshes.obj_lines import NumberLines, ObjLines, obj_lines
from pipeline.datasets.text_tables import LARGEST_NUMBER, check_size


@dataclass(frozen=True)
class ObjGeometry:
    """The geometry of an obj file, in the file's own order; a polygon is cut into triangles: a fan if it is convex.

    `vertices` are all of the file's, with or without faces. `colours` are theirs, 0..1, NaN for those that have none;
    None if no vertex has one. `uv` is 0 at corners without texture coordinates, `has_uv` says which faces have three.
    `face_material` indexes `material_names`, which stand in the order of their first face; None: no `usemtl` before it.
    `libraries` are the names after `mtllib`, as written, each once.
    """

    vertices: Float64[np.ndarray, "v 3"]
    colours: Float64[np.ndarray, "v 3"] | None
    faces: Int32[np.ndarray, "f 3"]
    uv: Float64[np.ndarray, "f 3 2"]
    has_uv: Bool[np.ndarray, " f"]
    face_material: Int32[np.ndarray, " f"]
    material_names: tuple[str | None, ...]
    libraries: tuple[str, ...]


def parse_obj(text: str | bytes, file: PurePosixPath) -> ObjGeometry:
    """Parse the geometry in an obj file's text; `file` names it in errors.

    Of a `v` the first three numbers count, and the next three if six or seven stand there: a colour, 0..1 or
    as `white_of` says. Of a `vt` the first two numbers count; one alone has v = 0. A corner is `v`,
    `v/vt`, `v//vn` or `v/vt/vn`; a negative index counts back from the last `v` or `vt` above its line.
    A `#` behind numbers starts a comment.

    Raises DatasetError for a file without faces, a word that is no number, a coordinate that is not finite or beyond
    1e100, a face of fewer than three corners, a vertex that is not there, a line that is too long and a zero byte.
    A texture coordinate that is not there or not finite is none.
    """
    lines = obj_lines(text, file)
    if not len(lines.vertices):
        raise DatasetError(file, "v", "there are no vertices")
    if not len(lines.faces):
        raise DatasetError(file, "f", "there are no faces")
    vertices, colours = _vertices(lines, file)
    uvs = _uvs(lines, file)
    corners = read_corners(lines, file)
    if corners.counts.min() < 3:
        raise DatasetError(file, f"f {int(np.argmin(corners.counts)) + 1}", "a face has fewer than three corners")
    vertex = absolute_indices(corners.vertex, corners.counts, lines.vertices, lines.faces)
    uv = absolute_indices(corners.uv, corners.counts, lines.uvs, lines.faces)
    bad = (vertex < 1) | (vertex > len(vertices))
    if bad.any():
        reason = f"index {int(corners.vertex[np.argmax(bad)])} is out of range: there are {len(vertices)} vertices"
        raise DatasetError(file, "f", reason)
    uv[(uv < 0) | (uv >= len(uvs))] = 0
    uv[~(np.abs(uvs) <= LARGEST_NUMBER).all(axis=1)[uv]] = 0
    fan = cut_concave(fan_of_polygons(corners.counts), vertex - 1, vertices)
    material, names = _materials(lines)
    return ObjGeometry(
        vertices=vertices,
        colours=colours,
        faces=(vertex[fan] - 1).astype(np.int32),
        uv=uvs.take(uv[fan], axis=0),  # much faster than indexing
        has_uv=(uv[fan] > 0).all(axis=1),
        face_material=np.repeat(material, corners.counts - 2),
        material_names=names,
        libraries=tuple(dict.fromkeys(filter(None, map(lines.name, lines.libraries.tolist())))),
    )


def _vertices(
    lines: ObjLines, file: PurePosixPath
) -> tuple[Float64[np.ndarray, "v 3"], Float64[np.ndarray, "v 3"] | None]:
    """Positions, and colours where any vertex has one."""
    tables = [_table(part, "v", 3, 3, file) for part in lines.numbers(lines.vertices, 1)]
    vertices = np.concatenate([table for table, _ in tables])
    colours = np.concatenate([more for _, more in tables])
    if np.isnan(colours).all() or np.nanmin(colours) < -0.5:  # normals, then
        return vertices, None
    return vertices, np.clip(colours / white_of(colours), 0.0, 1.0)


def _uvs(lines: ObjLines, file: PurePosixPath) -> Float64[np.ndarray, "t 2"]:
    """All texture coordinates, behind the one of corners that have none."""
    parts = [_table(part, "vt", 2, 1, file)[0] for part in lines.numbers(lines.uvs, 2)]
    return np.concatenate([np.zeros((1, 2)), *parts])


def _table(
    part: NumberLines, keyword: str, columns: int, least: int, file: PurePosixPath
) -> tuple[Float64[np.ndarray, "n c"], Float64[np.ndarray, "n 3"]]:
    """The first `columns` numbers of each line, which has `least` of them at least; those that it lacks are 0.

    The second table has the next three of lines with three or four more, else NaN.
    """
    start, end = find_words(part.text)
    first = np.searchsorted(start, part.place)
    counts = np.diff(first)
    if counts.min() < least:
        row = int(np.argmax(counts < least))
        short = f"is no table of {columns} columns: row {part.begin + row + 1} has {counts[row]}"
        raise DatasetError(file, keyword, short if counts[row] else f"has an empty row, number {part.begin + row + 1}")
    try:
        value = parse_floats(part.text, start, end)
    except BadWordError as error:
        reason = f"is no table of {columns} columns: {error} in row {part.row(error.place)}"
        raise DatasetError(file, keyword, reason) from None
    place = first[:-1, None] + np.arange(columns)
    table = np.where(np.arange(columns) < counts[:, None], value[np.minimum(place, len(value) - 1)], 0.0)
    if keyword == "v":
        check_size(table, part.begin + 1 + np.arange(len(table)), file, keyword, "row")
    more = np.full((len(table), 3), np.nan)
    longer = np.flatnonzero((counts == columns + 3) | (counts == columns + 4))
    more[longer] = value[first[longer, None] + columns + np.arange(3)]
    return table, more


def _materials(lines: ObjLines) -> tuple[Int32[np.ndarray, " f"], tuple[str | None, ...]]:
    """The material of each face line, as an index of names."""
    # How many faces stand above each usemtl; between two of them all faces have one material.
    above = [0, *np.searchsorted(lines.faces, lines.materials).tolist(), len(lines.faces)]
    names: dict[str | None, int] = {}
    runs = []
    for run, (begin, end) in enumerate(pairwise(above)):
        name = lines.name(int(lines.materials[run - 1])) if run else None
        runs.append(names.setdefault(name, len(names)) if end > begin else 0)
    return np.repeat(np.array(runs, dtype=np.int32), np.diff(above)), tuple(names)
