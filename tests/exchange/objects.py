"""Made-up objects to export, with everything that a store may hold or lack."""

import numpy as np

from pipeline.datasets.records import ObjectKey
from pipeline.exchange.exported_object import ExportedObject, ObjectGroup

VIEWS, SIZE, CELLS, CHANNELS, KEYPOINTS = 3, 8, 2, 5, 4
SYNSET = "03001627"


def pose(rng: np.random.Generator) -> np.ndarray:
    """A camera anywhere, turned by a random rotation."""
    turn, _ = np.linalg.qr(rng.normal(size=(3, 3)))
    matrix = np.eye(4)
    matrix[:3, :3] = turn * np.sign(np.linalg.det(turn))
    matrix[:3, 3] = rng.normal(size=3)
    return matrix.astype(np.float32)


def exported_object(name: str, rich: bool = True, split: str = "train", seed: int = 0) -> ExportedObject:
    """An object of noise; `rich` with depth, labels and features, else with none of them."""
    rng = np.random.default_rng([seed, *name.encode()])
    labels = {
        "part": rng.integers(0, 4, (VIEWS, SIZE, SIZE), dtype=np.uint8),
        "keypoint_uv": rng.uniform(0, SIZE, (VIEWS, KEYPOINTS, 2)).astype(np.float32),
        "keypoint_visible": rng.random((VIEWS, KEYPOINTS)) < 0.5,
        "part_xyz": rng.normal(size=(7, 3)).astype(np.float32),
    }
    return ExportedObject(
        key=ObjectKey(SYNSET, name),
        category="chair",
        split=split,
        licence="No licence is needed.",
        part_names=("back", "seat", "leg"),
        rgba=rng.integers(0, 256, (VIEWS, SIZE, SIZE, 4), dtype=np.uint8),
        pose=np.stack([pose(rng) for _ in range(VIEWS)]),
        intrinsics=rng.uniform(5, 20, (VIEWS, 4)).astype(np.float32),
        depth=rng.uniform(0, 3, (VIEWS, SIZE, SIZE)).astype(np.float32) if rich else None,
        labels=labels if rich else {},
        feature=rng.normal(size=(VIEWS, CELLS, CELLS, CHANNELS)).astype(np.float16) if rich else None,
    )


def group_of(*objects: ExportedObject, number: int = 0) -> ObjectGroup:
    return ObjectGroup(objects[0].category, objects[0].split, number, tuple(exported.key for exported in objects))
