"""`pipeline plan`: estimate what each stage needs, and whether this machine has it."""

import os
import shutil
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from pipeline.artifacts.project import Project
from pipeline.config.settings import Machine, Settings
from pipeline.teachers.registry import raw_channels
from pipeline.upkeep.byte_rate import size_of
from pipeline.upkeep.plan.load import category_load
from pipeline.upkeep.plan.needs import Host, Need, map_bytes, object_needs, run_needs, teacher_needs, together

ROW = "{:<14}  {:>7}  {:>10}  {:>7}  {:>7}  {:>10}  {}"
HEAD = ROW.format("stage", "objects", "views", "disk", "memory", "time", "rate")
TIMES = (("days", 86_400), ("h", 3600), ("min", 60), ("s", 1))
DEVICE_FILES = Path("/dev")  # the driver shows GPUs as nvidia0, nvidia1, ..., in containers too
MEMORY_LIMIT = Path("/sys/fs/cgroup/memory.max")  # a container's: a number, or "max"


def plan_settings(settings: Settings) -> str:
    """Plan a run from its start; write nothing. Raises UserError if nothing tells how many objects there are."""
    host = this_machine(settings.machine, Path(settings.storage.root))
    camera, cache, fit = settings.camera, settings.cache_teachers, settings.fit_projection
    loads = [category_load(Project(settings), name) for name in settings.categories]
    needs: list[Need] = []
    for load in loads:
        needs += object_needs(load, settings.source.kind, camera, settings.render, host.workers)
        for name in settings.teachers:
            teacher = settings.network(name)
            raw = raw_channels(name, teacher)
            channels = min(raw, fit.channels or raw)
            maps = map_bytes(load, channels, camera, cache)
            needs += teacher_needs(load, teacher, maps, camera, fit, cache, host)
            field = [*run_needs(load, maps, channels, camera, settings.train, settings.evaluate, host)]
            needs += field * len(settings.fields)  # an ablation needs what the whole field does
    stages = by_stage(needs)
    return "\n".join([*map(str, loads), "", HEAD, *map(row, stages), "", *remarks(stages, host)])


def by_stage(needs: Sequence[Need]) -> list[Need]:
    """Add up each stage's needs, and at the end the whole run's, in which an object and a view count once."""
    names = dict.fromkeys(need.stage for need in needs)
    stages = [together(name, [need for need in needs if need.stage == name]) for name in names]
    rendered = next(need for need in stages if need.stage == "render")
    return [*stages, replace(together("total", stages), objects=rendered.objects, views=rendered.views, rate="")]


def row(need: Need) -> str:
    """Write a stage's line of the table."""
    unit, length = next(pair for pair in TIMES if need.seconds >= pair[1])
    cells = f"{need.objects:,}", f"{need.views:,}", size_of(need.disk), size_of(need.memory)
    return ROW.format(need.stage, *cells, f"{need.seconds / length:,.1f} {unit}", need.rate).rstrip()


def remarks(stages: Sequence[Need], host: Host) -> list[str]:
    """Say what the figures mean, what they were reckoned with, and what does not fit."""
    networks = f"{host.gpus} H100" if host.gpus else f"{host.cores} cores"
    memory, free, disk = size_of(host.memory), size_of(host.free), stages[-1].disk
    lines = [
        "Disk is right within about a third, time within a factor of three. What is there already is not taken off.",
        f"Planned for {host.workers} workers, networks on {networks}, {memory} of memory and {free} of free disk.",
    ]
    if disk > host.free:
        remedy = "cache-teachers.dtype=int8, manifest.objects=N or one teacher at a time (--teacher)"
        lines.append(
            f"Warning: {size_of(disk)} do not fit the disk: put storage.root on a larger one, or set {remedy}."
        )
    for need in stages[:-1]:
        if need.memory > host.memory:
            remedy = "it streams its objects, which is slower" if need.stage == "train" else "set machine.workers lower"
            lines.append(f"Warning: {need.stage} needs {size_of(need.memory)} of memory, more than there is: {remedy}.")
    return lines


def this_machine(machine: Machine, root: Path) -> Host:
    """Find what `machine` lets a run use here, without torch. A dask cluster is taken to have `machine.workers`."""
    folder = next(path for path in (root.absolute(), *root.absolute().parents) if path.exists())
    cores, memory = len(os.sched_getaffinity(0)), os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    limit = MEMORY_LIMIT.read_text().strip() if MEMORY_LIMIT.exists() else ""
    shown = len(list(DEVICE_FILES.glob("nvidia[0-9]*")))
    visible = os.environ.get("CUDA_VISIBLE_DEVICES", "0," * shown).split(",")
    gpus = min(shown, sum(name not in ("", "-1") for name in visible))
    return Host(
        cores=cores,
        workers=machine.workers if machine.scheduler else min(machine.workers, cores),
        gpus={"cpu": 0, "cuda": max(1, gpus), "auto": gpus}[machine.device],
        memory=min(memory, int(limit)) if limit.isdecimal() else memory,
        free=shutil.disk_usage(folder).free,
    )
