"""The locks below .dvc/tmp: which process has them, and whether it is alive."""

import fcntl
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pipeline.stores.typed_json import load_json
from pipeline.upkeep.doctor.finding import Finding

SEPARATOR = "|"  # of core.hardlink_lock: the lock's path, host, process id, a random number


def lock_findings(folder: Path) -> Iterator[Finding]:
    """Name the locks in the way of the next DVC command: `lock` of the repository, `rwlock` of single paths."""
    yield from _repository(folder / "lock")
    yield from _paths(folder / "rwlock")


def _repository(path: Path) -> Iterator[Finding]:
    try:
        with path.open("rb") as file:
            owner = file.read(4096).decode(errors="replace").strip()
            if owner.count(SEPARATOR) >= 2:  # a lock that is a file: it stays when its process is killed
                yield from _file_lock(path, owner.split(SEPARATOR))
            else:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except FileNotFoundError:
        return
    except BlockingIOError:
        yield Finding("dvc", "warning", f"another DVC is at work (process {owner})", "wait until it has ended")


def _file_lock(path: Path, owner: list[str]) -> Iterator[Finding]:
    host, number = owner[-3], owner[-2]
    if host != os.uname().nodename:
        yield Finding("dvc", "warning", f"{path} is the lock of a DVC on {host}", f"if it has ended there: `rm {path}`")
    elif number.isdecimal() and _alive(int(number)):
        yield Finding("dvc", "warning", f"another DVC is at work (process {number})", "wait until it has ended")
    else:
        saw = f"{path} is the lock of process {number}, which has ended"
        yield Finding("dvc", "problem", saw, f"`rm {path}`")


def _paths(path: Path) -> Iterator[Finding]:
    if not path.exists():
        return
    try:
        entries = load_json(path.read_bytes())
        owners = {int(info["pid"]): str(info["cmd"]) for info in _infos(entries)}
    except (ValueError, KeyError, TypeError, AttributeError):
        yield Finding("dvc", "problem", f"{path} is damaged: a DVC was killed while it wrote it", f"`rm {path}`")
        return
    for number, command in owners.items():
        if not _alive(number):
            saw = f"{path} names process {number} ({command}), which was killed"
            yield Finding("dvc", "warning", saw, f"none is needed: the next DVC removes it; or `rm {path}`")
        elif not _is_dvc(number):
            saw = f"{path} names process {number} ({command}), which is another program today"
            yield Finding("dvc", "problem", saw, f"`rm {path}`")
        else:
            yield Finding("dvc", "warning", f"another DVC is at work ({command})", "wait until it has ended")


def _infos(entries: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """List the processes: one that writes a path, several that read it."""
    yield from entries.get("write", {}).values()
    for readers in entries.get("read", {}).values():
        yield from readers


def _alive(number: int) -> bool:
    return Path(f"/proc/{number}").exists()


def _is_dvc(number: int) -> bool:
    try:
        return b"dvc" in Path(f"/proc/{number}/cmdline").read_bytes()
    except OSError:
        return True
