"""The records of made-up objects."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64

from pipeline.datasets.records import Material, ObjectKey
from pipeline.synthetic.surfaces import Surface, nearest


@dataclass(frozen=True)
class Piece:
    """One closed surface of an object.

    `look` names its material, `label` is its part: an index into `Category.part_names`, from 1, and 0 for a piece that
    has no class in PartNet's level 1. `path` holds PartNet's raw names from below the root down to the leaf; "leg:front
    left" is a node named `leg`, kept apart from other legs by what follows the colon. It is empty in categories without
    PartNet.
    """

    name: str
    surface: Surface
    look: str
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
    """Where a keypoint is wanted: it becomes the nearest point on the pieces of part `label`, 0 included."""

    semantic_id: int
    label: int
    target: Float64[np.ndarray, " 3"]


@dataclass(frozen=True)
class Built:
    """An object before it has colours: pieces by the names of looks, and aims."""

    pieces: tuple[Piece, ...]
    aims: tuple[Aim, ...]


@dataclass(frozen=True)
class Design:
    """An object without its name. Frame: +Y up, front -Z, any origin, any unit."""

    pieces: tuple[Piece, ...]
    looks: Mapping[str, Material]
    keypoints: tuple[Keypoint, ...]


@dataclass(frozen=True)
class MadeUpObject:
    """Object `index` of a category and seed, in ShapeNetCore v2's axes (+Y up, front -Z), not normalised."""

    key: ObjectKey
    category: str
    index: int
    seed: int
    pieces: tuple[Piece, ...]
    looks: Mapping[str, Material]
    keypoints: tuple[Keypoint, ...]


def anchored(pieces: Sequence[Piece], aims: Sequence[Aim]) -> tuple[Keypoint, ...]:
    """Each aim drawn to the nearest point of its part, in the order of semantic ids."""
    keypoints = []
    for aim in sorted(aims, key=lambda aim: aim.semantic_id):
        candidates = [
            (*nearest(piece.surface, aim.target), i) for i, piece in enumerate(pieces) if piece.label == aim.label
        ]
        face, weights, _, piece = min(candidates, key=lambda found: (found[2], found[3]))
        keypoints.append(Keypoint(aim.semantic_id, piece, face, weights))
    return tuple(keypoints)
