"""Wavefront obj files: vertices, triangles, texture coordinates and the names of materials.

trimesh's reader is not used here. It takes the index 0 and truncated faces without a word, drops the texture
coordinates of a material in which one face has none, and drops vertices without faces, which ShapeNet's normalisation
counted (pipeline.datasets.alignment needs them).
"""

from dataclasses import dataclass
from itertools import pairwise
from pathlib import PurePosixPath

import numpy as np
from jaxtyping import Bool, Float64, Int32, Int64

from pipeline.datasets.decimal_words import (
    BLANK,
    DIGIT,
    DOT,
    OTHER,
    SIGN,
    SLASH,
    BadWordError,
    Text,
    find_words,
    parse_floats,
    parse_integers,
)
from pipeline.datasets.errors import DatasetError
from pipeline.datasets.meshes.obj_lines import NumberLines, ObjLines, obj_lines
from pipeline.datasets.text_tables import check_size


@dataclass(frozen=True)
class ObjGeometry:
    """The geometry of an obj file, in the file's own order; a polygon is cut into a fan of triangles.

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


@dataclass(frozen=True)
class _Corners:
    """The corners of all faces: how many each face has, and the indices as written; a uv index 0 is none."""

    counts: Int64[np.ndarray, " n"]
    vertex: Int64[np.ndarray, " c"]
    uv: Int64[np.ndarray, " c"]


def parse_obj(text: str | bytes, file: PurePosixPath) -> ObjGeometry:
    """Parse the geometry in an obj file's text; `file` names it in errors.

    Of a `v` the first three numbers count, and the next three if six or seven stand there: a colour, 0..1, or 0..255
    in a file with larger ones than 2. Of a `vt` the first two numbers count; one alone has v = 0. A corner is `v`,
    `v/vt`, `v//vn` or `v/vt/vn`; a negative index counts back from the last `v` or `vt` above its line.
    A `#` behind numbers starts a comment.

    Raises DatasetError for a file without faces, a word that is no number, a coordinate that is not finite or beyond
    1e100, a face of fewer than three corners, an index outside 1..count, a line that is too long and a zero byte.
    """
    lines = obj_lines(text, file)
    if not len(lines.vertices):
        raise DatasetError(file, "v", "there are no vertices")
    if not len(lines.faces):
        raise DatasetError(file, "f", "there are no faces")
    vertices, colours = _vertices(lines, file)
    uvs = _uvs(lines, file)
    corners = _corners(lines, file)
    if corners.counts.min() < 3:
        raise DatasetError(file, f"f {int(np.argmin(corners.counts)) + 1}", "a face has fewer than three corners")
    vertex = _absolute(corners.vertex, corners.counts, lines.vertices, lines.faces)
    uv = _absolute(corners.uv, corners.counts, lines.uvs, lines.faces)
    _check_range(vertex, corners.vertex, 1, len(vertices), "vertices", file)
    _check_range(uv, corners.uv, 0, len(uvs) - 1, "texture coordinates", file)
    fan = _fan(corners.counts)
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
    if np.isnan(colours).all():
        return vertices, None
    scale = 255.0 if np.nanmax(colours) > 2.0 else 1.0
    return vertices, np.clip(colours / scale, 0.0, 1.0)


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
    check_size(table, part.begin + 1 + np.arange(len(table)), file, keyword, "row")
    more = np.full((len(table), 3), np.nan)
    longer = np.flatnonzero((counts == columns + 3) | (counts == columns + 4))
    more[longer] = value[first[longer, None] + columns + np.arange(3)]
    return table, more


def _corners(lines: ObjLines, file: PurePosixPath) -> _Corners:
    parts = []
    for part in lines.numbers(lines.faces, 1):
        try:
            parts.append(_split_corners(part.text, part.place))
        except BadWordError as error:
            reason = f"is no list of integers: {error} in face {part.row(error.place)}"
            raise DatasetError(file, "f", reason) from None
    return _Corners(
        np.concatenate([part.counts for part in parts]),
        np.concatenate([part.vertex for part in parts]),
        np.concatenate([part.uv for part in parts]),
    )


def _split_corners(text: Text, place: Int64[np.ndarray, " n1"]) -> _Corners:
    """Split faces into corners.

    Every field lies between two separators; its rank in the corner is the number of slashes right before it.
    """
    _check_corner_characters(text)
    separator = np.flatnonzero(text.kind >= SLASH)
    slash = text.kind[separator] == SLASH
    third_slash = np.flatnonzero(slash[2:] & slash[1:-1] & slash[:-2])
    if len(third_slash):
        _refuse(text, int(separator[third_slash[0]]))
    filled = separator[1:] - separator[:-1] > 1
    first = np.flatnonzero(~slash[:-1] & (filled | slash[1:]))
    start = separator[first] + 1
    vertex = parse_integers(text, start, separator[first + 1])
    has_uv = np.flatnonzero(slash[first + 1] & filled[np.minimum(first + 1, len(filled) - 1)])
    second = first[has_uv] + 1
    uv = np.zeros(len(first), dtype=np.int64)
    uv[has_uv] = parse_integers(text, separator[second] + 1, separator[second + 1])
    return _Corners(np.diff(np.searchsorted(start, place)), vertex, uv)


def _check_corner_characters(text: Text) -> None:
    """Refuse what is neither digit nor slash nor a sign right before a digit and right behind a separator."""
    strange = np.flatnonzero((text.kind == DOT) | (text.kind == OTHER))
    if len(strange):
        _refuse(text, int(strange[0]))
    signs = np.flatnonzero(text.kind == SIGN)
    wrong = signs[(text.kind[signs - 1] < SLASH) | (text.kind[signs + 1] != DIGIT)]
    if len(wrong):
        _refuse(text, int(wrong[0]))


def _refuse(text: Text, place: int) -> None:
    begin, end = place, place
    while text.kind[begin - 1] != BLANK:
        begin -= 1
    while text.kind[end] != BLANK:
        end += 1
    raise BadWordError(text.content[begin:end], begin)


def _absolute(
    index: Int64[np.ndarray, " c"],
    counts: Int64[np.ndarray, " n"],
    named: Int64[np.ndarray, " v"],
    faces: Int64[np.ndarray, " n"],
) -> Int64[np.ndarray, " c"]:
    """Indices from 1, where negative ones count back from the last of the lines `named` above the face's line.

    One that leads before the first becomes -1.
    """
    negative = np.flatnonzero(index < 0)
    if not len(negative):
        return index
    above = np.repeat(np.searchsorted(named, faces), counts)[negative]
    absolute = index.copy()
    absolute[negative] = np.where(-above <= index[negative], above + 1 + index[negative], -1)
    return absolute


def _check_range(
    index: Int64[np.ndarray, " c"],
    written: Int64[np.ndarray, " c"],
    low: int,
    high: int,
    what: str,
    file: PurePosixPath,
) -> None:
    bad = (index < low) | (index > high)
    if bad.any():
        reason = f"index {int(written[np.argmax(bad)])} is out of range: there are {high} {what}"
        raise DatasetError(file, "f", reason)


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


def _fan(counts: Int64[np.ndarray, " n"]) -> Int64[np.ndarray, "f 3"]:
    """Positions in the list of all corners, of the triangles (0, i, i + 1) of each polygon of `counts` corners."""
    start = np.repeat(np.cumsum(counts) - counts, counts - 2)
    first = np.cumsum(counts - 2) - (counts - 2)
    step = np.arange(len(start)) - np.repeat(first, counts - 2)
    return np.stack([start, start + step + 1, start + step + 2], axis=1)
