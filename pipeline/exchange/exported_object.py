"""One object as it is exported: images, cameras, depth, labels and features as arrays."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float16, Float32, Shaped, UInt8

from pipeline.datasets.file_names import INVALID_NAME, id_fault, is_safe_name
from pipeline.datasets.records import ObjectKey
from pipeline.errors import UserError


@dataclass(frozen=True)
class ObjectGroup:
    """Objects of one split that an exporter writes together. `number` counts the groups of the split from 0.

    Its names become names of files: raises UserError for one that is no plain name.
    """

    category: str
    split: str
    number: int
    keys: tuple[ObjectKey, ...]

    def __post_init__(self) -> None:
        """Check the names."""
        faults = {name: None if is_safe_name(name) else INVALID_NAME for name in (self.category, self.split)}
        for name, fault in {**{key.id: id_fault(key.id) for key in self.keys}, **faults}.items():
            if fault is not None:
                raise UserError(f"the manifest of {self.category[:80]!r}: {name[:80]!r} {fault}.")


@dataclass(frozen=True)
class ExportedObject:
    """An object with all its views.

    rgba: sRGB with straight alpha. pose: camera-to-world, OpenGL axes, in the world frame. intrinsics: (fx, fy, cx, cy)
    in continuous pixels. depth: world units along the optical axis, 0 is background; None where a store has none.
    labels: the arrays of the label store by name, padding taken off; empty if the object has no labels. feature:
    float32 if the store has int8.
    """

    key: ObjectKey
    category: str
    split: str
    licence: str
    part_names: tuple[str, ...]
    rgba: UInt8[np.ndarray, "views h w 4"]
    pose: Float32[np.ndarray, "views 4 4"]
    intrinsics: Float32[np.ndarray, "views 4"]
    depth: Float32[np.ndarray, "views h w"] | None
    labels: Mapping[str, Shaped[np.ndarray, "..."]]
    feature: (
        Float16[np.ndarray, "views cells cells channels"] | Float32[np.ndarray, "views cells cells channels"] | None
    )

    @property
    def about(self) -> dict[str, str]:
        """The facts that every format writes beside the arrays."""
        return {
            "category": self.category,
            "synset": self.key.synset,
            "id": self.key.id,
            "split": self.split,
            "licence": self.licence,
        }
