"""What `synthesize` wrote, read by plain parsing: names, frames, obj files."""

from pathlib import Path

import numpy as np

from pipeline.datasets.categories import category_named
from pipeline.datasets.surface_distance import surface_distance

# Eight chairs, so that the splits are no trivial ones.
COUNT = {"plane": 2, "chair": 8, "table": 4, "bottle": 3, "car": 2, "motorcycle": 2}
EVERY = [(category, index) for category, count in COUNT.items() for index in range(min(count, 4))]
PARTNET = [(category, index) for category, index in EVERY if category_named(category).partnet]
# formats.md of the published sets: v1 -> v2 is x2 = z1, y2 = y1, z2 = -x1; PartNet -> v1 is x1 = z, y1 = y, z1 = -x.
V2_FROM_V1 = V1_FROM_PARTNET = np.array([[0, 0, 1], [0, 1, 0], [-1, 0, 0]])


def model_name(category: str, index: int) -> str:
    return f"madeup-{category}-{index:04d}"


def model_folder(root: Path, category: str, index: int) -> Path:
    return root / "ShapeNetCore.v2" / category_named(category).synset / model_name(category, index)


def read_obj(path: Path) -> tuple[np.ndarray, np.ndarray]:
    lines = path.read_text().splitlines()
    vertices = np.array([line.split()[1:] for line in lines if line.startswith("v ")], float)
    faces = [[int(corner.split("/")[0]) for corner in line.split()[1:]] for line in lines if line.startswith("f ")]
    return vertices, np.array(faces) - 1


def read_model(root: Path, category: str, index: int) -> tuple[np.ndarray, np.ndarray]:
    return read_obj(model_folder(root, category, index) / "models/model_normalized.obj")


def distance(points: np.ndarray, mesh: tuple[np.ndarray, np.ndarray]) -> float:
    """The largest distance of points from a mesh, in its longest edges."""
    vertices, faces = mesh
    return float(surface_distance(vertices, faces.astype(np.int32), points).max() / np.ptp(vertices, axis=0).max())
