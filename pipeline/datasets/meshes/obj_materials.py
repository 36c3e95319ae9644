"""Choose the material of an obj's faces, in three steps: mtl files, the entry of `usemtl`, what it is drawn as.

1. The mtl files are those that `mtllib` names. If none of them can be had, the one beside the obj is meant: the one of
   its own name, or the only one in a folder that is the object's alone.
2. `usemtl name` means the entry of this name, or the only one that differs in case, quotes or a comment. Faces above
   the first `usemtl` have the only entry there is, if no face names any.
3. An entry is drawn as its `map_Kd`: published renderers do not multiply it with `Kd`. Without one it has its
   `map_Ka`, unless `Kd` is neither white nor grey; then `Kd`; then `Ka`.

What was not taken as written is noted. What cannot be chosen is grey, with the reason.
`obj_mesh` says where colours of vertices go before a material.
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import PurePosixPath

from pipeline.datasets.errors import DatasetError
from pipeline.datasets.meshes.face_colours import GREY
from pipeline.datasets.meshes.look_notes import AMBIGUOUS, LookNote, LostLookError
from pipeline.datasets.meshes.mtl_file import MaterialEntry, TextureMap, parse_mtl, without_comment
from pipeline.datasets.meshes.object_files import ObjectFiles
from pipeline.datasets.meshes.textures import TextureReader
from pipeline.datasets.records import Material
from pipeline.datasets.text_files import read_lines

_MTL = "mtl file"


@dataclass(frozen=True)
class Look:
    """A material that `usemtl` names: what it is drawn as, its map if it has one, and why it is grey if it is lost.

    `given` says that the file gives these faces a look.
    """

    material: Material
    texture: TextureMap | None = None
    lost: LostLookError | None = None
    given: bool = True


class ObjMaterials:
    """Chooses the materials of an obj. `mtl_files` and `textures` are the files that were read."""

    def __init__(self, files: ObjectFiles, obj: PurePosixPath, libraries: tuple[str, ...]) -> None:
        """Read the mtl files; `libraries` are the names after `mtllib`."""
        self._object, self._obj = files, obj
        self._reader = TextureReader()
        self._entries: dict[str, MaterialEntry] = {}
        self._lost: LostLookError | None = None  # about the first mtl file that cannot be used
        self._notes: dict[LookNote, None] = {}
        self.mtl_files: set[PurePosixPath] = set()
        self.textures: set[PurePosixPath] = set()
        self._read_libraries(libraries)
        self._similar = [defaultdict[str, list[str]](list) for _ in range(2)]  # names as they stand; without a comment
        for name in self._entries:
            self._similar[0][_comparable(name)].append(name)
            self._similar[1][_comparable(without_comment(name))].append(name)

    @property
    def notes(self) -> tuple[LookNote, ...]:
        """Notes so far on what was not taken as written."""
        return tuple(self._notes)

    def looks(self, names: tuple[str | None, ...]) -> list[Look]:
        """The looks of the materials that faces name; None stands for the faces above the first `usemtl`."""
        return [self._look(name, names) for name in names]

    def _look(self, name: str | None, names: tuple[str | None, ...]) -> Look:
        try:
            chosen = self._only_entry(names) if name is None else self._named_entry(name)
            return Look(GREY, given=False) if chosen is None else self._drawn(chosen, self._entries[chosen])
        except LostLookError as error:
            return Look(GREY, lost=error.with_traceback(None))  # frames would fill the memory

    # Step 1: the mtl files.

    def _read_libraries(self, libraries: tuple[str, ...]) -> None:
        lost: list[LostLookError] = []
        for name in self._single_names(libraries):
            try:
                named = self._object.find(self._obj.parent, name, _MTL)
                self._read_mtl(named.file)
                self._note(named.note)
            except LostLookError as error:
                lost.append(error)
        beside = None if self.mtl_files else self._beside()
        if beside is not None:
            try:
                self._read_mtl(beside)
                says = f"the obj names {', '.join(libraries) or 'none'}"
                self._note(LookNote("mtl file beside the obj was used", f"{beside.name}: {says}"))
                lost = []
            except LostLookError as error:
                lost.append(error)
        self._lost = next(iter(lost), None)

    def _single_names(self, libraries: tuple[str, ...]) -> Iterator[str]:
        """Names of one file each: a name with blanks that is no file stands for several."""
        for name in libraries:
            try:
                self._object.find(self._obj.parent, name, _MTL)
                yield name
            except LostLookError:
                yield from [name] if name[0] in "\"'" else name.split()

    def _beside(self) -> PurePosixPath | None:
        folder = self._object.root / self._obj.parent
        names = [path.name for path in sorted(folder.iterdir()) if path.suffix.lower() == ".mtl"]
        own = [name for name in names if PurePosixPath(name).stem == self._obj.stem]
        fitting = own or ([] if self._object.shared else names)
        return self._obj.parent / fitting[0] if len(fitting) == 1 and (folder / fitting[0]).is_file() else None

    def _read_mtl(self, file: PurePosixPath) -> None:
        try:
            text = read_lines(self._object.root, file)
        except DatasetError as error:
            raise LostLookError(f"{_MTL} cannot be read", f"{file}: {error.reason}") from None
        if b"\0" in text and b"newmtl" not in text:
            raise LostLookError(f"{_MTL} cannot be read", f"{file}: is no text: it holds zero bytes")
        for name, entry in parse_mtl(text, file.parent).items():
            self._entries[name] = self._entries[name].then(entry) if name in self._entries else entry
        self.mtl_files.add(file)

    # Step 2: the entry that a name means.

    def _named_entry(self, name: str) -> str:
        whole, bare = self._similar
        same = _comparable(name)
        similar = [name] if name in self._entries else whole.get(same) or bare.get(same) or []
        similar = similar or whole.get(_comparable(without_comment(name)), [])
        if len(similar) > 1:
            raise LostLookError(f"material {AMBIGUOUS}", f"{name}: {', '.join(similar)}")
        if not similar:
            raise self._lost or LostLookError("no mtl file has a material of this name", name)
        if similar[0] != name:
            self._note(LookNote("material was found under another name", f"{name}: {similar[0]}"))
        if self._entries[similar[0]].merged:
            self._note(LookNote("material is defined twice, and what is written later counts", name))
        return similar[0]

    def _only_entry(self, names: tuple[str | None, ...]) -> str | None:
        """The name of the only entry. None where the file gives its faces no look."""
        if len(names) > 1:
            raise LostLookError("faces above the first usemtl have no material", f"it is {names[1]}")
        if self._lost is not None:
            raise self._lost
        if len(self._entries) > 1:
            raise LostLookError("no usemtl says which material is meant", ", ".join(self._entries))
        for name in self._entries:
            self._note(LookNote("no usemtl: the only material was used", name))
            return name
        return None

    # Step 3: what an entry is drawn as.

    def _drawn(self, name: str, entry: MaterialEntry) -> Look:
        texture, colour = entry.texture, entry.colour
        if texture is None and entry.ambient_texture is not None and (colour is None or len(set(colour)) == 1):
            texture = entry.ambient_texture
            self._note(LookNote("material has no map_Kd, and map_Ka was used", f"{name}: {texture.name}"))
        if texture is not None:
            try:
                named = self._object.find(entry.folder, texture.name, "texture")
                self._note(named.note)
                self.textures.add(named.file)
                picture = self._reader.read(self._object.root / named.file, texture.name)
                return Look(Material((1.0, 1.0, 1.0), picture, entry.transparent), texture)
            except LostLookError as error:
                return Look(replace(GREY, transparent=entry.transparent), lost=error.with_traceback(None))
        if colour is None and entry.ambient is not None:
            colour = entry.ambient
            self._note(LookNote("material has no Kd, and Ka was used", name))
        if colour is None:
            raise LostLookError("material has no colour or texture that can be read", name)
        return Look(Material(colour, None, entry.transparent))

    def _note(self, note: LookNote | None) -> None:
        if note is not None:
            self._notes[note] = None


def _comparable(name: str) -> str:
    return " ".join(name.strip("\"' ").split()).casefold()
