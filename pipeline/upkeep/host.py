"""The machine that a run is planned for: its cores, GPUs, memory and disk, found without torch."""

import os
import shutil
from dataclasses import dataclass
from pathlib import Path

from pipeline.config.settings import Machine
from pipeline.errors import UserError

DEVICE_FILES = Path("/dev")  # the driver shows GPUs as nvidia0, nvidia1, ..., in containers too
MEMORY_LIMIT = Path("/sys/fs/cgroup/memory.max")  # a container's: a number, or "max"


@dataclass(frozen=True)
class Host:
    """Resources of a run: cores, worker processes, GPUs and their name; bytes of memory and of free disk."""

    cores: int
    workers: int
    gpus: int
    memory: int
    free: int
    gpu: str = "h100"

    @property
    def networks(self) -> str:
        """Say where networks are computed."""
        return f"{self.gpus} x {self.gpu.upper()}" if self.gpus else f"{self.cores} cores"


def visible_gpus() -> int:
    """Count the GPUs of this machine that CUDA_VISIBLE_DEVICES leaves visible."""
    shown = len(list(DEVICE_FILES.glob("nvidia[0-9]*")))
    visible = os.environ.get("CUDA_VISIBLE_DEVICES", "0," * shown).split(",")
    return min(shown, sum(name not in ("", "-1") for name in visible))


def existing_parent(root: Path) -> Path:
    """Return the folder, or the nearest one above it that exists."""
    return next(path for path in (root.absolute(), *root.absolute().parents) if path.exists())


def this_machine(machine: Machine, root: Path, gpu: str | None = None) -> Host:
    """Find what `machine` lets a run use here, without torch. A dask cluster is taken to have `machine.workers`.

    With `gpu`, the machine is taken to have at least one GPU of that name. Raises UserError if machine.device is cpu.
    """
    if gpu is not None and machine.device == "cpu":
        raise UserError(
            f"--gpu is {gpu}, but machine.device is cpu, so that no GPU is used: leave out --gpu, or add "
            "--set machine.device=cuda."
        )
    cores, memory = len(os.sched_getaffinity(0)), os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    limit = MEMORY_LIMIT.read_text().strip() if MEMORY_LIMIT.exists() else ""
    wanted = machine.device == "cuda" or gpu is not None
    return Host(
        cores=cores,
        workers=machine.workers if machine.scheduler else min(machine.workers, cores),
        gpus=0 if machine.device == "cpu" else max(int(wanted), visible_gpus()),
        memory=min(memory, int(limit)) if limit.isdecimal() else memory,
        free=shutil.disk_usage(existing_parent(root)).free,
        gpu=gpu or "h100",
    )
