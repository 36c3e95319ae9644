"""Check that the run that `pipeline plan` estimates fits the disk and the memory."""

import shutil
from collections.abc import Iterator

from pipeline.artifacts.project import Project
from pipeline.errors import UserError
from pipeline.upkeep.amounts import duration_of, size_of
from pipeline.upkeep.doctor.finding import Finding
from pipeline.upkeep.host import Host
from pipeline.upkeep.plan import category_load, plan_stages, shortages

LONG = 30 * 86400  # seconds


def check_resources(project: Project, host: Host) -> Iterator[Finding]:
    """Compare the plan's needs with the machine.

    A disk is a problem if it is too small for certain, whatever is stored on it already. The plan does not know what is
    stored, and memory is one coarse line a stage: those are warnings.
    """
    try:
        loads = [category_load(project, name)[0] for name in project.settings.categories]
        stages = plan_stages(project, loads, host, most_channels=True)
    except UserError as error:
        yield Finding("plan", "warning", f"nothing tells how many objects there are: {error}", "correct the source")
        return
    lacks, total = list(shortages(stages, host)), stages[-1]
    begun = project.root.is_dir() and any(project.root.iterdir())
    most_stored = shutil.disk_usage(project.root).used if begun else 0
    for resource, saw, remedy in lacks:
        if resource == "disk" and total.disk > host.free + most_stored:
            yield Finding("disk", "problem", saw, remedy)
        else:
            noted = f"{saw}, unless a part of it is stored already" if resource == "disk" else saw
            yield Finding(resource, "warning", noted, remedy)
    for resource, need, there in (
        ("disk", total.disk, f"{size_of(host.free)} free"),
        ("memory", total.memory, size_of(host.memory)),
    ):
        if resource not in [lack[0] for lack in lacks]:
            yield Finding(resource, "ok", f"about {size_of(need)} of {there}")
    saw = f"about {duration_of(total.seconds)} from the start, networks on {host.networks}"
    if total.seconds > LONG:
        remedy = "use a GPU or fewer objects; `pipeline plan` says which stage takes long"
        yield Finding("time", "warning", saw, remedy)
    else:
        yield Finding("time", "ok", f"{saw}; see `pipeline plan`")
