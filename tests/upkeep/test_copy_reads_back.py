"""`pipeline store copy` compares before it writes and again where it has written."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from pipeline.config.settings import load_settings
from pipeline.stores.store import Store
from pipeline.upkeep.copy_stores import CopySummary, copy_stores
from tests.stores.kept import kept_project, the_store


@pytest.fixture(autouse=True)
def _kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    kept_project()


def copy_views() -> tuple[list[str], CopySummary]:
    lines: list[str] = []
    return lines, copy_stores("stores", load_settings().machine, Path("copied"), None, "views", False, lines.append)


def test_what_arrives_otherwise_than_it_left_is_named_and_copied_again(monkeypatch: pytest.MonkeyPatch) -> None:
    truth = Store.adopt

    def faulty(store: Store, row: int, files: Mapping[str, bytes], marker: bytes) -> None:
        truth(store, row, {name: data[:-1] for name, data in files.items()}, marker)

    with monkeypatch.context() as patch:
        patch.setattr(Store, "adopt", faulty)
        lines, summary = copy_views()
    assert (summary.copied, summary.refused) == (0, 3)
    assert all("changed meanwhile: copy again" in line for line in lines)
    assert copy_views()[1].copied == 3


def test_a_damaged_source_is_named_although_its_copy_is_intact() -> None:
    assert copy_views()[1].copied == 3
    store = the_store("views")
    (store.arrays / store.chunk_file("depth", 1)).write_bytes(b"x")
    lines, summary = copy_views()
    assert (summary.kept, summary.damaged, len(lines)) == (2, 1, 1)
