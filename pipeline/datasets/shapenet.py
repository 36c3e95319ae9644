"""ShapeNetCore, releases 1 and 2: one folder an object, `<synset>/<id>`, with an obj, its mtl and its textures.

v1 keeps `model.obj`, `model.mtl` and `images/` in that folder, v2 `models/model_normalized.{obj,mtl}` and `images/`.
"""

from pathlib import Path, PurePosixPath
from typing import Literal

import numpy as np

from pipeline.datasets.errors import DatasetError
from pipeline.datasets.file_names import checked_name, is_safe_name, object_folder
from pipeline.datasets.obj_geometry import material_libraries, parse_obj
from pipeline.datasets.obj_materials import GREY, MaterialEntry, file_inside, parse_mtl, read_texture
from pipeline.datasets.records import Material, Mesh, ObjectKey
from pipeline.datasets.text_files import read_text
from pipeline.errors import UserError

Version = Literal["shapenet-v1", "shapenet-v2"]

_OBJ = {
    "shapenet-v1": PurePosixPath("model.obj"),
    "shapenet-v2": PurePosixPath("models/model_normalized.obj"),
}


def object_ids(root: Path, version: Version, synset: str) -> list[str]:
    """The ids in `root / synset` whose folder holds the obj of `version`, sorted. Raises UserError without a folder."""
    folder = root / checked_name(synset, PurePosixPath("."), "synset")
    if not folder.is_dir():
        raise UserError(
            f"source.mesh_root: {root} has no folder {synset}: name the folder that holds the synset folders."
        )
    return sorted(
        child.name for child in folder.iterdir() if is_safe_name(child.name) and (child / _OBJ[version]).is_file()
    )


def mesh_path(version: Version, key: ObjectKey) -> PurePosixPath:
    """The obj file, relative to the root. Raises DatasetError for a synset or id that is no plain name."""
    return object_folder(key) / _OBJ[version]


def mesh_files(root: Path, version: Version, key: ObjectKey) -> tuple[PurePosixPath, ...]:
    """Every file that `read_mesh` may read, relative to the root: the obj, then mtl files, then textures, sorted.

    Files that are named but absent, or outside the model's folder, are left out. Raises DatasetError without an obj.
    """
    obj = mesh_path(version, key)
    model, beside = root / object_folder(key), (root / obj).parent
    libraries = [file_inside(model, beside, name) for name in material_libraries(read_text(root, obj))]
    texts = [path.read_text(encoding="utf-8", errors="replace") for path in libraries if path]
    named = {entry.texture for text in texts for entry in parse_mtl(text).values() if entry.texture}
    textures = [file_inside(model, beside, name) for name in named]
    inside = [
        [object_folder(key) / path.relative_to(model.resolve()).as_posix() for path in paths if path]
        for paths in (libraries, textures)
    ]
    return (obj, *sorted(set(inside[0])), *sorted(set(inside[1])))


def read_mesh(root: Path, version: Version, key: ObjectKey) -> Mesh:
    """The mesh in the file's own frame and order, twin faces included; vertices without faces are kept.

    A material with a texture looks like the texture alone: published renderers do not multiply it with `Kd`, so its
    colour here is 1. A material without one has its `Kd`. Faces are grey (0.5) where the texture is missing, cannot be
    decoded or lies outside the model's folder, where the material has neither, and where no mtl holds the material.
    `missing_textures` holds what was named and not found: mtl files as the obj writes them, then textures as the mtl
    does. Textures have row 0 at the top, `uv` its origin at the bottom.
    Raises DatasetError for a mesh that is missing, empty, flat in all directions, not finite or wrongly indexed.
    """
    obj = mesh_path(version, key)
    text = read_text(root, obj)
    geometry = parse_obj(text, obj)
    corners = geometry.vertices[geometry.faces.reshape(-1)]
    if not np.ptp(corners, axis=0).max() > 0:
        raise DatasetError(obj, "f", "all faces lie in one point")
    model, beside = root / object_folder(key), (root / obj).parent
    entries, missing = _entries(model, beside, material_libraries(text))
    materials, absent = _materials(model, beside, entries, geometry.material_names)
    return Mesh(
        vertices=geometry.vertices,
        faces=geometry.faces,
        uv=geometry.uv,
        face_material=geometry.face_material,
        materials=materials,
        missing_textures=missing + absent,
    )


def _entries(model: Path, beside: Path, libraries: tuple[str, ...]) -> tuple[dict[str, MaterialEntry], tuple[str, ...]]:
    """The materials of all mtl files, and the names of the mtl files that are missing."""
    entries: dict[str, MaterialEntry] = {}
    missing: list[str] = []
    for name in libraries:
        path = file_inside(model, beside, name)
        if path is None:
            missing.append(name)
        else:
            entries |= parse_mtl(path.read_text(encoding="utf-8", errors="replace"))
    return entries, tuple(missing)


def _materials(
    model: Path, beside: Path, entries: dict[str, MaterialEntry], names: tuple[str | None, ...]
) -> tuple[tuple[Material, ...], tuple[str, ...]]:
    """One material a name, and the textures that could not be read. A texture that several share is read once."""
    textures: dict[str, Material | None] = {}
    materials = []
    for name in names:
        entry = entries.get(name, MaterialEntry(None, None)) if name is not None else MaterialEntry(None, None)
        if entry.texture is None:
            materials.append(GREY if entry.colour is None else Material(entry.colour, None))
            continue
        if entry.texture not in textures:
            textures[entry.texture] = _textured(file_inside(model, beside, entry.texture))
        materials.append(textures[entry.texture] or GREY)
    return tuple(materials), tuple(name for name, material in textures.items() if material is None)


def _textured(path: Path | None) -> Material | None:
    texture = read_texture(path) if path else None
    return None if texture is None else Material((1.0, 1.0, 1.0), texture)
