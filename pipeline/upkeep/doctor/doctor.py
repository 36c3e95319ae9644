"""`pipeline doctor`: run every check and lay out what they saw."""

from collections.abc import Iterator, Sequence

from pipeline.artifacts.project import Project
from pipeline.errors import UserError
from pipeline.upkeep.doctor.checks import CHECKS
from pipeline.upkeep.doctor.finding import Check, Finding, problem_of
from pipeline.upkeep.host import Host, this_machine


def examine(project: Project, gpu: str | None = None, checks: Sequence[Check] = CHECKS) -> list[Finding]:
    """Run the checks on this machine, or as if it had that GPU."""
    host = this_machine(project.settings.machine, project.root, gpu)
    return [finding for check in checks for finding in findings_of(check, project, host)]


def findings_of(check: Check, project: Project, host: Host) -> Iterator[Finding]:
    """Run one check. What it raises is a problem: a broken installation can raise anything."""
    try:
        yield from check.run(project, host)
    except UserError as error:
        yield problem_of(check.name, error)
    except OSError as error:
        saw = f"{error.strerror or error}: {error.filename or check.name}"
        yield Finding(check.name, "problem", saw, "correct the rights of that path, or name another in params.yaml")
    except Exception as error:
        saw = f"the check stopped: {type(error).__name__}: {error}"
        yield Finding(check.name, "problem", saw, "install the environment again (`make install`)")


def table(findings: Sequence[Finding]) -> str:
    """Lay out a line for each finding, with its remedy below it, and a last line that counts."""
    width = max(len(finding.name) for finding in findings)
    lines = [f"{'check':<{width}}  {'state':<7}  seen"]
    for finding in findings:
        lines.append(f"{finding.name:<{width}}  {finding.state:<7}  {finding.saw}")
        if finding.state != "ok":
            lines.append(f"{'':<{width}}  {'remedy':>7}  {finding.remedy.rstrip('.')}")
    return "\n".join([*lines, "", summary(findings)])


def summary(findings: Sequence[Finding]) -> str:
    """Count problems and warnings in a sentence."""
    problems, warnings = (sum(f.state == state for f in findings) for state in ("problem", "warning"))
    counted = f"{problems} problem{'' if problems == 1 else 's'}, {warnings} warning{'' if warnings == 1 else 's'}"
    if problems:
        return f"{counted}: each problem stops a stage of these settings."
    return f"{counted}: nothing stops a stage of these settings."
