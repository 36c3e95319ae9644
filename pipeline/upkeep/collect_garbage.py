"""`pipeline store gc`: list what the project does not use below storage.root, and remove it."""

import re
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal

from pipeline.artifacts.places import PLACE_KINDS, TEACHER_KINDS, Place, existing_root, is_fingerprint
from pipeline.artifacts.project import Project
from pipeline.artifacts.projections import is_named_by_about
from pipeline.artifacts.receipts import RECEIPTS
from pipeline.artifacts.references import references
from pipeline.artifacts.reopen import reopen
from pipeline.errors import UserError
from pipeline.stores.atomic_files import FINGERPRINT_CHARACTERS, IN_USE
from pipeline.upkeep.amounts import size_of
from pipeline.upkeep.in_use import InUse, in_use
from pipeline.upkeep.removal import (
    claimed,
    final_name,
    is_deleted,
    is_locked,
    leftovers,
    remove_file,
    remove_folder,
    size_and_time,
    writers,
)

Verdict = Literal["unused", "leftover", "kept", "unknown"]
Kind = Literal["views", "labels", "maps", "projections", "meshes", "runs", "made-up"]
KINDS: tuple[Kind, ...] = (*PLACE_KINDS, "meshes", "runs", "made-up")
RUNNING = "in use by a running command"
WRITTEN = "a process writes to it"
UNDER_WAY = 3600  # s since a run was last written to; a training writes its curves more often
_MESH = re.compile(rf".+-[0-9a-f]{{{FINGERPRINT_CHARACTERS}}}\.safetensors")
_IN_RUN = re.compile(r"(broken-)?step-\d{8}|\.unfinished|curves|pictures|tensorboard|profile\.json|(in-use|sole)\.lock")


@dataclass(frozen=True)
class Finding:
    """A file or folder below storage.root that is not in use. docs/stores.md explains the verdicts."""

    verdict: Verdict
    path: Path
    bytes: int
    written: float
    reason: str = ""

    def __str__(self) -> str:
        """Format as a line for the user: the verdict, the last change, the size, the path."""
        date = datetime.fromtimestamp(self.written)
        line = f"{self.verdict:8}  {date:%Y-%m-%d}  {size_of(self.bytes):>7}  {self.path}"
        return f"{line}  ({self.reason})" if self.reason else line


def collect_garbage(project: Project, kind: Kind | None, delete: bool, tell: Callable[[str], None]) -> tuple[int, int]:
    """List what the project does not use, of one kind or all, and remove it if `delete`.

    Returns the number of unused things and their bytes. Raises UserError if it cannot be told what is needed.
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
            reason = _remove(root, finding.path) if delete else None
            if reason is not None:
                tell(f"  left: {finding.path}: {reason}")
                continue
            count, size = count + 1, size + finding.bytes
    return count, size


def _remove(root: Path, path: Path) -> str | None:
    """Remove a file or folder. Returns the reason if it must stay, because it is needed or written to since."""
    if path.is_file():
        return None if remove_file(path) else WRITTEN
    with claimed(path) as free:
        if not free:
            return RUNNING
        if writers(path):
            return WRITTEN
        if any(reference.place.below(root) == path for reference in references()):
            return "a receipt names it by now"
        try:
            remove_folder(path)
        except FileExistsError as error:
            return str(error)
    return None


def findings(root: Path, use: InUse, kind: Kind | None) -> Iterator[Finding]:
    """Yield what is not in use below storage.root, of one kind or of all. Without a kind, also what has no kind."""
    for name in KINDS if kind is None else (kind,):
        depth = 1 if name == "made-up" else 3 if name in TEACHER_KINDS else 2
        for path in _at_depth(root / name, depth):
            verdict, reason = _judge(root, use, name, path)
            if verdict is not None:
                yield from _finding(verdict, path, reason)
            if verdict in (None, "kept") and path.is_dir() and not path.is_symlink():
                for leftover in leftovers(path):
                    yield from _finding("leftover", leftover)
    for path in sorted(root.iterdir()) if kind is None else []:
        if path.name not in KINDS:
            yield from _finding("unknown", path)


def _finding(verdict: Verdict, path: Path, reason: str = "") -> Iterator[Finding]:
    with suppress(FileNotFoundError):  # a writer renamed it meanwhile
        yield Finding(verdict, path, *size_and_time(path), reason)


def _at_depth(folder: Path, depth: int) -> Iterator[Path]:
    """Yield what is `depth` levels below, and files and links above it: a link may lead to what is in use."""
    if folder.is_symlink() or depth == 0 or folder.is_file():
        yield folder
    elif folder.is_dir():
        for path in sorted(folder.iterdir()):
            yield from _at_depth(path, depth - 1)


def _judge(root: Path, use: InUse, kind: Kind, path: Path) -> tuple[Verdict | None, str]:
    """Return the verdict on a path, None if it is in use, and the reason."""
    if path in use.paths:
        return None, ""
    if path.is_symlink():
        return "unknown", ""
    if is_deleted(path) and kind != "meshes":
        return "leftover", ""
    if kind == "meshes" and _MESH.fullmatch(final_name(path) or ""):
        return (None if is_locked(path) else "leftover"), ""
    if not _is_known(root, kind, path):
        return "unknown", ""
    reason = _reason_to_keep(use, kind, path)
    return ("unused", "") if reason is None else ("kept", reason)


def _reason_to_keep(use: InUse, kind: Kind, path: Path) -> str | None:
    if is_locked(path / IN_USE):
        return RUNNING
    if path.parent in use.folders:
        return use.folders[path.parent]
    if writers(path):
        return WRITTEN
    if kind == "runs" and time.time() - size_and_time(path)[1] < UNDER_WAY:
        return "written to within the last hour, so a training may be under way"
    return None


def _is_known(root: Path, kind: Kind, path: Path) -> bool:
    """Return whether this looks like something that a stage makes there."""
    if kind == "meshes":
        return path.is_file() and _MESH.fullmatch(path.name) is not None
    if not path.is_dir() or not is_fingerprint(path.name):
        return False
    if kind == "runs":
        return all(_IN_RUN.fullmatch(entry.name) for entry in path.iterdir())
    if kind == "made-up":
        return (path / "made").is_dir()
    try:
        return is_named_by_about(path) if kind == "projections" else reopen(root, Place.at(root, path)) is not None
    except UserError:
        return False
