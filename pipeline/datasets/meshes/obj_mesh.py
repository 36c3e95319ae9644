"""An obj file with its mtl files and textures as a mesh."""

from collections.abc import Iterator
from pathlib import PurePosixPath

import numpy as np
from jaxtyping import Bool, Float64, Int32, Int64

from pipeline.datasets.errors import DatasetError
from pipeline.datasets.meshes.face_colours import GREY, colour_materials
from pipeline.datasets.meshes.look_notes import NO_COORDINATES, LookNote, joined_notes
from pipeline.datasets.meshes.mtl_file import TextureMap
from pipeline.datasets.meshes.obj_geometry import ObjGeometry, parse_obj
from pipeline.datasets.meshes.obj_materials import Look, ObjMaterials
from pipeline.datasets.meshes.object_files import ObjectFiles
from pipeline.datasets.records import Mesh
from pipeline.datasets.text_files import read_bytes


def read_obj_mesh(files: ObjectFiles, obj: PurePosixPath) -> Mesh:
    """Read a mesh as MeshSource.read_mesh does; `obj` is relative to the collection's root.

    A face shows the texture of its material; without one the mean colour of its coloured vertices, but where all are
    white, which writers fill in, its material's colour goes before; without colours it has the colour of its material.
    It is grey (0.5) where its look is lost, and where its file gives it none.

    Twin faces and vertices without faces are kept. Textures have row 0 at the top, `uv` its origin at the bottom.
    `files` are the obj, its mtl files, and the textures that are used.
    """
    geometry = parse_obj(read_bytes(files.root, obj), obj)
    if not np.ptp(geometry.vertices[geometry.faces.reshape(-1)], axis=0).max() > 0:
        raise DatasetError(obj, "f", "all faces lie in one point")
    chosen = ObjMaterials(files, obj, geometry.libraries)
    looks, of_face = chosen.looks(geometry.material_names), geometry.face_material
    has_texture = np.array([look.material.texture is not None for look in looks])[of_face]
    colours, coloured = _face_colours(geometry)
    coloured &= ~(has_texture & geometry.has_uv)
    if (colours[coloured] == 1.0).all():
        coloured &= ~np.array([look.given and look.lost is None for look in looks])[of_face]
    bare = has_texture & ~geometry.has_uv
    materials = (*(look.material for look in looks), *([GREY] if bare.any() else []))
    face_material = np.where(bare, len(looks), of_face).astype(np.int32)
    if coloured.any():
        place, own = colour_materials(np.round(255.0 * colours[coloured]).astype(np.uint8))
        face_material[coloured] = place + len(materials)
        materials += own
    return Mesh(
        vertices=geometry.vertices,
        faces=geometry.faces,
        uv=_moved(geometry.uv, [look.texture for look in looks], of_face),
        face_material=face_material,
        materials=materials,
        look_notes=joined_notes((*chosen.notes, *_grey_notes(geometry, looks, bare, coloured))),
        files=(obj, *sorted(chosen.mtl_files), *sorted(chosen.textures)),
    )


def _face_colours(geometry: ObjGeometry) -> tuple[Float64[np.ndarray, "f 3"], Bool[np.ndarray, " f"]]:
    """The mean colour of each face's coloured corners, and which faces have one."""
    if geometry.colours is None:
        return np.zeros((len(geometry.faces), 3)), np.zeros(len(geometry.faces), dtype=bool)
    corners = geometry.colours[geometry.faces]
    known = ~np.isnan(corners).any(axis=2)
    mean = np.where(known[..., None], corners, 0.0).sum(axis=1) / np.maximum(known.sum(axis=1), 1)[:, None]
    return mean, known.any(axis=1)


def _moved(
    uv: Float64[np.ndarray, "f 3 2"], maps: list[TextureMap | None], of_face: Int32[np.ndarray, " f"]
) -> Float64[np.ndarray, "f 3 2"]:
    """Texture coordinates as the options of each face's map place them."""
    if all(texture is None or texture == TextureMap(texture.name) for texture in maps):
        return uv
    known = [texture or TextureMap("") for texture in maps]
    scale, offset = np.array([texture.scale for texture in known]), np.array([texture.offset for texture in known])
    moved: Float64[np.ndarray, "f 3 2"] = uv * scale[of_face][:, None] + offset[of_face][:, None]
    return moved


def _grey_notes(
    geometry: ObjGeometry, looks: list[Look], bare: Bool[np.ndarray, " f"], coloured: Bool[np.ndarray, " f"]
) -> Iterator[LookNote]:
    """Say why faces are grey: `bare` ones lack the coordinates of their texture, `coloured` ones have another look."""

    def counts(faces: Bool[np.ndarray, " f"]) -> Int64[np.ndarray, " m"]:
        return np.bincount(geometry.face_material[faces], minlength=len(looks))

    all_bare, grey, grey_bare = counts(bare), counts(~coloured), counts(bare & ~coloured)
    for number, (name, look) in enumerate(zip(geometry.material_names, looks, strict=True)):
        if look.lost is not None:
            yield look.lost.note(int(grey[number]))
        elif all_bare[number]:
            yield LookNote(NO_COORDINATES, str(name), int(grey_bare[number]))
        elif not look.given and grey[number] and geometry.colours is not None:
            yield LookNote("faces without coloured vertices", "others have colours", int(grey[number]))
