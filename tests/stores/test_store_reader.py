"""Reading at random: what `Store.read` gives, each file hashed once, damage noticed at the first reading."""

from pathlib import Path

import numpy as np
import pytest

from pipeline.config.settings import Settings
from pipeline.errors import UserError
from pipeline.stores import store as store_module
from pipeline.stores.store_reader import StoreReader
from tests.stores.kept import the_store


@pytest.fixture
def hashed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    names: list[str] = []
    whole = store_module.has_sha256

    def counted(path: Path, sha256: str) -> bool:
        if path.name != "zarr.json":
            names.append(path.as_posix())
        return whole(path, sha256)

    monkeypatch.setattr(store_module, "has_sha256", counted)
    return names


def test_it_reads_what_the_store_reads_and_hashes_each_file_once(kept: Settings, hashed: list[str]) -> None:
    store = the_store("views")
    reader = StoreReader(store)
    assert reader.specs == store.specs
    for row in (0, 1):
        whole = store.read("depth", row)
        hashed.clear()
        np.testing.assert_array_equal(reader.read("depth", row), whole)
        for view in range(len(whole)):
            np.testing.assert_array_equal(reader.read("depth", row, view), whole[view])
        assert len(hashed) == 1
    hashed.clear()
    reader.read("rgba", 0, 0)  # another array of the object is another file
    assert len(hashed) == 1


def test_damage_and_absence_are_found_at_the_first_reading(kept: Settings) -> None:
    store = the_store("views")
    file = store.path / "arrays.zarr" / store.chunk_file("depth", 0)
    file.write_bytes(b"x" + file.read_bytes()[1:])
    store.marker_path(1).unlink()
    reader = StoreReader(store)
    for row in (0, 1):
        with pytest.raises(UserError, match=f"row {row} of 'depth' is missing or damaged: repeat the stage"):
            reader.read("depth", row, 0)
    reader.read("rgba", 0, 0)
