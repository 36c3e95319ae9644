"""`python -m benchmarks.mesh_iou MODEL_FOLDER [--category chair]`: how well an exported mesh fills the true object.

In the project's folder, with made-up objects. Objects of the test split are seen in one view. The mesh of
`featurenerf.export_mesh` and the true mesh are compared at the cell centres of the grid that the mesh is made from: the
IoU of what lies inside. Beside the default density level are those of other rules:

  default     `density_level`: the median density that rays through the object meet
  step        a step as long as the distance of the field's coarse samples absorbs half of the light
  grid step   a step as long as a cell of the grid absorbs half of the light
  best        the level that is best for each object, which needs the truth

Made-up objects are made of closed pieces that overlap, so the whole mesh is not one closed surface. A point is inside
if a ray to it has entered pieces more often than it has left them. That is asked along three axes; two must agree.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import numpy as np
import trimesh

import featurenerf
from featurenerf.exports.surface_mesh import density_level
from featurenerf.field import Field
from pipeline.artifacts.prepared_meshes import prepared_meshes_folder
from pipeline.artifacts.project import Project
from pipeline.config.settings import load_settings
from pipeline.errors import UserError
from render.kept_meshes import PreparedMeshes

LEVELS = np.geomspace(0.1, 1000, 81)


def main() -> None:
    """Print the mean IoU of each rule."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", type=Path)
    parser.add_argument("--category", default="chair")
    parser.add_argument("--objects", type=int, default=10)
    parser.add_argument("--view", type=int, default=3)
    parser.add_argument("--cells", type=int, default=64)
    arguments = parser.parse_args()
    field, start = featurenerf.load_field(arguments.model), time.perf_counter()
    project = Project(load_settings())
    manifest = project.manifest(arguments.category)
    meshes = PreparedMeshes(project.roots().meshes, prepared_meshes_folder(project.root, manifest.category))
    views, rows = featurenerf.open_views(arguments.category), []
    for item in [item for item in manifest.of_split("test") if item.id in views.ids][: arguments.objects]:
        rgba, pose = views.rgba(item.id)[arguments.view], views.pose(item.id)[arguments.view]
        seen = field.see(rgba, pose=pose, intrinsics=views.intrinsics(item.id)[arguments.view])
        mesh = meshes.of(manifest.key(item.id), item)
        rows.append(dict(ious(field, seen, mesh.vertices, mesh.faces, arguments.cells)))
        print(item.id, "  ".join(f"{name} {iou:.3f} at {level:.3g}" for name, (iou, level) in rows[-1].items()))
    print(f"{arguments.category}: {len(rows)} objects, {arguments.cells} cells, {time.perf_counter() - start:.0f} s")
    for name in rows[0]:
        found = np.array([row[name] for row in rows])
        print(f"{name:10} IoU mean {found[:, 0].mean():.3f}  least {found[:, 0].min():.3f}  median level "
              f"{np.median(found[:, 1]):.3g}")  # fmt: skip


def ious(
    field: Field, seen: featurenerf.SeenObject, vertices: np.ndarray, faces: np.ndarray, cells: int
) -> Iterator[tuple[str, tuple[float, float]]]:
    """Yield for each rule the IoU of an object and the level."""
    volume = seen.volume(cells, feature=False, internal=False)
    true = occupancy(vertices, faces, cells, volume.edge)
    camera, half = field.camera, np.log(2)
    rules = {
        "step": half / ((camera.far - camera.near) / field.settings.coarse_samples),
        "grid step": half / (volume.edge / cells),
    }
    try:
        rules = {"default": density_level(seen), **rules}
    except UserError:  # nothing solid
        rules = {"default": np.inf, **rules}
    best = max(LEVELS, key=lambda level: iou(volume.density > level, true))
    for name, level in {**rules, "best": best}.items():
        yield name, (iou(volume.density > level, true), float(level))


def iou(a: np.ndarray, b: np.ndarray) -> float:
    """Return intersection over union of two sets, 0 if both are empty."""
    union = int((a | b).sum())
    return int((a & b).sum()) / union if union else 0.0


def occupancy(vertices: np.ndarray, faces: np.ndarray, n: int, edge: float) -> np.ndarray:
    """Return which cell centres of an n x n x n grid, a cube around the origin, lie inside closed pieces."""
    shape: Any = cast("Any", trimesh).Trimesh(vertices, faces, process=False)
    votes = sum(entered_along(shape, axis, n, edge).astype(int) for axis in range(3))
    return np.asarray(votes) >= 2


def entered_along(shape: Any, axis: int, n: int, edge: float) -> np.ndarray:
    """Return where rays along an axis have entered pieces more often than they have left them."""
    centres = ((np.arange(n) + 0.5) / n - 0.5) * edge
    across = [other for other in range(3) if other != axis]
    origins = np.full((n * n, 3), -2 * edge)
    origins[:, across] = np.stack(np.meshgrid(centres, centres, indexing="ij"), axis=-1).reshape(-1, 2)
    directions = np.zeros_like(origins)
    directions[:, axis] = 1
    places, ray, face = shape.ray.intersects_location(origins, directions, multiple_hits=True)
    counts = np.zeros((n * n, n + 1), dtype=int)
    after = np.searchsorted(centres, places[:, axis])
    np.add.at(counts, (ray, after), np.where(shape.face_normals[face][:, axis] < 0, 1, -1))
    inside = np.cumsum(counts, axis=1)[:, :n].reshape(n, n, n) > 0
    return np.moveaxis(inside, 2, axis)


if __name__ == "__main__":
    main()
