"""Objects of all categories, written once, and the object of one case."""

from pathlib import Path

import pytest

from pipeline.synthetic.pieces import Design
from pipeline.synthetic.synthesize import synthesize_category
from tests.synthetic.made_up_files import COUNT


@pytest.fixture(scope="session")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("made")
    for category, count in COUNT.items():
        synthesize_category(category, count, 0, folder, lambda _: None)
    return folder


@pytest.fixture
def made(request: pytest.FixtureRequest) -> Design:
    """The object of a case of `each_object` or `each_kind`, made for the first test that asks: not at collection."""
    design: Design = request.param()
    return design
