"""Colour by the ray caster: needs nothing but Python packages, runs everywhere, bit for bit the same."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float32, Float64, UInt8
from scipy.ndimage import maximum_filter, minimum_filter

from pipeline.config.settings import Camera
from render.backends.textures import Textures, bilinear, pack_textures
from render.cameras import camera_directions, focal
from render.lighting import light
from render.prepared_mesh import PreparedMesh
from render.raycast import Hits, RayCaster, rays_at

GRID = 4  # squared: rays in a pixel where an edge passes
# Rays in every pixel: of the sixteen, counted row by row, four with a row, a column and a quarter of the pixel each.
FIRST = (1, 7, 8, 14)
AGREEMENT = 0.12  # of a channel's range: rays that differ by more have an edge between them


@dataclass(frozen=True)
class _Surface:
    """A mesh and its materials.

    `light` is that of each corner, for all fronts and then for all backs of faces. `texels` is the area, in texels, of
    the parallelogram that each face halves in its texture. `colour` is that of the materials.
    """

    caster: RayCaster
    light: Float32[np.ndarray, "sides 3"]
    texels: Float64[np.ndarray, " f"]
    colour: Float32[np.ndarray, "m 3"]
    textures: Textures


class RaycastBackend:
    """Supersampled, textured, two-sided: four rays a pixel, sixteen where an edge or a texture asks for them."""

    def __init__(self, camera: Camera, lighting: str) -> None:
        """Keep the settings and compute the rays of a view."""
        self._camera, self._lighting = camera, lighting
        self._first, self._rest = _directions(camera)
        self._spacing = 1 / focal(GRID * camera.size, camera.angle_x)

    @property
    def name(self) -> str:
        """The name of what draws, for the log."""
        return "embree ray caster"

    def draw(self, mesh: PreparedMesh, poses: Float64[np.ndarray, "views 4 4"]) -> UInt8[np.ndarray, "views h w 4"]:
        """Draw as `Backend.draw` says."""
        surface = _surface(mesh, self._lighting)
        return np.stack([self._view(surface, pose) for pose in poses])

    def close(self) -> None:
        """Do nothing: there is nothing to free."""

    def _view(self, surface: _Surface, pose: Float64[np.ndarray, "4 4"]) -> UInt8[np.ndarray, "h w 4"]:
        size, eye, to_world = self._camera.size, pose[:3, 3], pose[:3, :3].T
        image = np.zeros((size**2, 4), dtype=np.uint8)
        pixels = rays_at(surface.caster.mesh, pose, self._camera)
        if len(pixels) > 0:
            first = self._samples(surface, eye, self._first[:, pixels] @ to_world)
            mean = first.mean(axis=0)
            edge = np.flatnonzero(_edges(first, width=int(pixels[-1] % size - pixels[0] % size) + 1))
            rest = self._samples(surface, eye, self._rest[:, pixels[edge]] @ to_world)
            mean[edge] = (first[:, edge].sum(axis=0) + rest.sum(axis=0)) / GRID**2
            alpha = mean[:, 3:]
            mean[:, :3] /= np.where(alpha > 0, alpha, 1)
            image[pixels] = np.rint(255 * np.clip(mean, 0, 1))
        return image.reshape(size, size, 4)

    def _samples(
        self, surface: _Surface, eye: Float64[np.ndarray, "3"], directions: Float64[np.ndarray, "rays pixels 3"]
    ) -> Float32[np.ndarray, "rays pixels 4"]:
        """Cast rays and return what each sees: sRGB 0..1 and alpha 1, or zeros where it hits nothing."""
        hits = surface.caster.cast(eye, directions.reshape(-1, 3))
        seen = np.zeros((directions.shape[0] * directions.shape[1], 4), dtype=np.float32)
        seen[hits.ray, :3] = _colour(surface, hits, self._spacing)
        seen[hits.ray, 3] = 1
        return seen.reshape(*directions.shape[:2], 4)


def _surface(mesh: PreparedMesh, lighting: str) -> _Surface:
    lit = np.ones((2 * len(mesh.faces), 3))
    if lighting == "shaded":
        lit = np.concatenate([light(mesh.normal), light(-mesh.normal)])
    textures = pack_textures(mesh.materials)
    a, b, c = (mesh.uv[:, k].astype(np.float64) for k in range(3))
    area = np.abs((b - a)[:, 0] * (c - a)[:, 1] - (b - a)[:, 1] * (c - a)[:, 0])
    return _Surface(
        RayCaster(mesh),
        lit.astype(np.float32),
        area * (textures.width * textures.height)[mesh.face_material, 0],
        np.array([material.colour for material in mesh.materials], dtype=np.float32),
        textures,
    )


def _directions(camera: Camera) -> tuple[Float64[np.ndarray, "first pixels 3"], Float64[np.ndarray, "rest pixels 3"]]:
    """Rays in each pixel, camera axes: those that are always cast, and the rest of the grid."""
    size = camera.size
    grid = camera_directions(size, camera.angle_x, GRID).reshape(size, GRID, size, GRID, 3)
    every = grid.transpose(1, 3, 0, 2, 4).reshape(GRID**2, size**2, 3)
    return every[list(FIRST)], np.delete(every, FIRST, axis=0)


def _edges(first: Float32[np.ndarray, "rays pixels 4"], width: int) -> Bool[np.ndarray, " pixels"]:
    """Pixels of a window of that width where an edge may pass: their rays disagree, or the 3 x 3 around them do."""
    apart = first.max(axis=0) - first.min(axis=0) > AGREEMENT
    mean = first.mean(axis=0).reshape(-1, width, 4)
    around = maximum_filter(mean, (3, 3, 1), mode="nearest") - minimum_filter(mean, (3, 3, 1), mode="nearest")
    return np.asarray((apart | (around.reshape(-1, 4) > AGREEMENT)).any(axis=1))


def _colour(surface: _Surface, hits: Hits, spacing: float) -> Float32[np.ndarray, "hit 3"]:
    """Material colour times texture times light on the side that the ray meets. `spacing` of rays at distance 1.

    The texture's level is the one whose texels are nearest in area to what lies between two rays, and at least 0.
    """
    mesh, weights = surface.caster.mesh, hits.barycentric.astype(np.float32)
    material = mesh.face_material.take(hits.face)
    side = np.where(hits.slope > 0, len(mesh.faces), 0)
    lit = np.einsum("ij,ij->i", surface.light.take(hits.face + side, axis=0), weights)
    colour = surface.colour.take(material, axis=0) * lit[:, None]
    textured = np.flatnonzero(surface.textures.width[material, 0] > 0)
    if len(textured) > 0:
        face = hits.face[textured]
        # Texels for a unit of area across the ray, times the area between two rays there.
        area = surface.texels[face] / np.abs(hits.slope[textured]) * (spacing * hits.distance[textured]) ** 2
        level = np.rint(np.log2(np.maximum(area, 1).astype(np.float32)) / 2).astype(np.int32)
        uv = np.einsum("ijk,ij->ik", mesh.uv.take(face, axis=0), weights[textured])
        colour[textured] *= bilinear(surface.textures, material[textured], level, uv)
    return np.asarray(colour)
