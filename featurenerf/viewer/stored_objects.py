"""The rendered objects of a project, with their labels, as the viewer takes them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from eval.transfer.point_labels import PointLabels
from eval.views import ViewLabels
from featurenerf.category_stores import CategoryViews, open_views
from featurenerf.viewer.given_view import GivenView
from pipeline.artifacts.foreground import foreground_array, foreground_of, known_from
from pipeline.artifacts.opened_store import OpenedStore
from pipeline.artifacts.project import Project
from pipeline.artifacts.receipts import receipt_path
from pipeline.config.sections.evaluation import KeypointPixels
from pipeline.config.settings import PARAMS_FILE, load_settings
from pipeline.datasets.records import ObjectKey
from pipeline.errors import UserError


@dataclass(frozen=True)
class StoredObjects:
    """The views of a category, and their labels if the label stage has run.

    `keypoints_at` says which pixel stands for a keypoint, as the evaluation has it.
    """

    views: CategoryViews
    labels: OpenedStore | None
    keypoints_at: KeypointPixels

    def given(self, object_id: str, view: int) -> GivenView:
        """Read one view of an object. Raises UserError if there is no such object or view."""
        rgba = self.views.rgba(object_id)
        if not 0 <= view < len(rgba):
            raise UserError(f"{object_id} has no view {view}: its views count from 0 to {len(rgba) - 1}.")
        key = self.views.keys[object_id]
        labels = self.labels if self.labels is not None and key in self.labels.rows else None
        return GivenView(
            name=object_id,
            rgba=rgba[view],
            pose=self.views.pose(object_id)[view],
            intrinsics=self.views.intrinsics(object_id)[view],
            labels=None if labels is None else self._view_labels(labels, key, view),
            points=None if labels is None else _point_labels(labels, key),
        )

    def _view_labels(self, labels: OpenedStore, key: ObjectKey, view: int) -> ViewLabels:
        opened = self.views.opened
        origin = known_from(opened.store)
        return ViewLabels(
            keypoint_uv=labels.read("keypoint_uv", key)[view],
            keypoint_visible=labels.read("keypoint_visible", key)[view],
            part=labels.read("part", key)[view],
            foreground=foreground_of(opened.read(foreground_array(origin), key)[view], origin),
        )


def open_stored_objects(category: str | None) -> StoredObjects:
    """Open a category of the project in the current folder; without a name, the only one of params.yaml.

    Raises UserError if there is no project, if the category is not rendered, or if its labels are of other settings.
    """
    if not PARAMS_FILE.is_file():
        raise UserError(
            f"there is no {PARAMS_FILE} in the current folder: change to a project's folder, or give photos."
        )
    named = load_settings().categories if category is None else (category,)
    if len(named) != 1:
        raise UserError(f"params.yaml names the categories {', '.join(named)}: choose one with --category.")
    views = open_views(named[0])
    settings = load_settings().only(named[0])
    labels = None
    if receipt_path("label", views.category).is_file():
        project = Project(settings)
        labels = project.labels(project.manifest(views.category))
    return StoredObjects(views, labels, settings.evaluate.keypoint_pixels)


def _point_labels(labels: OpenedStore, key: ObjectKey) -> PointLabels:
    points, candidates = (int(np.asarray(labels.read(f"{name}_count", key))) for name in ("part", "candidate"))
    return PointLabels(
        keypoint_xyz=labels.read("keypoint_xyz", key),
        keypoint_present=labels.read("keypoint_present", key),
        part_xyz=labels.read("part_xyz", key)[:points],
        part_label=labels.read("part_label", key)[:points],
        candidate_xyz=labels.read("candidate_xyz", key)[:candidates],
    )
