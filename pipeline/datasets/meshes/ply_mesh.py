"""PLY files as a mesh: polygons and strips of triangles, and colours of faces or vertices."""

from collections.abc import Mapping
from pathlib import PurePosixPath

import numpy as np
from jaxtyping import Float64, Int64, Shaped, UInt8

from pipeline.datasets.errors import DatasetError
from pipeline.datasets.meshes.checked_surface import checked_surface
from pipeline.datasets.meshes.face_colours import colour_materials
from pipeline.datasets.meshes.obj_materials import GREY
from pipeline.datasets.meshes.ply_file import PlyFile, split_ply
from pipeline.datasets.meshes.ply_header import Column, Lists
from pipeline.datasets.records import Mesh

_COLOURS = (("red", "green", "blue"), ("diffuse_red", "diffuse_green", "diffuse_blue"), ("r", "g", "b"))


def parse_ply(data: bytes, file: PurePosixPath) -> Mesh:
    """Parse a mesh with all the file's vertices; `file` names it in errors.

    Polygons become fans of triangles. Colours (sRGB) become materials, see `colour_materials`: a face's own, else its
    material's, else the mean of its corners'; faces are grey without any. Float colours are 0..1, or 0..255 if
    one is beyond 2. A texture (`comment TextureFile`) is not read: it is named among `missing_textures`, and
    the faces have the colours or are grey.

    Raises DatasetError for a header that announces more than the file holds, and for what is no mesh.
    """
    with np.errstate(all="ignore"):  # what is not finite is found in the end
        ply = split_ply(data, file)
        corners, polygon = _triangles(ply, file)
        vertices, faces = checked_surface(_points(ply, file), corners, file)
        colours = _face_colours(ply, polygon, faces.astype(np.int64))
    place, materials = (np.zeros(len(faces), dtype=np.int32), (GREY,)) if colours is None else colour_materials(colours)
    return Mesh(vertices, faces, np.zeros((len(faces), 3, 2)), place, materials, ply.textures)


def _points(ply: PlyFile, file: PurePosixPath) -> Float64[np.ndarray, "v 3"]:
    columns = ply.elements.get("vertex", {})
    given = [columns.get(name) for name in "xyz"]
    if not all(isinstance(column, np.ndarray) for column in given):
        raise DatasetError(file, "vertex", "has no x, y and z")
    return np.stack(given, axis=1).astype(np.float64)  # type: ignore[arg-type]


def _triangles(ply: PlyFile, file: PurePosixPath) -> tuple[Int64[np.ndarray, "f 3"], Int64[np.ndarray, " f"]]:
    """Triangles, and the row of each one's polygon."""
    lists = _indices(ply.elements.get("face", {}))
    if lists is not None and len(lists.counts):
        return _fans(lists, _whole(lists.flat, file))
    strips = _indices(ply.elements.get("tristrips", {}))
    if strips is None:
        raise DatasetError(file, "face", "there are no faces")
    ends = np.cumsum(strips.counts)[:-1]
    flat = np.insert(_whole(strips.flat, file), ends, -1)  # -1 ends a strip, and so does the end of a list
    triangles = _strips(flat)
    return triangles, np.zeros(len(triangles), dtype=np.int64)


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


def _fans(lists: Lists, flat: Int64[np.ndarray, " m"]) -> tuple[Int64[np.ndarray, "f 3"], Int64[np.ndarray, " f"]]:
    """Triangles (0, i, i + 1) of each polygon, one after the other, and the polygon's row."""
    count = np.maximum(lists.counts - 2, 0)
    polygon = np.repeat(np.arange(len(count)), count)
    first = (np.cumsum(lists.counts) - lists.counts)[polygon]
    second = first + 1 + np.arange(len(polygon)) - (np.cumsum(count) - count)[polygon]
    return flat[np.stack([first, second, second + 1], axis=1)], polygon


def _strips(flat: Int64[np.ndarray, " m"]) -> Int64[np.ndarray, "f 3"]:
    """Triangles of strips that -1 ends; every other one of a strip is the other way round."""
    place = np.arange(len(flat))
    start = np.maximum.accumulate(np.where(flat < 0, place + 1, 0))
    window = np.stack([place[:-2], place[1:-1], place[2:]], axis=1)
    window = window[(flat[window] >= 0).all(axis=1)]
    odd = (window[:, 0] - start[window[:, 0]]) % 2 == 1
    window[odd] = window[odd][:, [0, 2, 1]]
    return flat[window]


def _face_colours(
    ply: PlyFile, polygon: Int64[np.ndarray, " f"], faces: Int64[np.ndarray, "f 3"]
) -> UInt8[np.ndarray, "f 3"] | None:
    face = ply.elements.get("face", {})
    own, materials, number = _colours(face), _colours(ply.elements.get("material", {})), face.get("material_index")
    if own is None and materials is not None and isinstance(number, np.ndarray):
        index = number.astype(np.int64)
        own = materials[index] if ((index >= 0) & (index < len(materials))).all() else None
    if own is not None and len(own):  # strips have no row in this element
        picked: UInt8[np.ndarray, "f 3"] = own[polygon]
        return picked
    corners = _colours(ply.elements.get("vertex", {}))
    return None if corners is None else np.round(corners[faces].mean(axis=1)).astype(np.uint8)


def _colours(columns: Mapping[str, Column]) -> UInt8[np.ndarray, "n 3"] | None:
    """Colours as 0..255, under the first of the names in use."""
    names = next((names for names in _COLOURS if all(isinstance(columns.get(n), np.ndarray) for n in names)), None)
    if names is None:
        return None
    given = [columns[name] for name in names]
    values = np.stack(given, axis=1).astype(np.float64)  # type: ignore[arg-type]
    largest = np.nanmax(values, initial=0.0)
    fractions = any(isinstance(column, np.ndarray) and column.dtype.kind == "f" for column in given)
    scale = 255.0 if fractions and largest <= 2.0 else 1.0 if largest <= 255.0 else 255.0 / 65535.0
    return np.clip(np.nan_to_num(np.round(scale * values)), 0.0, 255.0).astype(np.uint8)
