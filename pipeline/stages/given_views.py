"""The render stage where views were made elsewhere: read, crop, move into the world, store."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from pipeline.artifacts.foreground import foreground_of
from pipeline.artifacts.opened_store import OpenedStore
from pipeline.artifacts.project import Project
from pipeline.artifacts.receipts import Receipt
from pipeline.artifacts.views import given_views_row
from pipeline.config.settings import Camera, Settings
from pipeline.datasets.records import ObjectKey
from pipeline.datasets.views.frame import pose_in_world
from pipeline.datasets.views.reach import silhouette_reach
from pipeline.datasets.views.square_crop import centre_square, square_crop
from pipeline.datasets.views.view_source import GivenView, ViewSource
from pipeline.executors.shard import Shard
from pipeline.manifests.describe_views import chosen_views
from pipeline.manifests.manifest import ManifestObject
from pipeline.progress import say
from pipeline.stages.fill import StoreTask, fill_store
from pipeline.stages.view_facts import view_facts
from pipeline.stores.store import Done, Store

ALL_OPAQUE = 0.999  # share of foreground above which a picture has no background


def copy_views(settings: Settings, category: str, limit: int | None, overwrite: bool, shard: Shard) -> Receipt:
    """Copy the views of a category's manifest into the view store. Raises UserError."""
    project = Project(settings)
    manifest, source, store = project.manifest(category), project.view_source(), project.views_store(category)
    say(f"render {category}: views made elsewhere are copied from {source.root}")
    receipt = fill_store(
        "render",
        category,
        store,
        [(given_views_row(manifest, item), item) for item in manifest.objects[:limit]],
        _Copier(source, settings.camera, store),
        upstream_failures={},
        views=settings.camera.views,
        machine=settings.machine,
        overwrite=overwrite,
        shard=shard,
    )
    _say_reach(OpenedStore(receipt, store), settings.camera)
    return receipt


@dataclass(frozen=True)
class _Copier:
    """Copies objects in one worker."""

    source: ViewSource
    camera: Camera
    store: Store

    def __call__(self) -> Callable[[StoreTask[ManifestObject]], Done]:
        return self._copy

    def _copy(self, task: StoreTask[ManifestObject]) -> Done:
        key, world = task.entry.key, task.work.matrix()
        views = self._cropped(key)
        poses = np.stack([pose_in_world(world, view.pose) for view in views])
        intrinsics = np.stack([view.intrinsics.array() for view in views])
        rgba = np.stack([view.rgba for view in views])
        seen = foreground_of(rgba, "alpha")
        nearest, farthest = silhouette_reach(seen, poses, intrinsics)
        arrays = {"rgba": rgba, "pose": poses.astype(np.float32), "intrinsics": intrinsics.astype(np.float32)}
        return self.store.write(
            task.entry, task.row, arrays, {**view_facts(seen), "nearest": nearest, "farthest": farthest}
        )

    def _cropped(self, key: ObjectKey) -> list[GivenView]:
        """Read the object's views one after the other, because pictures may be large."""
        numbers = chosen_views(self.source, key, self.camera.views)
        return [
            square_crop(view, centre_square(*view.rgba.shape[:2]), self.camera.size)
            for number in numbers
            for view in self.source.read(key, np.array([number]))
        ]


def _say_reach(views: OpenedStore, camera: Camera) -> None:
    """Warn of pictures without background, and of objects beyond near and far."""
    facts = [marker.facts for marker in views.markers()]
    opaque = sum(fact["foreground"] > ALL_OPAQUE for fact in facts)
    if opaque:
        say(
            f"  {opaque} of {len(facts)} objects have no transparent background: every pixel counts as the object; "
            "give the pictures an alpha channel"
        )
    bounded = [fact for fact in facts if fact["foreground"] <= ALL_OPAQUE]
    beyond = [fact for fact in bounded if fact["nearest"] < camera.near or fact["farthest"] > camera.far]
    if beyond:
        nearest, farthest = min(fact["nearest"] for fact in beyond), max(fact["farthest"] for fact in beyond)
        say(
            f"  {len(beyond)} of {len(facts)} objects seem to reach from {nearest:.3g} to {farthest:.3g} world units "
            f"from their cameras, beyond camera.near {camera.near:g} or camera.far {camera.far:g}: change these, or "
            "source.scale"
        )
