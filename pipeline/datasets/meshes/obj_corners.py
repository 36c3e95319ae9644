"""The corners of the faces of an obj file."""

from dataclasses import dataclass
from pathlib import PurePosixPath

import numpy as np
from jaxtyping import Int64

from pipeline.datasets.decimal_words import BLANK, DIGIT, DOT, OTHER, SIGN, SLASH, BadWordError, Text, parse_integers
from pipeline.datasets.errors import DatasetError
from pipeline.datasets.meshes.obj_lines import ObjLines


@dataclass(frozen=True)
class Corners:
    """The corners of all faces: how many each face has, and the indices as written; a uv index 0 is none."""

    counts: Int64[np.ndarray, " n"]
    vertex: Int64[np.ndarray, " c"]
    uv: Int64[np.ndarray, " c"]


def read_corners(lines: ObjLines, file: PurePosixPath) -> Corners:
    """Read the corners of all faces. Raises DatasetError for a word that is no corner."""
    parts = []
    for part in lines.numbers(lines.faces, 1):
        try:
            parts.append(_split_corners(part.text, part.place))
        except BadWordError as error:
            reason = f"is no list of integers: {error} in face {part.row(error.place)}"
            raise DatasetError(file, "f", reason) from None
    return Corners(
        np.concatenate([part.counts for part in parts]),
        np.concatenate([part.vertex for part in parts]),
        np.concatenate([part.uv for part in parts]),
    )


def _split_corners(text: Text, place: Int64[np.ndarray, " n1"]) -> Corners:
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
    return Corners(np.diff(np.searchsorted(start, place)), vertex, uv)


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


def absolute_indices(
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


def fan_of_polygons(counts: Int64[np.ndarray, " n"]) -> Int64[np.ndarray, "f 3"]:
    """Positions in the list of all corners, of the triangles (0, i, i + 1) of each polygon of `counts` corners."""
    start = np.repeat(np.cumsum(counts) - counts, counts - 2)
    first = np.cumsum(counts - 2) - (counts - 2)
    step = np.arange(len(start)) - np.repeat(first, counts - 2)
    return np.stack([start, start + step + 1, start + step + 2], axis=1)
