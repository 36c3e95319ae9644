"""Wavefront obj files: vertices, triangles, texture coordinates and the names of materials.

trimesh's reader is not used here. It takes the index 0 and truncated faces without a word, drops the texture
coordinates of a material in which one face has none, and drops vertices without faces, which ShapeNet's normalisation
counted (pipeline.datasets.alignment needs them).
"""

import re
from array import array
from collections.abc import Iterable
from dataclasses import dataclass
from io import BytesIO
from pathlib import PurePosixPath

import numpy as np
from jaxtyping import Bool, Float64, Int32, Int64, UInt8

from pipeline.datasets.errors import DatasetError
from pipeline.datasets.meshes.face_colours import white_of
from pipeline.datasets.meshes.mtl_file import split_line
from pipeline.datasets.meshes.polygons import cut_concave, fans
from pipeline.datasets.text_files import check_lines, line_feeds, without_mark
from pipeline.datasets.text_tables import LARGEST_NUMBER, BadWordError, check_size, parse_numbers, quoted

_MOST_TRIANGLES = 10_000_000
_MOST_WORDS = 3 * _MOST_TRIANGLES  # of one keyword, such as the corners of all faces
# Corners with a blank behind each: `v`, `v/vt`, `v//vn`, `v/vt/vn`. Possessive, so that time and memory stay linear.
_CORNERS = re.compile(rb"(?:[+-]?\d{1,18}+(?:/(?:[+-]?\d{1,18}+)?+){0,2}+ )*+")


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


def parse_obj(content: bytes, file: PurePosixPath) -> ObjGeometry:
    """Parse the geometry in an obj file's text; `file` names it in errors.

    Of a `v` the first three numbers count, and the next three if six or seven stand there: a colour, 0..1 or
    as `white_of` says. Of a `vt` the first two numbers count; one alone has v = 0. A corner is `v`,
    `v/vt`, `v//vn` or `v/vt/vn`; a negative index counts back from the last `v` or `vt` above its line.
    A `#` behind numbers starts a comment.

    Raises DatasetError for a file without faces, a word that is no number, a coordinate that is not finite or beyond
    1e100, a face of fewer than three corners, a vertex that is not there, a line that is too long and a zero byte, and
    more than ten million triangles or 30 million words of one keyword.
    A texture coordinate that is not there or not finite is none.
    """
    rows = _read(content, file)
    for keyword, kind, lines in (("v", "vertices", rows.points), ("f", "faces", rows.faces)):
        if not lines.counts:
            raise DatasetError(file, keyword, f"there are no {kind}")
    vertices, colours = _table(rows.points, "v", 3, 3, file)
    check_size(vertices, np.arange(1, len(vertices) + 1), file, "v", "row")
    uvs = np.concatenate([np.zeros((1, 2)), _table(rows.uvs, "vt", 2, 1, file)[0]])  # the first one is none
    counts = np.array(rows.faces.counts, dtype=np.int64)
    if counts.min() < 3:
        raise DatasetError(file, f"f {int(np.argmin(counts)) + 1}", "a face has fewer than three corners")
    if counts.sum() - 2 * len(counts) > _MOST_TRIANGLES:
        raise DatasetError(file, "f", f"the faces are more than {_MOST_TRIANGLES} triangles")
    vertex, uv = _corners(rows, file)
    bad = (vertex < 1) | (vertex > len(vertices))
    if bad.any():
        reason = f"index {vertex[np.argmax(bad)]} is out of range: there are {len(vertices)} vertices"
        raise DatasetError(file, "f", reason)
    uv[(uv < 0) | (uv >= len(uvs))] = 0
    uv[~(np.abs(uvs) <= LARGEST_NUMBER).all(axis=1)[uv]] = 0
    face, fan = fans(counts)
    fan = cut_concave(fan, vertex - 1, vertices)
    return ObjGeometry(
        vertices=vertices,
        colours=None
        if np.isnan(colours).all() or np.nanmin(colours) < -0.5  # normals, then
        else np.clip(colours / white_of(colours), 0.0, 1.0),
        faces=(vertex[fan] - 1).astype(np.int32),
        uv=uvs.take(uv[fan], axis=0),  # much faster than indexing
        has_uv=(uv[fan] > 0).all(axis=1),
        face_material=np.array(rows.material, dtype=np.int32)[face],
        material_names=tuple(rows.names),
        libraries=tuple(filter(None, rows.libraries)),
    )


class _Lines:
    """The lines of one keyword: the words behind it, and how many each line has."""

    def __init__(self) -> None:
        self.words: list[bytes] = []
        self.counts = array("q")

    def number(self, word: int) -> int:
        """The number, from 1, of the line that holds a word."""
        return int(np.searchsorted(np.cumsum(self.counts), word, side="right")) + 1


class _Rows:
    """The content of a file's lines. `above` are faces, from 0, with negative indices, and how many `v` and `vt` stand
    above each; `material` is each face's.
    """

    def __init__(self) -> None:
        self.points, self.uvs, self.faces = _Lines(), _Lines(), _Lines()
        self.above, self.material = array("q"), array("i")
        self.names: dict[str | None, int] = {}
        self.libraries: dict[str, None] = {}


def _read(content: bytes, file: PurePosixPath) -> _Rows:
    rows = _Rows()
    kinds = {b"v": rows.points, b"vt": rows.uvs, b"f": rows.faces}
    name: str | None = None
    for line in _lines(content, file):
        words = line.split() or [b""]
        kind = kinds.get(words[0])
        if kind is not None:
            if b"#" in line:  # `1.#QNAN` is how some systems write what is no number
                words = re.split(rb"(?<!\.)#", line)[0].split()
            kind.words += words[1:]
            kind.counts.append(len(words) - 1)
            if len(kind.words) > _MOST_WORDS:
                raise DatasetError(file, words[0].decode(), f"has more than {_MOST_WORDS} words behind it")
            if kind is rows.faces:
                if b"-" in line:
                    rows.above.extend((len(rows.material), len(rows.points.counts), len(rows.uvs.counts)))
                rows.material.append(rows.names.setdefault(name, len(rows.names)))
        elif words[0] == b"usemtl":
            name = split_line(line)[1]
        elif words[0] == b"mtllib":
            rows.libraries[split_line(line)[1]] = None
    return rows


def _lines(content: bytes, file: PurePosixPath) -> Iterable[bytes]:
    """The lines, which end with LF, CRLF or CR. A backslash at the end joins one with the next, but not a comment."""
    content = line_feeds(without_mark(content))
    if b"\0" in content:
        raise DatasetError(file, "file", "is no text: it holds zero bytes")
    if b"\\\n" in content:
        content = re.sub(rb"(?m)^[ \t\v\f]*#.*$", b"", content).replace(b"\\\n", b" ")
    check_lines(content, file)
    return BytesIO(content)


def _table(
    lines: _Lines, keyword: str, columns: int, least: int, file: PurePosixPath
) -> tuple[Float64[np.ndarray, "n c"], Float64[np.ndarray, "n 3"]]:
    """The first `columns` numbers of each line, which has `least` of them at least; those that it lacks are 0.

    The second table has the next three of lines with three or four more, else NaN.
    """
    counts = np.array(lines.counts, dtype=np.int64)
    short = np.flatnonzero(counts < least)
    if len(short):
        row, count = short[0] + 1, counts[short[0]]
        fault = f"is no table of {columns} columns: row {row} has {count}"
        raise DatasetError(file, keyword, fault if count else f"has an empty row, number {row}")
    try:
        value = parse_numbers(lines.words)
    except BadWordError as error:
        reason = f"is no table of {columns} columns: {error} in row {lines.number(error.place)}"
        raise DatasetError(file, keyword, reason) from None
    lines.words.clear()  # they take several times the memory of the numbers
    first = (np.cumsum(counts) - counts)[:, None]
    place = np.minimum(first + np.arange(columns), len(value) - 1)
    table = np.where(np.arange(columns) < counts[:, None], value[place], 0.0)
    more = np.full((len(table), 3), np.nan)
    longer = np.flatnonzero((counts == columns + 3) | (counts == columns + 4))
    more[longer] = value[first[longer] + columns + np.arange(3)]
    return table, more


def _corners(rows: _Rows, file: PurePosixPath) -> tuple[Int64[np.ndarray, " c"], Int64[np.ndarray, " c"]]:
    """The vertex and the texture coordinate of each corner, from 1; 0 is none.

    Negative ones count back from those above the face; where they lead before the first, they stay negative.
    """
    text = b" ".join(rows.faces.words) + b" "
    rows.faces.words.clear()
    end = next(_CORNERS.finditer(text)).end()
    if end < len(text):
        place = text.count(b" ", 0, end)
        reason = f"{quoted(text[end : text.index(b' ', end)])} in face {rows.faces.number(place)}"
        raise DatasetError(file, "f", f"is no list of integers: {reason}")
    text = text.replace(b"//", b"/0/").replace(b"/ ", b"/0 ")
    numbers = np.fromstring(text.replace(b"/", b" "), dtype=np.int64, sep=" ")
    byte: UInt8[np.ndarray, " b"] = np.frombuffer(text, dtype=np.uint8)
    slashes = np.searchsorted(np.flatnonzero(byte == ord("/")), np.flatnonzero(byte == ord(" ")))
    behind = slashes + np.arange(1, len(slashes) + 1)  # the place in `numbers` behind each corner's last one
    first = np.append(0, behind[:-1])
    vertex = numbers[first]
    uv = np.where(behind - first > 1, numbers[np.minimum(first + 1, len(numbers) - 1)], 0)
    if rows.above:
        above = np.zeros((len(rows.material), 2), dtype=np.int64)
        face, *given = np.array(rows.above, dtype=np.int64).reshape(-1, 3).T
        above[face] = np.stack(given, axis=1)
        points, uvs = above.repeat(rows.faces.counts, axis=0).T
        vertex = np.where((vertex < 0) & (vertex >= -points), vertex + points + 1, vertex)
        uv = np.where((uv < 0) & (uv >= -uvs), uv + uvs + 1, uv)
    return vertex, uv
