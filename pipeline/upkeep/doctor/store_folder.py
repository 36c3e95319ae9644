"""Check that stores can be written below storage.root, and that its file system locks files."""

import os
from collections.abc import Iterator
from pathlib import Path

from pipeline.artifacts.project import Project
from pipeline.upkeep.doctor.file_locks import locks_exclude
from pipeline.upkeep.doctor.finding import Finding
from pipeline.upkeep.host import Host, existing_parent

ELSEWHERE = "set storage.root to a folder of a local disk, or mount this one with flock"


def check_store_folder(project: Project, _host: Host) -> Iterator[Finding]:
    """Look at storage.root, or at the nearest folder above it that exists."""
    folder = existing_parent(project.root)
    if not folder.is_dir():
        remedy = "set storage.root to a folder, or move that file away"
        yield Finding("stores", "problem", f"storage.root is {project.root}, and {folder} is no folder", remedy)
    elif not os.access(folder, os.W_OK | os.X_OK):
        remedy = "give yourself the rights, or set storage.root to a folder that you may write to"
        yield Finding("stores", "problem", f"storage.root is {project.root}: {folder} cannot be written to", remedy)
    else:
        yield Finding("stores", "ok", f"{project.root} can be written to")
        yield locks_of("locks: stores", folder)


def locks_of(name: str, folder: Path) -> Finding:
    """Say whether files can be locked in a folder."""
    exclude = locks_exclude(folder)
    if exclude is None:
        saw = f"locks were not tried: the file system of {folder} has no files without a name"
        return Finding(name, "warning", saw, f"if it has no flock, {ELSEWHERE}")
    if not exclude:
        saw = f"the file system of {folder} does not lock files: two commands could write one store at a time"
        return Finding(name, "problem", saw, ELSEWHERE)
    return Finding(name, "ok", f"files in {folder} can be locked")
