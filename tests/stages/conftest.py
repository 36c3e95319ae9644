"""A project folder that the whole smoke profile has walked through, once for all tests."""

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
def walked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder after every stage has run."""
    folder = tmp_path_factory.mktemp("project")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        Path("params.yaml").write_text(profile_text("smoke"))
        for stage in STAGES:
            result = run_command(stage)
            assert result.exit_code == 0, f"{stage}: {result.output}"
    return folder


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
