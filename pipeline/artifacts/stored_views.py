"""Stored views of a category and maps of a teacher, read by object, for training and evaluation."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float16, Float32, UInt8

from pipeline.artifacts.map_values import read_maps
from pipeline.artifacts.opened_store import OpenedStore
from pipeline.datasets.records import ObjectKey, Split
from pipeline.errors import UserError
from pipeline.manifests.manifest import Manifest
from pipeline.stores.atomic_files import digest_of


@dataclass(frozen=True)
class StoredViews:
    """The opened stores of a category and teacher.

    `training_objects`: the train split has no more objects than this; None: all.
    """

    manifest: Manifest
    teacher: str
    views: OpenedStore
    maps: OpenedStore
    training_objects: int | None = None

    @property
    def instance(self) -> str:
        """`plane-daisy`: the name of this category and teacher in stages, receipts and results."""
        return f"{self.manifest.category}-{self.teacher}"

    def keys(self, split: Split) -> list[ObjectKey]:
        """List the objects of a split that are rendered and cached, in the manifest's order."""
        present = self.views.rows.keys() & self.maps.rows.keys()
        keys = [key for item in self.manifest.of_split(split) if (key := self.manifest.key(item.id)) in present]
        return keys[: self.training_objects] if split == "train" else keys

    def contents(self, keys: Sequence[ObjectKey]) -> str:
        """Return a digest of everything that the stores hold of these objects."""
        views, maps = self.views.rows, self.maps.rows
        return digest_of([[str(key), views[key].content, maps[key].content] for key in keys])

    def rgba(self, key: ObjectKey) -> UInt8[np.ndarray, "views h w 4"]:
        """Read an object's images."""
        return self.views.read("rgba", key)

    def pose(self, key: ObjectKey) -> Float32[np.ndarray, "views 4 4"]:
        """Read an object's poses."""
        return self.views.read("pose", key)

    def intrinsics(self, key: ObjectKey) -> Float32[np.ndarray, "views 4"]:
        """Read focal lengths and principal points (fx, fy, cx, cy) in continuous pixels."""
        return self.views.read("intrinsics", key)

    def feature(self, key: ObjectKey) -> Float16[np.ndarray, "views cells cells channels"]:
        """Read an object's teacher maps."""
        return read_maps(self.maps.store, self.maps.rows[key].row).astype(np.float16, copy=False)


def require(keys: list[ObjectKey], split: Split, category: str) -> list[ObjectKey]:
    """Return `keys` if there are any. Raises UserError that says what to change."""
    if not keys:
        raise UserError(
            f"the {split} split of {category} holds no rendered and cached object: give manifest.fractions a share of "
            f"{split}, or the category more objects."
        )
    return keys
