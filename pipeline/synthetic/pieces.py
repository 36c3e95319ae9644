"""The records of made-up objects."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64

from pipeline.datasets.records import Material, ObjectKey
from pipeline.synthetic.surfaces import LEFT, Surface, mirrored, nearest


@dataclass(frozen=True)
class Piece:
    """A closed surface of an object, with its material and its part.

    `material` is a name of `Design.materials`. `label` is the piece's part: its place in `Category.part_names`, from
    1, or 0 where PartNet's level 1 has no class for it. `path` holds PartNet's raw names from below the root down to
    the leaf; "leg:front left" is a node named `leg`, and what follows the colon tells it from other legs. The path is
    empty in categories without PartNet.
    """

    name: str
    surface: Surface
    material: str
    label: int
    path: tuple[str, ...] = ()


@dataclass(frozen=True)
class Keypoint:
    """A point of the surface: barycentric `weights` in face `face` of piece `piece`."""

    semantic_id: int
    piece: int
    face: int
    weights: Float64[np.ndarray, " 3"]


@dataclass(frozen=True)
class Aim:
    """A point near which a keypoint is wanted: the nearest point on the pieces of part `label`, 0 included."""

    semantic_id: int
    label: int
    target: Float64[np.ndarray, " 3"]


@dataclass(frozen=True)
class Assembly:
    """An object before it has colours: its pieces, and where its keypoints are wanted."""

    pieces: Sequence[Piece]
    aims: Sequence[Aim]


@dataclass(frozen=True)
class Design:
    """An object without its name. Frame: +Y up, front -Z, any origin, any unit."""

    pieces: tuple[Piece, ...]
    materials: Mapping[str, Material]
    keypoints: tuple[Keypoint, ...]


@dataclass(frozen=True)
class MadeUpObject(Design):
    """Object `index` of a category and seed, in ShapeNetCore v2's axes (+Y up, front -Z), not normalised."""

    key: ObjectKey
    category: str
    index: int
    seed: int


def design(assembly: Assembly, materials: Mapping[str, Material]) -> Design:
    """Complete an assembly with those of the `materials` that its pieces use, and with exact keypoints."""
    used = {piece.material for piece in assembly.pieces}
    chosen = {name: material for name, material in materials.items() if name in used}
    return Design(tuple(assembly.pieces), chosen, _keypoints(assembly.pieces, assembly.aims))


def pair(name: str, right: Surface, material: str, label: int) -> list[Piece]:
    """A right piece and the left one that mirrors it."""
    return [Piece(f"right {name}", right, material, label), Piece(f"left {name}", mirrored(right), material, label)]


def aim_pair(semantic_id: int, label: int, right: Float64[np.ndarray, " 3"]) -> list[Aim]:
    """Aim for a point on the right, and with the next semantic id for its mirror image on the left."""
    return [Aim(semantic_id, label, right), Aim(semantic_id + 1, label, right * LEFT)]


def _keypoints(pieces: Sequence[Piece], aims: Sequence[Aim]) -> tuple[Keypoint, ...]:
    """Move each aim to the nearest point of its part; sorted by semantic id."""
    keypoints = []
    for aim in sorted(aims, key=lambda aim: aim.semantic_id):
        candidates = [
            (*nearest(piece.surface, aim.target), i) for i, piece in enumerate(pieces) if piece.label == aim.label
        ]
        face, weights, _, piece = min(candidates, key=lambda candidate: (candidate[2], candidate[3]))
        keypoints.append(Keypoint(aim.semantic_id, piece, face, weights))
    return tuple(keypoints)
