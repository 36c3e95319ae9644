"""The view store of a category: images, depth and poses of its objects."""

from pathlib import Path
from typing import Any

from pipeline.artifacts.layouts import WORLD, views_layout
from pipeline.config.recipes import recipe_of
from pipeline.config.settings import Camera, Render, Source
from pipeline.datasets.meshes.look_notes import LookNote
from pipeline.manifests.manifest import Manifest, ManifestObject, object_digest
from pipeline.stores.atomic_files import digest_of
from pipeline.stores.row_table import RowKey
from pipeline.stores.store import Done, Store

RENDERED = "Rendered views of each object, with their cameras."
GIVEN = "Views of each object that were made elsewhere, with their cameras."


def views_store(root: Path, category: str, source: Source, camera: Camera, render: Render) -> Store:
    """Return the view store of these settings below `root`, which is storage.root.

    near and far are left out of its fingerprint: they belong to the sampling of rays, not to the images. Views made
    elsewhere have no depth, and cameras of their own.
    """
    if source.kind == "renders":
        recipe, layout = _given_recipe(source, camera), views_layout(camera, has_depth=False)
        return Store(root, "views", category, recipe, layout, {"description": GIVEN, "frame": WORLD})
    blender = render.backend == "blender"
    recipe = {
        "recipe": [recipe_of(part) for part in ("prepare", "render", *(["blender"] if blender else []))],
        "camera": camera.model_dump(exclude={"near", "far"}),
        "render": render.model_dump(exclude=set() if blender else {"blender"}),
    }
    return Store(root, "views", category, recipe, views_layout(camera), {"description": RENDERED, "frame": WORLD})


def look_notes(marker: Done) -> list[LookNote]:
    """The look notes of an object, as the render stage recorded them; none for views that were made elsewhere."""
    return [LookNote(**note) for note in marker.facts.get("look_notes", [])]


def grey_faces(marker: Done) -> int:
    """Count the faces of an object that are grey though its file asks for a look."""
    return sum(note.grey_faces for note in look_notes(marker))


def _given_recipe(source: Source, camera: Camera) -> dict[str, Any]:
    """Collect the settings that decide on copies of views; scale and axes are in the manifest, object by object."""
    used = {"views", "size", *(("angle_x",) if source.layout == "camera-npy" else ())}
    own = {"context": source.co3d.context} if source.layout == "co3d" else {}
    return {
        "recipe": [recipe_of("given-views")],
        "source": {"kind": source.kind, "layout": source.layout, **own},
        "camera": camera.model_dump(include=used),
    }


def views_row(manifest: Manifest, item: ManifestObject) -> RowKey:
    """Name the row of an object's views. Train objects have poses of their own, so the split is an input."""
    poses = "own" if item.split == "train" else "fixed"
    return RowKey(manifest.key(item.id), digest_of([object_digest(item), poses]))


def given_views_row(manifest: Manifest, item: ManifestObject) -> RowKey:
    """Name the row of an object whose views were made elsewhere."""
    return RowKey(manifest.key(item.id), object_digest(item))
