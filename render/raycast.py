"""The one ray caster: depth, foreground and hits, by embree through trimesh."""

from dataclasses import dataclass

import numpy as np
import trimesh
from jaxtyping import Bool, Float32, Float64, Int64
from trimesh.ray.ray_pyembree import RayMeshIntersector

from pipeline.settings import Camera
from render.cameras import camera_directions, project
from render.prepared_mesh import PreparedMesh


@dataclass(frozen=True)
class Hits:
    """First hits of n rays: which rays hit (`ray`), the face, and barycentric coordinates of the point in it."""

    ray: Int64[np.ndarray, " hit"]
    face: Int64[np.ndarray, " hit"]
    barycentric: Float64[np.ndarray, "hit 3"]
    distance: Float64[np.ndarray, " hit"]


class RayCaster:
    """Casts rays into one mesh. Building it costs one acceleration structure; casting changes nothing."""

    def __init__(self, mesh: PreparedMesh) -> None:
        """Build the acceleration structure of `mesh` (world units)."""
        self.mesh = mesh
        self._triangles = mesh.vertices[mesh.faces]
        shape = trimesh.Trimesh(mesh.vertices, mesh.faces, process=False, validate=False)
        # embree works in fp32; trimesh scales small meshes up for it
        self._caster = RayMeshIntersector(shape, scale_to_box=True)

    def cast(self, origin: Float64[np.ndarray, "3"], directions: Float64[np.ndarray, "n 3"]) -> Hits:
        """First hits of rays from one origin along unit directions, world frame.

        embree names the face; the point is the exact intersection with that face's plane in fp64.
        """
        if len(directions) == 0:  # embree reads the first ray
            return Hits(*(np.zeros(0, dtype=np.int64),) * 2, np.zeros((0, 3)), np.zeros(0))
        face = self._caster.intersects_first(np.broadcast_to(origin, directions.shape), directions)
        ray = np.flatnonzero(face >= 0)
        face = face[ray].astype(np.int64)
        a, b, c = (self._triangles[face, k] for k in range(3))
        normal = np.cross(b - a, c - a)
        slope = np.einsum("ij,ij->i", normal, directions[ray])
        sound = np.abs(slope) > 1e-14  # a face seen exactly edge-on has no point; embree reports hardly any
        ray, face, a, b, c, normal, slope = (x[sound] for x in (ray, face, a, b, c, normal, slope))
        distance = np.einsum("ij,ij->i", normal, a - origin) / slope
        point = origin + distance[:, None] * directions[ray]
        area2 = np.einsum("ij,ij->i", normal, normal)
        weight_a = np.einsum("ij,ij->i", np.cross(c - b, point - b), normal) / area2
        weight_b = np.einsum("ij,ij->i", np.cross(a - c, point - c), normal) / area2
        return Hits(ray, face, np.stack([weight_a, weight_b, 1 - weight_a - weight_b], axis=1), distance)


def rays_at(
    mesh: PreparedMesh, pose: Float64[np.ndarray, "4 4"], camera: Camera, supersampling: int = 1
) -> Int64[np.ndarray, " n"]:
    """The rays of `camera_directions` that can hit the mesh: those inside the box of its projected vertices."""
    fine = camera.size * supersampling
    uv, depth = project(mesh.vertices[mesh.faces.reshape(-1)], pose, fine, camera.angle_x)
    if (depth <= 0).any():  # behind the camera a projection says nothing
        return np.arange(fine * fine)
    left, top = np.clip(np.floor(uv.min(axis=0)).astype(int) - 1, 0, fine)
    right, bottom = np.clip(np.ceil(uv.max(axis=0)).astype(int) + 1, 0, fine)
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
    """Where the ray through the pixel's centre hits the object."""
    return depth > 0
