"""PartNet's h5 release: which model a row is, and files that cannot be trusted."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from pipeline.datasets.alignment import place_mesh
from pipeline.datasets.axes import SHAPENET_V2
from pipeline.datasets.categories import category_named
from pipeline.datasets.errors import DatasetError
from pipeline.datasets.parts.partnet_h5 import open_partnet_h5
from pipeline.datasets.records import ObjectKey
from pipeline.errors import UserError
from tests.datasets.parts.part_files import write

CHAIR = category_named("chair")
FOLDER = Path("sem_seg_h5/Chair-1")


def key(name: str) -> ObjectKey:
    return ObjectKey(CHAIR.synset, name)


def write_h5(root: Path, name: str, shapes: int, first: int = 0) -> Path:
    """Shapes of four points, of which three count; all coordinates of shape i are first + i, all labels 1 + i."""
    file = root / FOLDER / name
    file.parent.mkdir(parents=True, exist_ok=True)
    number = np.arange(shapes)
    with h5py.File(file, "w") as opened:
        opened["data"] = np.broadcast_to((first + number)[:, None, None], (shapes, 4, 3)).astype(np.float32)
        opened["data_num"] = np.full(shapes, 3, dtype=np.int32)
        opened["label_seg"] = np.broadcast_to(1 + number[:, None], (shapes, 4)).astype(np.uint8)
    return file


def write_list(root: Path, split: str, models: list[str]) -> None:
    rows = [{"model_id": model, "anno_id": f"1{model}"} for model in models]
    write(root / f"stats/train_val_test_split/Chair.{split}.json", json.dumps(rows))


def first_coordinate(root: Path, name: str) -> float | None:
    parts = open_partnet_h5(root, CHAIR).read(key(name))
    return None if parts is None else float(parts.xyz[0, 0])


def test_the_lists_of_splits_name_the_rows_in_order(tmp_path):
    write_h5(tmp_path, "train-00.h5", 2)
    write_h5(tmp_path, "train-01.h5", 1, first=5)
    write_h5(tmp_path, "test-00.h5", 1, first=9)
    write_list(tmp_path, "train", ["a", "b", "c"])
    write_list(tmp_path, "test", ["d"])
    assert [first_coordinate(tmp_path, name) for name in "abcde"] == [0, 1, 5, 9, None]
    parts = open_partnet_h5(tmp_path, CHAIR).read(key("b"))
    assert (parts.xyz.tolist(), parts.label.tolist()) == ([[1, 1, 1]] * 3, [2, 2, 2])
    write_list(tmp_path, "train", ["a", "b"])
    with pytest.raises(UserError, match=r"source\.partnet_root: .*Chair\.train\.json: rows: there are 2 for 3 shapes"):
        open_partnet_h5(tmp_path, CHAIR)


def test_a_json_beside_the_file_goes_first(tmp_path):
    file = write_h5(tmp_path, "val-00.h5", 3)
    write_list(tmp_path, "val", ["a", "b", "c"])
    file.with_suffix(".json").write_text(json.dumps([{"model_id": name, "anno_id": "9"} for name in "cba"]))
    assert [first_coordinate(tmp_path, name) for name in "abc"] == [2, 1, 0]
    # Annotations alone are looked up in the lists; one that is in none of them names no model.
    file.with_suffix(".json").write_text(json.dumps([{"anno_id": number} for number in ("1b", "1c", "77")]))
    assert [first_coordinate(tmp_path, name) for name in "abc"] == [None, 0, 1]
    # A model that stands there twice has its first row.
    file.with_suffix(".json").write_text(json.dumps([{"model_id": name} for name in "aab"]))
    assert [first_coordinate(tmp_path, name) for name in "abc"] == [0, 2, None]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("[", "no valid json"),
        ("{}", "no list of objects"),
        ("[1, 2]", "no list of objects"),
        ('[{"model_id": "a"}]', "there are 1 for 2 shapes"),
        ('[{"model_id": "a"}, {"anno_id": "1"}]', "not every row"),
        ('[{"anno_id": 5}, {"anno_id": 6}]', "not every row"),
    ],
)
def test_an_unusable_json_is_the_users_matter(tmp_path, text, reason):
    write_h5(tmp_path, "train-00.h5", 2).with_suffix(".json").write_text(text)
    with pytest.raises(UserError, match=f"partnet_root.*train-00.json.*{reason}"):
        open_partnet_h5(tmp_path, CHAIR)


def test_no_ids_and_no_files_are_the_users_matter(tmp_path):
    (tmp_path / FOLDER).mkdir(parents=True)
    with pytest.raises(UserError, match=r"Chair-1 holds no <split>-NN\.h5"):
        open_partnet_h5(tmp_path, CHAIR)
    file = write_h5(tmp_path, "train-00.h5", 2)
    with pytest.raises(UserError, match=r"Chair\.train\.json: file: is missing"):
        open_partnet_h5(tmp_path, CHAIR)
    file.write_bytes(file.read_bytes()[:700])
    with pytest.raises(UserError, match=r"train-00\.h5: file: is no usable h5 file"):
        open_partnet_h5(tmp_path, CHAIR)
    file.write_bytes(b"version https://git-lfs.github.com/spec/v1\n")
    with pytest.raises(UserError, match=r"train-00\.h5: file: is a git-lfs pointer"):
        open_partnet_h5(tmp_path, CHAIR)


def _replaced(name: str, value: object) -> Callable[[h5py.File], None]:
    def change(file: h5py.File) -> None:
        del file[name]
        if value is not None:
            file[name] = value

    return change


def _created(*shape_and_type: Any, **options: Any) -> Callable[[h5py.File], None]:
    def change(file: h5py.File) -> None:
        del file["data"]
        file.create_dataset("data", *shape_and_type, **options)

    return change


def _virtual(file: h5py.File) -> None:
    del file["data"]
    layout = h5py.VirtualLayout((2, 4, 3), "f4")
    layout[:] = h5py.VirtualSource("../../secret.h5", "data", (2, 4, 3))
    file.create_virtual_dataset("data", layout)


ONE_CHUNK = (2, 2 * 10**7, 3)
BROKEN = [
    (_replaced("data", None), "data: is missing or a link"),
    (_replaced("data", h5py.ExternalLink("../../secret.h5", "data")), "data: is missing or a link"),
    (_replaced("data", h5py.SoftLink("/label_seg")), "data: is missing or a link"),
    (_created((2, 4, 3), "f4", external=[("../../secret.bin", 0, h5py.h5f.UNLIMITED)]), "another file"),
    (_virtual, "another file"),
    (_created(data=["far"] * 2, dtype=h5py.string_dtype()), "no array of numbers"),
    (_created((2, 10**12, 3), "f4", chunks=(1, 100, 3)), "too large"),
    (_created(ONE_CHUNK, "f4", chunks=ONE_CHUNK, compression="gzip"), "has chunks of shape .*: too large to be read"),
    (_replaced("data", np.zeros((2, 4, 2), np.float32)), "not .shapes, points, 3"),
    (_replaced("data", np.zeros((2, 4, 3), np.int32)), "not .shapes, points, 3"),
    (_replaced("data", np.float32(1)), "no array"),
    (_replaced("data", np.full((2, 4, 3), np.nan, np.float32)), "data 1: is not finite"),
    (_replaced("data_num", None), "data_num: is missing"),
    (_replaced("data_num", np.zeros((2, 1), np.int32)), "data_num: has shape"),
    (_replaced("data_num", np.array([3, 0])), "data_num 1: is 0, not within 1..4"),
    (_replaced("data_num", np.array([3, 5])), "data_num 1: is 5, not within 1..4"),
    (_replaced("label_seg", np.zeros((2, 3), np.int32)), "label_seg: has shape"),
    (_replaced("label_seg", np.zeros((2, 4), np.float32)), "label_seg: has shape"),
    (_replaced("label_seg", np.full((2, 4), 6)), "6..6 is not within 0..5"),
    (_replaced("label_seg", np.full((2, 4), -1)), "-1..-1 is not within 0..5"),
]


@pytest.mark.parametrize(("change", "reason"), BROKEN)
def test_broken_files(tmp_path, change, reason):
    """Opened while it was sound, broken afterwards; nothing outside the file is read."""
    file = write_h5(tmp_path, "train-00.h5", 2)
    write_list(tmp_path, "train", ["a", "b"])
    write_h5(tmp_path, "../../secret.h5", 2)
    (tmp_path / "secret.bin").write_bytes(bytes(96))
    source = open_partnet_h5(tmp_path, CHAIR)
    with h5py.File(file, "r+") as opened:
        change(opened)
    with pytest.raises(DatasetError, match=reason) as caught:
        source.read(key("b"))
    assert str(caught.value.file) == "sem_seg_h5/Chair-1/train-00.h5"


def test_a_file_that_went_or_broke_later(tmp_path):
    file = write_h5(tmp_path, "train-00.h5", 2)
    write_list(tmp_path, "train", ["a", "b"])
    source = open_partnet_h5(tmp_path, CHAIR)
    file.write_bytes(file.read_bytes()[:900])
    with pytest.raises(DatasetError, match="no usable h5 file"):
        source.read(key("a"))
    file.unlink()
    with pytest.raises(DatasetError, match="is missing"):
        source.read(key("a"))


def test_a_cloud_in_one_point_has_no_map(tmp_path):
    write_h5(tmp_path, "train-00.h5", 1)
    write_list(tmp_path, "train", ["a"])
    source = open_partnet_h5(tmp_path, CHAIR)
    parts = source.read(key("a"))
    mesh = place_mesh(np.eye(3), np.array([[0, 1, 2]], dtype=np.int32), SHAPENET_V2, 0.7)
    with pytest.raises(DatasetError, match=r"train-00\.h5: data: .*no extent"):
        source.world_from_source(key("a"), parts, mesh)
