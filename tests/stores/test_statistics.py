"""`pipeline store stats`: numbers worked out by hand."""

import json
import os
from dataclasses import replace

import pytest
from click.testing import CliRunner

from pipeline.artifacts.places import STORE_KINDS
from pipeline.cli import main
from pipeline.config.settings import Settings
from pipeline.upkeep.statistics import StoreStatistics, all_statistics, statistics_json, statistics_table
from tests.stores.kept import ROOT, filled_store, the_store


def statistics() -> dict[str, StoreStatistics]:
    return {store.place.kind: store for store in all_statistics(ROOT, STORE_KINDS, None)}


def test_what_a_store_holds_and_costs(kept: Settings) -> None:
    maps = statistics()["maps"]
    store = the_store("maps")
    assert (maps.objects, maps.failed, maps.used_by) == (3, 0, ("cache-teachers plane-daisy",))
    # 4 views of 8 x 8 cells of 6 channels of a byte, and 6 scales of 4 bytes; three objects
    assert maps.dense_bytes == 3 * (4 * 8 * 8 * 6 + 6 * 4)
    assert maps.bytes == sum(path.stat().st_size for path in store.path.rglob("*") if path.is_file())
    assert maps.foreground_share == 0.25
    assert maps.bytes_per_foreground_byte == pytest.approx(maps.bytes / (0.25 * maps.dense_bytes))


def test_writing_speed_is_that_of_the_objects_after_the_first(kept: Settings) -> None:
    store = the_store("views")
    for row, when in enumerate((1000.0, 1003.0, 1004.0)):
        os.utime(store.marker_path(row), (when, when))
    views = statistics()["views"]
    assert (views.first_written, views.last_written) == (1000, 1004)
    assert views.written_views_per_second == 2 * 4 / 4  # two objects of four views in four seconds


def test_reading_is_measured_and_damage_makes_it_unknown(kept: Settings) -> None:
    views = statistics()["views"]
    assert views.read_views_per_second is not None and views.read_megabytes_per_second is not None
    # an object is 4 views of 32 x 32 pixels with 4 + 4 bytes, and 16 numbers of 4 bytes
    megabytes = views.read_megabytes_per_second / views.read_views_per_second
    assert megabytes == pytest.approx((32 * 32 * 8 + 64) / 1e6)
    store = the_store("views")
    for row in range(3):
        (store.path / "arrays.zarr" / store.chunk_file("pose", row)).write_bytes(b"")
    assert statistics()["views"].read_views_per_second is None
    assert statistics()["views"].objects == 3


def test_labels_have_no_share_and_failures_are_counted(kept: Settings) -> None:
    (the_store("labels").path / "failures.jsonl").write_text('{"object": "x"}\n{"object": "y"}\n')
    (the_store("labels").path / "failures-2-of-4.jsonl").write_bytes(b"\xff\n")  # no text counts, too
    labels = statistics()["labels"]
    assert (labels.failed, labels.foreground_share, labels.bytes_per_foreground_byte) == (3, None, None)


def test_an_empty_store_is_a_line_too(kept: Settings) -> None:
    filled_store(ROOT, "views", [], category="chair")
    (chair,) = all_statistics(ROOT, STORE_KINDS, "chair")
    assert (chair.objects, chair.used_by) == (0, ())
    assert chair.read_views_per_second is chair.first_written is chair.bytes_per_foreground_byte is None
    assert "unused" in statistics_table([chair])


def test_the_table_and_the_json_say_the_same(kept: Settings) -> None:
    stores = list(all_statistics(ROOT, STORE_KINDS, None))
    head, *lines = statistics_table(stores).splitlines()
    assert head.split()[:3] == ["store", "used", "by"]
    assert [line.split()[0] for line in lines] == [statistics_json(store)["store"] for store in stores]
    dense = replace(stores[0], bytes=2_500_000, dense_bytes=10_000_000, foreground_share=0.25)
    assert "2.5 MB  10 MB  25.0%" in statistics_table([dense]).replace("   ", "  ")
    assert statistics_json(dense)["bytes_per_foreground_byte"] == 1


def test_json_has_these_keys(kept: Settings) -> None:
    """Programs read them, and nothing else is printed."""
    (record,) = json.loads(CliRunner().invoke(main, ["store", "stats", "--json", "--kind", "maps"]).stdout)
    assert set(record) == {
        "store", "kind", "teacher", "category", "fingerprint", "used_by", "objects", "failed", "bytes", "dense_bytes",
        "foreground_share", "bytes_per_foreground_byte", "read_views_per_second", "read_megabytes_per_second",
        "first_written", "last_written", "written_views_per_second",
    }  # fmt: skip
    assert record["used_by"] == ["cache-teachers plane-daisy"]


def test_a_damaged_store_is_left_out_and_said(kept: Settings) -> None:
    (the_store("views").path / "about.json").write_text("{}")
    result = CliRunner().invoke(main, ["store", "stats"])
    assert result.exit_code == 0
    assert "left out: stores/views/plane/" in result.stderr
    assert len(result.stdout.splitlines()) == 3
