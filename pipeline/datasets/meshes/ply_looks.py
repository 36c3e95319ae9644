"""The looks of a PLY file's faces: textures, colours of faces, of materials, of vertices; else grey."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath

import numpy as np
from jaxtyping import Bool, Float64, Int64, UInt8

from pipeline.datasets.meshes.face_colours import GREY, colour_materials, white_of
from pipeline.datasets.meshes.look_notes import NO_COORDINATES, LookNote, LostLookError, joined_notes
from pipeline.datasets.meshes.object_files import ObjectFiles
from pipeline.datasets.meshes.ply_file import Column, Lists, PlyFile, stacked
from pipeline.datasets.meshes.textures import TextureReader
from pipeline.datasets.records import Material, Mesh

_COLOURS = (("red", "green", "blue"), ("diffuse_red", "diffuse_green", "diffuse_blue"), ("r", "g", "b"))
_COORDINATES = (("texture_u", "texture_v"), ("s", "t"), ("u", "v"))


@dataclass(frozen=True)
class Polygons:
    """Triangles as parts of polygons: the row of each, and where its corners stand in the rows' lists.

    `counts` are the lengths of these lists.
    """

    row: Int64[np.ndarray, " f"]
    corner: Int64[np.ndarray, "f 3"]
    counts: Int64[np.ndarray, " p"]


def painted(
    ply: PlyFile,
    polygons: Polygons,
    vertices: Float64[np.ndarray, "v 3"],
    faces: Int64[np.ndarray, "f 3"],
    file: PurePosixPath,
    files: ObjectFiles,
) -> Mesh:
    """The mesh with its textures (`comment TextureFile`) and colours (sRGB).

    A face shows its texture; without one its own colour, else its material's, else the mean of its corners'. Colours
    become materials, see `colour_materials`. Floats are 0..1 or as `white_of` says.
    """
    notes: list[LookNote] = []
    colours = _face_colours(ply, polygons, faces, notes)
    place, materials = (np.zeros(len(faces), dtype=np.int32), (GREY,)) if colours is None else colour_materials(colours)
    uv = _coordinates(ply, polygons, faces)
    has_uv = np.isfinite(uv).all(axis=(1, 2))
    number = _textures_of_faces(ply, polygons, notes, grey=colours is None)
    reader = TextureReader()
    used: dict[PurePosixPath, None] = {}
    for index, name in enumerate(ply.textures):
        mine: Bool[np.ndarray, " f"] = (number == index) & has_uv
        bare = int(((number == index) & ~has_uv).sum())
        if bare:
            notes.append(LookNote(NO_COORDINATES, name, bare if colours is None else 0))
        if bare and not mine.any():
            continue
        try:
            named = files.find(file.parent, name, "texture")
            used[named.file] = None
            notes += [] if named.note is None else [named.note]
            textured = Material((1.0, 1.0, 1.0), reader.read(files.root / named.file, name))
            place[mine], materials = len(materials), (*materials, textured)
        except LostLookError as error:
            notes.append(error.note(int(mine.sum()) if colours is None else 0))
    shown = np.where(has_uv[:, None, None], uv, 0.0)
    return Mesh(vertices, faces.astype(np.int32), shown, place, materials, joined_notes(notes), (file, *sorted(used)))


def _coordinates(ply: PlyFile, polygons: Polygons, faces: Int64[np.ndarray, "f 3"]) -> Float64[np.ndarray, "f 3 2"]:
    """Texture coordinates of each corner, as a list of each face or as properties of vertices; NaN without any."""
    lists, vertex = ply.elements.get("face", {}).get("texcoord"), ply.elements.get("vertex", {})
    uv = np.full((len(faces), 3, 2), np.nan)
    if isinstance(lists, Lists) and len(lists.flat):
        corners, row = polygons.counts, polygons.row
        shift = np.cumsum(lists.counts) - lists.counts - 2 * (np.cumsum(corners) - corners)
        fits = (lists.counts == 2 * corners)[row]
        first = (2 * polygons.corner + shift[row, None])[fits, :, None]
        uv[fits] = lists.flat[first + np.arange(2)]
        return uv
    given = next((table for pair in _COORDINATES if (table := stacked(vertex, pair)) is not None), None)
    return uv if given is None else given[faces]


def _textures_of_faces(
    ply: PlyFile, polygons: Polygons, notes: list[LookNote], *, grey: bool
) -> Int64[np.ndarray, " f"]:
    """The number of each face's texture, from 0; -1 asks for none. Adds a note about numbers of none."""
    given, count = ply.elements.get("face", {}).get("texnumber"), len(ply.textures)
    if not isinstance(given, np.ndarray):
        return np.zeros(len(polygons.row), dtype=np.int64)
    number: Int64[np.ndarray, " f"] = given.astype(np.int64)[polygons.row]
    if count and number.min() == 1 and number.max() == count:
        notes.append(LookNote("texture numbers were taken to count from 1", f"1 to {count}"))
        return number - 1
    if count:
        notes += _unlisted("texture", number[(number < -1) | (number >= count)], count, grey=grey)
    return number


def _unlisted(what: str, wrong: Int64[np.ndarray, " w"], count: int, *, grey: bool) -> list[LookNote]:
    reason, faces = f"face names a {what} that the file does not list", len(wrong) if grey else 0
    return [LookNote(reason, f"number {wrong[0]} of {count}, from 0", faces)] if len(wrong) else []


def _face_colours(
    ply: PlyFile, polygons: Polygons, faces: Int64[np.ndarray, "f 3"], notes: list[LookNote]
) -> UInt8[np.ndarray, "f 3"] | None:
    face = ply.elements.get("face", {})
    own, materials, number = _colours(face), _colours(ply.elements.get("material", {})), face.get("material_index")
    if own is None and materials is not None and len(materials) and isinstance(number, np.ndarray):
        index = number.astype(np.int64)
        bad = (index < 0) | (index >= len(materials))
        own = np.where(bad[:, None], 128, materials.take(index, axis=0, mode="clip")).astype(np.uint8)
        notes += _unlisted("material", index[polygons.row][bad[polygons.row]], len(materials), grey=True)
    if own is not None:
        picked: UInt8[np.ndarray, "f 3"] = own[polygons.row]
        return picked
    corners = _colours(ply.elements.get("vertex", {}))
    return None if corners is None else np.round(corners[faces].mean(axis=1)).astype(np.uint8)


def _colours(columns: Mapping[str, Column]) -> UInt8[np.ndarray, "n 3"] | None:
    """Colours as 0..255, under the first of the names in use."""
    names, values = next(
        ((names, table) for names in _COLOURS if (table := stacked(columns, names)) is not None), ((), None)
    )
    if values is None:
        return None
    largest = np.nanmax(values, initial=0.0)
    fractions = any(isinstance(column := columns[n], np.ndarray) and column.dtype.kind == "f" for n in names)
    white = white_of(values) if fractions else 255.0 if largest <= 255.0 else 65535.0
    return np.clip(np.nan_to_num(np.round(255.0 / white * values)), 0.0, 255.0).astype(np.uint8)
