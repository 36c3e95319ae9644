"""Labels of rendered views: annotations in 3D, projected into each view."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import PurePosixPath

import numpy as np
from jaxtyping import Float64, UInt8

from pipeline.config.settings import Camera, Label
from pipeline.datasets.alignment import transform
from pipeline.datasets.annotations import Annotations, open_annotations
from pipeline.datasets.categories import Category
from pipeline.datasets.errors import DatasetError
from pipeline.datasets.records import ObjectKey
from pipeline.manifests.describe import keypoints_digest, parts_digest
from pipeline.manifests.manifest import ManifestObject
from pipeline.manifests.sources import Roots, require_made_up
from pipeline.stores.store import Store
from render.labels import part_maps, visible_keypoints
from render.object_labels import ObjectLabels


@dataclass(frozen=True)
class ProjectedLabels:
    """Makes the function that labels an object of the manifest by its row of views; made in each worker."""

    camera: Camera
    label: Label
    roots: Roots
    category: Category
    views: Store
    slots: int  # keypoints that the store has room for

    def __call__(self) -> Callable[[ObjectKey, ManifestObject, int], ObjectLabels]:
        """Open the annotations once."""
        require_made_up(self.roots, self.category.name)
        annotations = open_annotations(self.roots, self.category)
        return lambda key, item, row: self._labels(key, item, row, annotations)

    def _labels(self, key: ObjectKey, item: ManifestObject, row: int, annotations: Annotations) -> ObjectLabels:
        camera = self.camera
        depth = self.views.read("depth", row)
        poses = self.views.read("pose", row).astype(np.float64)
        keypoint_xyz, candidates = self._keypoints(key, item, annotations)
        uv, visible = visible_keypoints(keypoint_xyz, depth, poses, camera, self.label.keypoint_tolerance)
        part_xyz, part_label = _parts(key, item, annotations)
        part = part_maps(part_xyz, part_label, depth, poses, camera, self.label.part_distance)
        return ObjectLabels(depth > 0, part, uv, visible, keypoint_xyz, candidates, part_xyz, part_label)

    def _keypoints(
        self, key: ObjectKey, item: ManifestObject, annotations: Annotations
    ) -> tuple[Float64[np.ndarray, "slots 3"], Float64[np.ndarray, "m 3"]]:
        """Return world coordinates by semantic id (NaN where absent), and the candidate points."""
        xyz = np.full((self.slots, 3), np.nan)
        if item.keypoints is None:
            return xyz, np.zeros((0, 3))
        keypoints = annotations.read_keypoints(key)
        if keypoints is None or keypoints_digest(keypoints) != item.keypoints.sha256:
            raise labels_changed(key, "keypoints")
        xyz[keypoints.semantic_id] = transform(item.keypoints.matrix(), keypoints.xyz)
        return xyz, transform(item.keypoints.matrix(), keypoints.candidates)


def _parts(
    key: ObjectKey, item: ManifestObject, annotations: Annotations
) -> tuple[Float64[np.ndarray, "n 3"], UInt8[np.ndarray, " n"]]:
    """Return annotated points in the world frame; none if the object has no part annotation."""
    if item.parts is None:
        return np.zeros((0, 3)), np.zeros(0, dtype=np.uint8)
    parts = annotations.read_parts(key)
    if parts is None or parts_digest(parts) != item.parts.sha256:
        raise labels_changed(key, "parts")
    return transform(item.parts.matrix(), parts.xyz), parts.label


def labels_changed(key: ObjectKey, what: str) -> DatasetError:
    """The error where annotations differ from those that the manifest has a digest of."""
    return DatasetError(PurePosixPath(str(key)), what, "are not what the manifest lists; run `pipeline manifest` again")
