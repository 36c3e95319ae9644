"""FeatureNeRF in Python: one image of an object in, its 3D features out, and matches between objects.

Names are loaded when they are first used, so that `import featurenerf` is fast. A mistake of the caller raises
`UserError`: one sentence that says what is wrong and what to do.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from featurenerf.answers import PointAnswers, RenderedView, Volume
    from featurenerf.category_stores import CategoryMaps, CategoryViews, open_maps, open_views
    from featurenerf.field import Field
    from featurenerf.loading import load_field
    from featurenerf.matching import Matches, match
    from featurenerf.photo import Photo, frame_photo, prepare_photo
    from featurenerf.pose_estimation import PoseEstimate, estimate_pose
    from featurenerf.seen_object import SeenObject
    from pipeline.errors import UserError

# No module here has the name of a function: importing it would hide the function.
_HOME = {
    "CategoryMaps": "featurenerf.category_stores",
    "CategoryViews": "featurenerf.category_stores",
    "Field": "featurenerf.field",
    "Matches": "featurenerf.matching",
    "Photo": "featurenerf.photo",
    "PointAnswers": "featurenerf.answers",
    "PoseEstimate": "featurenerf.pose_estimation",
    "RenderedView": "featurenerf.answers",
    "SeenObject": "featurenerf.seen_object",
    "UserError": "pipeline.errors",
    "Volume": "featurenerf.answers",
    "estimate_pose": "featurenerf.pose_estimation",
    "frame_photo": "featurenerf.photo",
    "load_field": "featurenerf.loading",
    "match": "featurenerf.matching",
    "open_maps": "featurenerf.category_stores",
    "open_views": "featurenerf.category_stores",
    "prepare_photo": "featurenerf.photo",
}

__all__ = [
    "CategoryMaps",
    "CategoryViews",
    "Field",
    "Matches",
    "Photo",
    "PointAnswers",
    "PoseEstimate",
    "RenderedView",
    "SeenObject",
    "UserError",
    "Volume",
    "estimate_pose",
    "frame_photo",
    "load_field",
    "match",
    "open_maps",
    "open_views",
    "prepare_photo",
]


def __getattr__(name: str) -> Any:
    """Load a public name from its module, once."""
    if name not in _HOME:
        raise AttributeError(f"module 'featurenerf' has no attribute '{name}'")
    value = getattr(import_module(_HOME[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """List the public names."""
    return sorted(__all__)
