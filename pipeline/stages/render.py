"""Stage render: a manifest, and meshes or views made elsewhere, in, the view store out."""

import os
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from pipeline.artifacts.doubtful_views import doubtful_views
from pipeline.artifacts.manifest_facts import manifest_facts
from pipeline.artifacts.opened_store import OpenedStore
from pipeline.artifacts.prepared_meshes import prepared_meshes_folder
from pipeline.artifacts.project import Project
from pipeline.artifacts.receipts import Receipt
from pipeline.artifacts.views import given_views_row, look_notes, views_row
from pipeline.config.settings import Camera, Device, Render, Settings
from pipeline.datasets.meshes.look_notes import grouped_notes
from pipeline.datasets.records import transparent_share
from pipeline.executors.shard import WHOLE, Shard
from pipeline.manifests.manifest import ManifestObject
from pipeline.manifests.view_collection import open_view_collection
from pipeline.progress import say
from pipeline.stages.fill import StoreTask, fill_store
from pipeline.stores.store import Done, Store
from render.backends.backend import Backend, make_backend
from render.cameras import centred_intrinsics, object_poses
from render.given_views import GivenViews
from render.kept_meshes import PreparedMeshes
from render.prepared_mesh import PreparedMesh
from render.raycast import RayCaster, cast_depth
from render.view_facts import view_facts


def render_category(
    settings: Settings, category: str, limit: int | None = None, overwrite: bool = False, shard: Shard = WHOLE
) -> Receipt:
    """Render the objects of a category's manifest, or copy the views that were made elsewhere. Raises UserError."""
    project, camera = Project(settings), settings.camera
    manifest, store = project.manifest(category), project.views_store(category)
    copied = settings.source.kind == "renders"
    worker: _Copier | _Renderer
    if copied:
        source = open_view_collection(settings.source, camera)
        say(f"render {category}: views made elsewhere are copied from {source.root}")
        worker = _Copier(GivenViews(source, camera), store)
    else:
        folder = prepared_meshes_folder(project.root, category) if settings.storage.prepared_meshes else None
        meshes = PreparedMeshes(project.roots().meshes, folder, anew=overwrite)
        # Fails here, not in a worker, where there is no EGL.
        backend = make_backend(camera, settings.render, settings.machine.device)
        say(f"render {category}: backend {settings.render.backend} on {backend.name}")
        backend.close()
        worker = _Renderer(camera, settings.render, settings.machine.device, meshes, store)
    row = given_views_row if copied else views_row
    receipt = fill_store(
        "render",
        category,
        store,
        [(row(manifest, item), item) for item in manifest.objects],
        worker,
        facts=manifest_facts(manifest, settings.source),
        upstream_failures={},
        views=camera.views,
        machine=settings.machine,
        overwrite=overwrite,
        limit=limit,
        shard=shard,
    )
    markers = OpenedStore(receipt, store).markers()
    noted = [
        (s.key.id, note) for s, marker in zip(receipt.objects, markers, strict=True) for note in look_notes(marker)
    ]
    doubts = doubtful_views([marker.facts for marker in markers], camera.near, camera.far) if copied else ()
    for line in (*grouped_notes(noted), *doubts):
        say(f"  {line}")
    return receipt


@dataclass(frozen=True)
class _Copier:
    """Copies objects' views in one worker."""

    views: GivenViews
    store: Store

    def __call__(self) -> Callable[[StoreTask[ManifestObject]], Done]:
        return self._copy

    def _copy(self, task: StoreTask[ManifestObject]) -> Done:
        return self.store.write(task.entry, task.row, *self.views.stored(task.entry.key, task.work.matrix()))


@dataclass(frozen=True)
class _Renderer:
    """Renders objects in one worker, which has one backend."""

    camera: Camera
    render: Render
    device: Device
    meshes: PreparedMeshes
    store: Store

    def __call__(self) -> Callable[[StoreTask[ManifestObject]], Done]:
        # Mesa starts a thread a core in every process; worker processes are what uses the cores here.
        os.environ.setdefault("LP_NUM_THREADS", "1")
        backend = make_backend(self.camera, self.render, self.device)
        return lambda task: self._render(task, backend)

    def _render(self, task: StoreTask[ManifestObject], backend: Backend) -> Done:
        camera, key, item = self.camera, task.entry.key, task.work
        mesh = self.meshes.of(key, item)
        poses = object_poses(camera, key, item.split)
        caster = RayCaster(mesh)
        depth = np.stack([cast_depth(caster, pose, camera) for pose in poses])
        intrinsics = np.tile(centred_intrinsics(camera.size, camera.angle_x), (len(poses), 1))
        arrays = {
            "rgba": backend.draw(mesh, poses),
            "depth": depth,
            "pose": poses.astype(np.float32),
            "intrinsics": intrinsics.astype(np.float32),
        }
        return self.store.write(task.entry, task.row, arrays, {**_mesh_facts(mesh), **view_facts(depth > 0)})


def _mesh_facts(mesh: PreparedMesh) -> dict[str, Any]:
    """Return the number of faces, and which of them look other than their file asks for."""
    return {
        "faces": len(mesh.faces),
        "look_notes": [asdict(note) for note in mesh.look_notes],
        "transparent_faces": transparent_share(mesh.materials, mesh.face_material),
    }
