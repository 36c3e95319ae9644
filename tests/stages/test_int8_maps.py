"""Maps as int8: half the bytes, an error that is measured and said. Stages that read them: test_every_setting.py."""

from pathlib import Path

import numpy as np

from pipeline.artifacts.project import Project
from pipeline.artifacts.receipts import read_receipt
from pipeline.config.settings import load_settings
from tests.stages.conftest import done

INT8 = ("--set", "cache-teachers.dtype=int8")


def size_of_maps() -> int:
    chunks = Path("stores") / read_receipt("cache-teachers", "plane-daisy").store / "arrays.zarr" / "feature"
    return sum(path.stat().st_size for path in chunks.rglob("*") if path.name != "zarr.json")


def test_they_are_half_as_large_and_say_their_error(project: Path) -> None:
    exact_size, exact = size_of_maps(), Project(load_settings()).stored_views("plane", "daisy")
    key = exact.keys("test")[0]
    feature = exact.feature(key).astype(np.float64)

    assert "int8: rounding moves a feature by" in done("cache-teachers", *INT8)
    assert size_of_maps() < 0.7 * exact_size  # DAISY compresses well as float16, DINO by half
    rounded = Project(load_settings(overrides=(INT8[1],))).stored_views("plane", "daisy")
    assert rounded.feature(key).dtype == np.float16
    relative = np.linalg.norm(rounded.feature(key) - feature) / np.linalg.norm(feature)
    assert 0 < relative < 0.02
    marker = rounded.maps.marker(rounded.maps.rows[key])
    np.testing.assert_allclose(marker.facts["rounding_error"], relative, rtol=0.1)  # fp16 rounds once more
    assert (rounded.feature(key)[feature == 0] == 0).all()
