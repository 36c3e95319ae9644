"""The files that a mesh names: found in the object's own folder, however their names are written."""

import os
import re
import stat
import unicodedata
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path, PurePosixPath
from urllib.parse import unquote

from pipeline.datasets.errors import raise_machine_error
from pipeline.datasets.meshes.look_notes import (
    AMBIGUOUS,
    ELSEWHERE,
    MISSING,
    NO_FILE,
    OUTSIDE,
    UNREADABLE,
    UNSEARCHED,
    LookNote,
    LostLookError,
)

MESH_SUFFIXES = (".obj", ".ply", ".stl", ".glb")
_MOST_FILES = 200_000  # that are looked at in an object's folder
_MOST_LEVELS = 32  # of folders below it


@dataclass(frozen=True)
class NamedFile:
    """A file that is there, relative to the collection's root, and a note where its name was not taken as written."""

    file: PurePosixPath
    note: LookNote | None = None


@dataclass(frozen=True)
class ObjectFiles:
    """The files of one object, all below `root / folder`.

    Names are checked to stay in that folder as they are written. Links on the disk are then followed, wherever they
    lead: content stores (DVC, git-annex, the hub's cache) put files into place as links. In a `shared` folder other
    objects lie too; the folders below it that hold a mesh are theirs.
    """

    root: Path
    folder: PurePosixPath
    shared: bool = False

    def find(self, beside: PurePosixPath, name: str, what: str) -> NamedFile:
        """Find the file that a file in the folder `beside`, relative to the root, calls `name`.

        Backslashes are slashes, quotes around a name are none of it, and what follows a blank and `#` may be a comment.
        If no file has that path, the only file of that name in the object's folder is meant, whatever its folder or
        case. `what` is `texture` or `mtl file`.
        Raises LostLookError for a file that is missing, outside the folder, or one of several.
        """
        name = name.strip()
        bare = name.strip("\"'")
        slashes = re.sub("^[A-Za-z]:", "/", bare.replace("\\", "/"))  # a drive is outside
        for spelling in dict.fromkeys((name, bare, slashes, unquote(slashes), re.split(r"\s#", slashes)[0])):
            file = self._inside(beside, spelling)
            if file is not None and _fault(self.root / file) is None:
                return NamedFile(file)
        wanted = [_comparable(part) for part in PurePosixPath(unquote(slashes)).parts]
        named = map(PurePosixPath, self._by_name.get(wanted[-1], []) if wanted else [])
        candidates = [file for file in named if _fault(self.root / file) is None]
        best = _nearest(candidates, wanted, PurePosixPath(slashes).name)
        if len(best) > 1:
            raise LostLookError(f"{what} {AMBIGUOUS}", f"{name}: {', '.join(map(str, best[:3]))}")
        if best and not _is_utf8(best[0]):
            raise LostLookError(f"{what} has a name that is not UTF-8", f"{best[0]}: rename it")
        if best:
            return NamedFile(best[0], LookNote(f"{what} {ELSEWHERE}", f"{name}: {best[0]}"))
        inside = self._inside(beside, slashes)
        fault = OUTSIDE if inside is None else _fault(self.root / inside) or MISSING
        if "" in self._by_name and fault in (OUTSIDE, MISSING):
            raise LostLookError(f"{what} {UNSEARCHED}", f"{name}: {self.folder} has more than {_MOST_FILES} files")
        raise LostLookError(f"{what} {fault}", name)

    def _inside(self, beside: PurePosixPath, name: str) -> PurePosixPath | None:
        """The path that a name says, relative to the root; None where it leads out of the folder as it is written."""
        root = os.path.abspath(self.root)  # noqa: PTH100  # links stay as they are
        path = PurePosixPath(os.path.normpath(os.path.join(root, beside, name)))  # noqa: PTH118
        if not name or not path.is_relative_to(PurePosixPath(root) / self.folder):
            return None
        return path.relative_to(root)

    @cached_property
    def _by_name(self) -> dict[str, list[str]]:
        """The files of the object, relative to the root, by their comparable names; each folder once, through links.

        Where there are more than a limit, it has the key "" alone.
        """
        top, files, seen, count = str(self.root / self.folder), dict[str, list[str]](), set[str](), 0
        deepest = top.count(os.sep) + _MOST_LEVELS
        for place, folders, names in os.walk(top, followlinks=True):
            others = self.shared and place != top and any(name.lower().endswith(MESH_SUFFIXES) for name in names)
            real = os.path.realpath(place)
            if others or real in seen or place.count(os.sep) > deepest:
                folders.clear()
                continue
            seen.add(real)
            folders.sort()
            count += len(names)
            if count > _MOST_FILES:
                return {"": []}
            below = os.path.relpath(place, self.root)
            for name in sorted(names):
                if not name.startswith("."):
                    files.setdefault(_comparable(name), []).append(f"{below}/{name}")
        return files


def _is_utf8(file: PurePosixPath) -> bool:
    """Tell whether a manifest, which is UTF-8, can hold the name."""
    try:
        return bool(str(file).encode())
    except UnicodeEncodeError:
        return False


def decoded_name(name: bytes) -> str:
    """The text of a name in a file: UTF-8, or Latin-1 where it is none."""
    try:
        return name.decode()
    except UnicodeDecodeError:
        return name.decode("latin-1")


def _comparable(name: str) -> str:
    """A name without its case, its encoding on the disk, and its way of composing accents."""
    return unicodedata.normalize("NFC", decoded_name(os.fsencode(name))).casefold()


def _nearest(candidates: list[PurePosixPath], wanted: list[str], name: str) -> list[PurePosixPath]:
    """The candidates that share most of the end of the wanted path; of these the ones of the same case, if any."""

    def shared(file: PurePosixPath) -> int:
        own = [_comparable(part) for part in file.parts]
        return next((n for n, (a, b) in enumerate(zip(own[::-1], wanted[::-1], strict=False)) if a != b), len(wanted))

    most = max(map(shared, candidates), default=0)
    best = [file for file in candidates if shared(file) == most]
    return [file for file in best if file.name == name] or best


def _fault(path: Path) -> str | None:
    """Say why there is no file that could be read; None if there is one."""
    try:
        return None if stat.S_ISREG(path.stat().st_mode) else NO_FILE
    except (FileNotFoundError, NotADirectoryError, ValueError):  # the last: a zero byte
        return MISSING
    except OSError as error:
        raise_machine_error(error)
        return f"{UNREADABLE}: {error.strerror}"
