"""Smooth normals that survive what mesh collections do to winding and creases."""

import numpy as np
from jaxtyping import Float64, Int32

CREASE_COSINE = float(np.cos(np.radians(40.0)))


def face_normals(
    vertices: Float64[np.ndarray, "v 3"], faces: Int32[np.ndarray, "f 3"]
) -> tuple[Float64[np.ndarray, "f 3"], Float64[np.ndarray, " f"]]:
    """Unit normals by the right-hand rule, and areas. A face without area has the normal 0."""
    a, b, c = (vertices[faces[:, k]] for k in range(3))
    cross = np.cross(b - a, c - a)
    length = np.linalg.norm(cross, axis=1)
    return cross / np.where(length > 0, length, 1)[:, None], 0.5 * length


def corner_normals(
    vertices: Float64[np.ndarray, "v 3"], faces: Int32[np.ndarray, "f 3"]
) -> Float64[np.ndarray, "f 3 3"]:
    """A unit normal for each corner of each face.

    The area-weighted mean of the normals of the faces at that position which lie within 40 degrees, each turned to the
    corner's own side: neighbours with opposite winding, frequent in ShapeNet, neither cancel nor make a crease.
    """
    normal, area = face_normals(vertices, faces)
    _, position = np.unique(vertices.round(7), axis=0, return_inverse=True)
    corner_position = position.reshape(-1)[faces.reshape(-1)]
    order = np.argsort(corner_position, kind="stable")
    sorted_position = corner_position[order]
    starts = np.searchsorted(sorted_position, corner_position, "left")
    counts = np.searchsorted(sorted_position, corner_position, "right") - starts

    # Every corner meets every face at its position, itself among them.
    corner = np.repeat(np.arange(len(corner_position)), counts)
    offset = np.arange(len(corner)) - np.repeat(np.cumsum(counts) - counts, counts)
    own = corner // 3
    other = order[starts[corner] + offset] // 3
    cosine = np.einsum("ij,ij->i", normal[own], normal[other])
    weight = np.where(np.abs(cosine) >= CREASE_COSINE, np.sign(cosine) * area[other], 0.0)
    total = np.stack(
        [np.bincount(corner, weight * normal[other, axis], minlength=len(corner_position)) for axis in range(3)], axis=1
    )
    length = np.linalg.norm(total, axis=1, keepdims=True)
    smooth = np.where(length > 0, total / np.where(length > 0, length, 1), normal[np.arange(len(total)) // 3])
    return smooth.reshape(-1, 3, 3)
