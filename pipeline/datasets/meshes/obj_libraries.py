"""The mtl files of an obj, and the material that a name in it means."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import PurePosixPath

from pipeline.datasets.errors import DatasetError
from pipeline.datasets.meshes.look_notes import AMBIGUOUS, LookNote, LostLookError
from pipeline.datasets.meshes.obj_materials import MaterialEntry, parse_mtl, without_comment
from pipeline.datasets.meshes.object_files import ObjectFiles
from pipeline.datasets.text_files import read_lines

_MTL = "mtl file"


@dataclass(frozen=True)
class Libraries:
    """The materials of an obj's mtl files by name, and these files. `lost` is about the first that cannot be used."""

    entries: Mapping[str, MaterialEntry]
    files: tuple[PurePosixPath, ...] = ()
    notes: tuple[LookNote, ...] = ()
    lost: LostLookError | None = None

    def find(self, name: str) -> tuple[str, MaterialEntry]:
        """Find the material that `usemtl name` means: of this name, or the only one that differs in case and quotes.

        Raises LostLookError, about the mtl file where one is lost.
        """
        if name in self.entries:
            return name, self.entries[name]
        whole, bare = self._similar
        same = _comparable(name)
        similar = whole.get(same) or bare.get(same) or whole.get(_comparable(without_comment(name)), [])
        if len(similar) == 1:
            return similar[0], self.entries[similar[0]]
        if similar:
            raise LostLookError(f"material {AMBIGUOUS}", f"{name}: {', '.join(similar)}")
        raise self.lost or LostLookError("no mtl file has a material of this name", name)

    @cached_property
    def _similar(self) -> tuple[dict[str, list[str]], dict[str, list[str]]]:
        """Names by what they are without case and quotes: as they stand, and without a comment."""
        whole: dict[str, list[str]] = {}
        bare: dict[str, list[str]] = {}
        for name in self.entries:
            whole.setdefault(_comparable(name), []).append(name)
            bare.setdefault(_comparable(without_comment(name)), []).append(name)
        return whole, bare


def read_libraries(files: ObjectFiles, obj: PurePosixPath, names: tuple[str, ...]) -> Libraries:
    """Read the mtl files that `obj` names.

    If none of them can be had, the one beside the obj is meant: the one of its own name, or the only one in a folder
    that is the object's alone.
    """
    entries: dict[str, MaterialEntry] = {}
    read: dict[PurePosixPath, None] = {}
    notes: list[LookNote] = []
    lost: list[LostLookError] = []
    for name in _single_names(files, obj, names):
        try:
            named = files.find(obj.parent, name, _MTL)
            _add(entries, files, named.file)
            read[named.file] = None
            notes += [named.note] if named.note else []
        except LostLookError as error:
            lost.append(error)
    if not read and (beside := _beside(files, obj)) is not None:
        try:
            _add(entries, files, beside)
            read[beside] = None
            says = f"the obj names {', '.join(names)}" if names else "the obj names none"
            notes.append(LookNote("mtl file beside the obj was used", f"{beside.name}: {says}"))
            lost = []
        except LostLookError as error:
            lost.append(error)
    return Libraries(entries, tuple(sorted(read)), tuple(dict.fromkeys(notes)), lost[0] if lost else None)


def _single_names(files: ObjectFiles, obj: PurePosixPath, names: tuple[str, ...]) -> Iterator[str]:
    """Names of one file each: a name with blanks that is no file stands for several."""
    for name in names:
        try:
            files.find(obj.parent, name, _MTL)
            yield name
        except LostLookError:
            yield from [name] if name[0] in "\"'" else name.split()


def _add(entries: dict[str, MaterialEntry], files: ObjectFiles, file: PurePosixPath) -> None:
    try:
        text = read_lines(files.root, file)
    except DatasetError as error:
        raise LostLookError(f"{_MTL} cannot be read", f"{file}: {error.reason}") from None
    if b"\0" in text and b"newmtl" not in text:
        raise LostLookError(f"{_MTL} cannot be read", f"{file}: is no text: it holds zero bytes")
    for name, entry in parse_mtl(text, file.parent).items():
        entries[name] = entries[name].then(entry) if name in entries else entry


def _beside(files: ObjectFiles, obj: PurePosixPath) -> PurePosixPath | None:
    paths = [path for path in sorted((files.root / obj.parent).iterdir()) if path.suffix.lower() == ".mtl"]
    fitting = [path for path in paths if path.stem == obj.stem] or ([] if files.shared else paths)
    return obj.parent / fitting[0].name if len(fitting) == 1 and fitting[0].is_file() else None


def _comparable(name: str) -> str:
    return " ".join(name.strip("\"' ").split()).casefold()
