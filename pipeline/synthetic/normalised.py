"""A made-up object as ShapeNetCore v2 has it: normalised, rounded, one list of triangles. All layouts use it."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64, Int32, Int64, UInt8

from pipeline.synthetic.kernel.surface import face_normals, joined
from pipeline.synthetic.pieces import MadeUpObject


@dataclass(frozen=True)
class Normalised:
    """The object minus the mean of its vertices, its bounding-box diagonal 1, rounded as its obj file has it.

    `vertices` and `faces` run piece by piece; each triangle stands once. `normals` have unit length. `raw` are the
    vertices before normalisation.
    """

    vertices: Float64[np.ndarray, "v 3"]
    faces: Int32[np.ndarray, "f 3"]
    normals: Float64[np.ndarray, "f 3"]
    uv: Float64[np.ndarray, "f 3 2"]
    face_piece: Int64[np.ndarray, " f"]
    keypoint_face: Int64[np.ndarray, " k"]
    keypoint_weights: Float64[np.ndarray, "k 3"]
    raw: Float64[np.ndarray, "v 3"]


@dataclass(frozen=True)
class Samples:
    """Points drawn from the surface, uniformly by area: their faces and their barycentric weights."""

    face: Int64[np.ndarray, " n"]
    weights: Float64[np.ndarray, "n 3"]


def normalised(made: MadeUpObject) -> Normalised:
    """The object in ShapeNetCore v2's frame (+Y up, front -Z)."""
    surface = joined([piece.surface for piece in made.pieces])
    counts = [len(piece.surface.faces) for piece in made.pieces]
    first, raw = np.cumsum([0, *counts]), surface.vertices
    centred = (raw - raw.mean(axis=0)) / np.linalg.norm(np.ptp(raw, axis=0))
    vertices = np.round(centred, 6) + 0.0  # decimals of obj files; no minus zero
    across, counted = face_normals(vertices, surface.faces), np.repeat(np.arange(len(counts)), counts)
    normals = across / np.linalg.norm(across, axis=1, keepdims=True)
    at_face = np.array([first[keypoint.piece] + keypoint.face for keypoint in made.keypoints], np.int64)
    weights = np.stack([keypoint.weights for keypoint in made.keypoints])
    return Normalised(vertices, surface.faces, normals, surface.uv, counted, at_face, weights, raw)


def sampled(mesh: Normalised, count: int, rng: np.random.Generator) -> Samples:
    """`count` points of the surface, uniform by area (Osada et al. 2002, section 4.1)."""
    reach = np.cumsum(np.linalg.norm(face_normals(mesh.vertices, mesh.faces), axis=1))
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
    colours, piece = np.zeros((len(uv), 3)), mesh.face_piece[at.face]
    for number, made_piece in enumerate(made.pieces):
        here, material = piece == number, made.materials[made_piece.material]
        colours[here] = material.colour
        if material.texture is not None:  # its lower left corner is at (0, 0), and it repeats
            height, width, _ = material.texture.shape
            column = np.floor(uv[here, 0] * width).astype(int) % width
            row = np.floor((1.0 - uv[here, 1]) * height).astype(int) % height
            colours[here] *= material.texture[row, column] / 255.0
    return np.round(255.0 * colours).astype(np.uint8)
