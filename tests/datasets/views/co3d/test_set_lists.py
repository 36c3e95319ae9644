"""Set lists name frames by number, and splits of sequences where they have some."""

import json
from pathlib import Path, PurePosixPath
from typing import Any

import pytest

from pipeline.datasets.errors import DatasetError
from pipeline.datasets.views.co3d.set_lists import LIST_ROWS, read_set_list

FILE = PurePosixPath("list.json")


def written(folder: Path, **lists: list[Any]) -> Path:
    (folder / FILE).write_text(json.dumps(lists))
    return folder


def test_the_file_name_in_a_row_is_ignored(tmp_path: Path) -> None:
    root = written(tmp_path, train=[["a", 20, "c/a/images/frame00005.jpg"], ["a", 5, "c/a/images/frame00020.jpg"]])
    assert read_set_list(root, FILE).frames == {"a": {5, 20}}


def test_few_view_lists_split_the_sequences(tmp_path: Path) -> None:
    root = written(tmp_path, train=[["a", 1, "x"]], val=[["b", 1, "x"], ["c", 1, "x"]], test=[["c", 2, None]])
    read = read_set_list(root, FILE)
    assert read.split == {"a": "train", "b": "val", "c": "test"}
    assert read.frames["c"] == {1, 2}


def test_many_view_lists_split_the_frames_of_a_sequence(tmp_path: Path) -> None:
    root = written(tmp_path, train=[["a", 1, "x"]], val=[], test=[["a", 2, "x"]])
    assert read_set_list(root, FILE).split is None
    assert read_set_list(root, FILE).frames == {"a": {1, 2}}


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"[]", "is no set list"),
        (b'{"train": [["a", "1", "x"]]}', "is no set list: train.0.1: Input should be a valid integer"),
        (b'{"train": [["a", 1]]}', "is no set list: train.0.2: Field required"),
        (b'{"train":' + b"[" * 10_000, "is no set list"),
        (b'{"train": [' + b'["a",1,"x"],' * 10_000_000 + b"]}", f"names more than {LIST_ROWS:,} frames"),
        (b"[" * (4 * LIST_ROWS), f"names more than {LIST_ROWS:,} frames"),
    ],
)
def test_other_files_are_refused(tmp_path: Path, content: bytes, sentence: str) -> None:
    (tmp_path / FILE).write_bytes(content)
    with pytest.raises(DatasetError) as caught:
        read_set_list(tmp_path, FILE)
    assert sentence in str(caught.value)
