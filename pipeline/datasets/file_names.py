"""Check names that come from data before they become parts of paths."""

import re
import unicodedata
from pathlib import PurePosixPath

from pipeline.datasets.errors import DatasetError
from pipeline.datasets.records import ObjectKey

_NAME = re.compile(r"[0-9A-Za-z][0-9A-Za-z_-]{0,127}")
INVALID_NAME = "is no valid id: only letters, digits, '_' and '-' are allowed"

# An object's id may be more: it names files of exports and rows of stores, and never reaches a shell.
_ID_SIGNS = frozenset(" ._-+,()")
_ID_BYTES = 128


def is_safe_name(name: str) -> bool:
    """Tell whether `name` is one plain path component: letters, digits, `_` and `-`, not led by the last two."""
    return _NAME.fullmatch(name) is not None


def checked_name(name: str, file: PurePosixPath, field: str) -> str:
    """`name` itself. Raises DatasetError, which names `file` and `field`, if it could lead out of its folder."""
    if not is_safe_name(name):
        raise DatasetError(file, field, f"{name[:80]!r} {INVALID_NAME}")
    return name


def id_fault(name: str) -> str | None:
    """Return why `name` cannot be an object's id, or None if it can."""
    if not all(sign in _ID_SIGNS or sign.isalnum() or unicodedata.category(sign)[0] == "M" for sign in name):
        return "is no valid id: only letters, digits, blanks and . _ - + , ( ) are allowed"
    if not name[:1].isalnum():
        return "is no valid id: it must begin with a letter or a digit"
    if name[-1] in " .":
        return "is no valid id: it must not end with a blank or a dot"
    return f"is no valid id: it has more than {_ID_BYTES} bytes" if len(name.encode()) > _ID_BYTES else None


def check_inside(path: str, file: PurePosixPath, field: str) -> None:
    """Raise DatasetError, which names `file` and `field`, for a path that is not plainly relative to its folder."""
    pure = PurePosixPath(path)
    if not pure.parts or pure.is_absolute() or ".." in pure.parts or "\\" in path or "\0" in path:
        raise DatasetError(file, field, f"names the path {path[:80]!r}, which leads out of its folder")


def object_folder(key: ObjectKey) -> PurePosixPath:
    """`<synset>/<id>`, relative to a data set's root. Raises DatasetError for a synset or id that can be none."""
    folder = PurePosixPath(checked_name(key.synset, PurePosixPath("."), "synset"))
    fault = id_fault(key.id)
    if fault is not None:
        raise DatasetError(folder, "id", f"{key.id[:80]!r} {fault}")
    return folder / key.id
