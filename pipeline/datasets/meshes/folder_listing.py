"""List the objects in a folder of a data set. One bad entry costs that entry, never the listing."""

import stat
from collections.abc import Callable
from pathlib import Path

from pipeline.datasets.file_names import id_fault
from pipeline.datasets.meshes.mesh_source import Listing

# What systems leave in folders, beside names that begin with a dot: macOS, Windows, Synology, ext4, Python.
LITTER = frozenset(
    {"__macosx", "thumbs.db", "ehthumbs.db", "desktop.ini", "$recycle.bin", "system volume information"}
    | {"icon\r", "@eadir", "#recycle", "lost+found", "__pycache__"}
)


class PassedOverError(Exception):
    """The reason why an entry of a folder is no object."""


def visible(folder: Path) -> list[Path]:
    """List a folder, sorted by name. Leaves out names that begin with a dot, and LITTER. Raises OSError."""
    return sorted(path for path in folder.iterdir() if path.name[0] != "." and path.name.lower() not in LITTER)


def visible_files(folder: Path, suffix: str) -> list[Path]:
    """List the entries of a folder with this suffix, as `visible` does; none if it is no folder."""
    return [path for path in visible(folder) if path.suffix == suffix] if folder.is_dir() else []


def is_folder(path: Path) -> bool:
    """Tell a folder from a plain file; links are followed.

    Raises PassedOverError for what is neither, and OSError if the system does not say.
    """
    try:
        mode = path.stat().st_mode
    except FileNotFoundError:
        raise PassedOverError("is a link to something that is not there") from None
    if not stat.S_ISDIR(mode) and not stat.S_ISREG(mode):
        raise PassedOverError("is no plain file")
    return stat.S_ISDIR(mode)


def list_folder(folder: Path, identify: Callable[[Path], str | None]) -> Listing:
    """List the objects in a folder. Raises OSError if the folder itself cannot be read.

    `identify` returns the id of an entry, or None if the entry is nobody's. An entry is passed over if it raises
    PassedOverError or OSError, or if the id is none.
    """
    ids, passed_over = set[str](), dict[str, str]()
    for path in visible(folder):
        try:
            name = identify(path)
            fault = None if name is None else id_fault(name)
        except PassedOverError as error:
            name, fault = None, str(error)
        except OSError as error:
            name, fault = None, f"cannot be read: {error.strerror}"
        if fault is not None:
            # A manifest is UTF-8, and a name on the disk need not be.
            passed_over[path.name.encode("utf-8", "backslashreplace").decode()] = fault
        elif name is not None:
            ids.add(name)
    return Listing(sorted(ids), passed_over)
