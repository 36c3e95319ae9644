"""Does the run that `pipeline plan` estimates fit the disk and the memory?"""

from collections.abc import Iterator

from pipeline.artifacts.project import Project
from pipeline.errors import UserError
from pipeline.upkeep.byte_rate import size_of
from pipeline.upkeep.doctor.finding import Finding
from pipeline.upkeep.plan.needs import Host
from pipeline.upkeep.plan.plan import Plan, Shortage, duration_of, plan_run, shortages


def check_resources(project: Project, host: Host) -> Iterator[Finding]:
    """Compare the plan's needs with the machine."""
    try:
        plan = plan_run(project, host, most_channels=True)
    except UserError as error:
        yield Finding("plan", "warning", f"nothing tells how many objects there are: {error}", "correct the source")
        return
    lacks = list(shortages(plan.stages, host))
    yield from (_lack(lack, project) for lack in lacks)
    if not any(lack.resource == "disk" for lack in lacks):
        yield Finding("disk", "ok", f"about {size_of(plan.stages[-1].disk)} of {size_of(host.free)} free")
    if not any(lack.resource == "memory" for lack in lacks):
        yield Finding("memory", "ok", f"about {size_of(plan.stages[-1].memory)} of {size_of(host.memory)}")
    yield Finding("time", "ok", _time(plan, host))


def _lack(lack: Shortage, project: Project) -> Finding:
    """Make a finding. A disk that is too small for an empty project stops a stage.

    What is stored already is not taken off the plan, and memory is one coarse line a stage: those are warnings.
    """
    begun = project.root.is_dir() and any(project.root.iterdir())
    if lack.resource == "disk" and not begun:
        return Finding("disk", "problem", lack.what, lack.remedy)
    noted = f"{lack.what}, less what is stored already" if lack.resource == "disk" else lack.what
    return Finding(lack.resource, "warning", noted, lack.remedy)


def _time(plan: Plan, host: Host) -> str:
    networks = f"{host.gpus} {host.gpu.name}" if host.gpus else f"{host.cores} cores"
    return f"about {duration_of(plan.stages[-1].seconds)} from the start, networks on {networks}; see `pipeline plan`"
