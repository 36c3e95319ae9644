"""Which objects train and which are tested: released files, tables, seeds."""

import hashlib
import json
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.datasets.categories import category_named
from pipeline.errors import UserError
from pipeline.manifests.pairs import CrossInstancePair, CrossViewPair
from pipeline.manifests.splits import SEEDED, read_given_splits, seeded_splits, splits_origin

SHARES = (0.7, 0.1, 0.2)


@given(st.integers(3, 300), st.integers(0, 5), st.integers(1, 18), st.integers(1, 18))
def test_every_object_is_in_one_split_and_none_is_empty(count: int, seed: int, train: int, val: int) -> None:
    ids = [f"id{i}" for i in range(count)]
    shares = (train / 20, min(val, 19 - train) / 20, 1 - train / 20 - min(val, 19 - train) / 20)
    split = seeded_splits(ids, shares, seed, "02691156")
    assert sorted(split) == sorted(ids)
    for name, share in zip(("train", "val", "test"), shares, strict=True):
        number = list(split.values()).count(name)
        assert number >= (1 if share > 1e-9 else 0)
        assert abs(number - share * count) <= 2


@pytest.mark.parametrize(
    ("count", "shares", "numbers"),
    [(1, SHARES, (1, 0, 0)), (2, SHARES, (1, 0, 1)), (2, (0.1, 0.1, 0.8), (1, 0, 1)), (4045, SHARES, (2832, 404, 809))],
)
def test_numbers_by_hand(count: int, shares: tuple[float, float, float], numbers: tuple[int, ...]) -> None:
    ids = [str(i) for i in range(count)]
    split = seeded_splits(ids, shares, 0, "s")
    assert tuple(list(split.values()).count(name) for name in ("train", "val", "test")) == numbers
    assert seeded_splits(ids[::-1], shares, 0, "s") == split
    assert count < 3 or seeded_splits(ids, shares, 1, "s") != split


HELD = {
    "train": ["a"],
    "val": ["b"],
    "test": ["c", "d"],
    "valid_flags_for_test": {"c": True, "d": True},
    "cross_inst_pairs": [{"src": "c", "trg": "d", "view": 49}],
    "cross_view_pairs": [{"model_id": "d", "src_view": 0, "trg_view": 7}],
}


def test_released_files_are_read(tmp_path: Path) -> None:
    (tmp_path / "02691156.json").write_text(json.dumps(HELD))
    given = read_given_splits(str(tmp_path), "02691156")
    assert given.split == {"a": "train", "b": "val", "c": "test", "d": "test"}
    assert given.refused == {}
    assert given.cross_instance_pairs == (CrossInstancePair("c", "d", 49),)
    assert given.cross_view_pairs == (CrossViewPair("d", 0, 7),)
    with pytest.raises(UserError, match=r"03001627\.json is missing"):
        read_given_splits(str(tmp_path), "03001627")


@pytest.mark.parametrize(
    "changes",
    [
        {"train": None},
        {"train": [7]},
        {"test": ["c", ["d"]]},
        {"cross_inst_pairs": [{"src": "c", "trg": "d"}]},
        {"cross_inst_pairs": [{"src": "c", "trg": 5, "view": 1}]},
        {"cross_view_pairs": [{"model_id": "d", "src_view": "front", "trg_view": 1}]},
        {"cross_inst_pairs": [{"src": "c", "trg": "d", "view": 3.7}]},
        {"cross_inst_pairs": [{"src": "c", "trg": "d", "view": float("inf")}]},
        {"cross_inst_pairs": [{"src": "c", "trg": "d", "view": True}]},
    ],
)
def test_a_damaged_released_file_is_named(tmp_path: Path, changes: dict[str, object]) -> None:
    (tmp_path / "02691156.json").write_text(json.dumps(HELD | changes))
    with pytest.raises(UserError, match=r"02691156\.json is no released split file"):
        read_given_splits(str(tmp_path), "02691156")


def test_an_object_in_two_splits_is_in_none(tmp_path: Path) -> None:
    (tmp_path / "02691156.json").write_text(json.dumps(HELD | {"train": ["a", "c", "a"]}))
    given = read_given_splits(str(tmp_path), "02691156")
    assert given.split == {"a": "train", "b": "val", "d": "test"}
    assert given.refused == {"c": "is in the train and in the test split"}


CSV = "id,synsetId,subSynsetId,modelId,split\n{}"


def test_a_table_is_text_and_its_zeros_stay(tmp_path: Path) -> None:
    table = tmp_path / "all.csv"
    rows = [
        "000003,02691156,02690373,000123,train",  # an id of digits only, as one in a thousand is
        "000004,02691156,02690373,1e5,test",
        "000005,03001627,03001627,000123,val",
        "000006,02691156,02690373,u481ebf18-4bbb-4b1c,val",
    ]
    table.write_text("\ufeff" + CSV.format("\n".join(rows) + "\n"))  # as a spreadsheet saves it
    given = read_given_splits(str(table), "02691156")
    assert given.split == {"000123": "train", "1e5": "test", "u481ebf18-4bbb-4b1c": "val"}
    assert given.cross_instance_pairs is None
    assert read_given_splits(str(table), "03001627").split == {"000123": "val"}
    with pytest.raises(UserError, match="leading zero"):
        read_given_splits(str(table), "02958343")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("id,synsetId,modelId\n1,02691156,a\n", "has no column split"),
        ("", "has no column synsetId"),
        (CSV.format("1,02691156,0,a,Train\n"), r"line 2: split is 'Train'"),
        (CSV.format("1,02691156,0,,train\n"), "modelId is empty"),
        (CSV.format("1,02691156\n"), "line 2: split is None"),
    ],
)
def test_a_damaged_table_is_named(tmp_path: Path, text: str, message: str) -> None:
    table = tmp_path / "all.csv"
    table.write_text(text)
    with pytest.raises(UserError, match=message) as error:
        read_given_splits(str(table), "02691156")
    assert str(table) in str(error.value)


def test_the_origin_holds_checksums_and_no_path(tmp_path: Path) -> None:
    assert splits_origin(SEEDED, "02691156") == "seeded"
    (tmp_path / "02691156.json").write_text("{}")
    empty = hashlib.sha256(b"{}").hexdigest()
    assert splits_origin(str(tmp_path), "02691156") == f"in the released format, but another file, sha256 {empty}"
    (tmp_path / "all.csv").write_text("{}")
    assert splits_origin(str(tmp_path / "all.csv"), "02691156") == f"table, sha256 {empty}"
    with pytest.raises(UserError, match="is missing"):
        splits_origin(str(tmp_path / "none.csv"), "02691156")


# paper.md's table: train / val / test.
PUBLISHED = {
    "plane": (2831, 404, 810),
    "bottle": (348, 49, 101),
    "car": (5246, 749, 1501),
    "chair": (4744, 677, 1357),
    "motorcycle": (235, 33, 69),
    "table": (5956, 850, 1703),
}


@pytest.mark.samples
@pytest.mark.parametrize("name", PUBLISHED)
def test_the_released_splits_have_the_published_counts(released: Path, name: str) -> None:
    synset = category_named(name).synset
    assert splits_origin(str(released), synset).startswith("released, sha256 ")
    given = read_given_splits(str(released), synset)
    counts = Counter(given.split.values())
    assert (counts["train"], counts["val"], counts["test"]) == PUBLISHED[name]
    assert given.refused == {}
    assert given.cross_instance_pairs is not None
    assert given.cross_view_pairs is not None
    assert len(given.cross_instance_pairs) == len(given.cross_view_pairs) == 1000
