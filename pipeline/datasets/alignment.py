"""Maps from the frames of the data sets to the world: 4x4 matrices for column vectors.

World: right-handed, +Y up, front -Z (ShapeNetCore v2's axes), origin at the centre of the surface's bounding box, its
longest edge of a set length. Y is up in every data set; the fronts are +X (ShapeNet v1, ShapeNet part), -Z (v2,
KeypointNet) and +Z (PartNet).

Two boxes of a mesh differ where a file holds vertices without faces, as some do: the surface's, which is what is seen,
and that of all vertices, by which ShapeNet put v1's origin in the centre and set the diagonal of both releases to 1.
"""

from typing import TypeAlias

import numpy as np
from jaxtyping import Float64

from pipeline.datasets.records import Mesh
from pipeline.datasets.shapenet import Version

Matrix: TypeAlias = Float64[np.ndarray, "4 4"]
Bounds: TypeAlias = Float64[np.ndarray, "2 3"]

# Rotations without mirror. x2 = z1, y2 = y1, z2 = -x1: agrees to 2e-6 on a plane that both releases hold.
_V2_FROM_V1 = np.array([[0.0, 0.0, 1.0], [0.0, 1.0, 0.0], [-1.0, 0.0, 0.0]])
# x1 = z, y1 = y, z1 = -x (compute_transmat_shapenetv1_to_partnet.py): the same numbers, between other frames.
_V1_FROM_PARTNET = _V2_FROM_V1


def bounds_of(points: Float64[np.ndarray, "n 3"]) -> Bounds:
    """Smallest and largest corner of the points' axis-aligned box."""
    return np.stack([points.min(axis=0), points.max(axis=0)])


def surface_bounds(mesh: Mesh) -> Bounds:
    """The box of the vertices that have faces."""
    return bounds_of(mesh.vertices[mesh.faces.reshape(-1)])


def transform(matrix: Matrix, points: Float64[np.ndarray, "n 3"]) -> Float64[np.ndarray, "n 3"]:
    """The points after an affine map."""
    moved: Float64[np.ndarray, "n 3"] = points @ matrix[:3, :3].T + matrix[:3, 3]
    return moved


def world_from_shapenet(version: Version, surface: Bounds, longest_edge: float) -> Matrix:
    """World from the mesh's frame: the surface's box centred on the origin, its longest edge `longest_edge` long.

    Raises ValueError if the box has no extent.
    """
    extent = float(np.ptp(surface, axis=0).max())
    if not extent > 0:
        raise ValueError("the bounding box has no extent")
    return _about(_v2_from(version), surface.mean(axis=0), longest_edge / extent, np.zeros(3))


def world_from_keypointnet(version: Version, world_from_mesh: Matrix, vertices: Float64[np.ndarray, "v 3"]) -> Matrix:
    """World from KeypointNet's coordinates, which are those of the v2 obj; `vertices` are all of the mesh file's.

    v2: exact. v1: turned, then shifted by the mean of v1's distinct vertices, because v2's origin is the mean of its
    own, each written once, and KeypointNet's files do not hold the v2 box that would give the shift exactly. This is
    off where v2 keeps vertices of vanished faces that v1 lacks: 1.1e-4 of the box's diagonal on a plane (two such
    vertices), 7e-7 on a chair (none). Check the result with `surface_distance`.
    """
    if version == "shapenet-v2":
        return world_from_mesh
    return _after(world_from_mesh, _about(_V2_FROM_V1.T, np.zeros(3), 1.0, np.unique(vertices, axis=0).mean(axis=0)))


def world_from_shapenet_part(version: Version, world_from_mesh: Matrix, all_vertices: Bounds) -> Matrix:
    """World from ShapeNet part's points, which are in v1's coordinates: box centre at the origin, box diagonal 1.

    v1: exact, they are the mesh's own. v2: turned, then laid on the box of all vertices, which both releases share.
    """
    if version == "shapenet-v1":
        return world_from_mesh
    return _after(world_from_mesh, _onto(_V2_FROM_V1, _unit_box(), all_vertices))


def world_from_partnet(version: Version, world_from_mesh: Matrix, surface: Bounds, objs: Bounds) -> Matrix:
    """World from PartNet's points: turned, then the box of all its objs laid on the box of the mesh's surface.

    This is compute_transmat_shapenetv1_to_partnet.py. It fails on a few models whose orientation ShapeNet changed
    later, which nothing in the files tells: check the result with `surface_distance`. Raises ValueError if the box of
    the objs has no extent.
    """
    turn = _V1_FROM_PARTNET if version == "shapenet-v1" else _V2_FROM_V1 @ _V1_FROM_PARTNET
    return _after(world_from_mesh, _onto(turn, objs, surface))


def _v2_from(version: Version) -> Float64[np.ndarray, "3 3"]:
    return _V2_FROM_V1 if version == "shapenet-v1" else np.eye(3)


def _after(second: Matrix, first: Matrix) -> Matrix:
    """The map that applies `first`, then `second`."""
    product: Matrix = second @ first
    return product


def _unit_box() -> Bounds:
    """A box about the origin with diagonal 1; only its centre and diagonal matter."""
    half = 0.5 / np.sqrt(3.0)
    return np.array([[-half] * 3, [half] * 3])


def _onto(turn: Float64[np.ndarray, "3 3"], source: Bounds, target: Bounds) -> Matrix:
    """The turn, scale and shift that lay centre and diagonal of `source` on those of `target`."""
    diagonal = float(np.linalg.norm(np.ptp(source, axis=0)))
    if not diagonal > 0:
        raise ValueError("the bounding box has no extent")
    scale = float(np.linalg.norm(np.ptp(target, axis=0))) / diagonal
    return _about(turn, source.mean(axis=0), scale, target.mean(axis=0))


def _about(
    turn: Float64[np.ndarray, "3 3"], centre: Float64[np.ndarray, "3"], scale: float, target: Float64[np.ndarray, "3"]
) -> Matrix:
    """x -> scale * turn @ (x - centre) + target."""
    matrix = np.eye(4)
    matrix[:3, :3] = scale * turn
    matrix[:3, 3] = target - scale * turn @ centre
    return matrix
