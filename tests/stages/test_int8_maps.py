"""Maps as int8: half the bytes, an error that is measured and said, and stages that read them."""

from pathlib import Path

import numpy as np
import pytest

from pipeline.artifacts.project import Project
from pipeline.artifacts.receipts import read_receipt
from pipeline.config.settings import load_settings
from tests.stages.conftest import run_command

INT8 = ("--set", "cache-teachers.dtype=int8")


def size_of(receipt: str) -> int:
    chunks = Path("stores") / read_receipt("cache-teachers", receipt).store / "arrays.zarr" / "feature"
    return sum(path.stat().st_size for path in chunks.rglob("*") if path.name != "zarr.json")


def test_they_are_half_as_large_and_say_their_error(project: Path) -> None:
    exact_size = size_of("plane-daisy")
    exact = Project(load_settings()).stored_views("plane", "daisy")
    key = exact.keys("test")[0]
    feature = exact.feature(key).astype(np.float64)

    result = run_command("cache-teachers", *INT8)
    assert result.exit_code == 0
    assert size_of("plane-daisy") < 0.7 * exact_size  # DAISY compresses well as float16, DINO by half
    rounded = Project(load_settings(overrides=(INT8[1],))).stored_views("plane", "daisy")
    assert rounded.feature(key).dtype == np.float16
    error = rounded.feature(key) - feature
    marker = rounded.maps.marker(rounded.maps.rows[key])
    relative = np.linalg.norm(error) / np.linalg.norm(feature)
    assert 0 < relative < 0.02
    np.testing.assert_allclose(marker.facts["rounding_error"], relative, rtol=0.1)  # fp16 rounds once more
    assert "int8: rounding moves a feature by" in result.output
    assert (rounded.feature(key)[feature == 0] == 0).all()


@pytest.mark.long
def test_the_later_stages_read_them(project: Path) -> None:
    for stage in ("cache-teachers", "train", "evaluate", "report"):
        assert run_command(stage, *INT8).exit_code == 0
