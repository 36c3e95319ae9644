"""Closed surfaces of triangles with texture coordinates: move, turn, mirror, join, measure."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64, Int32

LEFT = np.array([-1.0, 1.0, 1.0])  # times a point: its mirror image in the plane x = 0


@dataclass(frozen=True)
class Surface:
    """A triangle mesh, outward faces counter-clockwise. `uv` stands at face corners and may leave [0, 1]."""

    vertices: Float64[np.ndarray, "v 3"]
    faces: Int32[np.ndarray, "f 3"]
    uv: Float64[np.ndarray, "f 3 2"]


def moved(surface: Surface, offset: tuple[float, float, float] | Float64[np.ndarray, " 3"]) -> Surface:
    """The surface shifted by `offset`."""
    return Surface(surface.vertices + np.asarray(offset, np.float64), surface.faces, surface.uv)


def turned(surface: Surface, rotation: Float64[np.ndarray, "3 3"]) -> Surface:
    """The surface rotated about the origin."""
    return Surface(surface.vertices @ rotation.T, surface.faces, surface.uv)


def mirrored(surface: Surface) -> Surface:
    """The surface mirrored in the plane x = 0, its faces turned so that they still look outward."""
    return Surface(surface.vertices * LEFT, surface.faces[:, ::-1].copy(), surface.uv[:, ::-1].copy())


def joined(surfaces: Sequence[Surface]) -> Surface:
    """Join surfaces into one, for pieces of many like members. Each member stays closed by itself."""
    first = np.cumsum([0, *(len(surface.vertices) for surface in surfaces)])[:-1]
    faces = [surface.faces + start for surface, start in zip(surfaces, first, strict=True)]
    return Surface(
        np.concatenate([surface.vertices for surface in surfaces]),
        np.concatenate(faces).astype(np.int32),
        np.concatenate([surface.uv for surface in surfaces]),
    )


def symmetric(right: Surface) -> Surface:
    """A surface and its mirror image as one."""
    return joined([right, mirrored(right)])


def rotation(axis: tuple[float, float, float], angle: float) -> Float64[np.ndarray, "3 3"]:
    """The matrix that turns by `angle` radians about `axis` through the origin (right-hand rule)."""
    x, y, z = np.asarray(axis, np.float64) / np.linalg.norm(axis)
    cross = np.array([[0.0, -z, y], [z, 0.0, -x], [-y, x, 0.0]])
    matrix: Float64[np.ndarray, "3 3"] = np.eye(3) + np.sin(angle) * cross + (1.0 - np.cos(angle)) * (cross @ cross)
    return matrix


def signed_volume(vertices: Float64[np.ndarray, "v 3"], faces: Int32[np.ndarray, "f 3"]) -> float:
    """The volume inside a closed surface; negative where its faces look inward."""
    corners = vertices[faces]
    return float(np.einsum("fi,fi->", corners[:, 0], np.cross(corners[:, 1], corners[:, 2])) / 6.0)


def face_normals(vertices: Float64[np.ndarray, "v 3"], faces: Int32[np.ndarray, "f 3"]) -> Float64[np.ndarray, "f 3"]:
    """Normals of the faces; their lengths are twice the areas."""
    corners = vertices[faces]
    return np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])


def box_mapped(
    vertices: Float64[np.ndarray, "v 3"], faces: Int32[np.ndarray, "f 3"], texture_size: float
) -> Float64[np.ndarray, "f 3 2"]:
    """Texture coordinates by projection along each face's main axis; the texture repeats every `texture_size` units.

    u runs along the longer of the two axes left, so that grain follows the length of a piece.
    """
    main = np.abs(face_normals(vertices, faces)).argmax(axis=1)
    longest_first = np.argsort(-np.ptp(vertices, axis=0), kind="stable")
    left = np.array([[axis for axis in longest_first if axis != dropped] for dropped in range(3)])
    return np.take_along_axis(vertices[faces], left[main][:, None, :], axis=2) / texture_size


def nearest(surface: Surface, point: Float64[np.ndarray, " 3"]) -> tuple[int, Float64[np.ndarray, " 3"], float]:
    """The point of the surface nearest to `point`: its face, its barycentric weights (>= 0, sum 1), its distance.

    It is the foot of the perpendicular on a face if that lies inside, and on an edge otherwise: all are tried.
    """
    corners = surface.vertices[surface.faces]
    candidates = np.stack([_inside(corners, point), *(_on_edge(corners, point, start) for start in range(3))])
    feet = np.einsum("cfk,fkd->cfd", candidates, corners)
    distance = np.where((candidates < 0.0).any(axis=2), np.inf, np.linalg.norm(feet - point, axis=2))
    candidate, face = np.unravel_index(int(distance.argmin()), distance.shape)
    return int(face), candidates[candidate, face], float(distance[candidate, face])


def _inside(corners: Float64[np.ndarray, "f 3 3"], point: Float64[np.ndarray, " 3"]) -> Float64[np.ndarray, "f 3"]:
    """Barycentric weights of the point's perpendicular foot on the plane of each face; some are below 0 outside."""
    first, second, offset = corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0], point - corners[:, 0]
    normal = np.cross(first, second)
    square = np.einsum("fd,fd->f", normal, normal)
    at_second = np.einsum("fd,fd->f", np.cross(offset, second), normal) / square
    at_third = np.einsum("fd,fd->f", np.cross(first, offset), normal) / square
    return np.stack([1.0 - at_second - at_third, at_second, at_third], axis=1)


def _on_edge(
    corners: Float64[np.ndarray, "f 3 3"], point: Float64[np.ndarray, " 3"], start: int
) -> Float64[np.ndarray, "f 3"]:
    """Barycentric weights of the point's perpendicular foot on one edge of each face, kept within the edge."""
    end = (start + 1) % 3
    edge = corners[:, end] - corners[:, start]
    share = np.einsum("fd,fd->f", point - corners[:, start], edge) / np.einsum("fd,fd->f", edge, edge)
    weights = np.zeros((len(corners), 3))
    weights[:, end] = np.clip(share, 0.0, 1.0)
    weights[:, start] = 1.0 - weights[:, end]
    return weights
