"""Colour by the ray caster: needs nothing but Python packages, runs everywhere, bit for bit the same."""

import numpy as np
from jaxtyping import Float32, Float64, Int64, UInt8

from pipeline.settings import Camera
from render.cameras import camera_directions
from render.lighting import light
from render.prepared_mesh import PreparedMesh
from render.raycast import Hits, RayCaster, rays_at

SUPERSAMPLING = 2  # squared: 4 rays a pixel, as many as the samples of the OpenGL backend


class RaycastBackend:
    """Supersampled, textured, two-sided."""

    def __init__(self, camera: Camera, lighting: str) -> None:
        """Keep the settings; there is nothing to open."""
        self._camera, self._lighting = camera, lighting
        self._directions = camera_directions(camera.size, camera.angle_x, SUPERSAMPLING)

    @property
    def name(self) -> str:
        """For the log."""
        return "embree ray caster"

    def draw(self, mesh: PreparedMesh, poses: Float64[np.ndarray, "views 4 4"]) -> UInt8[np.ndarray, "views h w 4"]:
        """See `Backend.draw`."""
        caster = RayCaster(mesh)
        return np.stack([self._view(caster, pose) for pose in poses])

    def close(self) -> None:
        """Nothing is held."""

    def _view(self, caster: RayCaster, pose: Float64[np.ndarray, "4 4"]) -> UInt8[np.ndarray, "h w 4"]:
        mesh, size, s = caster.mesh, self._camera.size, SUPERSAMPLING
        rays = rays_at(mesh, pose, self._camera, s)
        directions = self._directions[rays] @ pose[:3, :3].T
        hits = caster.cast(pose[:3, 3], directions)
        colour = _texture_colour(mesh, hits)
        if self._lighting == "shaded":
            colour = colour * _light_of_hits(mesh, hits, directions)[:, None]
        rgba = np.zeros(((size * s) ** 2, 4), dtype=np.float32)
        rgba[rays[hits.ray], :3], rgba[rays[hits.ray], 3] = colour, 1.0
        mean = rgba.reshape(size, s, size, s, 4).mean(axis=(1, 3))
        alpha = mean[..., 3:]
        rgb = np.where(alpha > 0, mean[..., :3] / np.where(alpha > 0, alpha, 1), 0)
        return np.asarray(np.rint(255 * np.concatenate([rgb, alpha], axis=-1)), dtype=np.uint8)


def _light_of_hits(
    mesh: PreparedMesh, hits: Hits, directions: Float64[np.ndarray, "n 3"]
) -> Float64[np.ndarray, " hit"]:
    """Light interpolated between the corners, on the side that the ray meets."""
    corners = mesh.vertices[mesh.faces[hits.face]]
    winding = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    side = np.where(np.einsum("ij,ij->i", winding, directions[hits.ray]) <= 0, 1.0, -1.0)
    lit = light(side[:, None, None] * mesh.normal[hits.face])
    return np.asarray(np.einsum("ij,ij->i", lit, hits.barycentric))


def _texture_colour(mesh: PreparedMesh, hits: Hits) -> Float64[np.ndarray, "hit 3"]:
    """Material colour times texture at the hits, sRGB 0..1."""
    uv = np.einsum("ijk,ij->ik", mesh.uv[hits.face], hits.barycentric)
    of_hit = mesh.face_material[hits.face]
    colour = np.array([material.colour for material in mesh.materials], dtype=np.float64)[of_hit]
    for index in np.unique(of_hit):
        texture = mesh.materials[index].texture
        if texture is not None:
            mine = of_hit == index
            colour[mine] *= _bilinear(texture, uv[mine]) / 255.0
    return np.asarray(colour)


def _bilinear(texture: UInt8[np.ndarray, "h w 3"], uv: Float64[np.ndarray, "n 2"]) -> Float32[np.ndarray, "n 3"]:
    """Texture at uv, repeated, texel centres at +0.5, v upwards."""
    height, width = texture.shape[:2]
    x = uv[:, 0] % 1.0 * width - 0.5
    y = (1.0 - uv[:, 1] % 1.0) * height - 0.5
    x0, y0 = np.floor(x).astype(np.int64), np.floor(y).astype(np.int64)
    fx, fy = (x - x0)[:, None], (y - y0)[:, None]

    def texel(column: Int64[np.ndarray, " n"], row: Int64[np.ndarray, " n"]) -> Float32[np.ndarray, "n 3"]:
        return np.asarray(texture[row % height, column % width], dtype=np.float32)

    top = texel(x0, y0) * (1 - fx) + texel(x0 + 1, y0) * fx
    bottom = texel(x0, y0 + 1) * (1 - fx) + texel(x0 + 1, y0 + 1) * fx
    return np.asarray(top * (1 - fy) + bottom * fy, dtype=np.float32)
