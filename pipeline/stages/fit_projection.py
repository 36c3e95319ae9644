"""Stage fit-projection: views of the train split in, a teacher's projection and scale out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from itertools import chain, groupby, islice
from operator import itemgetter
from pathlib import Path
from typing import TypeAlias

import numpy as np
import torch
from jaxtyping import Bool, UInt8

from pipeline.artifacts.foreground import read_foreground
from pipeline.artifacts.project import Project
from pipeline.artifacts.projections import ABOUT, RECORD, STAGE, TENSORS, FittedProjection, kept_projection
from pipeline.artifacts.receipts import StoredObject, receipt_path
from pipeline.config.sections.teachers import CacheTeachers, FitProjection, ForegroundFrom
from pipeline.config.settings import Machine, Settings
from pipeline.datasets.errors import DatasetError
from pipeline.errors import UserError
from pipeline.executors.devices import device_named
from pipeline.executors.read_ahead import read_ahead
from pipeline.progress import Progress, say
from pipeline.seeds import generator_of
from pipeline.stores.atomic_files import held_folder, sha256_of, write_bytes, write_json
from pipeline.stores.checked_json import read_checked, write_checked
from pipeline.stores.store import Store
from pipeline.teachers.feature_maker import DeviceFeatures, out_of_memory
from pipeline.teachers.grid import foreground_cells
from pipeline.teachers.projection import Moments, ProjectionOnDevice, fit_projection
from pipeline.teachers.registry import make_teacher
from pipeline.teachers.teacher import Teacher

# An image, its cells that count, and its name.
_Sampled: TypeAlias = tuple[UInt8[np.ndarray, "h w 4"], Bool[np.ndarray, "r c"], str]


def fit_teacher(settings: Settings, category: str, teacher_name: str, overwrite: bool = False) -> FittedProjection:
    """Fit one teacher's projection of one category, or keep the one that is there and sound. Raises UserError."""
    project, instance = Project(settings), f"{category}-{teacher_name}"
    manifest, views = project.manifest(category), project.views(category)
    machine = settings.machine
    teacher = make_teacher(project, teacher_name, category)
    inputs = project.projection_inputs(manifest, teacher_name, views)
    about, folder = inputs.full_about(teacher.recipe), inputs.folder(teacher.recipe)
    with held_folder(folder):
        fitted = None if overwrite else kept_projection(folder)
        if fitted is None:
            receipt_path(STAGE, instance).unlink(missing_ok=True)
            write_json(folder / ABOUT, about)
            sections = settings.fit_projection, settings.cache_teachers, settings.foreground_from, machine
            fit = _Fit(teacher, *sections, views.store, inputs.sample)
            fitted = fit.run(instance, folder)
        else:
            write_json(folder / ABOUT, about)  # the folder's name proves its content, whatever became of the file
            say(f"{STAGE} {instance}: {folder} is there and verified")
        record = {
            "stage": STAGE,
            "instance": instance,
            "store": folder.relative_to(project.root).as_posix(),
            "fingerprint": fitted.fingerprint,
            **read_checked(folder / RECORD),
        }
        write_checked(receipt_path(STAGE, instance), record)
    return fitted


@dataclass(frozen=True)
class _Fit:
    """One fit: the teacher, the settings, and the (object, view) pairs that are sampled."""

    teacher: Teacher
    section: FitProjection
    cache: CacheTeachers
    foreground_from: ForegroundFrom
    machine: Machine
    views: Store
    sample: Sequence[tuple[StoredObject, int]]

    def run(self, instance: str, folder: Path) -> FittedProjection:
        """Fit the projection, write it into `folder`, and report progress."""
        teacher = self.teacher
        device = device_named(self.machine.device) if teacher.on_gpu else torch.device("cpu")
        progress = Progress(f"{STAGE} {instance}", len(self.sample), "views")
        moments = self._moments(device, progress)
        projection = fit_projection(moments, self.section.channels, divide=not teacher.own_scale)
        (folder / RECORD).unlink(missing_ok=True)
        write_bytes(folder / TENSORS, projection.to_bytes())
        content = sha256_of(folder / TENSORS)
        record = {
            "sha256": content,
            "channels": projection.channels,
            "raw_channels": teacher.channels,
            "explained_variance": projection.explained,
            "rms": projection.rms,
            "divisor": projection.divisor,
            "cells": moments.count,
        }
        write_checked(folder / RECORD, record)
        variance = f", {projection.explained:.1%} of the variance" if projection.basis is not None else ""
        progress.close(
            f"{teacher.channels} -> {projection.channels} channels{variance}, RMS {projection.rms:.4g} on "
            f"{moments.count} cells -> {folder}"
        )
        return FittedProjection(projection, folder.name, content, teacher.recipe)

    def _moments(self, device: torch.device, progress: Progress) -> Moments:
        """Run the network over the sample. Raises UserError if the device has too little memory."""
        size = self.machine.views_per_batch
        unprojected = ProjectionOnDevice(None, None, 1.0)
        network = DeviceFeatures(self.teacher.load(device), unprojected, device, size, self.cache.input)
        moments = Moments.none(self.teacher.channels, device)
        try:
            with torch.inference_mode():
                for rgba, cells, names in self._batches():
                    index = torch.from_numpy(np.flatnonzero(cells)).to(device)
                    moments = moments.with_cells(network.raw(torch.from_numpy(rgba).to(device), index, names))
                    progress.step(count=len(names))
        except torch.OutOfMemoryError:
            raise out_of_memory(device, size) from None
        except DatasetError as error:  # of a teacher whose maps lie in files
            raise UserError(f"the projection cannot be fitted, a train object has no usable maps: {error}.") from None
        return moments

    def _batches(self) -> Iterator[tuple[UInt8[np.ndarray, "v h w 4"], Bool[np.ndarray, "v r c"], list[str]]]:
        """Read the sampled views with the cells that count, as many at once as the network sees."""
        size, workers = self.machine.views_per_batch, self.machine.workers
        of_objects = [list(sampled) for _, sampled in groupby(self.sample, key=itemgetter(0))]
        with closing(read_ahead(self._read, of_objects, workers, 2 * workers)) as read:
            samples = chain.from_iterable(read)
            while some := list(islice(samples, size)):
                images, chosen, names = zip(*some, strict=True)
                yield np.stack(images), np.stack(chosen), list(names)

    def _read(self, sampled: Sequence[tuple[StoredObject, int]]) -> list[_Sampled]:
        """Read the sampled views of one object."""
        stored = sampled[0][0]
        foreground = read_foreground(self.views, stored.row, self.foreground_from)
        rgba = self.views.read("rgba", stored.row)
        most, found = max(1, self.section.cells // len(self.sample)), []
        for _, view in sampled:
            cells = foreground_cells(foreground[view : view + 1], self.cache.foreground)[0]
            name = f"{stored.key}/{view}"
            drawn = _draw(cells, most, generator_of("projection cells", self.section.seed, name))
            found.append((rgba[view].copy(), drawn, name))  # or the object's other views would stay in memory
        return found


def _draw(cells: Bool[np.ndarray, "r c"], most: int, rng: np.random.Generator) -> Bool[np.ndarray, "r c"]:
    """Keep at most `most` of the true cells, drawn at random."""
    present = np.flatnonzero(cells)
    if len(present) <= most:
        return cells
    drawn = np.zeros_like(cells)
    drawn.flat[rng.choice(present, size=most, replace=False)] = True
    return drawn
