"""Stage cache-teachers: views and a fitted projection in, a teacher's feature maps out."""

import os
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from multiprocessing import parent_process
from pathlib import PurePosixPath

import numpy as np
import torch
from jaxtyping import Bool, Float16

from pipeline.artifacts.foreground import foreground_array, read_foreground
from pipeline.artifacts.layouts import CELL
from pipeline.artifacts.manifest_facts import manifest_facts
from pipeline.artifacts.map_values import dequantised, quantised
from pipeline.artifacts.opened_store import OpenedStore
from pipeline.artifacts.project import Project
from pipeline.artifacts.projections import Projection
from pipeline.artifacts.receipts import Receipt, stage_command
from pipeline.config.sections.teachers import ForegroundFrom, TeacherInput
from pipeline.config.settings import Camera, Machine, Settings
from pipeline.datasets.errors import DatasetError
from pipeline.errors import UserError
from pipeline.executors.devices import device_named
from pipeline.executors.shard import WHOLE, Shard
from pipeline.progress import say
from pipeline.stages.fill import StoreTask, fill_store
from pipeline.stores.atomic_files import digest_of
from pipeline.stores.row_table import RowKey
from pipeline.stores.store import Done, Store
from pipeline.teachers.feature_maker import DeviceFeatures, FeatureMaker
from pipeline.teachers.feature_server import FeatureServers
from pipeline.teachers.grid import foreground_cells
from pipeline.teachers.projection import ProjectionOnDevice
from pipeline.teachers.registry import make_teacher
from pipeline.teachers.teacher import Teacher

ROUNDING = "rounding_error"  # of int8: RMS of the error over RMS of the features


def cache_teacher(
    settings: Settings,
    category: str,
    teacher_name: str,
    limit: int | None = None,
    overwrite: bool = False,
    shard: Shard = WHOLE,
) -> Receipt:
    """Cache one teacher's maps of one category. Raises UserError."""
    project, instance = Project(settings), f"{category}-{teacher_name}"
    manifest, views = project.manifest(category), project.views(category)
    teacher = make_teacher(project, teacher_name, category)
    fitted = project.projection(manifest, teacher_name, views)
    if dict(fitted.teacher) != dict(teacher.recipe):
        raise UserError(
            f"the projection of {instance} was fitted with other weights: run "
            f"`{stage_command('fit-projection', instance)}` first."
        )
    store = project.maps_store(category, teacher_name, fitted)
    rows, origin = views.rows, settings.foreground_from
    if origin != settings.cache_teachers.foreground_from:
        say(f"cache-teachers {instance}: the views have no depth, so alpha tells their foreground")
    wanted = []
    for item in manifest.objects:
        stored = rows.get(manifest.key(item.id))
        if stored is not None:
            marker = views.marker(stored)
            inputs = digest_of([marker.content_of(name) for name in dict.fromkeys(("rgba", foreground_array(origin)))])
            wanted.append((RowKey(stored.key, inputs), stored.row))
    meanwhile, make_maker = _feature_source(
        settings.machine, settings.camera, settings.cache_teachers.input, teacher, fitted.projection
    )
    receipt = fill_store(
        "cache-teachers",
        instance,
        store,
        wanted,
        _Cacher(make_maker, settings.cache_teachers.foreground, origin, views.store, store),
        facts=manifest_facts(manifest, settings.source),
        upstream_failures=views.receipt.failed,
        views=settings.camera.views,
        machine=settings.machine,
        overwrite=overwrite,
        limit=limit,
        shard=shard,
        meanwhile=meanwhile,
    )
    if settings.cache_teachers.dtype == "int8":
        _say_error(OpenedStore(receipt, store))
    return receipt


def _say_error(maps: OpenedStore) -> None:
    errors = [marker.facts[ROUNDING] for marker in maps.markers()]
    if errors:
        say(
            f"  int8: rounding moves a feature by {np.mean(errors):.2%} of its length on average, "
            f"by {max(errors):.2%} in the worst object (root mean squares)"
        )


def _feature_source(
    machine: Machine, camera: Camera, seen: TeacherInput, teacher: Teacher, projection: Projection
) -> tuple[AbstractContextManager[None], Callable[[], FeatureMaker]]:
    """Choose the process that runs the network, and give workers a way to its features.

    On a GPU one process has the network, all workers of this machine ask it, and decode and compress meanwhile. On a
    CPU, and on the workers of a cluster, each has a network of its own.
    """
    device = device_named(machine.device) if teacher.on_gpu else torch.device("cpu")
    own = _OwnNetwork(teacher, projection, device.type, machine.views_per_batch, machine.compile, machine.workers, seen)
    if device.type == "cpu" or machine.workers == 1 or machine.scheduler is not None:
        return nullcontext(), own
    devices = [f"cuda:{gpu}" for gpu in range(torch.cuda.device_count())]
    servers = FeatureServers.of(devices, camera.views, camera.size, camera.size // CELL, projection.channels)
    return servers.running(own.load), servers


@dataclass(frozen=True)
class _OwnNetwork:
    """A network in the process that calls this."""

    teacher: Teacher
    projection: Projection
    device: str
    views_per_batch: int
    compiled: bool
    workers: int
    seen: TeacherInput

    def __call__(self) -> FeatureMaker:
        """Load the network for one of `workers` processes that share this machine's cores."""
        if parent_process() is not None:  # in the command's own process it would outlive this stage
            torch.set_num_threads(max(1, len(os.sched_getaffinity(0)) // self.workers))
        return self.load(torch.device(self.device)).wait_for

    def load(self, device: torch.device) -> DeviceFeatures:
        """Load the network on a device."""
        network, projection = self.teacher.load(device, self.compiled), ProjectionOnDevice.load(self.projection, device)
        return DeviceFeatures(network, projection, device, self.views_per_batch, self.seen)


@dataclass(frozen=True)
class _Cacher:
    """Caches objects in one worker, which has one network, or one connection to it."""

    make_maker: Callable[[], FeatureMaker]
    foreground: str
    foreground_from: ForegroundFrom
    views: Store
    store: Store

    def __call__(self) -> Callable[[StoreTask[int]], Done]:
        maker = self.make_maker()
        return lambda task: self._cache(task, maker)

    def _cache(self, task: StoreTask[int], maker: FeatureMaker) -> Done:
        key = task.entry.key
        cells = foreground_cells(read_foreground(self.views, task.work, self.foreground_from), self.foreground)
        names = [f"{key}/{view}" for view in range(len(cells))]
        features = maker(self.views.read("rgba", task.work), cells, names)
        if not _all_finite(features):
            raise DatasetError(
                PurePosixPath(str(key)), "feature", "the teacher gives values that are not finite in fp16"
            )
        arrays, facts = _stored(features, cells, self.store)
        return self.store.write(task.entry, task.row, arrays, {"foreground_cells": float(cells.mean()), **facts})


def _all_finite(features: Float16[np.ndarray, "k channels"]) -> bool:
    """Test for NaN and infinity by their exponents' bits, because numpy's own test converts every value first."""
    exponents = features.view(np.uint16) & np.uint16(0x7C00)
    return not exponents.size or int(exponents.max()) < 0x7C00


def _stored(
    features: Float16[np.ndarray, "k channels"], cells: Bool[np.ndarray, "v r c"], store: Store
) -> tuple[dict[str, np.ndarray], dict[str, float]]:
    """Return an object's arrays in the types of its store, and the error of rounding to int8."""
    spec = store.specs["feature"]
    feature = np.zeros(spec.shape, dtype=spec.dtype)
    if spec.dtype == "float16":
        feature[cells] = features
        return {"feature": feature}, {}
    values, scale = quantised(features)
    feature[cells] = values
    exact = features.astype(np.float32)
    error = np.linalg.norm(exact - dequantised(values, scale)) / max(float(np.linalg.norm(exact)), 1e-12)
    return {"feature": feature, "scale": scale}, {ROUNDING: float(error)}
