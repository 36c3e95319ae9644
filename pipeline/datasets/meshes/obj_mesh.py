"""An obj file with its mtl files and textures as a mesh. Nothing is read from outside the folder that is its own."""

from dataclasses import replace
from pathlib import Path, PurePosixPath

import numpy as np

from pipeline.datasets.alignment import surface_bounds
from pipeline.datasets.errors import DatasetError
from pipeline.datasets.meshes.mesh_source import Geometry
from pipeline.datasets.meshes.obj_geometry import ObjGeometry, material_libraries, parse_obj
from pipeline.datasets.meshes.obj_materials import GREY, MaterialEntry, file_inside, read_mtl, read_texture
from pipeline.datasets.records import Material, Mesh
from pipeline.datasets.text_files import read_bytes


def read_obj_geometry(root: Path, obj: PurePosixPath, folder: PurePosixPath) -> Geometry:
    """Read geometry as MeshSource.read_geometry does.

    `obj` and `folder`, within which mtl files and textures lie, are relative to root. Files that are named but absent,
    or outside `folder`, are `missing`.
    """
    own, beside = root / folder, (root / obj).parent
    geometry, names = _read_obj(root, obj, own)
    entries, _ = _entries(own, beside, names)
    libraries, textures = _named_files(own, beside, names, entries)
    missing = tuple(name for name, path in [*libraries.items(), *textures.items()] if path is None)
    return Geometry(geometry.vertices, geometry.faces, (obj, *_inside(own, folder, libraries, textures)), missing)


def read_obj_mesh(root: Path, obj: PurePosixPath, folder: PurePosixPath) -> Mesh:
    """Read a mesh as MeshSource.read_mesh does. Twin faces and vertices without faces are kept.

    A material with a texture looks like the texture alone: published renderers do not multiply it with `Kd`, so its
    colour here is 1. A material without one has its `Kd`. Faces are grey (0.5) where the texture is missing, cannot be
    decoded or lies outside `folder`, where the material has neither, and where no mtl holds the material.
    `missing_textures` holds what was named and not found: mtl files as the obj writes them, then textures as the mtl
    does. Textures have row 0 at the top, `uv` its origin at the bottom.
    """
    own, beside = root / folder, (root / obj).parent
    geometry, names = _read_obj(root, obj, own)
    entries, missing = _entries(own, beside, names)
    materials, absent = _materials(own, beside, entries, geometry.material_names)
    return Mesh(
        vertices=geometry.vertices,
        faces=geometry.faces,
        uv=geometry.uv,
        face_material=geometry.face_material,
        materials=materials,
        missing_textures=missing + absent,
        files=(obj, *_inside(own, folder, *_named_files(own, beside, names, entries))),
    )


def _read_obj(root: Path, obj: PurePosixPath, own: Path) -> tuple[ObjGeometry, tuple[str, ...]]:
    """The geometry and the mtl files that an obj names. A name with blanks that is no file stands for several."""
    text = read_bytes(root, obj)
    geometry = parse_obj(text, obj)
    if not np.ptp(surface_bounds(geometry.vertices, geometry.faces), axis=0).max() > 0:
        raise DatasetError(obj, "f", "all faces lie in one point")
    names = []
    for name in material_libraries(text):
        whole = file_inside(own, (root / obj).parent, name) or len(name.split()) == 1
        names += [name] if whole else name.split()
    return geometry, tuple(dict.fromkeys(names))


def _entries(model: Path, beside: Path, libraries: tuple[str, ...]) -> tuple[dict[str, MaterialEntry], tuple[str, ...]]:
    """The materials of all mtl files, and the names of the mtl files that are missing."""
    entries: dict[str, MaterialEntry] = {}
    missing: list[str] = []
    for name in libraries:
        path = file_inside(model, beside, name)
        read = None if path is None else read_mtl(path)
        if read is None:
            missing.append(name)
        else:
            entries |= read
    return entries, tuple(missing)


def _named_files(
    own: Path, beside: Path, libraries: tuple[str, ...], entries: dict[str, MaterialEntry]
) -> tuple[dict[str, Path | None], dict[str, Path | None]]:
    """The mtl files and the textures by their names as written; None for one that is missing or outside `own`."""
    textures = dict.fromkeys(e.texture for e in entries.values() if e.texture is not None)
    return (
        {name: file_inside(own, beside, name) for name in libraries},
        {name: file_inside(own, beside, name) for name in textures},
    )


def _inside(own: Path, folder: PurePosixPath, *named: dict[str, Path | None]) -> list[PurePosixPath]:
    """The files that are there, relative to the root; each kind sorted."""
    place = own.resolve()
    return [
        file
        for paths in named
        for file in sorted({folder / path.relative_to(place).as_posix() for path in paths.values() if path})
    ]


def _materials(
    model: Path, beside: Path, entries: dict[str, MaterialEntry], names: tuple[str | None, ...]
) -> tuple[tuple[Material, ...], tuple[str, ...]]:
    """Read the material of each name, and list the textures that could not be read. Shared textures are read once."""
    textures: dict[str, Material | None] = {}
    materials = []
    for name in names:
        entry = entries.get(name, MaterialEntry()) if name is not None else MaterialEntry()
        look = GREY if entry.colour is None else Material(entry.colour, None)
        if entry.texture is not None:
            if entry.texture not in textures:
                textures[entry.texture] = _textured(file_inside(model, beside, entry.texture))
            look = textures[entry.texture] or GREY
        materials.append(replace(look, transparent=entry.transparent))
    return tuple(materials), tuple(name for name, material in textures.items() if material is None)


def _textured(path: Path | None) -> Material | None:
    texture = read_texture(path) if path else None
    return None if texture is None else Material((1.0, 1.0, 1.0), texture)
