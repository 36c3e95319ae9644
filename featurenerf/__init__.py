"""FeatureNeRF in Python: one image of an object in, its 3D features out, and matches between objects.

Names are loaded when they are first used, so that `import featurenerf` is fast. A mistake of the caller raises
`UserError`: one sentence that says what is wrong and what to do.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from featurenerf.answers import PointAnswers, RenderedView, Volume
    from featurenerf.category_stores import (
        CategoryLabels,
        CategoryMaps,
        CategoryViews,
        open_labels,
        open_maps,
        open_views,
    )
    from featurenerf.editing.labelled_object import LabelledObject, transfer_labels
    from featurenerf.editing.painted_object import PaintedObject
    from featurenerf.editing.part_points import PartPoints
    from featurenerf.editing.texture import swap_texture
    from featurenerf.exports.surface_cloud import SurfaceCloud, export_points
    from featurenerf.exports.surface_mesh import SurfaceMesh, export_mesh
    from featurenerf.exports.turntable import export_turntable
    from featurenerf.field import Field
    from featurenerf.loading import load_field
    from featurenerf.matching import Matches, match
    from featurenerf.photo import Photo, frame_photo, prepare_photo
    from featurenerf.pose_estimation import PoseEstimate, estimate_pose
    from featurenerf.seen_object import SeenObject
    from pipeline.errors import UserError

# No module here has the name of a function: importing it would hide the function.
_NAMES = {
    "featurenerf.answers": ("PointAnswers", "RenderedView", "Volume"),
    "featurenerf.category_stores": (
        "CategoryLabels",
        "CategoryMaps",
        "CategoryViews",
        "open_labels",
        "open_maps",
        "open_views",
    ),
    "featurenerf.editing.labelled_object": ("LabelledObject", "transfer_labels"),
    "featurenerf.editing.painted_object": ("PaintedObject",),
    "featurenerf.editing.part_points": ("PartPoints",),
    "featurenerf.editing.texture": ("swap_texture",),
    "featurenerf.exports.surface_cloud": ("SurfaceCloud", "export_points"),
    "featurenerf.exports.surface_mesh": ("SurfaceMesh", "export_mesh"),
    "featurenerf.exports.turntable": ("export_turntable",),
    "featurenerf.field": ("Field",),
    "featurenerf.loading": ("load_field",),
    "featurenerf.matching": ("Matches", "match"),
    "featurenerf.photo": ("Photo", "frame_photo", "prepare_photo"),
    "featurenerf.pose_estimation": ("PoseEstimate", "estimate_pose"),
    "featurenerf.seen_object": ("SeenObject",),
    "pipeline.errors": ("UserError",),
}
_HOME = {name: module for module, names in _NAMES.items() for name in names}

__all__ = [
    "CategoryLabels",
    "CategoryMaps",
    "CategoryViews",
    "Field",
    "LabelledObject",
    "Matches",
    "PaintedObject",
    "PartPoints",
    "Photo",
    "PointAnswers",
    "PoseEstimate",
    "RenderedView",
    "SeenObject",
    "SurfaceCloud",
    "SurfaceMesh",
    "UserError",
    "Volume",
    "estimate_pose",
    "export_mesh",
    "export_points",
    "export_turntable",
    "frame_photo",
    "load_field",
    "match",
    "open_labels",
    "open_maps",
    "open_views",
    "prepare_photo",
    "swap_texture",
    "transfer_labels",
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
