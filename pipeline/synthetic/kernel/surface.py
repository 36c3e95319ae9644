"""Closed surfaces of triangles with texture coordinates: move, turn, mirror, join, find the nearest point."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Float64, Int32, Int64
from scipy.spatial.transform import Rotation
from trimesh import triangles

Vector = Float64[np.ndarray, " 3"]
Point = Vector | Sequence[float]
LEFT = np.array([-1.0, 1.0, 1.0])  # times a point: its mirror image in the plane x = 0
TEXTURE_SIZE = 0.35  # units that a texture covers where nothing else is said


@dataclass(frozen=True)
class Surface:
    """A triangle mesh, outward faces counter-clockwise. `uv` stands at face corners and may leave [0, 1]."""

    vertices: Float64[np.ndarray, "v 3"]
    faces: Int32[np.ndarray, "f 3"]
    uv: Float64[np.ndarray, "f 3 2"]

    def moved(self, offset: Point) -> Surface:
        """The surface shifted by `offset`."""
        return replace(self, vertices=self.vertices + np.asarray(offset, np.float64))

    def turned(self, axis: str, angle: float) -> Surface:
        """The surface turned by `angle` radians about the axis "x", "y" or "z" (right-hand rule)."""
        return replace(self, vertices=Rotation.from_euler(axis, angle).apply(self.vertices))

    def mirrored(self) -> Surface:
        """The surface mirrored in the plane x = 0, its faces turned so that they still look outward."""
        return Surface(self.vertices * LEFT, self.faces[:, ::-1].copy(), self.uv[:, ::-1].copy())

    def mapped(self, uv: Float64[np.ndarray, "v 2"]) -> Surface:
        """The surface with texture coordinates given at its vertices."""
        return replace(self, uv=uv[self.faces])

    def with_mirror_image(self) -> Surface:
        """The surface and its mirror image as one."""
        return joined([self, self.mirrored()])


def joined(surfaces: Sequence[Surface]) -> Surface:
    """Join surfaces into one, for pieces of many like members. Each member stays closed by itself."""
    first = np.cumsum([0, *(len(surface.vertices) for surface in surfaces)])[:-1]
    faces = [surface.faces + start for surface, start in zip(surfaces, first, strict=True)]
    return Surface(
        np.concatenate([surface.vertices for surface in surfaces]),
        np.concatenate(faces).astype(np.int32),
        np.concatenate([surface.uv for surface in surfaces]),
    )


def closed(
    vertices: Float64[np.ndarray, "v 3"], faces: Int64[np.ndarray, "f 3"], texture_size: float = TEXTURE_SIZE
) -> Surface:
    """A closed surface, turned outward, without faces of no area (where a section comes to a point).

    Texture coordinates are projections along each face's main axis; the texture repeats every `texture_size` units. u
    runs along the longer of the two axes left, so that grain follows the length of a piece.
    """
    faces = faces[np.linalg.norm(face_normals(vertices, faces), axis=1) > 1e-12].astype(np.int32)
    if signed_volume(vertices, faces) < 0:
        faces = faces[:, ::-1].copy()
    main = np.abs(face_normals(vertices, faces)).argmax(axis=1)
    longest_first = np.argsort(-np.ptp(vertices, axis=0), kind="stable")
    left = np.array([[axis for axis in longest_first if axis != dropped] for dropped in range(3)])
    return Surface(vertices, faces, np.take_along_axis(vertices[faces], left[main][:, None, :], axis=2) / texture_size)


def signed_volume(vertices: Float64[np.ndarray, "v 3"], faces: Int32[np.ndarray, "f 3"]) -> float:
    """The volume inside a closed surface; negative where its faces look inward."""
    corners = vertices[faces]
    return float(np.einsum("fi,fi->", corners[:, 0], np.cross(corners[:, 1], corners[:, 2])) / 6.0)


def face_normals(
    vertices: Float64[np.ndarray, "v 3"], faces: Int32[np.ndarray, "f 3"] | Int64[np.ndarray, "f 3"]
) -> Float64[np.ndarray, "f 3"]:
    """Normals of the faces; their lengths are twice the areas."""
    corners = vertices[faces]
    return np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])


def nearest(corners: Float64[np.ndarray, "f 3 3"], point: Vector) -> tuple[int, Vector]:
    """The point of some faces nearest to `point`: its face, the first of equals, and its weights (>= 0, sum 1)."""
    feet = triangles.closest_point(corners, np.broadcast_to(point, (len(corners), 3)))  # type: ignore[no-untyped-call]
    face = int(np.linalg.norm(feet - point, axis=1).argmin())
    weights = triangles.points_to_barycentric(corners[[face]], feet[[face]])[0].clip(0.0)  # type: ignore[no-untyped-call]
    return face, weights / weights.sum()
