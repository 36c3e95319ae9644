"""`pipeline plan`: estimate what each stage needs, and whether this machine has it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from pipeline.artifacts.project import Project
from pipeline.teachers.registry import raw_channels
from pipeline.upkeep.byte_rate import size_of
from pipeline.upkeep.host import Host, this_machine
from pipeline.upkeep.plan.load import Load, category_load
from pipeline.upkeep.plan.needs import GPUS, Estimate, Need

ROW = "{:<14}  {:>7}  {:>10}  {:>7}  {:>7}  {:>14}"
TIMES = (("days", 86_400), ("h", 3600), ("min", 60), ("s", 0))


def plan_text(project: Project, gpu: str | None = None) -> str:
    """Plan a run from its start on this machine, or as if it had that GPU; write nothing. Raises as `category_load`."""
    host = this_machine(project.settings.machine, project.root, gpu)
    loads = [category_load(project, name) for name in project.settings.categories]
    stages = plan_stages(project, loads, host)
    lines = [*map(str, loads), "", ROW.format("stage", "objects", "views", "disk", "memory", "time")]
    for need in stages:
        cells = f"{need.objects:,}", f"{need.views:,}", size_of(need.disk), size_of(need.memory)
        lines.append(ROW.format(need.stage, *cells, f"about {duration_of(need.seconds)}"))
    lines += [
        "",
        "Disk is right within about a third, time within a factor of three. Existing files are not subtracted.",
    ]
    has = f"{size_of(host.memory)} of memory and {size_of(host.free)} of free disk"
    lines.append(f"Planned for {host.workers} workers, networks on {host.networks}, {has}.")
    if gpu is not None:
        lines.append(f"The GPU's times are scaled: they are those of an H100, at {GPUS[gpu]:g} times its speed.")
    return "\n".join([*lines, *(f"Warning: {lack.what}: {lack.remedy}." for lack in shortages(stages, host))])


def plan_stages(project: Project, loads: Sequence[Load], host: Host, most_channels: bool = False) -> list[Need]:
    """Plan each stage, and last their total, in which an object and a view count once.

    With `most_channels`, maps are taken to have fit-projection.channels without a look at the teacher's network, which
    takes seconds: a network with fewer channels needs less.
    """
    settings, kept, needs = project.settings, project.settings.fit_projection.channels, dict[str, list[Need]]()
    for load in loads:
        estimate = Estimate(settings, load, host)
        made = [*estimate.objects()]
        for name in settings.teachers:
            teacher = settings.network(name)
            channels = kept if kept and most_channels else raw_channels(name, teacher)
            channels = min(channels, kept or channels)
            made += estimate.maps(teacher, channels)
            made += [*estimate.field(channels)] * len(settings.fields)
        for need in made:
            needs.setdefault(need.stage, []).append(need)
    stages = [_together(name, of_stage, of_stage) for name, of_stage in needs.items()]
    return [*stages, _together("total", stages, needs["render"])]


def _together(stage: str, needs: Sequence[Need], counted: Sequence[Need]) -> Need:
    """Add up needs that follow one another; the largest memory counts."""
    objects, views = sum(need.objects for need in counted), sum(need.views for need in counted)
    disk, seconds = sum(need.disk for need in needs), sum(need.seconds for need in needs)
    return Need(stage, objects, views, disk, max(need.memory for need in needs), seconds)


def duration_of(seconds: float) -> str:
    """Format a time by two digits: `35 s`, `3.2 h`, `2,400 days`."""
    unit, length = next(pair for pair in TIMES if seconds >= pair[1])
    return f"{float(f'{seconds / max(length, 1):.2g}'):,.10g} {unit}"


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
