"""A folder with one of everything that is kept."""

from pathlib import Path

import pytest

from pipeline.config.settings import Settings
from tests.stores.kept import kept_project


@pytest.fixture
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Its settings; this process is in it."""
    folder = tmp_path / "project"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return kept_project()
