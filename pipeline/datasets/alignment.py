"""Maps from the frames of the data sets to the world: 4x4 matrices for column vectors.

World: right-handed, +Y up, front -Z (ShapeNetCore v2's axes), origin at the centre of the surface's bounding box, its
longest edge of a set length. Y is up in every data set; the fronts are +X (ShapeNet v1, ShapeNet part), -Z (v2,
KeypointNet) and +Z (PartNet).

Two boxes of a mesh differ where a file holds vertices without faces, as some do: the surface's, which is what is seen,
and that of all vertices, by which ShapeNet put v1's origin in the centre and set the diagonal of both releases to 1.
"""

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from jaxtyping import Float64, Int32

from pipeline.datasets.axes import PARTNET, SHAPENET_V1, SHAPENET_V2, WORLD, Axes, rotation

Matrix: TypeAlias = Float64[np.ndarray, "4 4"]
Bounds: TypeAlias = Float64[np.ndarray, "2 3"]
_UNIT_BOX = np.array([[-0.5] * 3, [0.5] * 3]) / np.sqrt(3.0)  # its centre is the origin, its diagonal 1


@dataclass(frozen=True)
class PlacedMesh:
    """A mesh and its place in the world. `vertices` are all of its file's."""

    vertices: Float64[np.ndarray, "v 3"]
    faces: Int32[np.ndarray, "f 3"]
    axes: Axes
    world_from_mesh: Float64[np.ndarray, "4 4"]

    def surface_bounds(self) -> Bounds:
        """The box of the vertices that have faces."""
        return surface_bounds(self.vertices, self.faces)


def point_bounds(points: Float64[np.ndarray, "n 3"]) -> Bounds:
    """Smallest and largest corner of the points' axis-aligned box."""
    return np.stack([points.min(axis=0), points.max(axis=0)])


def surface_bounds(vertices: Float64[np.ndarray, "v 3"], faces: Int32[np.ndarray, "f 3"]) -> Bounds:
    """The box of the vertices that have faces."""
    used = np.zeros(len(vertices), dtype=bool)
    used[faces] = True
    return point_bounds(vertices[used])


def transform(matrix: Matrix, points: Float64[np.ndarray, "n 3"]) -> Float64[np.ndarray, "n 3"]:
    """The points after an affine map."""
    moved: Float64[np.ndarray, "n 3"] = points @ matrix[:3, :3].T + matrix[:3, 3]
    return moved


def place_mesh(
    vertices: Float64[np.ndarray, "v 3"], faces: Int32[np.ndarray, "f 3"], axes: Axes, longest_edge: float
) -> PlacedMesh:
    """Place a mesh so that its surface's box is centred on the world's origin and its longest edge is `longest_edge`.

    Raises ValueError if the box has no extent.
    """
    box = surface_bounds(vertices, faces)
    extent = float(np.ptp(box, axis=0).max())
    if not extent > 1e-100:  # scales beyond overflow
        raise ValueError("the bounding box has no extent")
    world = _about(rotation(WORLD, axes), box.mean(axis=0), longest_edge / extent, np.zeros(3))
    return PlacedMesh(vertices, faces, axes, world)


def world_from_keypointnet(mesh: PlacedMesh) -> Matrix:
    """World from KeypointNet's coordinates, which are those of the v2 obj, for a mesh of ShapeNetCore v1 or v2.

    v2: exact. v1: turned, then shifted by the mean of v1's distinct vertices, because v2's origin is the mean of its
    own, each written once, and KeypointNet's files do not hold the v2 box that would give the shift exactly. This is
    off where v2 keeps vertices of vanished faces that v1 lacks: 1.1e-4 of the box's diagonal on a plane (two such
    vertices), 7e-7 on a chair (none). Check the result with `surface_distance`.
    """
    if mesh.axes == SHAPENET_V2:
        return mesh.world_from_mesh
    centre = np.unique(mesh.vertices, axis=0).mean(axis=0)
    return _in_world(mesh, _about(rotation(mesh.axes, SHAPENET_V2), np.zeros(3), 1.0, centre))


def world_from_shapenet_part(mesh: PlacedMesh) -> Matrix:
    """World from ShapeNet part's points, which are in v1's coordinates: box centre at the origin, box diagonal 1.

    v1: exact, they are the mesh's own. v2: turned, then laid on the box of all vertices, which both releases share.
    """
    if mesh.axes == SHAPENET_V1:
        return mesh.world_from_mesh
    return _in_world(mesh, _onto(rotation(mesh.axes, SHAPENET_V1), _UNIT_BOX, point_bounds(mesh.vertices)))


def world_from_partnet(mesh: PlacedMesh, objs: Bounds) -> Matrix:
    """World from PartNet's points: turned, then the box of all its objs laid on the box of the mesh's surface.

    This is compute_transmat_shapenetv1_to_partnet.py. It fails on a few models whose orientation ShapeNet changed
    later, which nothing in the files tells: check the result with `surface_distance`. Raises ValueError if the box of
    the objs has no extent.
    """
    return _in_world(mesh, _onto(rotation(mesh.axes, PARTNET), objs, mesh.surface_bounds()))


def _in_world(mesh: PlacedMesh, mesh_from_points: Matrix) -> Matrix:
    world: Matrix = mesh.world_from_mesh @ mesh_from_points
    return world


def _onto(turn: Float64[np.ndarray, "3 3"], source: Bounds, target: Bounds) -> Matrix:
    """The turn, scale and shift that lay centre and diagonal of `source` on those of `target`."""
    diagonal = float(np.linalg.norm(np.ptp(source, axis=0)))
    if not diagonal > 1e-100:
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
