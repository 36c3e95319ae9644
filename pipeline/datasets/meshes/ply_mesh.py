"""PLY files as a mesh: polygons and strips of triangles."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import PurePosixPath

import numpy as np
from jaxtyping import Float64, Int64, Shaped

from pipeline.datasets.errors import DatasetError
from pipeline.datasets.meshes.checked_surface import checked_surface
from pipeline.datasets.meshes.concave_polygons import cut_concave
from pipeline.datasets.meshes.look_notes import joined_notes
from pipeline.datasets.meshes.object_files import ObjectFiles
from pipeline.datasets.meshes.ply_file import PlyFile, split_ply
from pipeline.datasets.meshes.ply_header import Column, Lists, stacked
from pipeline.datasets.meshes.ply_looks import Polygons, read_looks
from pipeline.datasets.records import Mesh


def parse_ply(data: bytes, file: PurePosixPath, files: ObjectFiles) -> Mesh:
    """Parse a mesh with all the file's vertices; `file` names it in errors, `files` are those that it may name.

    Polygons become triangles, fans if they are convex. See `ply_looks` for what a face looks like. Raises DatasetError
    for a header that announces more than the file holds, and for what is no mesh.
    """
    with np.errstate(all="ignore"):  # what is not finite is found in the end
        ply = split_ply(data, file)
        corners, polygons = _triangles(ply, file)
        vertices, faces = checked_surface(_points(ply, file), corners, file)
        if polygons.lists is not None:
            flat = _whole(polygons.lists.flat, file)
            polygons = replace(polygons, corner=cut_concave(polygons.corner, flat, vertices))
            faces = flat[polygons.corner].astype(np.int32)
        looks = read_looks(ply, polygons, faces.astype(np.int64), file, files)
    return Mesh(
        vertices, faces, looks.uv, looks.face_material, looks.materials, joined_notes(looks.notes), (file, *looks.files)
    )


def _points(ply: PlyFile, file: PurePosixPath) -> Float64[np.ndarray, "v 3"]:
    points = stacked(ply.elements.get("vertex", {}), "xyz")
    if points is None:
        raise DatasetError(file, "vertex", "has no x, y and z")
    return points


def _triangles(ply: PlyFile, file: PurePosixPath) -> tuple[Int64[np.ndarray, "f 3"], Polygons]:
    """Triangles, and what they are of the file's polygons."""
    lists = _indices(ply.elements.get("face", {}))
    if lists is not None and len(lists.counts):
        polygons = _fans(lists)
        return _whole(lists.flat, file)[polygons.corner], polygons
    strips = _indices(ply.elements.get("tristrips", {}))
    if strips is None:
        raise DatasetError(file, "face", "there are no faces")
    ends = np.cumsum(strips.counts)[:-1]
    flat = np.insert(_whole(strips.flat, file), ends, -1)  # -1 ends a strip, and so does the end of a list
    triangles = flat[_strips(flat)]
    return triangles, Polygons(np.zeros(len(triangles), dtype=np.int64), np.zeros_like(triangles), lists=None)


def _indices(columns: Mapping[str, Column]) -> Lists | None:
    """The corners of each row, by the names in use, or the only list there is."""
    lists = {name: column for name, column in columns.items() if isinstance(column, Lists)}
    named = [lists[name] for name in ("vertex_indices", "vertex_index") if name in lists]
    return next(iter(named or list(lists.values())[:1]), None)


def _whole(flat: Shaped[np.ndarray, " m"], file: PurePosixPath) -> Int64[np.ndarray, " m"]:
    whole = flat.astype(np.int64)
    if not (whole == flat).all():
        raise DatasetError(file, "face", "an index is no whole number")
    return whole


def _fans(lists: Lists) -> Polygons:
    """Triangles (0, i, i + 1) of each polygon, one after the other."""
    count = np.maximum(lists.counts - 2, 0)
    row = np.repeat(np.arange(len(count)), count)
    first = (np.cumsum(lists.counts) - lists.counts)[row]
    second = first + 1 + np.arange(len(row)) - (np.cumsum(count) - count)[row]
    return Polygons(row, np.stack([first, second, second + 1], axis=1), lists)


def _strips(flat: Int64[np.ndarray, " m"]) -> Int64[np.ndarray, "f 3"]:
    """Places of the triangles of strips that -1 ends; every other one of a strip is the other way round."""
    place = np.arange(len(flat))
    start = np.maximum.accumulate(np.where(flat < 0, place + 1, 0))
    window = np.stack([place[:-2], place[1:-1], place[2:]], axis=1)
    window = window[(flat[window] >= 0).all(axis=1)]
    odd = (window[:, 0] - start[window[:, 0]]) % 2 == 1
    window[odd] = window[odd][:, [0, 2, 1]]
    return window
