"""A project in which nothing is wrong, to plant problems in."""

import shutil
import subprocess
from pathlib import Path

import pytest

from pipeline.artifacts.project import Project
from pipeline.config.profiles import profile_text
from pipeline.config.settings import load_settings
from pipeline.upkeep.doctor.doctor import examine
from pipeline.upkeep.doctor.finding import Finding

ROOT = Path(__file__).resolve().parents[2]


def git(*words: str) -> None:
    subprocess.run(["git", "-c", "user.name=test", "-c", "user.email=test@localhost", *words], check=True)


@pytest.fixture
def healthy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project of the smoke profile in a git repository with a commit. PATH has the commands of the stages."""
    monkeypatch.chdir(tmp_path)
    for name in ("dvc", "pipeline"):
        command = tmp_path / "bin" / name
        command.parent.mkdir(exist_ok=True)
        command.touch(0o755)
    monkeypatch.setenv("PATH", str(tmp_path / "bin"), prepend=":")
    # A user's caches and settings of git do not count.
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "hub"))
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "torch"))
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", "/dev/null")
    Path("params.yaml").write_text(profile_text("smoke"))
    shutil.copy(ROOT / "dvc.yaml", "dvc.yaml")
    (tmp_path / ".dvc" / "tmp").mkdir(parents=True)
    git("init", "-q")
    git("commit", "-q", "--allow-empty", "-m", "start")
    return tmp_path


def findings(*overrides: str) -> dict[str, Finding]:
    """What the doctor sees of the project in this folder, by name; overrides are `section.key=value`."""
    seen = examine(Project(load_settings(Path("params.yaml"), overrides)))
    return {finding.name: finding for finding in seen}


def sole_problem(*overrides: str) -> Finding:
    """The one problem that the doctor sees."""
    (problem,) = (finding for finding in findings(*overrides).values() if finding.state == "problem")
    return problem
