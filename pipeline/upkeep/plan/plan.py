"""`pipeline plan`: estimate what each stage needs, and whether this machine has it."""

import os
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from pipeline.artifacts.project import Project
from pipeline.config.sections.teachers import Network
from pipeline.config.settings import Machine
from pipeline.teachers.registry import raw_channels
from pipeline.upkeep.byte_rate import size_of
from pipeline.upkeep.plan.gpus import MEASURED, Gpu
from pipeline.upkeep.plan.load import Load, category_load
from pipeline.upkeep.plan.needs import Host, Need, map_bytes, object_needs, run_needs, teacher_needs, together

ROW = "{:<14}  {:>7}  {:>10}  {:>7}  {:>7}  {:>10}  {}"
HEAD = ROW.format("stage", "objects", "views", "disk", "memory", "time", "rate")
TIMES = (("days", 86_400), ("h", 3600), ("min", 60), ("s", 1))
DEVICE_FILES = Path("/dev")  # the driver shows GPUs as nvidia0, nvidia1, ..., in containers too
MEMORY_LIMIT = Path("/sys/fs/cgroup/memory.max")  # a container's: a number, or "max"


@dataclass(frozen=True)
class Plan:
    """The needs of a run: the objects of each category, each stage's needs and last their total."""

    loads: tuple[Load, ...]
    stages: tuple[Need, ...]


def plan_text(project: Project, gpu: Gpu | None = None) -> str:
    """Plan a run from its start on this machine, or as if it had that GPU; write nothing. Raises as `plan_run`."""
    host = this_machine(project.settings.machine, project.root, gpu)
    plan = plan_run(project, host)
    remarked = [*remarks(plan.stages, host), *([scaled(gpu)] if gpu else [])]
    return "\n".join([*map(str, plan.loads), "", HEAD, *map(row, plan.stages), "", *remarked])


def plan_run(project: Project, host: Host, most_channels: bool = False) -> Plan:
    """Plan a run from its start. Raises UserError if nothing tells how many objects there are.

    With `most_channels`, maps are taken to have fit-projection.channels without a look at the teacher's network, which
    takes seconds: a network with fewer channels needs less.
    """
    settings = project.settings
    camera, cache, fit = settings.camera, settings.cache_teachers, settings.fit_projection
    loads = tuple(category_load(project, name) for name in settings.categories)
    needs: list[Need] = []
    for load in loads:
        needs += object_needs(load, settings.source.kind, camera, settings.render, host.workers)
        for name in settings.teachers:
            teacher = settings.network(name)
            channels = _channels(name, teacher, fit.channels, most_channels)
            maps = map_bytes(load, channels, camera, cache)
            needs += teacher_needs(load, teacher, maps, camera, fit, cache, host)
            field = [*run_needs(load, maps, channels, camera, settings.train, settings.evaluate, host)]
            needs += field * len(settings.fields)  # an ablation needs what the whole field does
    return Plan(loads, tuple(by_stage(needs)))


def _channels(name: str, teacher: Network, kept: int | None, most: bool) -> int:
    if kept is not None and most:
        return kept
    raw = raw_channels(name, teacher)
    return min(raw, kept or raw)


def by_stage(needs: Sequence[Need]) -> list[Need]:
    """Add up each stage's needs, and at the end the whole run's, in which an object and a view count once."""
    names = dict.fromkeys(need.stage for need in needs)
    stages = [together(name, [need for need in needs if need.stage == name]) for name in names]
    rendered = next(need for need in stages if need.stage == "render")
    return [*stages, replace(together("total", stages), objects=rendered.objects, views=rendered.views, rate="")]


def row(need: Need) -> str:
    """Write a stage's line of the table."""
    cells = f"{need.objects:,}", f"{need.views:,}", size_of(need.disk), size_of(need.memory)
    return ROW.format(need.stage, *cells, duration_of(need.seconds), need.rate).rstrip()


def duration_of(seconds: float) -> str:
    """Format a time of a second or more: `34.8 s`, `3.2 h`, `1.1 days`."""
    unit, length = next(pair for pair in TIMES if seconds >= pair[1])
    return f"{seconds / length:,.1f} {unit}"


def remarks(stages: Sequence[Need], host: Host) -> list[str]:
    """Say what the figures mean, what they were reckoned with, and what does not fit."""
    networks = f"{host.gpus} {host.gpu.name}" if host.gpus else f"{host.cores} cores"
    memory, free = size_of(host.memory), size_of(host.free)
    lines = [
        "Disk is right within about a third, time within a factor of three. What is there already is not taken off.",
        f"Planned for {host.workers} workers, networks on {networks}, {memory} of memory and {free} of free disk.",
    ]
    return [*lines, *(f"Warning: {lack.what}: {lack.remedy}." for lack in shortages(stages, host))]


@dataclass(frozen=True)
class Shortage:
    """A resource of which the machine has too little, in words, and the remedy."""

    resource: Literal["disk", "memory"]
    what: str
    remedy: str


def shortages(stages: Sequence[Need], host: Host) -> Iterator[Shortage]:
    """Compare the stages' needs, of which the last is their total, with the machine."""
    if (disk := stages[-1].disk) > host.free:
        settings = "cache-teachers.dtype=int8, manifest.objects=N or one teacher at a time (--teacher)"
        remedy = f"put storage.root on a larger one, or set {settings}"
        yield Shortage("disk", f"{size_of(disk)} do not fit the disk", remedy)
    for need in stages[:-1]:
        if need.memory > host.memory:
            remedy = "it streams its objects, which is slower" if need.stage == "train" else "set machine.workers lower"
            what = f"{need.stage} needs {size_of(need.memory)} of memory, more than there is"
            yield Shortage("memory", what, remedy)


def visible_gpus() -> int:
    """Count the GPUs of this machine that CUDA_VISIBLE_DEVICES leaves visible."""
    shown = len(list(DEVICE_FILES.glob("nvidia[0-9]*")))
    visible = os.environ.get("CUDA_VISIBLE_DEVICES", "0," * shown).split(",")
    return min(shown, sum(name not in ("", "-1") for name in visible))


def existing_parent(root: Path) -> Path:
    """Return the folder, or the nearest one above it that exists."""
    return next(path for path in (root.absolute(), *root.absolute().parents) if path.exists())


def scaled(gpu: Gpu) -> str:
    """Say where the times of a GPU come from."""
    if gpu == MEASURED:
        return f"The GPU's times come from rates that were measured on an {gpu.name}."
    return (
        f"The GPU's times are scaled, not measured: {gpu.name} counts as {gpu.speed:.2f} times an {MEASURED.name}, by "
        f"published peak ({gpu.peak:g} dense bf16 TFLOP/s) and memory bandwidth ({gpu.bandwidth:g} TB/s)."
    )


def this_machine(machine: Machine, root: Path, gpu: Gpu | None = None) -> Host:
    """Find what `machine` lets a run use here, without torch. A dask cluster is taken to have `machine.workers`.

    With `gpu`, the machine is taken to have at least one GPU of that kind.
    """
    folder = existing_parent(root)
    cores, memory = len(os.sched_getaffinity(0)), os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    limit = MEMORY_LIMIT.read_text().strip() if MEMORY_LIMIT.exists() else ""
    gpus = visible_gpus()
    used = {"cpu": 0, "cuda": max(1, gpus), "auto": gpus}[machine.device]
    return Host(
        cores=cores,
        workers=machine.workers if machine.scheduler else min(machine.workers, cores),
        gpus=used if gpu is None else max(1, gpus),
        memory=min(memory, int(limit)) if limit.isdecimal() else memory,
        free=shutil.disk_usage(folder).free,
        gpu=gpu or MEASURED,
    )
