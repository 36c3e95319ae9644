"""Known points of made-up sequences lie where they were seen, after the crop and in the world; real frames are read."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from pipeline.config.sections.co3d import Co3d
from pipeline.datasets.alpha import alpha_box
from pipeline.datasets.errors import DatasetError
from pipeline.datasets.records import ObjectKey
from pipeline.datasets.views.co3d.source import Co3dViews, square_around
from pipeline.datasets.views.frame import pose_in_world
from pipeline.datasets.views.view_source import GivenView, Square
from render.square_crop import chosen_square, crop_points, square_crop
from tests.datasets.views.co3d.conftest import CHAIR, MADE_UP, change
from tests.datasets.views.view_folders import plain_projection, read_gzip, write_gzip

NUMBERS = np.arange(MADE_UP.frames)
SIZE = 48


def sources(root: Path) -> list[Co3dViews]:
    return [Co3dViews(root, Co3d(normalise=origin)) for origin in ("cameras", "points")]


def keys(source: Co3dViews) -> list[ObjectKey]:
    return [ObjectKey(CHAIR, name) for name in source.listing(CHAIR).ids]


def first(root: Path) -> tuple[Co3dViews, ObjectKey]:
    source = Co3dViews(root, Co3d())
    return source, keys(source)[0]


def test_known_points_are_seen_where_they_were_after_crop_and_normalisation(made_up_co3d: Path) -> None:
    """The generator's own pixels, against a projection by the cropped view's pose in the world."""
    checked = 0
    for source in sources(made_up_co3d):
        for key in keys(source):
            world, labels = source.world_from_source(key), source.labels(key, NUMBERS)
            points = labels.keypoints.xyz @ world[:3, :3].T + world[:3, 3]
            for number, view in enumerate(source.read(key, NUMBERS)):
                square = chosen_square(view)
                cropped = square_crop(view, square, SIZE)
                placed = GivenView(cropped.rgba, pose_in_world(world, view.pose), cropped.intrinsics)
                for semantic_id, point in zip(labels.keypoints.semantic_id, points, strict=True):
                    if labels.keypoint_visible[number, semantic_id]:
                        uv = crop_points(labels.keypoint_uv[number, semantic_id][None], square, SIZE)[0]
                        assert plain_projection(point, placed) == pytest.approx(tuple(uv), abs=1e-3)
                        checked += 1
    assert checked > 100


def test_the_object_fills_the_crop_as_the_settings_say(made_up_co3d: Path) -> None:
    source = Co3dViews(made_up_co3d, Co3d(context=2.0))
    for view in source.read(keys(source)[0], NUMBERS):
        box = alpha_box(square_crop(view, chosen_square(view), SIZE).rgba[..., 3])
        top, left, bottom, right = box
        assert max(right - left, bottom - top) == pytest.approx(SIZE / 2, abs=2)
        assert ((left + right) / 2, (top + bottom) / 2) == pytest.approx((SIZE / 2, SIZE / 2), abs=1.5)


def test_square_around_a_box() -> None:
    alpha = np.zeros((20, 30), dtype=np.uint8)
    alpha[4:10, 12:22] = 128
    alpha[0, 0] = 127
    assert alpha_box(alpha) == (4, 12, 10, 22)
    assert square_around((4, 12, 10, 22), 1.6) == Square(9, -1, 16)
    assert alpha_box(np.zeros((4, 4), dtype=np.uint8)) is None


def test_parts_lie_on_the_object(made_up_co3d: Path) -> None:
    source = sources(made_up_co3d)[0]
    assert source.part_names(CHAIR) == ("head", "back", "arm", "base", "seat")
    for key in keys(source):
        labels = source.labels(key, NUMBERS)
        for part, view in zip(labels.part, source.read(key, NUMBERS), strict=True):
            assert (view.rgba[part > 0][:, 3] >= 128).mean() > 0.6


def test_without_the_file_of_part_names_there_are_no_labels(own_copy: Path) -> None:
    source, key = first(own_copy)
    (own_copy / "chair" / "part_names.json").unlink()
    assert source.part_names(CHAIR) == () and source.labels(key, NUMBERS) is None


@pytest.mark.parametrize("path", ["../../x.png", "/etc/passwd"])
def test_a_picture_of_labels_outside_the_root_is_refused(own_copy: Path, path: str) -> None:
    source, key = first(own_copy)
    file = own_copy / "chair" / key.id / "labels.json"
    file.write_text(file.read_text().replace(f"chair/{key.id}/labels/frame000001.png", path))
    for method in (source.files, lambda key: source.labels(key, NUMBERS)):
        with pytest.raises(DatasetError, match="leads out of its folder"):
            method(key)


def _set(*path: Any) -> Callable[[Any], None]:
    """Return a change of a tree: the last word is put where the others lead."""

    def change_tree(tree: Any) -> None:
        *ways, last, value = path
        for way in ways:
            tree = tree[way]
        tree[last] = value

    return change_tree


@pytest.mark.parametrize(
    ("edit", "words"),
    [
        (_set("candidates", 0, 0, float("nan")), "not finite"),
        (_set("part_points", 0, 0, 1e90), "beyond"),
        (_set("frames", 0, "keypoints", "0", [float("inf"), 0]), "not finite"),
        (_set("frames", 0, "keypoints", "200", [1, 1]), "a keypoint that keypoints does not have"),
        (_set("part_labels", 0, 200), "has a label above"),
        (_set("frames", 0, "part", "chair/{key}/images/frame000001.jpg"), "has a label above"),
    ],
)
def test_labels_that_no_store_can_hold_are_refused(own_copy: Path, edit: Callable[[Any], None], words: str) -> None:
    source, key = first(own_copy)
    file = own_copy / "chair" / key.id / "labels.json"
    tree = json.loads(file.read_text())
    edit(tree)
    file.write_text(json.dumps(tree).replace("{key}", key.id))
    with pytest.raises(DatasetError, match=words):
        source.labels(key, NUMBERS)


@pytest.mark.parametrize("names", [["a", "a"], [""], ["a\nb"], [str(number) for number in range(256)]])
def test_names_of_parts_that_are_none_are_refused(own_copy: Path, names: list[str]) -> None:
    (own_copy / "chair" / "part_names.json").write_text(json.dumps({"part_names": names}))
    with pytest.raises(DatasetError, match="different names"):
        Co3dViews(own_copy, Co3d()).part_names(CHAIR)


def test_a_path_too_long_for_a_disk_is_a_file_that_is_missing(own_copy: Path) -> None:
    _, key = first(own_copy)
    path = {"path": "a" * 300 + "/b"}
    change(own_copy / "chair" / "frame_annotations.jgz", lambda frames: frames[0]["image"].update(path))
    assert Co3dViews(own_copy, Co3d()).count(key) == MADE_UP.frames - 1


def test_a_photograph_of_another_size_is_refused(own_copy: Path) -> None:
    source, key = first(own_copy)
    Image.new("L", (20, 20)).save(own_copy / "chair" / key.id / "masks" / "frame000001.png")
    with pytest.raises(DatasetError, match=r"frame000001.png: picture: has 20 x 20 pixels, but the annotation says"):
        source.read(key, NUMBERS[:1])


@pytest.mark.samples
def test_real_photographs_and_masks_are_read(samples: Path, own_copy: Path) -> None:
    """Real frames differ in size; annotations are made up around them, because the samples hold no real annotations."""
    name, real = "187_20196_37207", samples / "co3d" / "chair" / "187_20196_37207"
    frames = read_gzip(own_copy / "chair" / "frame_annotations.jgz")[:4]
    for number, frame in zip((1, 11, 21, 31), frames, strict=True):
        with Image.open(real / "images" / f"frame{number:06}.jpg") as picture:
            width, height = picture.size
        frame["sequence_name"] = name
        frame["image"] = {"path": f"chair/{name}/images/frame{number:06}.jpg", "size": [height, width]}
        frame["mask"] = {"path": f"chair/{name}/masks/frame{number:06}.png", "mass": None}
    write_gzip(own_copy / "chair" / "frame_annotations.jgz", frames)
    change(own_copy / "chair" / "sequence_annotations.jgz", lambda rows: rows[0].update(sequence_name=name))
    (own_copy / "chair" / name).symlink_to(real)
    (own_copy / "chair" / "part_names.json").unlink()
    source, key = Co3dViews(own_copy, Co3d()), ObjectKey(CHAIR, name)
    assert source.listing(CHAIR).ids == [name]
    for view in source.read(key, np.arange(4)):
        assert view.rgba[..., 3].max() in (253, 254) and view.rgba[..., :3].std() > 20
        cropped = square_crop(view, chosen_square(view), 128)
        box = alpha_box(cropped.rgba[..., 3])
        assert box is not None and max(box[2] - box[0], box[3] - box[1]) == pytest.approx(128 / 1.6, abs=2)
