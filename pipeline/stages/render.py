"""Stage render: a manifest and meshes in, the view store out."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float32

from pipeline.artifacts.layouts import views_layout
from pipeline.artifacts.prepared_meshes import PreparedMeshes, prepared_meshes_folder
from pipeline.artifacts.receipts import Receipt
from pipeline.artifacts.recipes import recipe_of
from pipeline.config.settings import Settings
from pipeline.datasets.records import transparent_share
from pipeline.executors.shard import WHOLE, Shard
from pipeline.manifests.manifest import Manifest, ManifestObject, object_digest, read_manifest
from pipeline.manifests.sources import roots_of
from pipeline.progress import say
from pipeline.stages.fill import StoreTask, fill_store
from pipeline.stores.atomic_files import digest_of
from pipeline.stores.store import Done, RowKey, Store
from render.backends.backend import Backend, make_backend
from render.cameras import object_poses
from render.prepared_mesh import PreparedMesh
from render.raycast import RayCaster, cast_depth


def views_store(settings: Settings, category: str) -> Store:
    """The view store that the settings stand for. near and far belong to the sampling, not to the picture."""
    blender = settings.render.backend == "blender"
    recipe = {
        "recipe": [recipe_of(part) for part in ("prepare", "render", *(["blender"] if blender else []))],
        "camera": settings.camera.model_dump(exclude={"near", "far"}),
        "render": settings.render.model_dump(exclude=set() if blender else {"blender"}),
    }
    return Store(Path(settings.storage.root), "views", category, recipe, views_layout(settings.camera))


def render_category(
    settings: Settings, category: str, limit: int | None = None, overwrite: bool = False, shard: Shard = WHOLE
) -> Receipt:
    """Render the objects of a category's manifest. Raises UserError."""
    manifest = read_manifest(settings, category)
    folder = prepared_meshes_folder(Path(settings.storage.root), category)
    kept = folder if settings.storage.prepared_meshes else None
    meshes = PreparedMeshes(roots_of(settings).meshes, kept, anew=overwrite)
    # Fails here, not in a worker, where there is no EGL.
    backend = make_backend(settings.camera, settings.render, settings.machine.device)
    say(f"render {category}: backend {settings.render.backend} on {backend.name}")
    backend.close()
    wanted = [(views_row(manifest, item), item) for item in manifest.objects[:limit]]
    store = views_store(settings, category)
    return fill_store(
        "render",
        category,
        store,
        wanted,
        _Renderer(settings, meshes, store),
        upstream_failures={},
        views=settings.camera.views,
        machine=settings.machine,
        overwrite=overwrite,
        shard=shard,
    )


def views_row(manifest: Manifest, item: ManifestObject) -> RowKey:
    """The row of an object's views: train objects have poses of their own, so the split is part of the inputs."""
    poses = "own" if item.split == "train" else "fixed"
    return RowKey(manifest.key(item.id), digest_of([object_digest(item), poses]))


@dataclass(frozen=True)
class _Renderer:
    """Made in each worker: one backend for all its objects."""

    settings: Settings
    meshes: PreparedMeshes
    store: Store

    def __call__(self) -> Callable[[StoreTask[ManifestObject]], Done]:
        # Mesa starts a thread a core in every process; worker processes are what uses the cores here.
        os.environ.setdefault("LP_NUM_THREADS", "1")
        settings = self.settings
        backend = make_backend(settings.camera, settings.render, settings.machine.device)
        return lambda task: self._render(task, backend)

    def _render(self, task: StoreTask[ManifestObject], backend: Backend) -> Done:
        camera, key, item = self.settings.camera, task.entry.key, task.work
        mesh = self.meshes.of(key, item)
        poses = object_poses(camera, key, item.split)
        caster = RayCaster(mesh)
        depth = np.stack([cast_depth(caster, pose, camera) for pose in poses])
        arrays = {"rgba": backend.draw(mesh, poses), "depth": depth, "pose": poses.astype(np.float32)}
        return self.store.write(task.entry, task.row, arrays, {**_mesh_facts(mesh), **_view_facts(depth)})


def _mesh_facts(mesh: PreparedMesh) -> dict[str, Any]:
    """What was drawn, and what of it does not look as its file wants."""
    return {
        "faces": len(mesh.faces),
        "missing_textures": list(mesh.missing_textures),
        "transparent_faces": transparent_share(mesh.materials, mesh.face_material),
    }


def _view_facts(depth: Float32[np.ndarray, "views h w"]) -> dict[str, Any]:
    """The share of foreground, and the views in which the image's edge cuts the object."""
    seen = depth > 0
    edge = seen[:, 0].any(1) | seen[:, -1].any(1) | seen[:, :, 0].any(1) | seen[:, :, -1].any(1)
    return {"foreground": float(seen.mean()), "cut_views": np.flatnonzero(edge).tolist()}
