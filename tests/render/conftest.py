"""What tests of drawing may ask for."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline.config.settings import load_settings
from pipeline.datasets.categories import CATEGORIES
from pipeline.synthetic.synthesize import synthesize_category
from tests.render.backend_cases import Drawer, opened


@pytest.fixture(scope="module")
def drawer(request: pytest.FixtureRequest) -> Iterator[Drawer]:
    """The backend of a test marked with `every`."""
    with opened(request.param, load_settings().camera) as one:
        yield one


@pytest.fixture(scope="session")
def made_up(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of one made-up object of each category, as ShapeNetCore v2 has it."""
    folder = tmp_path_factory.mktemp("made-up")
    for category in CATEGORIES:
        synthesize_category(category.name, 1, 0, folder, lambda _: None)
    return folder / "ShapeNetCore.v2"
