"""A project folder that the whole smoke profile has walked through, once for all tests."""

import fcntl
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from pipeline.cli import main
from pipeline.config.profiles import profile_file

STAGES = (
    "synthesize", "manifest", "render", "label", "fit-projection", "cache-teachers", "train", "evaluate", "report",
)  # fmt: skip
Command = Callable[..., Result]
ROOT = Path(__file__).resolve().parents[2]


def run_command(*words: str) -> Result:
    """A command in this process, as a user would type it."""
    return CliRunner().invoke(main, list(words), catch_exceptions=False)


def with_settings(*settings: str) -> list[str]:
    """The words that give a command other settings, each as `section.key=value`."""
    return [word for setting in settings for word in ("--set", setting)]


def done(*words: str) -> str:
    """What a command says that must succeed."""
    result = run_command(*words)
    assert result.exit_code == 0, f"{' '.join(words)}: {result.output}"
    return result.output


def refused(*words: str) -> str:
    """The one sentence of a command that must fail."""
    result = run_command(*words)
    assert result.exit_code == 2, f"{' '.join(words)}: {result.output}"
    return error_of(result.output)


def error_of(said: str) -> str:
    """The one sentence of a run that failed."""
    assert "Traceback" not in said
    (line,) = [line for line in said.splitlines() if line.startswith("error: ")]
    return line


def as_user(*words: str, home: Path, first: Path | str = "", code: Path = ROOT) -> "subprocess.CompletedProcess[str]":
    """Run a program with nothing of the tests' own environment; `first` holds programs that go before all others."""
    environment = {
        "PATH": f"{first}:{Path(sys.executable).parent}:/usr/bin:/bin".lstrip(":"),
        "HOME": str(home),
        "DVC_NO_ANALYTICS": "1",
        "PYTHONPATH": str(code),
    }
    return subprocess.run(words, capture_output=True, text=True, check=False, env=environment, errors="replace")


@pytest.fixture(scope="session")
def walked(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Path:
    """The folder after every stage has run; the workers of one pytest run share it."""
    base = tmp_path_factory.getbasetemp()
    folder = (base if worker_id == "master" else base.parent) / "walked" / "project"
    folder.parent.mkdir(exist_ok=True)
    with (folder.parent / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # the first worker makes it, the others wait
        if not folder.exists():
            unfinished = tmp_path_factory.mktemp("project")
            walk(unfinished)
            unfinished.rename(folder)
    return folder


def walk(folder: Path) -> None:
    """Run every stage of the smoke profile in a folder."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        Path("params.yaml").write_text(profile_file("smoke"))
        for stage in STAGES:
            done(stage)


@pytest.fixture
def seen(walked: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The walked folder itself, for tests that only look."""
    monkeypatch.chdir(walked)
    return walked


@pytest.fixture
def project(walked: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the walked folder to work in."""
    copy = tmp_path / "project"
    shutil.copytree(walked, copy)
    monkeypatch.chdir(copy)
    return copy


@pytest.fixture
def empty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with params.yaml of the smoke profile and nothing else."""
    monkeypatch.chdir(tmp_path)
    Path("params.yaml").write_text(profile_file("smoke"))
    return tmp_path
