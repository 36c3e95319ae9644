"""Check that there is a git repository with a commit.

`dvc repro` needs the repository; dvclive needs a commit where there is a repository.
"""

import subprocess
from collections.abc import Iterator
from pathlib import Path

from pipeline.artifacts.project import Project
from pipeline.upkeep.doctor.finding import Finding
from pipeline.upkeep.host import Host

COMMIT = '`git add -A && git commit -m "start"`'


def check_git(_project: Project, _host: Host) -> Iterator[Finding]:
    """Ask git for the commit of this folder."""
    needed = Path("dvc.yaml").exists()
    try:
        inside, _ = _git("rev-parse", "--is-inside-work-tree")
    except FileNotFoundError:
        yield Finding("git", "problem" if needed else "warning", "git is not installed", "`apt-get install git`")
        return
    if not inside:
        saw = "this folder is in no git repository" + (", so `dvc repro` stops" if needed else "")
        yield Finding("git", "problem" if needed else "warning", saw, f"`git init && {COMMIT[1:]}")
        return
    has_commit, commit = _git("rev-parse", "--short", "--verify", "--quiet", "HEAD")
    if has_commit:
        yield Finding("git", "ok", f"commit {commit}")
    else:
        saw = "the git repository has no commit: training cannot write its curves, and DVC compares commits"
        yield Finding("git", "problem", saw, COMMIT)


def _git(*words: str) -> tuple[bool, str]:
    done = subprocess.run(["git", *words], capture_output=True, text=True, check=False, timeout=10)
    return done.returncode == 0, done.stdout.strip()
