"""A made-up object as ShapeNetCore v2 has it: normalised, rounded, one list of triangles. All layouts use it."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64, Int32, Int64, UInt8

from pipeline.datasets.records import Material
from pipeline.synthetic.pieces import MadeUpObject
from pipeline.synthetic.surfaces import face_normals

DECIMALS = 6  # of coordinates in obj files


@dataclass(frozen=True)
class Normalised:
    """The object minus the mean of its vertices, its bounding-box diagonal 1, rounded as its obj file has it.

    `vertices` and `faces` run piece by piece; each triangle stands once. `normals` have unit length. `raw_*` are what
    ShapeNet's json keeps of the object before normalisation.
    """

    vertices: Float64[np.ndarray, "v 3"]
    faces: Int32[np.ndarray, "f 3"]
    normals: Float64[np.ndarray, "f 3"]
    uv: Float64[np.ndarray, "f 3 2"]
    face_piece: Int64[np.ndarray, " f"]
    keypoint_face: Int64[np.ndarray, " k"]
    keypoint_weights: Float64[np.ndarray, "k 3"]
    raw_min: Float64[np.ndarray, " 3"]
    raw_max: Float64[np.ndarray, " 3"]
    raw_centroid: Float64[np.ndarray, " 3"]


@dataclass(frozen=True)
class Samples:
    """Points drawn from the surface, uniformly by area: their faces and their barycentric weights."""

    face: Int64[np.ndarray, " n"]
    weights: Float64[np.ndarray, "n 3"]


def normalised(made: MadeUpObject) -> Normalised:
    """The object in ShapeNetCore v2's frame (+Y up, front -Z)."""
    surfaces = [piece.surface for piece in made.pieces]
    first_vertex = np.cumsum([0, *(len(surface.vertices) for surface in surfaces)])
    first_face = np.cumsum([0, *(len(surface.faces) for surface in surfaces)])
    raw = np.concatenate([surface.vertices for surface in surfaces])
    low, high, centroid = raw.min(axis=0), raw.max(axis=0), raw.mean(axis=0)
    vertices = rounded_to((raw - centroid) / np.linalg.norm(high - low), DECIMALS)
    faces = np.concatenate([s.faces + first for s, first in zip(surfaces, first_vertex[:-1], strict=True)]).astype(
        np.int32
    )
    across = face_normals(vertices, faces)
    return Normalised(
        vertices=vertices,
        faces=faces,
        normals=across / np.linalg.norm(across, axis=1, keepdims=True),
        uv=np.concatenate([surface.uv for surface in surfaces]),
        face_piece=np.repeat(np.arange(len(surfaces)), np.diff(first_face)),
        keypoint_face=np.array([first_face[k.piece] + k.face for k in made.keypoints], np.int64),
        keypoint_weights=np.stack([k.weights for k in made.keypoints]),
        raw_min=low,
        raw_max=high,
        raw_centroid=centroid,
    )


def sampled(mesh: Normalised, count: int, rng: np.random.Generator) -> Samples:
    """`count` points of the surface, uniform by area (Osada et al. 2002, section 4.1)."""
    corners = mesh.vertices[mesh.faces]
    area = np.linalg.norm(np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]), axis=1)
    reach = np.cumsum(area)
    face = np.searchsorted(reach, rng.random(count) * reach[-1], side="right").astype(np.int64)
    root, share = np.sqrt(rng.random(count)), rng.random(count)
    return Samples(face, np.stack([1.0 - root, root * (1.0 - share), root * share], axis=1))


def points_at(mesh: Normalised, at: Samples) -> Float64[np.ndarray, "n 3"]:
    """Coordinates of samples."""
    points: Float64[np.ndarray, "n 3"] = np.einsum("nk,nkd->nd", at.weights, mesh.vertices[mesh.faces[at.face]])
    return points


def colours_at(made: MadeUpObject, mesh: Normalised, at: Samples) -> UInt8[np.ndarray, "n 3"]:
    """sRGB of the surface at samples."""
    uv = np.einsum("nk,nkd->nd", at.weights, mesh.uv[at.face])
    colours = np.zeros((len(uv), 3))
    piece = mesh.face_piece[at.face]
    for number, made_piece in enumerate(made.pieces):
        here = piece == number
        colours[here] = _colour(made.materials[made_piece.material], uv[here])
    return np.round(255.0 * colours).astype(np.uint8)


def rounded_to(values: Float64[np.ndarray, "*shape"], decimals: int) -> Float64[np.ndarray, "*shape"]:
    """Rounded, with no minus zero."""
    plain: Float64[np.ndarray, "*shape"] = np.round(values, decimals) + 0.0
    return plain


def _colour(material: Material, uv: Float64[np.ndarray, "n 2"]) -> Float64[np.ndarray, "n 3"]:
    """The material's colour times its texture, whose lower left corner is at (0, 0) and which repeats."""
    tint = np.broadcast_to(np.asarray(material.colour), (len(uv), 3))
    if material.texture is None:
        return tint.copy()
    height, width, _ = material.texture.shape
    column = np.floor(uv[:, 0] * width).astype(int) % width
    row = np.floor((1.0 - uv[:, 1]) * height).astype(int) % height
    colours: Float64[np.ndarray, "n 3"] = tint * material.texture[row, column] / 255.0
    return colours
