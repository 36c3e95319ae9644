"""The looks of a mesh's faces, as the readers of obj and PLY files return them."""

from dataclasses import dataclass
from pathlib import PurePosixPath

import numpy as np
from jaxtyping import Float64, Int32

from pipeline.datasets.meshes.look_notes import LookNote
from pipeline.datasets.records import Material


@dataclass(frozen=True)
class FaceLooks:
    """The material of each face and its texture coordinates. `files` are the textures that were read."""

    uv: Float64[np.ndarray, "f 3 2"]
    face_material: Int32[np.ndarray, " f"]
    materials: tuple[Material, ...]
    notes: tuple[LookNote, ...]
    files: tuple[PurePosixPath, ...]
