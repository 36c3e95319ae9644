"""The ray caster: depth, foreground and hits, by embree through trimesh."""

from dataclasses import dataclass

import numpy as np
import trimesh
from jaxtyping import Bool, Float32, Float64, Int64
from trimesh.ray.ray_pyembree import RayMeshIntersector

from pipeline.config.settings import Camera
from render.cameras import camera_directions, centred_intrinsics, project
from render.prepared_mesh import PreparedMesh


@dataclass(frozen=True)
class Hits:
    """First hits of n rays: which rays hit (`ray`), the face, and barycentric coordinates of the point in it.

    `slope` is the ray's direction times the face's normal of twice its area as length: negative on the front, the side
    from which the face is wound counter-clockwise.
    """

    ray: Int64[np.ndarray, " hit"]
    face: Int64[np.ndarray, " hit"]
    barycentric: Float64[np.ndarray, "hit 3"]
    distance: Float64[np.ndarray, " hit"]
    slope: Float64[np.ndarray, " hit"]


class RayCaster:
    """Casts rays into one mesh. Building it costs one acceleration structure; casting changes nothing."""

    def __init__(self, mesh: PreparedMesh) -> None:
        """Build the acceleration structure of `mesh` (world units)."""
        self.mesh = mesh
        self._corner = mesh.vertices[mesh.faces[:, 0]]
        edge_b, edge_c = (mesh.vertices[mesh.faces[:, k]] - self._corner for k in (1, 2))
        normal = np.cross(edge_b, edge_c)
        squared = np.einsum("ij,ij->i", normal, normal)[:, None]
        gradients = (np.cross(edge_c, normal) / squared, np.cross(normal, edge_b) / squared)
        # Rows of a face: its normal, and the gradients of the barycentric weights of its second and third corner.
        self._rows = np.stack([normal, *gradients], axis=1)
        shape = trimesh.Trimesh(mesh.vertices, mesh.faces, process=False, validate=False)
        # embree works in fp32; trimesh scales small meshes up for it
        self._caster = RayMeshIntersector(shape, scale_to_box=True)

    def first_faces(
        self, origin: Float64[np.ndarray, "3"], directions: Float64[np.ndarray, "n 3"]
    ) -> Int64[np.ndarray, " n"]:
        """The face that each ray from `origin` along a unit direction (world frame) meets first, -1 where none."""
        if len(directions) == 0:  # embree reads the first ray
            return np.zeros(0, dtype=np.int64)
        face = self._caster.intersects_first(np.broadcast_to(origin, directions.shape), directions)
        return np.asarray(face, dtype=np.int64)

    def cast(self, origin: Float64[np.ndarray, "3"], directions: Float64[np.ndarray, "n 3"]) -> Hits:
        """First hits of rays from one origin along unit directions, world frame."""
        face = self.first_faces(origin, directions)
        ray = np.flatnonzero(face >= 0)
        return self.meet(origin, directions, ray, face[ray])

    def meet(
        self,
        origin: Float64[np.ndarray, "3"],
        directions: Float64[np.ndarray, "n 3"],
        ray: Int64[np.ndarray, " m"],
        face: Int64[np.ndarray, " m"],
    ) -> Hits:
        """Hits of the rays numbered `ray` with the faces that embree names for them.

        The point is the exact intersection with the face's plane in fp64.
        """
        rows = self._rows.take(face, axis=0)
        start = np.einsum("ijk,ik->ij", rows, origin - self._corner.take(face, axis=0))
        along = np.einsum("ijk,ik->ij", rows, directions.take(ray, axis=0))
        sound = np.abs(along[:, 0]) > 1e-14  # a face seen exactly edge-on has no point; embree reports hardly any
        if not sound.all():
            ray, face, start, along = ray[sound], face[sound], start[sound], along[sound]
        distance = -start[:, 0] / along[:, 0]
        weight_b, weight_c = (start[:, 1:] + distance[:, None] * along[:, 1:]).T
        barycentric = np.stack([1 - weight_b - weight_c, weight_b, weight_c], axis=1)
        return Hits(ray, face, barycentric, distance, along[:, 0])


def rays_at(
    mesh: PreparedMesh, pose: Float64[np.ndarray, "4 4"], camera: Camera, supersampling: int = 1
) -> Int64[np.ndarray, " n"]:
    """The rays of `camera_directions` that can hit the mesh: those inside the box of its projected vertices."""
    fine = camera.size * supersampling
    uv, depth = project(mesh.vertices, pose, centred_intrinsics(fine, camera.angle_x))
    if (depth <= 0).any():  # behind the camera a projection says nothing
        return np.arange(fine * fine)
    # a column at a time: numpy's least along the long axis of an n x 2 array costs ten times as much
    left, top = (int(np.clip(np.floor(axis.min()) - 1, 0, fine)) for axis in uv.T)
    right, bottom = (int(np.clip(np.ceil(axis.max()) + 1, 0, fine)) for axis in uv.T)
    rays: Int64[np.ndarray, " n"] = (np.arange(top, bottom)[:, None] * fine + np.arange(left, right)).reshape(-1)
    return rays


def cast_depth(caster: RayCaster, pose: Float64[np.ndarray, "4 4"], camera: Camera) -> Float32[np.ndarray, "h w"]:
    """Depth along the optical axis through each pixel centre, 0 where the ray hits nothing."""
    rays = rays_at(caster.mesh, pose, camera)
    local = camera_directions(camera.size, camera.angle_x)[rays]
    hits = caster.cast(pose[:3, 3], local @ pose[:3, :3].T)
    depth = np.zeros(camera.size**2, dtype=np.float32)
    depth[rays[hits.ray]] = hits.distance * -local[hits.ray, 2]
    return depth.reshape(camera.size, camera.size)


def foreground(depth: Float32[np.ndarray, "*views h w"]) -> Bool[np.ndarray, "*views h w"]:
    """Mark the pixels through whose centre a ray hits the object."""
    return depth > 0
