"""The records of made-up objects."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64

from pipeline.datasets.records import Material, ObjectKey
from pipeline.synthetic.kernel.surface import Surface


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
