"""Nothing outside a data set's folder may be opened: who notices, and the bait.

Two witnesses. The interpreter's audit event `open` sees every path that Python code opens, whatever it is, but not
what C libraries open themselves (h5py). The kernel (inotify) sees every open of the bait, whoever opens it, but only of
the bait, so every mutation that leads outside leads to it or to a path that Python would open.
"""

import ctypes
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import h5py
import numpy as np
from PIL import Image

BAIT = "outside"  # beside the data set's folder
# From the deepest and the highest folders that hold obj and mtl files; the bait is a sibling of the data set.
OUTSIDE_NAMES = (
    *("../" * depth + f"{BAIT}/secret.{suffix}" for depth in range(1, 8) for suffix in ("mtl", "png")),
    "/etc/hostname",
    "/etc/passwd",
    "..\\..\\..\\..\\..\\outside\\secret.png",
)
_IN_OPEN = 0x20
_CODE = (sys.prefix, sys.base_prefix, str(Path(__file__).resolve().parents[2]), sys.pycache_prefix or sys.prefix)


def write_bait(folder: Path) -> Path:
    bait = folder / BAIT
    bait.mkdir()
    Image.new("RGB", (2, 2)).save(bait / "secret.png")
    (bait / "secret.mtl").write_text("newmtl a\nKd 1 0 0\n")
    with h5py.File(bait / "secret.h5", "w") as file:
        file["data"] = np.zeros((2, 101, 3), dtype=np.float32)
    return bait


def canary(file: Path, name: str) -> Path:
    """The bait beside the data set that holds `file`."""
    return next(parent / BAIT / name for parent in file.parents if (parent / BAIT).is_dir())


class Witness:
    """Notes what is opened outside a folder while it watches."""

    def __init__(self) -> None:
        self._inside: Path | None = None
        self._opened: list[str] = []
        sys.addaudithook(self._note)  # for good: hooks cannot be taken back

    @contextmanager
    def watching(self, folder: Path) -> Iterator[list[str]]:
        """The list fills with paths until the block ends."""
        self._opened = []
        queue = _watch(folder.parent / BAIT)
        self._inside = folder.resolve()
        try:
            yield self._opened
        finally:
            self._inside = None
            self._opened += [f"{BAIT}/{name}" for name in _events(queue)]
            os.close(queue)

    def _note(self, event: str, arguments: tuple[object, ...]) -> None:
        if event == "open" and self._inside is not None and isinstance(arguments[0], str | bytes):
            inside, self._inside = self._inside, None  # resolving must not note itself
            path = Path(os.fsdecode(arguments[0]))
            if _is_code(path):
                pass
            elif not path.absolute().is_relative_to(inside) or not path.resolve().is_relative_to(inside):
                self._opened.append(str(path))
            self._inside = inside


def _is_code(path: Path) -> bool:
    """Modules that are imported late, also compiled, the versions they ask for, and the lines that tracebacks show."""
    kind = path.suffix in (".py", ".so", ".zip") or path.parent.suffix == ".dist-info"
    kind = kind or ".pyc" in path.name  # Python writes NAME.pyc.NUMBER, and renames it
    return kind and any(map(Path(os.path.normpath(path)).is_relative_to, _CODE))


def _watch(folder: Path) -> int:
    libc = ctypes.CDLL(None, use_errno=True)
    queue: int = libc.inotify_init1(os.O_NONBLOCK)
    if queue < 0 or libc.inotify_add_watch(queue, os.fsencode(folder), _IN_OPEN) < 0:
        raise OSError(ctypes.get_errno(), "inotify")
    return queue


def _events(queue: int) -> list[str]:
    """The names of the files that were opened. A record has 16 bytes, the last 4 the name's length, and a name."""
    try:
        content = os.read(queue, 1 << 16)
    except BlockingIOError:
        return []
    names, place = [], 0
    while place < len(content):
        length = int.from_bytes(content[place + 12 : place + 16], sys.byteorder)
        names.append(content[place + 16 : place + 16 + length].rstrip(b"\0").decode())
        place += 16 + length
    return [name for name in names if name]  # without a name: the folder itself
