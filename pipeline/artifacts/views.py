"""The view store of a category: images, depth and poses of its objects."""

from pathlib import Path

from pipeline.artifacts.layouts import views_layout
from pipeline.config.recipes import recipe_of
from pipeline.config.settings import Camera, Render
from pipeline.manifests.manifest import Manifest, ManifestObject, object_digest
from pipeline.stores.atomic_files import digest_of
from pipeline.stores.store import RowKey, Store


def views_store(root: Path, category: str, camera: Camera, render: Render) -> Store:
    """Return the view store of these settings below `root`, which is storage.root.

    near and far are left out of its fingerprint: they belong to the sampling of rays, not to the images.
    """
    blender = render.backend == "blender"
    recipe = {
        "recipe": [recipe_of(part) for part in ("prepare", "render", *(["blender"] if blender else []))],
        "camera": camera.model_dump(exclude={"near", "far"}),
        "render": render.model_dump(exclude=set() if blender else {"blender"}),
    }
    return Store(root, "views", category, recipe, views_layout(camera))


def views_row(manifest: Manifest, item: ManifestObject) -> RowKey:
    """Name the row of an object's views. Train objects have poses of their own, so the split is an input."""
    poses = "own" if item.split == "train" else "fixed"
    return RowKey(manifest.key(item.id), digest_of([object_digest(item), poses]))
