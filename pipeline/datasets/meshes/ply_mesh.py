"""PLY files as a mesh: polygons and strips of triangles."""

from collections.abc import Mapping
from pathlib import PurePosixPath

import numpy as np
from jaxtyping import Int64, Shaped

from pipeline.datasets.errors import DatasetError
from pipeline.datasets.meshes.checked_surface import checked_surface
from pipeline.datasets.meshes.object_files import ObjectFiles
from pipeline.datasets.meshes.ply_file import Column, Lists, PlyFile, split_ply, stacked
from pipeline.datasets.meshes.ply_looks import Polygons, painted
from pipeline.datasets.meshes.polygons import cut_concave, fans
from pipeline.datasets.records import Mesh


def parse_ply(data: bytes, file: PurePosixPath, files: ObjectFiles) -> Mesh:
    """Parse a mesh with all the file's vertices; `file` names it in errors, `files` are those that it may name.

    Polygons become triangles, fans if they are convex. See `ply_looks` for what a face looks like. Raises DatasetError
    for a header that announces more than the file holds, and for what is no mesh.
    """
    with np.errstate(all="ignore"):  # what is not finite is found in the end
        ply = split_ply(data, file)
        lists = _indices(ply.elements.get("face", {}))
        if lists is None or not len(lists.counts):
            lists = _indices(ply.elements.get("tristrips", {}))
            if lists is None:
                raise DatasetError(file, "face", "there are no faces")
            lists = _triangles_of_strips(Lists(lists.counts, _whole(lists.flat, file)))
            ply = PlyFile({**ply.elements, "face": {}}, ply.textures)
        flat = _whole(lists.flat, file)
        points = stacked(ply.elements.get("vertex", {}), "xyz")
        if points is None:
            raise DatasetError(file, "vertex", "has no x, y and z")
        row, corner = fans(lists.counts)
        vertices, _ = checked_surface(points, flat[corner], file)
        corner = cut_concave(corner, flat, vertices)
        return painted(ply, Polygons(row, corner, lists.counts), vertices, flat[corner], file, files)


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


def _triangles_of_strips(strips: Lists) -> Lists:
    """The triangles of strips, which end with a list and at -1; every other one of a strip is the other way round."""
    flat = np.insert(strips.flat, np.cumsum(strips.counts)[:-1], -1)
    place = np.arange(len(flat))
    start = np.maximum.accumulate(np.where(flat < 0, place + 1, 0))
    window = np.stack([place[:-2], place[1:-1], place[2:]], axis=1)
    window = window[(flat[window] >= 0).all(axis=1)]
    odd = (window[:, 0] - start[window[:, 0]]) % 2 == 1
    window[odd] = window[odd][:, [0, 2, 1]]
    return Lists(np.full(len(window), 3), flat[window].reshape(-1))
