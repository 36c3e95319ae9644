"""Check that git and DVC can work here: a commit, files that can be parsed, no lock that another DVC left."""

import fcntl
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import yaml

from pipeline.artifacts.project import Project
from pipeline.stores.plain_files import open_file, read_file
from pipeline.stores.typed_json import load_json
from pipeline.stores.writable import require_writable
from pipeline.upkeep.doctor.finding import Finding
from pipeline.upkeep.host import Host

DVC, GRAPH, LOCK = Path(".dvc"), Path("dvc.yaml"), Path("dvc.lock")
COMMIT = '`git add -A && git commit -m "start"`'
WAIT = "wait until it has ended"


def check_git(_project: Project, _host: Host) -> Iterator[Finding]:
    """Ask git for the commit. `dvc repro` needs a repository; where there is one, dvclive needs a commit."""
    needed = GRAPH.exists()
    try:
        inside, _ = _git("rev-parse", "--is-inside-work-tree")
    except FileNotFoundError:
        yield Finding("git", "problem" if needed else "warning", "git is not installed", "`apt-get install git`")
        return
    has_commit, commit = _git("rev-parse", "--short", "--verify", "--quiet", "HEAD")
    if not inside:
        saw = "this folder is in no git repository" + (", so `dvc repro` stops" if needed else "")
        yield Finding("git", "problem" if needed else "warning", saw, f"`git init && {COMMIT[1:]}")
    elif has_commit:
        yield Finding("git", "ok", f"commit {commit}")
    else:
        saw = "the git repository has no commit: training cannot write its curves, and DVC compares commits"
        yield Finding("git", "problem", saw, COMMIT)


def _git(*words: str) -> tuple[bool, str]:
    done = subprocess.run(["git", *words], capture_output=True, text=True, check=False, timeout=10)
    return done.returncode == 0, done.stdout.strip()


def check_dvc(_project: Project, _host: Host) -> Iterator[Finding]:
    """Look at DVC's files without starting it: it takes seconds, and it takes its lock."""
    if not GRAPH.exists():
        saw = "there is no dvc.yaml here: the commands of the stages work, `dvc repro` does not"
        yield Finding("dvc", "warning", saw, "run in the project's folder")
        return
    if not DVC.is_dir():
        yield Finding("dvc", "problem", "dvc.yaml is here, but no folder .dvc", "`git checkout .dvc`, or `dvc init`")
        return
    findings = [*_unreadable(), *_missing_commands(), *lock_findings(DVC / "tmp")]
    yield from findings or [Finding("dvc", "ok", "dvc.yaml and dvc.lock can be read, and no DVC has its lock")]
    require_writable(DVC)


def _unreadable() -> Iterator[Finding]:
    """Name the files of DVC that are no mapping in yaml. Git's marks of a conflict are such a mistake."""
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # dvc.lock has thousands of lines
    for path, other in ((GRAPH, ""), (LOCK, ", or delete it: `dvc repro` then checks every stage")):
        try:
            tree = yaml.load(read_file(path).decode(), loader)  # noqa: S506 (a SafeLoader)
            saw = "" if isinstance(tree, dict) else f"{path} holds no mapping of stages"
        except FileNotFoundError:
            continue
        except (
            yaml.YAMLError,
            ValueError,
            TypeError,
            LookupError,
        ) as error:  # constructors raise what a value leads to
            mark = getattr(error, "problem_mark", None)
            line = f" in line {mark.line + 1}" if mark else ""
            saw = f"{path} is not valid yaml{line} ({getattr(error, 'problem', error)})"
        if saw:
            yield Finding("dvc", "problem", saw, f"correct that line, `git checkout {path}`{other}")


def _missing_commands() -> Iterator[Finding]:
    """Name the commands that `dvc repro` calls and that PATH lacks."""
    missing = [name for name in ("dvc", "pipeline") if shutil.which(name) is None]
    if missing:
        saw = f"PATH has no command {' and no command '.join(missing)}"
        yield Finding("dvc", "warning", saw, "`source .venv/bin/activate`")


def lock_findings(folder: Path) -> Iterator[Finding]:
    """Name the locks in the way of the next DVC command: `lock` of the repository, `rwlock` of single paths."""
    yield from _repository_lock(folder / "lock")
    try:
        entries = load_json(read_file(folder / "rwlock"))
        readers = [info for infos in entries.get("read", {}).values() for info in infos]
        infos = [*entries.get("write", {}).values(), *readers]  # one that writes a path, several that read it
        yield from _path_locks(folder / "rwlock", {int(info["pid"]): str(info["cmd"]) for info in infos})
    except FileNotFoundError:
        return
    except (ValueError, KeyError, TypeError, AttributeError):
        saw = f"{folder / 'rwlock'} is damaged: a DVC was killed while it wrote it"
        yield Finding("dvc", "problem", saw, f"`rm {folder / 'rwlock'}`")


def _repository_lock(path: Path) -> Iterator[Finding]:
    try:
        with open_file(path) as file:
            owner = file.read(4096).decode(errors="replace").strip()
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except FileNotFoundError:
        return
    except BlockingIOError:
        yield Finding("dvc", "warning", f"another DVC is at work (process {owner})", WAIT)
        return
    if owner.count("|") < 2:  # the file stays when its process has ended, the lock does not
        return
    *_, host, number, _ = owner.split("|")  # of core.hardlink_lock: path, host, process, a random number. It stays
    if host != os.uname().nodename:
        yield Finding("dvc", "warning", f"{path} is the lock of a DVC on {host}", f"if it has ended there: `rm {path}`")
    elif _command_of(number):
        yield Finding("dvc", "warning", f"another DVC is at work (process {number})", WAIT)
    else:
        saw = f"{path} is the lock of process {number}, which has ended"
        yield Finding("dvc", "problem", saw, f"`rm {path}`")


def _path_locks(path: Path, owners: dict[int, str]) -> Iterator[Finding]:
    for number, command in owners.items():
        running, saw = _command_of(str(number)), f"{path} names process {number} ({command}), which"
        if not running:
            remedy = f"none is needed: the next DVC removes it; or `rm {path}`"
            yield Finding("dvc", "warning", f"{saw} was killed", remedy)
        elif "dvc" not in running:
            yield Finding("dvc", "problem", f"{saw} is another program today", f"`rm {path}`")
        else:
            yield Finding("dvc", "warning", f"another DVC is at work ({command})", WAIT)


def _command_of(number: str) -> str:
    """Return the command line of a process; nothing if there is none."""
    try:
        return (Path("/proc") / number / "cmdline").read_text(errors="replace") or "a process that is ending"
    except OSError:
        return ""
