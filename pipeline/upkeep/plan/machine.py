"""What this machine has, without asking any heavy library."""

import os
import shutil
from dataclasses import dataclass
from pathlib import Path

GPU_FILES = Path("/dev")  # holds nvidia0, nvidia1, ... where the driver shows GPUs, in containers too
MEMORY_LIMIT = Path("/sys/fs/cgroup/memory.max")  # of a container: a number, or "max"


@dataclass(frozen=True)
class MachineFacts:
    """Cores that this process may use, bytes of memory, NVIDIA GPUs, and bytes that are free where `folder` is."""

    cores: int
    memory: int
    gpus: int
    free: int
    folder: Path


def this_machine(folder: Path) -> MachineFacts:
    """What is here. Where `folder` is not there yet, its first parent that is counts."""
    there = next(parent for parent in (folder.absolute(), *folder.absolute().parents) if parent.exists())
    return MachineFacts(
        cores=len(os.sched_getaffinity(0)),
        memory=_memory(),
        gpus=_gpus(),
        free=shutil.disk_usage(there).free,
        folder=there,
    )


def _memory() -> int:
    physical = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    try:
        return min(physical, int(MEMORY_LIMIT.read_text()))
    except (OSError, ValueError):
        return physical


def _gpus() -> int:
    """Files of devices that the driver shows and CUDA_VISIBLE_DEVICES does not hide."""
    shown = len(list(GPU_FILES.glob("nvidia[0-9]*")))
    visible = os.environ.get("CUDA_VISIBLE_DEVICES")
    if visible is None:
        return shown
    # Numbers and names until the first that is none, as CUDA reads them.
    named = [name.strip() for name in visible.split(",")]
    ended = next((i for i, name in enumerate(named) if name in ("", "-1")), len(named))
    return min(shown, ended)
