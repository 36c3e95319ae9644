"""Stage render: a manifest and meshes in, the view store out."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from pipeline.atomic_files import digest_of, sha256_of
from pipeline.datasets.errors import DatasetError
from pipeline.datasets.records import ObjectKey
from pipeline.manifest import Manifest, ManifestObject, object_digest, read_manifest
from pipeline.progress import say
from pipeline.receipts import Receipt
from pipeline.recipes import recipe_of
from pipeline.settings import Settings
from pipeline.shard import WHOLE, Shard
from pipeline.sources import Roots, roots_of
from pipeline.stages.object_store import StoreTask, fill_store
from pipeline.stores.layouts import views_layout
from pipeline.stores.store import Done, RowKey, Store
from render.backends.backend import Backend, make_backend
from render.cameras import object_poses
from render.prepared_mesh import prepare
from render.raycast import RayCaster, cast_depth


def views_store(settings: Settings, category: str) -> Store:
    """The view store that the settings stand for. near and far belong to the sampling, not to the picture."""
    recipe = {
        "recipe": recipe_of("render"),
        "camera": settings.camera.model_dump(exclude={"near", "far"}),
        "render": settings.render.model_dump(exclude=set() if settings.render.backend == "blender" else {"blender"}),
    }
    return Store(Path(settings.storage.root), "views", category, recipe, views_layout(settings.camera))


def render_category(
    settings: Settings, category: str, limit: int | None = None, overwrite: bool = False, shard: Shard = WHOLE
) -> Receipt:
    """Render the objects of a category's manifest. Raises UserError."""
    manifest = read_manifest(settings, category)
    roots = roots_of(settings)
    backend = make_backend(
        settings.camera, settings.render, settings.machine.device
    )  # fails here, not in a worker, where there is no EGL
    say(f"render {category}: backend {settings.render.backend} on {backend.name}")
    backend.close()
    wanted = [(views_row(manifest, item), item) for item in manifest.objects[:limit]]
    store = views_store(settings, category)
    return fill_store(
        "render",
        category,
        store,
        wanted,
        _Renderer(settings, roots, store),
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
    roots: Roots
    store: Store

    def __call__(self) -> Callable[[StoreTask[ManifestObject]], Done]:
        # Mesa's rasteriser starts a thread a core in each worker; workers are what uses the cores here.
        os.environ.setdefault("LP_NUM_THREADS", "1")
        backend = make_backend(self.settings.camera, self.settings.render, self.settings.machine.device)
        return lambda task: self._render(task, backend)

    def _render(self, task: StoreTask[ManifestObject], backend: Backend) -> Done:
        settings, key, item = self.settings, task.entry.key, task.work
        for file, sha in item.files.items():
            path = self.roots.meshes.root / file
            if not path.exists():
                raise _changed(
                    self.roots, key, f"{file} is listed in the manifest and missing below {self.roots.meshes.root}"
                )
            if sha256_of(path) != sha:
                raise _changed(self.roots, key, f"{file} is not what the manifest lists; run `pipeline manifest` again")
        appeared = {str(file) for file in self.roots.meshes.read_geometry(key).files} - item.files.keys()
        if appeared:
            reason = f"{min(appeared)} was not there when the manifest was made; run `pipeline manifest` again"
            raise _changed(self.roots, key, reason)
        mesh = self.roots.meshes.read_mesh(key)
        prepared = prepare(mesh, item.matrix())
        poses = object_poses(settings.camera, key, item.split)
        caster = RayCaster(prepared)
        depth = np.stack([cast_depth(caster, pose, settings.camera) for pose in poses])
        arrays = {"rgba": backend.draw(prepared, poses), "depth": depth, "pose": poses.astype(np.float32)}
        facts = {**_facts(depth), "faces": len(prepared.faces), "missing_textures": list(mesh.missing_textures)}
        return self.store.write(task.entry, task.row, arrays, facts)


def _changed(roots: Roots, key: ObjectKey, reason: str) -> DatasetError:
    return DatasetError(roots.meshes.mesh_path(key), "sha256", reason)


def _facts(depth: np.ndarray) -> dict[str, Any]:
    """The share of foreground, and the views in which the image's edge cuts the object."""
    seen = depth > 0
    edge = seen[:, 0].any(1) | seen[:, -1].any(1) | seen[:, :, 0].any(1) | seen[:, :, -1].any(1)
    return {"foreground": float(seen.mean()), "cut_views": np.flatnonzero(edge).tolist()}
