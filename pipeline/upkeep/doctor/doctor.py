"""`pipeline doctor`: run every check and lay out what they saw."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TypeAlias

from pipeline.artifacts.project import Project
from pipeline.errors import UserError
from pipeline.upkeep.doctor.finding import Finding, finding_of
from pipeline.upkeep.doctor.installation import check_backend, check_cuda, check_packages, check_python
from pipeline.upkeep.doctor.network_weights import check_weights
from pipeline.upkeep.doctor.published_files import check_published
from pipeline.upkeep.doctor.repository import check_dvc, check_git
from pipeline.upkeep.doctor.resources import check_resources
from pipeline.upkeep.doctor.source_folders import check_camera, check_source
from pipeline.upkeep.doctor.store_folder import check_store_folder
from pipeline.upkeep.host import Host, this_machine

# Looks at the settings and this machine and changes neither. A UserError that it raises is a problem.
Check: TypeAlias = Callable[[Project, Host], Iterable[Finding]]
# In the order of the table. A new check is one more line here.
CHECKS: Mapping[str, Check] = {
    "python": check_python,
    "packages": check_packages,
    "git": check_git,
    "dvc": check_dvc,
    "cuda": check_cuda,
    "render": check_backend,
    "weights": check_weights,
    "source": check_source,
    "camera": check_camera,
    "stores": check_store_folder,
    "files": check_published,
    "plan": check_resources,
}


def examine(project: Project, gpu: str | None = None) -> list[Finding]:
    """Run the checks on this machine, or as if it had that GPU."""
    host = this_machine(project.settings.machine, project.root, gpu)
    return [finding for name in CHECKS for finding in findings_of(name, project, host)]


def findings_of(name: str, project: Project, host: Host) -> Iterator[Finding]:
    """Run one check. What it raises is a problem: a broken installation can raise anything."""
    try:
        yield from CHECKS[name](project, host)
    except UserError as error:
        yield finding_of(name, error)
    except OSError as error:
        saw = f"{error.strerror or error}: {error.filename or name}"
        yield Finding(name, "problem", saw, "correct the rights of that path, or name another in params.yaml")
    except Exception as error:
        saw = f"the check stopped: {type(error).__name__}: {error}"
        yield Finding(name, "problem", saw, "install the environment again (`make install`)")


def table(findings: Sequence[Finding]) -> str:
    """Lay out a line for each finding, with its remedy below it, and a last line that counts."""
    width = max(len(finding.name) for finding in findings)
    lines = [f"{'check':<{width}}  {'state':<7}  seen"]
    for finding in findings:
        lines.append(f"{finding.name:<{width}}  {finding.state:<7}  {finding.saw}")
        if finding.state != "ok":
            lines.append(f"{'':<{width}}  {'remedy':>7}  {finding.remedy.rstrip('.')}")
    problems, warnings = (sum(finding.state == state for finding in findings) for state in ("problem", "warning"))
    counted = f"{problems} problem{'' if problems == 1 else 's'}, {warnings} warning{'' if warnings == 1 else 's'}"
    what = "each problem stops" if problems else "nothing stops"
    return "\n".join([*lines, "", f"{counted}: {what} a stage of these settings."])
