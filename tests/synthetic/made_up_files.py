"""What `synthesize` wrote, read by plain parsing: names, frames, obj files."""

from pathlib import Path

import numpy as np

from pipeline.datasets.categories import category_named
from pipeline.datasets.surface_distance import surface_distance

# Eight chairs, so that the splits are no trivial ones; four of them are looked at.
COUNT = {"plane": 3, "chair": 8, "table": 4, "bottle": 4, "car": 3, "motorcycle": 2}
PARTNET = [(category, index) for category in ("chair", "table", "bottle") for index in range(4)]
# formats.md of the published sets: v1 -> v2 is x2 = z1, y2 = y1, z2 = -x1; PartNet -> v1 is x1 = z, y1 = y, z1 = -x.
V2_FROM_V1 = np.array([[0, 0, 1], [0, 1, 0], [-1, 0, 0]])
V1_FROM_PARTNET = np.array([[0, 0, 1], [0, 1, 0], [-1, 0, 0]])


def models(category: str) -> list[str]:
    return [f"madeup-{category}-{index:04d}" for index in range(COUNT[category])]


EVERY = [(category, model) for category in COUNT for model in models(category)[:4]]


def model_folder(root: Path, category: str, model: str) -> Path:
    return root / "ShapeNetCore.v2" / category_named(category).synset / model


def read_obj(path: Path) -> tuple[np.ndarray, np.ndarray]:
    lines = path.read_text().splitlines()
    vertices = np.array([line.split()[1:] for line in lines if line.startswith("v ")], float)
    faces = [[int(corner.split("/")[0]) for corner in line.split()[1:]] for line in lines if line.startswith("f ")]
    return vertices, np.array(faces) - 1


def distance(points: np.ndarray, vertices: np.ndarray, faces: np.ndarray) -> np.ndarray:
    return surface_distance(vertices, faces.astype(np.int32), points)
