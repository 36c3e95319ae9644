"""Labels that a collection of views brings along, cropped and resized as its views are."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Bool, Float32, Float64, Int64, UInt8

from pipeline.artifacts.foreground import read_foreground
from pipeline.config.settings import Camera
from pipeline.datasets.alignment import transform
from pipeline.datasets.records import ObjectKey
from pipeline.datasets.views.view_source import GivenLabels, Square, ViewSource
from pipeline.manifests.describe_views import chosen_views, given_keypoints_digest, given_parts_digest
from pipeline.manifests.manifest import ManifestObject
from pipeline.stores.store import Store
from render.object_labels import ObjectLabels
from render.projected_labels import labels_changed
from render.square_crop import chosen_square, crop_labels, crop_points

NO_LABELS = GivenLabels(None, None, None, None, None)


@dataclass(frozen=True)
class GivenObjectLabels:
    """Makes the function that labels an object of the manifest by its row of views; made in each worker."""

    source: ViewSource
    camera: Camera
    views: Store
    slots: int  # keypoints that the store has room for

    def __call__(self) -> Callable[[ObjectKey, ManifestObject, int], ObjectLabels]:
        """Return the function; there is nothing to open."""
        return self._labels

    def _labels(self, key: ObjectKey, item: ManifestObject, row: int) -> ObjectLabels:
        numbers = chosen_views(self.source, key, self.camera.views)
        given = self._checked(key, item, numbers)
        in_views = given.part is not None or given.keypoint_uv is not None
        read = (self.source.read(key, np.array([number]))[0] for number in numbers if in_views)
        squares = [chosen_square(view) for view in read]  # to which the render stage has cropped the views
        uv, visible = self._keypoint_views(given, squares)
        keypoint_xyz, candidates, world = np.full((self.slots, 3), np.nan), np.zeros((0, 3)), item.matrix()
        if given.keypoints is not None:
            keypoint_xyz[given.keypoints.semantic_id] = transform(world, given.keypoints.xyz)
            candidates = transform(world, given.keypoints.candidates)
        return ObjectLabels(
            seen=read_foreground(self.views, row, "alpha"),
            part=self._part_views(given, squares),
            keypoint_uv=uv,
            keypoint_visible=visible,
            keypoint_xyz=keypoint_xyz,
            candidates=candidates,
            part_xyz=np.zeros((0, 3)) if given.parts is None else transform(world, given.parts.xyz),
            part_label=np.zeros(0, dtype=np.uint8) if given.parts is None else given.parts.label,
        )

    def _checked(self, key: ObjectKey, item: ManifestObject, numbers: Int64[np.ndarray, " n"]) -> GivenLabels:
        """Read what the manifest lists, and nothing else. Raises DatasetError if it is not what it was."""
        given = self.source.labels(key, numbers) or NO_LABELS
        if item.keypoints is None:
            given = replace(given, keypoint_uv=None, keypoint_visible=None, keypoints=None)
        elif given_keypoints_digest(given) != item.keypoints.sha256:
            raise labels_changed(key, "keypoints")
        if item.parts is None:
            given = replace(given, part=None, parts=None)
        elif given_parts_digest(given) != item.parts.sha256:
            raise labels_changed(key, "parts")
        return given

    def _part_views(self, given: GivenLabels, squares: list[Square]) -> UInt8[np.ndarray, "views h w"]:
        size = self.camera.size
        if given.part is None:
            return np.zeros((self.camera.views, size, size), dtype=np.uint8)
        return np.stack([crop_labels(part, square, size) for part, square in zip(given.part, squares, strict=True)])

    def _keypoint_views(
        self, given: GivenLabels, squares: list[Square]
    ) -> tuple[Float32[np.ndarray, "views k 2"], Bool[np.ndarray, "views k"]]:
        """Image points by semantic id; a point that the crop cuts off is not visible."""
        size, views = self.camera.size, self.camera.views
        uv = np.full((views, self.slots, 2), np.nan, dtype=np.float32)
        visible = np.zeros((views, self.slots), dtype=bool)
        if given.keypoint_uv is None or given.keypoint_visible is None:
            return uv, visible
        count = min(self.slots, given.keypoint_uv.shape[1])  # ids beyond the slots occur in no view
        for view, square in enumerate(squares):
            points: Float64[np.ndarray, "k 2"] = crop_points(given.keypoint_uv[view, :count], square, size)
            uv[view, :count] = points
            inside = ((points >= 0) & (points <= size)).all(axis=1)
            visible[view, :count] = given.keypoint_visible[view, :count] & inside
        return uv, visible
