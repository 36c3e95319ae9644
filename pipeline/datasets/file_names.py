"""Check names that come from data before they become parts of paths."""

import re
from pathlib import PurePosixPath

from pipeline.datasets.errors import DatasetError
from pipeline.datasets.records import ObjectKey

# Model ids have 28 to 37 characters and are not always hexadecimal (formats of ShapeNetCore).
_NAME = re.compile(r"[0-9A-Za-z][0-9A-Za-z_-]{0,127}")


INVALID_NAME = "is no valid id: only letters, digits, '_' and '-' are allowed"


def is_safe_name(name: str) -> bool:
    """Tell whether `name` is one plain path component: letters, digits, `_` and `-`, not led by the last two."""
    return _NAME.fullmatch(name) is not None


def checked_name(name: str, file: PurePosixPath, field: str) -> str:
    """`name` itself. Raises DatasetError, which names `file` and `field`, if it could lead out of its folder."""
    if not is_safe_name(name):
        raise DatasetError(file, field, f"{name[:80]!r} {INVALID_NAME}")
    return name


def check_inside(path: str, file: PurePosixPath, field: str) -> None:
    """Raise DatasetError, which names `file` and `field`, for a path that is not plainly relative to its folder."""
    pure = PurePosixPath(path)
    if not pure.parts or pure.is_absolute() or ".." in pure.parts or "\\" in path or "\0" in path:
        raise DatasetError(file, field, f"names the path {path[:80]!r}, which leads out of its folder")


def object_folder(key: ObjectKey) -> PurePosixPath:
    """`<synset>/<id>`, relative to a data set's root. Raises DatasetError for a synset or id that is no plain name."""
    folder = PurePosixPath(checked_name(key.synset, PurePosixPath("."), "synset"))
    return folder / checked_name(key.id, folder, "id")
