"""SPair-71k's lists, pairs, photos and segmentations."""

import json
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
import pytest
from PIL import Image

from pipeline.datasets.errors import DatasetError
from pipeline.datasets.spair.object_mask import box_mask, object_mask
from pipeline.datasets.spair.photo_pair import AnnotatedPhoto, PhotoPair, parse_pair
from pipeline.datasets.spair.spair_folder import SpairFolder, spair_category
from pipeline.errors import UserError
from tests.datasets.spair.made_up_spair import made_up_photo, pair_of, write_spair

FILE = PurePosixPath("PairAnnotation/test/pair.json")


@pytest.fixture
def folder(tmp_path: Path) -> SpairFolder:
    photos = [made_up_photo("2008_000001"), made_up_photo("2008_000002", objects=None)]
    pairs = [pair_of(*photos, "chair"), pair_of(*photos, "car", 2)]
    return SpairFolder(write_spair(tmp_path / "SPair-71k", "chair", photos, pairs))


@pytest.fixture
def pair(folder: SpairFolder) -> PhotoPair:
    return folder.read_pair("chair", "test", folder.stems("chair", "test")[0])


def test_a_pair_is_read_as_it_is_written(folder: SpairFolder, pair: PhotoPair) -> None:
    assert folder.stems("chair", "test") == ("000001-2008_000001-2008_000002:chair",)
    assert (pair.source.name, pair.target.name, pair.category) == ("2008_000001", "2008_000002", "chair")
    assert pair.ids.tolist() == [0, 11]
    # A pixel's centre is half a pixel from its index.
    np.testing.assert_array_equal(pair.source.keypoints, [[6.5, 3.5], [12.5, 7.5]])
    # Columns 6 to 14 and rows 2 to 7 are object 3 (column 5 is its seam); VOC counts from 1.
    assert pair.source.box == (7, 3, 15, 8)
    assert pair.source.box_side == 8
    assert folder.read_photo("chair", pair.source).shape == (12, 20, 3)


def test_the_mask_is_the_object_whose_box_fits(folder: SpairFolder, pair: PhotoPair) -> None:
    mask = folder.read_mask("chair", pair.source)
    expected = np.zeros((12, 20), dtype=bool)
    expected[2:8, 6:15] = True
    np.testing.assert_array_equal(mask, expected)
    assert folder.read_mask("chair", pair.target) is None
    np.testing.assert_array_equal(box_mask(pair.target), expected)


def test_a_class_in_place_of_objects_is_cut_at_the_box() -> None:
    one_class = np.zeros((12, 20), dtype=np.uint8)
    one_class[2:8, 6:15] = one_class[0:12, 16:20] = 9
    annotated = AnnotatedPhoto("a", (20, 12), (7, 3, 15, 8), np.zeros((1, 2)))
    mask = object_mask(one_class, box_mask(annotated))
    assert mask.sum() == 6 * 9
    assert object_mask(np.full((12, 20), 255, np.uint8), box_mask(annotated)) is None
    stray = np.zeros((12, 20), dtype=np.uint8)
    stray[3, 8] = 5  # 1 of 54 pixels: less than a fiftieth
    assert object_mask(stray, box_mask(annotated)) is None


def test_null_keypoints_are_left_out_and_ids_ascend() -> None:
    first, second = made_up_photo("a"), made_up_photo("b")
    record = pair_of(first, second, "chair")
    record |= {"kps_ids": ["9", "2", "7"], "src_kps": [[1, 2], [3, 4], None], "trg_kps": [[5, 6], [7, 8], [9, 9]]}
    pair = parse_pair(json.dumps(record).encode(), "s", FILE)
    assert pair.ids.tolist() == [2, 9]
    assert pair.target.keypoints.tolist() == [[7.5, 8.5], [5.5, 6.5]]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"kps_ids": ["0"]}, "kps_ids: does not fit: 2 and 2 keypoints and 1 ids"),
        ({"kps_ids": ["0", "0"]}, "names a keypoint twice"),
        ({"kps_ids": ["0", "30"]}, "'30' is no id from 0 to 29"),
        ({"kps_ids": ["0", "-1"]}, "'-1' is no id"),
        ({"kps_ids": ["0", "\u0661"]}, "is no id"),
        ({"kps_ids": [0, 1]}, "kps_ids.0"),
        ({"src_kps": [None, None]}, "the pair has no common keypoint"),
        ({"src_kps": [[1, 2, 3], [1, 2]]}, "src_kps.0"),
        ({"src_kps": [[21, 2], [1, 2]]}, "src_kps: has a keypoint outside of the 20 x 12 pixels"),
        ({"trg_imsize": [0, 12, 3]}, "trg_imsize: is 0 x 12"),
        ({"trg_imsize": [100_000, 12, 3]}, "trg_imsize: is 100000 x 12"),
        ({"trg_bndbox": [5, 5, 5, 6]}, "trg_bndbox: is no box"),
        ({"trg_bndbox": [5, 5, 21, 6]}, "trg_bndbox: is no box"),
        ({"src_imname": "../../passwd"}, "'../../passwd' is no name of a .jpg file"),
        ({"src_imname": "../a.jpg"}, "src_imname: '../a' is no valid id"),
        ({"category": "../chair"}, "category: '../chair' is no valid id"),
        ({"viewpoint_variation": 7}, "viewpoint_variation: is 7"),
        ({"viewpoint_variation": "1"}, "viewpoint_variation"),
    ],
)
def test_what_is_no_pair_is_named_by_its_key(changes: dict[str, Any], message: str) -> None:
    record = pair_of(made_up_photo("a"), made_up_photo("b"), "chair") | changes
    with pytest.raises(DatasetError, match=r"PairAnnotation/test/pair\.json: ") as refused:
        parse_pair(json.dumps(record).encode(), "s", FILE)
    assert message in str(refused.value)


@pytest.mark.parametrize(
    "content", [b"", b"[]", b"{}", b"[" * 10_000, b'{"kps_ids": ' + b"[" * 10_000, b"\xff\xfe", b'{"category": NaN}']
)
def test_broken_json_is_a_bad_pair(content: bytes) -> None:
    with pytest.raises(DatasetError, match="is no pair"):
        parse_pair(content, "s", FILE)


@pytest.mark.parametrize("stem", ["../../../etc/passwd:chair", "a/b:chair", "a", "a:../chair", "a\x00:chair", ":chair"])
def test_a_stem_never_leads_out_of_its_folder(folder: SpairFolder, stem: str) -> None:
    with pytest.raises(DatasetError, match="is no valid id"):
        folder.read_pair("chair", "test", stem)


def test_missing_and_foreign_pairs_are_bad_pairs(folder: SpairFolder) -> None:
    with pytest.raises(DatasetError, match="is missing"):
        folder.read_pair("chair", "test", "000009-a-b:chair")
    with pytest.raises(DatasetError, match="category: is car, not chair"):
        folder.read_pair("chair", "test", "000002-2008_000001-2008_000002:car")
    large = folder.root / "PairAnnotation/test/000003-a-b:chair.json"
    large.write_bytes(b" " * ((1 << 20) + 1))
    with pytest.raises(DatasetError, match="is too large"):
        folder.read_pair("chair", "test", "000003-a-b:chair")


def test_a_folder_without_lists_or_pairs_is_a_sentence(folder: SpairFolder, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="lists no pair of the category 'bus'"):
        folder.stems("bus", "test")
    with pytest.raises(UserError, match="give the folder of SPair-71k, which holds Layout"):
        SpairFolder(tmp_path).stems("chair", "test")


def test_pictures_that_are_not_what_the_annotation_says_are_bad(folder: SpairFolder, pair: PhotoPair) -> None:
    source = pair.source
    path = folder.root / "JPEGImages/chair/2008_000001.jpg"
    whole = path.read_bytes()
    Image.new("RGB", (30_000, 3)).save(path)
    with pytest.raises(DatasetError, match="has 30000 x 3 pixels, but the annotation says 20 x 12"):
        folder.read_photo("chair", source)
    path.write_bytes(whole[: len(whole) // 3])
    with pytest.raises(DatasetError, match="cannot be decoded"):
        folder.read_photo("chair", source)
    Image.new("RGB", (20, 12)).save(folder.root / "Segmentation/chair/2008_000001.png")
    with pytest.raises(DatasetError, match="indices of a palette"):
        folder.read_mask("chair", source)


def test_categories_are_vocs() -> None:
    assert [spair_category(name) for name in ("plane", "motorcycle", "car", "chair", "bottle", "aeroplane")] == [
        "aeroplane", "motorbike", "car", "chair", "bottle", "aeroplane",
    ]  # fmt: skip
    with pytest.raises(UserError, match="SPair-71k has no category 'table'"):
        spair_category("table")


def test_the_real_pairs_are_read(samples: Path) -> None:
    folder = SpairFolder(samples / "spair71k")
    pair = folder.read_pair("aeroplane", "test", "000001-2008_002719-2008_004100:aeroplane")
    assert pair.ids.tolist() == [0, 7, 11]
    assert pair.source.size == (500, 333)
    assert pair.target.box_side == 464  # 500 - 36
    np.testing.assert_array_equal(pair.target.keypoints[1], [364.5, 171.5])
    car = folder.read_pair("car", "val", "001952-2008_000959-2008_006986:car")
    assert (len(car.ids), car.viewpoint) == (6, 1)
    bike = folder.read_pair("motorbike", "val", "003801-2008_001168-2010_005359:motorbike")
    assert bike.target.box == (56, 1, 500, 375)  # VOC's count from 1 up to the size
