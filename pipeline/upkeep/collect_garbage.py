"""`pipeline store gc`: what lies below storage.root and nothing points to, and its removal."""

import re
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal

from pipeline.artifacts.places import PLACE_KINDS, Place, StoreKind, existing_root, is_fingerprint
from pipeline.artifacts.project import Project
from pipeline.artifacts.projections import ABOUT
from pipeline.artifacts.receipts import RECEIPTS
from pipeline.artifacts.references import references
from pipeline.artifacts.reopen import reopen
from pipeline.errors import UserError
from pipeline.stores.atomic_files import digest_of
from pipeline.stores.checked_json import DamagedJsonError, read_exact
from pipeline.stores.store import FINGERPRINT_CHARACTERS
from pipeline.upkeep.byte_rate import size_of
from pipeline.upkeep.in_use import InUse, in_use
from pipeline.upkeep.removal import (
    claimed,
    is_deleted,
    is_held,
    is_in_use,
    leftovers,
    remove_folder,
    remove_leftover,
    size_and_time,
    writers,
    written_as,
)

Verdict = Literal["unused", "leftover", "kept", "unknown"]
Kind = Literal["views", "labels", "maps", "projections", "meshes", "runs", "made-up"]
KINDS: tuple[Kind, ...] = (*PLACE_KINDS, "meshes", "runs", "made-up")
RUNNING = "in use by a running command"
WRITTEN = "a process writes to it"
UNDER_WAY = 3600  # s since a run was last written to; a training writes its curves more often
_MESH = re.compile(rf".+-[0-9a-f]{{{FINGERPRINT_CHARACTERS}}}\.safetensors")
_OF_A_RUN = re.compile(
    r"(broken-)?step-\d{8}|\.unfinished|curves|pictures|tensorboard|profile\.json|(in-use|sole)\.lock"
)


@dataclass(frozen=True)
class Finding:
    """Something below storage.root: `unused` and `leftover` can go, `kept` must stay, `unknown` is nothing of ours."""

    verdict: Verdict
    path: Path
    bytes: int
    written: float
    reason: str = ""

    def __str__(self) -> str:
        """A line for the user: when it was last written to, how large it is."""
        line = (
            f"{self.verdict:8}  {datetime.fromtimestamp(self.written):%Y-%m-%d}  {size_of(self.bytes):>7}  {self.path}"
        )
        return f"{line}  ({self.reason})" if self.reason else line


def collect_garbage(project: Project, kind: Kind | None, delete: bool, tell: Callable[[str], None]) -> tuple[int, int]:
    """Tell what nothing points to, of one kind or all, and remove it if `delete`: how many things, how many bytes.

    Raises UserError if it cannot be told what is needed.
    """
    root = existing_root(str(project.root))
    if delete and not any(RECEIPTS.glob("*/*.json")):
        raise UserError(
            f"{RECEIPTS} holds no receipt, so all would count as unused: run `dvc pull` or the stages first."
        )
    count = size = 0
    for finding in findings(root, in_use(project), kind):
        tell(str(finding))
        if finding.verdict in ("unused", "leftover"):
            left = _remove(root, finding) if delete else None
            if left is not None:
                tell(f"  left: {finding.path}: {left}")
                continue
            count, size = count + 1, size + finding.bytes
    return count, size


def _remove(root: Path, finding: Finding) -> str | None:
    """Remove it, unless it is needed or written to by now: then the reason why it stays."""
    path = finding.path
    if path.is_file():
        if finding.verdict == "leftover":
            return None if remove_leftover(path) else WRITTEN
        path.unlink()
    elif is_deleted(path):
        remove_folder(path)
    else:
        return _remove_unused(root, path)
    return None


def _remove_unused(root: Path, folder: Path) -> str | None:
    with claimed(folder) as free:
        if not free:
            return RUNNING
        if writers(folder):
            return WRITTEN
        if any(reference.place.below(root) == folder for reference in references()):
            return "a receipt names it by now"
        try:
            remove_folder(folder)
        except FileExistsError as error:
            return str(error)
    return None


def findings(root: Path, use: InUse, kind: Kind | None) -> Iterator[Finding]:
    """Everything below storage.root but what is in use; of one kind, or of all and what is of none."""
    for name in (kind,) if kind is not None else KINDS:
        for path in _at_depth(root / name, _depth(name)):
            verdict, reason = _judged(root, use, name, path)
            if verdict is not None:
                yield from _finding(verdict, path, reason)
            if verdict in (None, "kept") and path.is_dir() and not path.is_symlink():
                for left in leftovers(path):
                    yield from _finding("leftover", left)
    for path in sorted(root.iterdir()) if kind is None else []:
        if path.name not in KINDS:
            yield from _finding("unknown", path)


def _finding(verdict: Verdict, path: Path, reason: str = "") -> Iterator[Finding]:
    with suppress(FileNotFoundError):  # a writer renamed it meanwhile
        yield Finding(verdict, path, *size_and_time(path), reason)


def _depth(kind: Kind) -> int:
    """How many levels below its kind's folder a thing lies."""
    return {"made-up": 1, "maps": 3, "projections": 3}.get(kind, 2)


def _at_depth(folder: Path, depth: int) -> Iterator[Path]:
    """Everything `depth` levels below, and the files and links on the way there: a link may lead to what is in use."""
    if folder.is_symlink() or depth == 0 or folder.is_file():
        yield folder
    elif folder.is_dir():
        for path in sorted(folder.iterdir()):
            yield from _at_depth(path, depth - 1)


def _judged(root: Path, use: InUse, kind: Kind, path: Path) -> tuple[Verdict | None, str]:
    """What to say of something at its kind's depth, and why; nothing of what is in use."""
    if path in use.paths:
        return None, ""
    if path.is_symlink():
        return "unknown", ""
    if is_deleted(path) and kind != "meshes":
        return "leftover", ""
    if kind == "meshes" and _MESH.fullmatch(written_as(path) or ""):
        return (None if is_held(path) else "leftover"), ""
    if not _is_known(root, kind, path):
        return "unknown", ""
    reason = _why_kept(use, kind, path)
    return ("unused", "") if reason is None else ("kept", reason)


def _why_kept(use: InUse, kind: Kind, path: Path) -> str | None:
    if path.is_dir() and is_in_use(path):
        return RUNNING
    if path.parent in use.folders:
        return use.folders[path.parent]
    if path.is_dir() and writers(path):
        return WRITTEN
    if kind == "runs" and time.time() - size_and_time(path)[1] < UNDER_WAY:
        return "written to within the last hour, so a training may be under way"
    return None


def _is_known(root: Path, kind: Kind, path: Path) -> bool:
    """Is it what the stages make there?"""
    if kind == "meshes":
        return path.is_file() and _MESH.fullmatch(path.name) is not None
    if not path.is_dir() or not is_fingerprint(path.name):
        return False
    if kind == "runs":
        return all(_OF_A_RUN.fullmatch(held.name) for held in path.iterdir())
    if kind == "made-up":
        return (path / "made").is_dir()
    return _is_projection(path) if kind == "projections" else _is_store(root, kind, path)


def _is_projection(folder: Path) -> bool:
    try:
        return digest_of(read_exact(folder / ABOUT))[:FINGERPRINT_CHARACTERS] == folder.name
    except (FileNotFoundError, DamagedJsonError):
        return False


def _is_store(root: Path, kind: StoreKind, folder: Path) -> bool:
    *teachers, category, name = folder.relative_to(root / kind).parts
    try:
        reopen(root, Place(kind, teachers[0] if teachers else None, category, name))
    except UserError:
        return False
    return True
