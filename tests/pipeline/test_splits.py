"""Seeded and released splits and pairs."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import UserError
from pipeline.splits import read_released_splits, seeded_pairs, seeded_splits

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


def test_of_two_objects_one_trains_and_one_tests() -> None:
    assert sorted(seeded_splits(["a", "b"], SHARES, 0, "s").values()) == ["test", "train"]
    assert sorted(seeded_splits(["a", "b"], (0.1, 0.1, 0.8), 0, "s").values()) == ["test", "train"]


def test_published_proportions_on_a_published_size() -> None:
    split = seeded_splits([str(i) for i in range(4045)], SHARES, 0, "02691156")
    counts = [list(split.values()).count(name) for name in ("train", "val", "test")]
    assert counts == [4045 - 404 - 809, 404, 809]


def test_splits_do_not_depend_on_the_order_of_ids_and_do_depend_on_the_seed() -> None:
    ids = [str(i) for i in range(50)]
    assert seeded_splits(ids, SHARES, 0, "a") == seeded_splits(ids[::-1], SHARES, 0, "a")
    assert seeded_splits(ids, SHARES, 0, "a") != seeded_splits(ids, SHARES, 1, "a")


def test_a_single_object_trains() -> None:
    assert seeded_splits(["x"], SHARES, 0, "a") == {"x": "train"}


def test_pairs_join_different_objects_in_views_that_exist() -> None:
    pairs = seeded_pairs(["a", "b", "c"], 50, 1000, 0, "s")
    assert len(pairs) == 1000
    assert all(p.src != p.trg and 0 <= p.view < 50 for p in pairs)
    # six ordered pairs, each drawn about 167 times: none is forgotten
    assert len({(p.src, p.trg) for p in pairs}) == 6
    assert {p.view for p in pairs} == set(range(50))


def test_one_object_gives_no_pair() -> None:
    assert seeded_pairs(["a"], 50, 10, 0, "s") == ()


def test_released_files_are_read_and_damaged_ones_named(tmp_path: Path) -> None:
    held = {
        "train": ["a"], "val": ["b"], "test": ["c", "d"], "valid_flags_for_test": {"c": True, "d": True},
        "cross_inst_pairs": [{"src": "c", "trg": "d", "view": 49}], "cross_view_pairs": [],
    }  # fmt: skip
    (tmp_path / "02691156.json").write_text(json.dumps(held))
    released = read_released_splits(tmp_path, "02691156")
    assert released.split == {"a": "train", "b": "val", "c": "test", "d": "test"}
    assert [(p.src, p.trg, p.view) for p in released.pairs] == [("c", "d", 49)]
    with pytest.raises(UserError, match=r"03001627\.json is missing"):
        read_released_splits(tmp_path, "03001627")
    (tmp_path / "02691156.json").write_text('{"train": []}')
    with pytest.raises(UserError, match="no released split file"):
        read_released_splits(tmp_path, "02691156")
