"""What the evaluator asks the stores for: images, labels and teacher maps of one view at a time."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from jaxtyping import Float32, Shaped, UInt8

from eval.descriptors import TeacherMapDescriptor
from eval.pairs import Pair
from eval.views import PosedImage, ViewLabels
from pipeline.datasets.records import ObjectKey
from pipeline.images import over_black
from pipeline.receipts import Receipt, open_received, read_receipt
from pipeline.settings import Settings
from pipeline.stages.label import labels_store
from pipeline.stages.stored_views import StoredViews
from pipeline.stores.layouts import CELL
from pipeline.stores.store import Store

ARRAYS_KEPT = 64  # whole arrays of objects in memory: pairs come back to the same few objects


@dataclass
class EvaluationInputs:
    """The stores of one category and teacher as functions of (object, view)."""

    stored: StoredViews
    labelled: Receipt
    labels: Store
    _kept: dict[tuple[str, ObjectKey], Shaped[np.ndarray, "..."]] = field(default_factory=dict, repr=False)

    def image(self, key: ObjectKey, view: int) -> PosedImage:
        """A view over black with its pose."""
        return PosedImage(over_black(self.rgba(key, view)), self._array("pose", key)[view])

    def rgba(self, key: ObjectKey, view: int) -> UInt8[np.ndarray, "h w 4"]:
        """A view as it was rendered."""
        return np.asarray(self._array("rgba", key)[view])

    def view_labels(self, key: ObjectKey, view: int) -> ViewLabels:
        """The keypoints and parts of a view."""
        return ViewLabels(
            keypoint_uv=self._array("keypoint_uv", key)[view],
            keypoint_visible=self._array("keypoint_visible", key)[view],
            part=self._array("part", key)[view],
            foreground=self._array("depth", key)[view] > 0,
        )

    def teacher_map(self, key: ObjectKey, view: int) -> Float32[np.ndarray, "r c channels"]:
        """The teacher's map of a view."""
        return np.asarray(self._array("feature", key)[view], dtype=np.float32)

    def teacher_descriptor(self) -> TeacherMapDescriptor:
        """The baseline: the teacher's own map."""
        return TeacherMapDescriptor(f"{self.stored.teacher} map", self.teacher_map, CELL)

    def test_keys(self) -> list[ObjectKey]:
        """The test objects that are rendered, cached and labelled."""
        return [key for key in self.stored.keys("test") if key in self.labelled.rows()]

    def pairs(self, limit: int) -> list[Pair]:
        """The first `limit` of the manifest's pairs whose objects are there."""
        manifest, there = self.stored.manifest, set(self.test_keys())
        pairs = [
            Pair.cross_instance(manifest.key(pair.src), manifest.key(pair.trg), pair.view)
            for pair in manifest.pairs.cross_instance
        ]
        return [pair for pair in pairs if pair.source in there and pair.target in there][:limit]

    def _array(self, name: str, key: ObjectKey) -> Shaped[np.ndarray, "..."]:
        """An object's whole array, the last ones kept."""
        if (name, key) not in self._kept:
            if len(self._kept) >= ARRAYS_KEPT:
                del self._kept[next(iter(self._kept))]
            self._kept[name, key] = self._read(name, key)
        return self._kept[name, key]

    def _read(self, name: str, key: ObjectKey) -> Shaped[np.ndarray, "..."]:
        if name in self.labels.specs:
            return self.labels.read(name, self.labelled.rows()[key].row)
        if name in self.stored.maps.specs:
            return self.stored.feature(key)
        return self.stored.views.read(name, self.stored.rendered.rows()[key].row)


def open_evaluation_inputs(settings: Settings, stored: StoredViews) -> EvaluationInputs:
    """Add the labels to the stored views. Raises UserError if the label stage has not run."""
    category = stored.manifest.category
    labelled = read_receipt("label", category)
    return EvaluationInputs(stored, labelled, open_received(labelled, labels_store(settings, stored.manifest)))
