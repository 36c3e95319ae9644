"""Objects of all categories, written once."""

from pathlib import Path

import pytest

from pipeline.synthetic.synthesize import synthesize_category
from tests.synthetic.made_up_files import COUNT


@pytest.fixture(scope="session")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("made")
    for category, count in COUNT.items():
        synthesize_category(category, count, 0, folder, lambda _: None)
    return folder
