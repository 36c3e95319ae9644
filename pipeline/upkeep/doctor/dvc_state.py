"""Would DVC start here: its folder, its files, and the locks that another DVC left?"""

import shutil
from collections.abc import Iterator
from pathlib import Path

import yaml

from pipeline.artifacts.project import Project
from pipeline.errors import UserError
from pipeline.upkeep.doctor.dvc_locks import lock_findings
from pipeline.upkeep.doctor.finding import Finding
from pipeline.upkeep.doctor.store_folder import locks_of
from pipeline.upkeep.host import Host

DVC, GRAPH, LOCK = Path(".dvc"), Path("dvc.yaml"), Path("dvc.lock")


def check_dvc(_project: Project, _host: Host) -> Iterator[Finding]:
    """Look at DVC's files without starting it: it takes seconds, and it takes its lock."""
    if not GRAPH.exists():
        saw = "there is no dvc.yaml here: the commands of the stages work, `dvc repro` does not"
        yield Finding("dvc", "warning", saw, "run in the project's folder")
        return
    if not DVC.is_dir():
        yield Finding("dvc", "problem", "dvc.yaml is here, but no folder .dvc", "`git checkout .dvc`, or `dvc init`")
        return
    findings = [*_unreadable(), *_commands(), *lock_findings(DVC / "tmp")]
    yield from findings or [Finding("dvc", "ok", "dvc.yaml and dvc.lock can be read, and no DVC has its lock")]
    yield locks_of("locks: dvc", DVC)


def _unreadable() -> Iterator[Finding]:
    """Name the files of DVC that are no mapping in yaml."""
    for path, other in ((GRAPH, ""), (LOCK, ", or delete it: `dvc repro` then checks every stage")):
        try:
            if path.exists():
                _check_mapping(path)
        except UserError as error:
            yield Finding("dvc", "problem", str(error), f"correct that line, `git checkout {path}`{other}")


def _check_mapping(path: Path) -> None:
    """Raise UserError if a yaml file cannot be parsed. Git's marks of a conflict are such a mistake."""
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # dvc.lock has thousands of lines
    try:
        tree = yaml.load(path.read_text(encoding="utf-8"), loader)  # noqa: S506 (a SafeLoader)
    except yaml.MarkedYAMLError as error:
        line = f" in line {error.problem_mark.line + 1}" if error.problem_mark else ""
        raise UserError(f"{path} is not valid yaml{line} ({error.problem})") from None
    except (OSError, MemoryError):
        raise
    except Exception:  # constructors raise whatever a value leads to
        raise UserError(f"{path} is no yaml") from None
    if not isinstance(tree, dict):
        raise UserError(f"{path} holds no mapping of stages")


def _commands() -> Iterator[Finding]:
    """Name the commands that `dvc repro` calls and that PATH lacks."""
    missing = [name for name in ("dvc", "pipeline") if shutil.which(name) is None]
    if missing:
        saw = f"PATH has no command {' and no command '.join(missing)}"
        yield Finding("dvc", "warning", saw, "`source .venv/bin/activate`")
