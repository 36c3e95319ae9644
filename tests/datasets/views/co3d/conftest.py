"""A made-up CO3D category, written once for all tests of this folder."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from benchmarks.made_up_co3d import MadeUpCo3d, write_made_up_co3d
from tests.datasets.views.view_folders import read_gzip, write_gzip

CHAIR = "03001627"
MADE_UP = MadeUpCo3d(sequences=4, frames=8, size=64, seed=3)


@pytest.fixture(scope="session")
def made_up_co3d(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four sequences of eight frames."""
    root = tmp_path_factory.mktemp("co3d")
    write_made_up_co3d(root, MADE_UP)
    return root


@pytest.fixture
def own_copy(made_up_co3d: Path, tmp_path: Path) -> Path:
    """The same files, for a test that changes them."""
    return Path(shutil.copytree(made_up_co3d, tmp_path / "co3d"))


def change(file: Path, edit: Callable[[Any], None]) -> None:
    """Edit the list in a gzip json file."""
    value = read_gzip(file)
    edit(value)
    write_gzip(file, value)
