"""What training and evaluation read: the views, maps and labels of one category and teacher, by object."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float16, Float32, UInt8

from pipeline.artifacts.map_values import read_maps
from pipeline.artifacts.receipts import Receipt, open_received, read_receipt
from pipeline.config.settings import Settings
from pipeline.datasets.records import ObjectKey
from pipeline.errors import UserError
from pipeline.manifests.manifest import Manifest, read_manifest
from pipeline.manifests.splits import Split
from pipeline.stages.cache_teachers import maps_store
from pipeline.stages.fit_projection import open_projection
from pipeline.stages.render import views_store
from pipeline.stores.atomic_files import digest_of
from pipeline.stores.store import Store


@dataclass(frozen=True)
class StoredViews:
    """The opened stores of a category and teacher, and the receipts that say what they hold."""

    manifest: Manifest
    teacher: str
    rendered: Receipt
    cached: Receipt
    views: Store
    maps: Store

    @property
    def instance(self) -> str:
        """`plane-daisy`: what stages, receipts and results of this category and teacher are called."""
        return f"{self.manifest.category}-{self.teacher}"

    def keys(self, split: Split) -> list[ObjectKey]:
        """The objects of a split that are rendered and cached, in the manifest's order."""
        there = self.rendered.rows.keys() & self.cached.rows.keys()
        return [key for item in self.manifest.of_split(split) if (key := self.manifest.key(item.id)) in there]

    def contents(self, keys: list[ObjectKey]) -> str:
        """A digest of everything that the stores hold of these objects."""
        rendered, cached = self.rendered.rows, self.cached.rows
        return digest_of([[str(key), rendered[key].content, cached[key].content] for key in keys])

    def rgba(self, key: ObjectKey) -> UInt8[np.ndarray, "views h w 4"]:
        """An object's images."""
        return self.views.read("rgba", self.rendered.rows[key].row)

    def pose(self, key: ObjectKey) -> Float32[np.ndarray, "views 4 4"]:
        """An object's poses."""
        return self.views.read("pose", self.rendered.rows[key].row)

    def feature(self, key: ObjectKey) -> Float16[np.ndarray, "views cells cells channels"]:
        """An object's teacher maps."""
        return read_maps(self.maps, self.cached.rows[key].row).astype(np.float16, copy=False)


def open_stored_views(settings: Settings, category: str, teacher_name: str) -> StoredViews:
    """Open what render and cache-teachers made. Raises UserError that names the command that is missing."""
    manifest = read_manifest(settings, category)
    rendered = read_receipt("render", category)
    views = open_received(rendered, views_store(settings, category))
    cached = read_receipt("cache-teachers", f"{category}-{teacher_name}")
    fitted = open_projection(settings, manifest, teacher_name, rendered)
    maps = open_received(cached, maps_store(settings, manifest, teacher_name, fitted))
    return StoredViews(manifest, teacher_name, rendered, cached, views, maps)


def require(keys: list[ObjectKey], split: Split, category: str) -> list[ObjectKey]:
    """`keys` if there are any. Raises UserError that says what to change."""
    if not keys:
        raise UserError(
            f"the {split} split of {category} holds no rendered and cached object: give manifest.fractions a share of "
            f"{split}, or the category more objects."
        )
    return keys
