"""The map store of a category and teacher: one feature vector for each cell of each view."""

from pathlib import Path

from pipeline.artifacts.layouts import maps_layout
from pipeline.artifacts.projections import FittedProjection
from pipeline.config.recipes import recipe_of
from pipeline.config.sections.teachers import CacheTeachers
from pipeline.config.settings import Camera
from pipeline.stores.store import Store


def maps_store(
    root: Path,
    category: str,
    teacher: str,
    views: Store,
    fitted: FittedProjection,
    camera: Camera,
    foreground: str,
    cache: CacheTeachers,
) -> Store:
    """Return the map store of these views and this projection below `root`, which is storage.root.

    `foreground` is the rule's name. The bytes of the projection are part of its fingerprint: maps in another basis or
    of another scale are other maps.
    """
    recipe = {
        "recipe": recipe_of("cache-teachers"),
        "views": views.fingerprint,
        "projection": [fitted.fingerprint, fitted.content],
        "foreground": foreground,
        "input": cache.input,
    }
    layout = maps_layout(camera, fitted.projection.channels, cache.dtype)
    attributes = {
        "description": "Feature maps of a teacher for each view.",
        "teacher": teacher,
        "views": views.fingerprint,
        "channels": str(fitted.projection.channels),
        "projection": fitted.fingerprint,
    }
    return Store(root / "maps", teacher, category, recipe, layout, {"kind": "maps", **attributes})
