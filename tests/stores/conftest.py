"""A folder with one of everything that is kept."""

import shutil
from pathlib import Path

import pytest

from pipeline.config.settings import Settings, load_settings
from tests.stores.kept import kept_project


@pytest.fixture(scope="session")
def kept_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Written once by each worker: a copy takes a tenth of the time."""
    folder = tmp_path_factory.mktemp("kept") / "project"
    folder.mkdir()
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        kept_project()
    return folder


@pytest.fixture
def kept(kept_once: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """The settings of a copy; this process is in it."""
    # Files that are new: by their age gc tells what is under way.
    shutil.copytree(kept_once, tmp_path / "project", copy_function=shutil.copyfile)
    monkeypatch.chdir(tmp_path / "project")
    return load_settings()
