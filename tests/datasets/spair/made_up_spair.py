"""Write a folder with SPair-71k's layout: pictures, segmentations with VOC's palette indices, pairs and lists."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import UInt8
from PIL import Image


@dataclass(frozen=True)
class MadePhoto:
    """A photo, the index of each pixel's object, the index of the annotated one, and pixels x, y by keypoint id."""

    name: str
    rgb: UInt8[np.ndarray, "h w 3"]
    objects: UInt8[np.ndarray, "h w"] | None
    box: tuple[int, int, int, int]
    keypoints: Mapping[int, tuple[float, float]]


def voc_box(inside: np.ndarray) -> tuple[int, int, int, int]:
    """The box of a mask as VOC writes it: x1, y1, x2, y2, counted from 1, both corners inside."""
    rows, columns = np.nonzero(inside)
    return int(columns.min()) + 1, int(rows.min()) + 1, int(columns.max()) + 1, int(rows.max()) + 1


def made_up_photo(name: str, **changes: Any) -> MadePhoto:
    """A photo of 20 x 12 pixels with object 3 in rows 2 to 7, columns 5 to 14, and an object 1 at the right."""
    objects = np.zeros((12, 20), dtype=np.uint8)
    objects[2:8, 5:15] = 3
    objects[2:8, 5] = 255
    objects[0:12, 17:20] = 1
    rgb = np.random.default_rng(0).integers(0, 256, (12, 20, 3), dtype=np.uint8)
    parts = {"rgb": rgb, "objects": objects, "box": voc_box(objects == 3), "keypoints": {0: (6, 3), 11: (12, 7)}}
    return MadePhoto(name, **(parts | changes))


def pair_of(source: MadePhoto, target: MadePhoto, category: str, number: int = 1, **changes: Any) -> dict[str, Any]:
    """A pair annotation with the keys and types of the published ones."""
    ids = sorted(source.keypoints.keys() & target.keypoints.keys())
    record: dict[str, Any] = {
        "pair_id": number,
        "filename": f"{number:06d}-{source.name}-{target.name}:{category}",
        "category": category,
        "kps_ids": [str(number) for number in ids],
        "src_pose": "Left",
        "trg_pose": "Unspecified",
        "mirror": 0,
        "viewpoint_variation": 0,
        "scale_variation": 0,
        "truncation": 0,
        "occlusion": 0,
    }
    for side, photo in (("src", source), ("trg", target)):
        height, width, _ = photo.rgb.shape
        record |= {
            f"{side}_imname": f"{photo.name}.jpg",
            f"{side}_imsize": [width, height, 3],
            f"{side}_bndbox": list(photo.box),
            f"{side}_kps": [list(photo.keypoints[number]) for number in ids],
        }
    return record | changes


def write_spair(
    root: Path, category: str, photos: Sequence[MadePhoto], pairs: Sequence[dict[str, Any]], split: str = "test"
) -> Path:
    """Write everything below `root`, which is returned."""
    for folder in (f"JPEGImages/{category}", f"Segmentation/{category}", f"PairAnnotation/{split}", "Layout/large"):
        (root / folder).mkdir(parents=True, exist_ok=True)
    for photo in photos:
        Image.fromarray(photo.rgb).save(root / f"JPEGImages/{category}/{photo.name}.jpg", quality=95)
        if photo.objects is not None:
            segmentation = Image.fromarray(photo.objects).convert("P")
            segmentation.putpalette([200, 100, 50] * 256)
            segmentation.putdata(photo.objects.reshape(-1).tolist())
            segmentation.save(root / f"Segmentation/{category}/{photo.name}.png")
    for pair in pairs:
        (root / f"PairAnnotation/{split}/{pair['filename']}.json").write_text(json.dumps(pair))
    (root / f"Layout/large/{split}.txt").write_text("".join(f"{pair['filename']}\n" for pair in pairs))
    return root
