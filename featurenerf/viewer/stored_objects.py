"""The rendered objects of a project, with their labels, as the viewer takes them."""

from __future__ import annotations

from dataclasses import dataclass, replace

from eval.views import ViewLabels
from featurenerf.category_stores import CategoryLabels, CategoryViews, open_labels, open_views, read_view
from featurenerf.viewer.given_view import GivenView
from pipeline.artifacts.foreground import known_from, read_foreground
from pipeline.artifacts.receipts import receipt_path
from pipeline.config.sections.evaluation import KeypointPixels
from pipeline.config.settings import PARAMS_FILE, load_settings
from pipeline.errors import UserError


@dataclass(frozen=True)
class StoredObjects:
    """The views of a category, and their labels if the label stage has run.

    `keypoints_at` says which pixel stands for a keypoint, as the evaluation has it.
    """

    views: CategoryViews
    labels: CategoryLabels | None
    keypoints_at: KeypointPixels

    def given(self, object_id: str, view: int) -> GivenView:
        """Read one view of an object. Raises UserError if there is no such object or view."""
        given = GivenView(object_id, *read_view(self.views, object_id, view), keypoints_at=self.keypoints_at)
        if self.labels is None or object_id not in self.labels.keys:
            return given
        opened, key = self.views.opened, self.views.keys[object_id]
        names = ("keypoint_uv", "keypoint_visible", "part")
        uv, visible, part = (self.labels.opened.read(name, key)[view] for name in names)
        foreground = read_foreground(opened.store, opened.rows[key].row, known_from(opened.store))[view]
        labels = ViewLabels(uv, visible, part, foreground)
        return replace(given, labels=labels, points=self.labels.part_points(object_id))


def open_stored_objects(category: str | None) -> StoredObjects:
    """Open a category of the project in the current folder; without a name, the only one of params.yaml.

    Raises UserError if there is no project, if the category is not rendered, or if its labels are of other settings.
    """
    if not PARAMS_FILE.is_file():
        raise UserError(
            f"there is no {PARAMS_FILE} in the current folder: change to a project's folder, or give photos."
        )
    settings = load_settings()
    named = settings.categories if category is None else (category,)
    if len(named) != 1:
        raise UserError(f"params.yaml names the categories {', '.join(named)}: choose one with --category.")
    views = open_views(named[0])
    labels = open_labels(named[0]) if receipt_path("label", views.category).is_file() else None
    return StoredObjects(views, labels, settings.evaluate.keypoint_pixels)
