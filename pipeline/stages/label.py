"""Stage label: views and annotations in, the label store out."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import PurePosixPath

import numpy as np
from jaxtyping import Bool, Float64, Shaped, UInt8

from pipeline.artifacts.labels import unlabelled_shares
from pipeline.artifacts.opened_store import OpenedStore
from pipeline.artifacts.project import Project
from pipeline.artifacts.receipts import Receipt
from pipeline.config.settings import Camera, Label, Settings
from pipeline.datasets.alignment import transform
from pipeline.datasets.annotations import Annotations, open_annotations
from pipeline.datasets.categories import Category
from pipeline.datasets.errors import DatasetError
from pipeline.datasets.records import ObjectKey
from pipeline.executors.shard import WHOLE, Shard
from pipeline.manifests.describe import keypoints_digest, parts_digest
from pipeline.manifests.manifest import ManifestObject
from pipeline.manifests.sources import Roots
from pipeline.progress import say
from pipeline.stages.fill import StoreTask, fill_store
from pipeline.stores.atomic_files import digest_of
from pipeline.stores.store import Done, RowKey, Store
from render.labels import part_maps, visible_keypoints


@dataclass(frozen=True)
class LabelWork:
    """An object of the manifest and the row of its views."""

    item: ManifestObject
    views_row: int


def label_category(
    settings: Settings, category: str, limit: int | None = None, overwrite: bool = False, shard: Shard = WHOLE
) -> Receipt:
    """Label the rendered views of a category. Raises UserError."""
    project = Project(settings)
    manifest, views = project.manifest(category), project.views(category)
    rows = views.rows
    wanted = []
    for item in manifest.objects[:limit]:
        key = manifest.key(item.id)
        if key in rows:
            marker = views.marker(rows[key])
            inputs = [marker.content_of("depth"), marker.content_of("pose")]
            annotations = [None if a is None else [a.sha256, a.world_from_source] for a in (item.keypoints, item.parts)]
            entry = RowKey(key, digest_of([inputs, annotations]))
            wanted.append((entry, LabelWork(item, rows[key].row)))
    store = project.labels_store(manifest)
    receipt = fill_store(
        "label",
        category,
        store,
        wanted,
        _Labeller(settings.camera, settings.label, project.roots(), settings.category(category), views.store, store),
        upstream_failures=views.receipt.failed,
        views=settings.camera.views,
        machine=settings.machine,
        overwrite=overwrite,
        shard=shard,
    )
    shares = unlabelled_shares(OpenedStore(receipt, store))
    if any(shares.values()):
        most = max(shares, key=lambda name: shares[name])
        mean = sum(shares.values()) / len(shares)
        say(f"  {mean:.1%} of the foreground has no part label; most in {most}: {shares[most]:.1%}")
    return receipt


@dataclass(frozen=True)
class _Labeller:
    """Labels objects in one worker, which opens the annotations once."""

    camera: Camera
    label: Label
    roots: Roots
    category: Category
    views: Store
    store: Store

    def __call__(self) -> Callable[[StoreTask[LabelWork]], Done]:
        annotations = open_annotations(self.roots, self.category)
        return lambda task: self._label(task, annotations)

    def _label(self, task: StoreTask[LabelWork], annotations: Annotations) -> Done:
        camera, key, item = self.camera, task.entry.key, task.work.item
        depth = self.views.read("depth", task.work.views_row)
        poses = self.views.read("pose", task.work.views_row).astype(np.float64)
        keypoint_xyz, candidates = self._keypoints(key, item, annotations)
        uv, visible = visible_keypoints(keypoint_xyz, depth, poses, camera, self.label.keypoint_tolerance)
        part_xyz, part_label = _parts(key, item, annotations)
        part = part_maps(part_xyz, part_label, depth, poses, camera, self.label.part_distance)
        arrays: dict[str, Shaped[np.ndarray, "..."]] = {
            "part": part,
            "keypoint_xyz": keypoint_xyz.astype(np.float32),
            "keypoint_uv": uv,
            "keypoint_visible": visible,
            "keypoint_present": np.isfinite(keypoint_xyz).all(axis=1),
            "part_xyz": self._padded("part_xyz", part_xyz.astype(np.float32), np.nan),
            "part_label": self._padded("part_label", part_label, 0),
            "part_count": np.array(len(part_xyz), dtype=np.int32),
            "candidate_xyz": self._padded("candidate_xyz", candidates.astype(np.float32), np.nan),
            "candidate_count": np.array(len(candidates), dtype=np.int32),
        }
        return self.store.write(task.entry, task.row, arrays, _facts(depth > 0, part, visible, item))

    def _keypoints(
        self, key: ObjectKey, item: ManifestObject, annotations: Annotations
    ) -> tuple[Float64[np.ndarray, "slots 3"], Float64[np.ndarray, "m 3"]]:
        """Return world coordinates by semantic id (NaN where absent), and the candidate points."""
        xyz = np.full(self.store.specs["keypoint_xyz"].shape, np.nan)
        if item.keypoints is None:
            return xyz, np.zeros((0, 3))
        held = annotations.read_keypoints(key)
        if held is None or keypoints_digest(held) != item.keypoints.sha256:
            raise _changed(key, "keypoints")
        xyz[held.semantic_id] = transform(item.keypoints.matrix(), held.xyz)
        return xyz, transform(item.keypoints.matrix(), held.candidates)

    def _padded(self, name: str, value: Shaped[np.ndarray, "..."], fill: float) -> Shaped[np.ndarray, "..."]:
        whole = np.full(self.store.specs[name].shape, fill, dtype=value.dtype)
        whole[: len(value)] = value
        return whole


def _parts(
    key: ObjectKey, item: ManifestObject, annotations: Annotations
) -> tuple[Float64[np.ndarray, "n 3"], UInt8[np.ndarray, " n"]]:
    """Return annotated points in the world frame; none if the object has no part annotation."""
    if item.parts is None:
        return np.zeros((0, 3)), np.zeros(0, dtype=np.uint8)
    held = annotations.read_parts(key)
    if held is None or parts_digest(held) != item.parts.sha256:
        raise _changed(key, "parts")
    return transform(item.parts.matrix(), held.xyz), held.label


def _changed(key: ObjectKey, what: str) -> DatasetError:
    return DatasetError(PurePosixPath(str(key)), what, "are not what the manifest lists; run `pipeline manifest` again")


def _facts(
    seen: Bool[np.ndarray, "views h w"],
    part: UInt8[np.ndarray, "views h w"],
    visible: Bool[np.ndarray, "views k"],
    item: ManifestObject,
) -> dict[str, float | None]:
    """Return the share of foreground pixels without a part label, and the visible keypoints a view.

    None without annotation, and where no view shows anything.
    """
    labelled = item.parts is not None and bool(seen.any())
    return {
        "unlabelled_foreground": float((part[seen] == 0).mean(dtype=np.float32)) if labelled else None,
        "visible_keypoints": float(visible.sum(axis=1).mean()) if item.keypoints is not None else None,
    }
