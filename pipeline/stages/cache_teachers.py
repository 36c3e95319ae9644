"""Stage cache-teachers: views in, a teacher's feature maps out."""

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import numpy as np
from jaxtyping import Bool, Float32

from pipeline.atomic_files import digest_of, write_json
from pipeline.datasets.errors import DatasetError
from pipeline.datasets.records import ObjectKey
from pipeline.errors import UserError
from pipeline.images import over_black
from pipeline.manifest import Manifest, read_manifest
from pipeline.progress import Progress
from pipeline.receipts import Receipt, StoredObject, marker_of, open_received, read_receipt
from pipeline.recipes import recipe_of
from pipeline.seeds import generator_of
from pipeline.settings import Settings
from pipeline.shard import WHOLE, Shard
from pipeline.stages.object_store import StoreTask, fill_store
from pipeline.stages.render import views_store
from pipeline.stores.layouts import maps_layout
from pipeline.stores.store import Done, RowKey, Store
from pipeline.teachers.grid import foreground_cells
from pipeline.teachers.scale import root_mean_square
from pipeline.teachers.teacher import Teacher, make_teacher

VIEWS_AT_ONCE = 10


def maps_store(settings: Settings, manifest: Manifest, teacher_name: str, teacher: Teacher, rendered: Receipt) -> Store:
    """The map store that settings, views and teacher stand for.

    The views that fix the scale are part of the fingerprint: maps of another scale are other maps.
    """
    views = views_store(settings, manifest.category)
    contents = {stored.key: stored.content for stored in rendered.objects}
    sample = scale_sample(settings, manifest, rendered)
    recipe = {
        "recipe": recipe_of("cache-teachers"),
        "views": views.fingerprint,
        "teacher": dict(teacher.recipe),
        "foreground": settings.cache_teachers.foreground,
        "scale_sample": digest_of([[contents[stored.key], view] for stored, view in sample]),
    }
    root = Path(settings.storage.root) / "maps"
    return Store(root, teacher_name, manifest.category, recipe, maps_layout(settings.camera, teacher.channels))


def scale_sample(settings: Settings, manifest: Manifest, rendered: Receipt) -> list[tuple[StoredObject, int]]:
    """Seeded (object, view) draws from the rendered train split. Raises UserError if it is empty."""
    rows = rendered.rows()
    train = [rows[manifest.key(o.id)] for o in manifest.of_split("train") if manifest.key(o.id) in rows]
    if not train:
        raise UserError(
            f"no train object of {manifest.category} is rendered, and the teacher's scale is fitted on them: "
            f"run `pipeline render --category {manifest.category}`."
        )
    rng = generator_of("scale sample", settings.cache_teachers.seed, manifest.synset)
    count = settings.cache_teachers.scale_views
    views = settings.camera.views
    return [
        (train[int(o)], int(v))
        for o, v in zip(rng.integers(len(train), size=count), rng.integers(views, size=count), strict=True)
    ]


def cache_teacher(
    settings: Settings,
    category: str,
    teacher_name: str,
    limit: int | None = None,
    overwrite: bool = False,
    shard: Shard = WHOLE,
) -> Receipt:
    """Cache one teacher's maps of one category. Raises UserError."""
    manifest = read_manifest(settings, category)
    rendered = read_receipt("render", category)
    views = open_received(rendered, views_store(settings, category))
    teacher = make_teacher(teacher_name)
    store = maps_store(settings, manifest, teacher_name, teacher, rendered)
    store.create()
    scale = _fitted_scale(settings, store, views, teacher, scale_sample(settings, manifest, rendered))
    rows = rendered.rows()
    wanted = []
    for item in manifest.objects[:limit]:
        stored = rows.get(manifest.key(item.id))
        if stored is not None:
            marker = marker_of(rendered, views, stored)
            inputs = digest_of([marker.content_of("rgba"), marker.content_of("depth")])
            wanted.append((RowKey(stored.key, inputs), stored.row))
    return fill_store(
        "cache-teachers",
        f"{category}-{teacher_name}",
        store,
        wanted,
        _Cacher(settings, teacher_name, scale, views, store),
        upstream_failures=rendered.failed,
        views=settings.camera.views,
        machine=settings.machine,
        overwrite=overwrite,
        shard=shard,
    )


def _fitted_scale(
    settings: Settings, store: Store, views: Store, teacher: Teacher, sample: Sequence[tuple[StoredObject, int]]
) -> float:
    """The teacher's scale, fitted once and kept beside the maps."""
    path = store.path / "scale.json"
    try:
        return float(json.loads(path.read_text())["rms"])
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        pass  # not fitted yet, or damaged: the same sample gives the same scale
    progress = Progress("  fitting the teacher's scale", len(sample), "views")

    def maps() -> Iterator[tuple[Float32[np.ndarray, "r c channels"], Bool[np.ndarray, "r c"]]]:
        for stored, view in sample:
            rgba = views.read("rgba", stored.row)[view : view + 1]
            depth = views.read("depth", stored.row)[view : view + 1]
            yield teacher.maps(over_black(rgba))[0], foreground_cells(depth > 0, settings.cache_teachers.foreground)[0]
            progress.step()

    rms = root_mean_square(maps())
    progress.close(f"RMS {rms:.4g}")
    write_json(path, {"rms": rms, "views": len(sample)})
    return rms


@dataclass(frozen=True)
class _Cacher:
    """Made in each worker: one teacher for all its objects."""

    settings: Settings
    teacher: str
    scale: float
    views: Store
    store: Store

    def __call__(self) -> Callable[[StoreTask[int]], Done]:
        teacher = make_teacher(self.teacher)
        return lambda task: self._cache(task, teacher)

    def _cache(self, task: StoreTask[int], teacher: Teacher) -> Done:
        rgba = self.views.read("rgba", task.work)
        depth = self.views.read("depth", task.work)
        cells = foreground_cells(depth > 0, self.settings.cache_teachers.foreground)
        feature = np.zeros(self.store.specs["feature"].shape, dtype=np.float16)
        for start in range(0, len(rgba), VIEWS_AT_ONCE):
            part = slice(start, start + VIEWS_AT_ONCE)
            scaled = teacher.maps(over_black(rgba[part])) / self.scale
            feature[part][cells[part]] = scaled[cells[part]]
        if not np.isfinite(feature).all():
            raise _not_finite(task.entry.key, self.teacher)
        return self.store.write(task.entry, task.row, {"feature": feature}, {"foreground_cells": float(cells.mean())})


def _not_finite(key: ObjectKey, teacher: str) -> DatasetError:
    return DatasetError(
        PurePosixPath(str(key)), "feature", f"teacher {teacher} gives values that are not finite in fp16"
    )
