"""Check that the run that `pipeline plan` estimates fits the disk and the memory."""

import shutil
from collections.abc import Iterator

from pipeline.artifacts.project import Project
from pipeline.errors import UserError
from pipeline.upkeep.byte_rate import size_of
from pipeline.upkeep.doctor.finding import Finding
from pipeline.upkeep.host import Host
from pipeline.upkeep.plan.load import category_load
from pipeline.upkeep.plan.needs import Need
from pipeline.upkeep.plan.plan import Shortage, duration_of, plan_stages, shortages

LONG = 30 * 86400  # seconds


def check_resources(project: Project, host: Host) -> Iterator[Finding]:
    """Compare the plan's needs with the machine."""
    try:
        loads = [category_load(project, name) for name in project.settings.categories]
        stages = plan_stages(project, loads, host, most_channels=True)
    except UserError as error:
        yield Finding("plan", "warning", f"nothing tells how many objects there are: {error}", "correct the source")
        return
    lacks = list(shortages(stages, host))
    begun = project.root.is_dir() and any(project.root.iterdir())
    most_stored = shutil.disk_usage(project.root).used if begun else 0
    yield from (_lack(lack, stages[-1].disk > host.free + most_stored) for lack in lacks)
    if not any(lack.resource == "disk" for lack in lacks):
        yield Finding("disk", "ok", f"about {size_of(stages[-1].disk)} of {size_of(host.free)} free")
    if not any(lack.resource == "memory" for lack in lacks):
        yield Finding("memory", "ok", f"about {size_of(stages[-1].memory)} of {size_of(host.memory)}")
    yield _time(stages[-1], host)


def _lack(lack: Shortage, certain: bool) -> Finding:
    """Make a finding. A disk is a problem if it is too small for certain, whatever is stored on it already.

    The plan does not know what is stored, and memory is one coarse line a stage: those are warnings.
    """
    if lack.resource == "disk" and certain:
        return Finding("disk", "problem", lack.what, lack.remedy)
    noted = f"{lack.what}, unless a part of it is stored already" if lack.resource == "disk" else lack.what
    return Finding(lack.resource, "warning", noted, lack.remedy)


def _time(total: Need, host: Host) -> Finding:
    saw = f"about {duration_of(total.seconds)} from the start, networks on {host.networks}"
    if total.seconds > LONG:
        return Finding(
            "time", "warning", saw, "use a GPU or fewer objects; `pipeline plan` says which stage takes long"
        )
    return Finding("time", "ok", f"{saw}; see `pipeline plan`")
