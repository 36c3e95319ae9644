"""The records that every reader returns, whatever the data set. Coordinates are in the source's own frame and unit."""

from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Literal, get_args

import numpy as np
from jaxtyping import Float64, Int32, Int64, UInt8

from pipeline.datasets.meshes.look_notes import LookNote

Split = Literal["train", "val", "test"]
SPLITS: tuple[Split, ...] = get_args(Split)


@dataclass(frozen=True, order=True)
class ObjectKey:
    """An object's name. Ten model ids live in two synsets, so the id alone is none."""

    synset: str
    id: str

    def __str__(self) -> str:
        """`synset/id`."""
        return f"{self.synset}/{self.id}"


@dataclass(frozen=True)
class Material:
    """The material of a face: a colour in sRGB, 0..1, times a texture (H, W, 3 uint8 sRGB) where there is one.

    `transparent` says that the file makes it so, by a factor or a map. It is a record: every surface is drawn opaque,
    or glass would stand in the colour and not in the depth, and an object all of glass (a bottle) would be none.
    """

    colour: tuple[float, float, float]
    texture: UInt8[np.ndarray, "h w 3"] | None
    transparent: bool = False


@dataclass(frozen=True)
class Mesh:
    """A triangle mesh as its file has it, faces in an order of the reader's.

    `uv` has the origin at the texture's lower left corner and repeats outside [0, 1]. `look_notes` say which faces look
    other than the file asks for. `files` are those that it was read from, relative to the collection's root.
    """

    vertices: Float64[np.ndarray, "v 3"]
    faces: Int32[np.ndarray, "f 3"]
    uv: Float64[np.ndarray, "f 3 2"]
    face_material: Int32[np.ndarray, " f"]
    materials: tuple[Material, ...]
    look_notes: tuple[LookNote, ...] = ()
    files: tuple[PurePosixPath, ...] = ()


def transparent_share(materials: tuple[Material, ...], face_material: Int32[np.ndarray, " f"]) -> float:
    """The share of the faces that their file makes transparent."""
    return float(np.array([material.transparent for material in materials])[face_material].mean())


@dataclass(frozen=True)
class Keypoints:
    """An object's keypoints, at most one of each semantic id, and the candidate points of 3D transfer."""

    xyz: Float64[np.ndarray, "k 3"]
    semantic_id: Int64[np.ndarray, " k"]
    candidates: Float64[np.ndarray, "m 3"]


@dataclass(frozen=True)
class PartPoints:
    """An annotated point cloud: labels count from 1 in the order of the data set's part names, 0 is unlabelled."""

    xyz: Float64[np.ndarray, "n 3"]
    label: UInt8[np.ndarray, " n"]
