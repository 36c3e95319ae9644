"""The looks of an obj's faces: textures, colours of vertices, colours of materials; grey where one is lost."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import PurePosixPath

import numpy as np
from jaxtyping import Bool, Float64, Int32, Int64

from pipeline.datasets.meshes.face_colours import colour_materials
from pipeline.datasets.meshes.face_looks import FaceLooks
from pipeline.datasets.meshes.look_notes import NO_COORDINATES, LookNote, LostLookError
from pipeline.datasets.meshes.obj_geometry import ObjGeometry
from pipeline.datasets.meshes.obj_libraries import Libraries
from pipeline.datasets.meshes.obj_materials import GREY, MaterialEntry, TextureMap
from pipeline.datasets.meshes.object_files import ObjectFiles
from pipeline.datasets.meshes.textures import TextureReader
from pipeline.datasets.records import Material


@dataclass(frozen=True)
class _Look:
    """A material that `usemtl` names: what it is drawn as, its map if it has one, and why it is grey if it is lost.

    `given` says that the file gives these faces a look.
    """

    material: Material
    texture: TextureMap | None = None
    lost: LostLookError | None = None
    given: bool = True


def read_looks(files: ObjectFiles, geometry: ObjGeometry, libraries: Libraries) -> FaceLooks:
    """Read the materials that faces name, and their textures.

    A face shows the texture of its material alone: published renderers do not multiply it with `Kd`. Without one it
    has the mean colour of its coloured vertices; where all are white, which writers fill in, `Kd` goes before. Without
    colours it has the `Kd` of its material. A material without `Kd` has its `Ka`, one without `map_Kd` its
    `map_Ka`, unless `Kd` is neither white nor grey. A face is grey (0.5) where its look is lost, and where its file
    gives it none.
    """
    reader = _LookReader(files, libraries, geometry.material_names)
    looks = [reader.look(name) for name in geometry.material_names]
    of_face = geometry.face_material
    has_texture = np.array([look.material.texture is not None for look in looks])[of_face]
    textured = has_texture & geometry.has_uv
    colours, coloured = _face_colours(geometry)
    coloured &= ~textured
    if (colours[coloured] == 1.0).all():
        coloured &= ~np.array([look.given and look.lost is None for look in looks])[of_face]
    bare = has_texture & ~textured
    materials = (*(look.material for look in looks), *([GREY] if bare.any() else []))
    face_material = np.where(bare, len(looks), of_face).astype(np.int32)
    if coloured.any():
        place, own = colour_materials(np.round(255.0 * colours[coloured]).astype(np.uint8))
        face_material[coloured] = place + len(materials)
        materials += own
    return FaceLooks(
        uv=_moved(geometry.uv, [look.texture for look in looks], of_face),
        face_material=face_material,
        materials=materials,
        notes=(*reader.notes, *_grey_notes(geometry, looks, bare, coloured)),
        files=tuple(sorted(reader.files)),
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
    geometry: ObjGeometry, looks: list[_Look], bare: Bool[np.ndarray, " f"], coloured: Bool[np.ndarray, " f"]
) -> Iterator[LookNote]:
    """Say why faces are grey: `bare` ones lack the coordinates of their texture, `coloured` ones have another look."""
    all_bare, grey = _counts(geometry, bare), _counts(geometry, ~coloured)
    grey_bare = _counts(geometry, bare & ~coloured)
    for number, (name, look) in enumerate(zip(geometry.material_names, looks, strict=True)):
        if look.lost is not None:
            yield look.lost.note(int(grey[number]))
        elif all_bare[number]:
            yield LookNote(NO_COORDINATES, str(name), int(grey_bare[number]))
        elif not look.given and grey[number] and geometry.colours is not None:
            yield LookNote("faces without coloured vertices", "others have colours", int(grey[number]))


def _counts(geometry: ObjGeometry, faces: Bool[np.ndarray, " f"]) -> Int64[np.ndarray, " m"]:
    return np.bincount(geometry.face_material[faces], minlength=len(geometry.material_names))


class _LookReader:
    """Reads what names of materials mean; notes what was not taken as written."""

    def __init__(self, files: ObjectFiles, libraries: Libraries, names: tuple[str | None, ...]) -> None:
        self._object = files
        self._names = names
        self._libraries = libraries
        self._textures = TextureReader()
        self.files: set[PurePosixPath] = set()
        self.notes: dict[LookNote, None] = {}

    def look(self, name: str | None) -> _Look:
        """The look of faces below `usemtl name`; None: above the first one."""
        try:
            entry = self._entry(name)
            return _Look(GREY, given=False) if entry is None else self._of_entry(*entry)
        except LostLookError as error:
            return _Look(GREY, lost=error.with_traceback(None))  # frames would fill the memory

    def _entry(self, name: str | None) -> tuple[str, MaterialEntry] | None:
        if name is None:
            return self._default()
        found, entry = self._libraries.find(name)
        if found != name:
            self._note("material was found under another name", f"{name}: {found}")
        if entry.merged:
            self._note("material is defined twice, and what is written later counts", name)
        return found, entry

    def _default(self) -> tuple[str, MaterialEntry] | None:
        """The material of faces above the first `usemtl`: the only one there is, if no face names any.

        None where there is none: the file gives its faces no look.
        """
        if len(self._names) > 1:
            raise LostLookError("faces above the first usemtl have no material", f"it is {self._names[1]}")
        if self._libraries.lost is not None:
            raise self._libraries.lost
        if len(self._libraries.entries) > 1:
            raise LostLookError("no usemtl says which material is meant", ", ".join(self._libraries.entries))
        for name, entry in self._libraries.entries.items():
            self._note("no usemtl: the only material was used", name)
            return name, entry
        return None

    def _of_entry(self, name: str, entry: MaterialEntry) -> _Look:
        texture, colour = entry.texture, entry.colour
        if texture is None and entry.ambient_texture is not None and (colour is None or len(set(colour)) == 1):
            texture = entry.ambient_texture
            self._note("material has no map_Kd, and map_Ka was used", f"{name}: {texture.name}")
        if texture is not None:
            try:
                return _Look(replace(self._textured(entry, texture), transparent=entry.transparent), texture)
            except LostLookError as error:
                return _Look(replace(GREY, transparent=entry.transparent), lost=error)
        if colour is None and entry.ambient is not None:
            colour = entry.ambient
            self._note("material has no Kd, and Ka was used", name)
        if colour is None:
            raise LostLookError("material has no colour or texture that can be read", name)
        return _Look(Material(colour, None, entry.transparent))

    def _textured(self, entry: MaterialEntry, texture: TextureMap) -> Material:
        named = self._object.find(entry.folder, texture.name, "texture")
        if named.note is not None:
            self.notes[named.note] = None
        self.files.add(named.file)
        return Material((1.0, 1.0, 1.0), self._textures.read(self._object.root / named.file, texture.name))

    def _note(self, reason: str, detail: str) -> None:
        self.notes[LookNote(reason, detail)] = None
