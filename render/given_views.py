"""Views that were made elsewhere, as the render stage stores them: read, cropped, moved into the world."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float64, Shaped

from pipeline.artifacts.foreground import foreground_of
from pipeline.config.settings import Camera
from pipeline.datasets.records import ObjectKey
from pipeline.datasets.views.frame import pose_in_world
from pipeline.datasets.views.view_source import GivenView, ViewSource
from pipeline.manifests.describe_views import chosen_views
from render.silhouette_reach import silhouette_reach
from render.square_crop import chosen_square, square_crop
from render.view_facts import view_facts


@dataclass(frozen=True)
class GivenViews:
    """The views of a collection's objects."""

    source: ViewSource
    camera: Camera

    def stored(
        self, key: ObjectKey, world_from_source: Float64[np.ndarray, "4 4"]
    ) -> tuple[dict[str, Shaped[np.ndarray, "..."]], dict[str, Any]]:
        """Return an object's arrays of the view store, and what is recorded of them. Raises DatasetError."""
        numbers = chosen_views(self.source, key, self.camera.views)
        # One after the other, because pictures may be large.
        views = [cropped_view(self.source, key, int(number), self.camera.size) for number in numbers]
        rgba = np.stack([view.rgba for view in views])
        poses = np.stack([pose_in_world(world_from_source, view.pose) for view in views])
        intrinsics = np.stack([view.intrinsics.array() for view in views])
        seen = foreground_of(rgba, "alpha")
        nearest, farthest = silhouette_reach(seen, poses, intrinsics)
        arrays = {"rgba": rgba, "pose": poses.astype(np.float32), "intrinsics": intrinsics.astype(np.float32)}
        return arrays, {**view_facts(seen), "nearest": nearest, "farthest": farthest}


def cropped_view(source: ViewSource, key: ObjectKey, number: int, size: int) -> GivenView:
    """Read a view and crop it to its square, resized to `size` pixels a side. Raises DatasetError."""
    (view,) = source.read(key, np.array([number]))
    return square_crop(view, chosen_square(view), size)
