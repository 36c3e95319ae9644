"""A project folder that the whole smoke profile has walked through, once for all tests."""

import fcntl
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from pipeline.cli import main
from pipeline.config.profiles import profile_text

STAGES = (
    "synthesize", "manifest", "render", "label", "fit-projection", "cache-teachers", "train", "evaluate", "report",
)  # fmt: skip
Command = Callable[..., Result]


def run_command(*words: str) -> Result:
    """A command in this process, as a user would type it."""
    return CliRunner().invoke(main, list(words), catch_exceptions=False)


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
        Path("params.yaml").write_text(profile_text("smoke"))
        for stage in STAGES:
            result = run_command(stage)
            assert result.exit_code == 0, f"{stage}: {result.output}"


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
    Path("params.yaml").write_text(profile_text("smoke"))
    return tmp_path
