"""Stage fit-projection: views of the train split in, a teacher's projection and scale out.

<storage.root>/projections/<teacher>/<category>/<fingerprint>/
    about.json               what the fingerprint was made of
    projection.safetensors   mean, basis, variances, divisor
    projection.json          written last: the sha256 of the above, and what there is to know about the fit
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from jaxtyping import Bool, UInt8

from pipeline.artifacts.receipts import (
    Receipt,
    StoredObject,
    command_of,
    damaged,
    open_received,
    read_made,
    read_receipt,
    receipt_path,
)
from pipeline.artifacts.recipes import recipe_of
from pipeline.config.settings import Settings
from pipeline.errors import UserError
from pipeline.executors.devices import device_named
from pipeline.manifests.manifest import Manifest, read_manifest
from pipeline.progress import Progress, say
from pipeline.seeds import generator_of
from pipeline.stages.render import views_store
from pipeline.stores.atomic_files import digest_of, held_folder, sha256_of, write_bytes, write_json
from pipeline.stores.checked_json import read_checked, write_checked
from pipeline.stores.store import FINGERPRINT_CHARACTERS, Store
from pipeline.teachers.feature_maker import DeviceFeatures, out_of_memory
from pipeline.teachers.grid import foreground_cells
from pipeline.teachers.projection import Moments, Projection, ProjectionOnDevice, fit_projection
from pipeline.teachers.projection_file import projection_from_bytes, projection_to_bytes
from pipeline.teachers.registry import make_teacher
from pipeline.teachers.teacher import Teacher

STAGE = "fit-projection"


@dataclass(frozen=True)
class FittedProjection:
    """A teacher's projection of one category: `content` is the sha256 of its file."""

    projection: Projection
    fingerprint: str
    content: str


def fit_teacher(settings: Settings, category: str, teacher_name: str, overwrite: bool = False) -> FittedProjection:
    """Fit one teacher's projection of one category, or keep the one that is there and sound. Raises UserError."""
    manifest = read_manifest(settings, category)
    rendered = read_receipt("render", category)
    views = open_received(rendered, views_store(settings, category))
    teacher = make_teacher(settings, teacher_name, category)
    sample = projection_sample(settings, manifest, rendered)
    about = _about(settings, views, teacher, rendered, sample)
    folder = _folder(settings, teacher_name, category, about)
    instance = f"{category}-{teacher_name}"
    with held_folder(folder):
        fitted = None if overwrite else _kept(folder)
        if fitted is None:
            receipt_path(STAGE, instance).unlink(missing_ok=True)
            write_json(folder / "about.json", about)
            fitted = _fit(settings, instance, folder, teacher, views, sample)
        else:
            write_json(folder / "about.json", about)  # the name says that it is this, whatever has become of the file
            say(f"{STAGE} {instance}: {folder} is there and verified")
        held = read_checked(folder / "projection.json")
        write_json(
            receipt_path(STAGE, instance),
            {
                "stage": STAGE,
                "instance": instance,
                "store": folder.as_posix(),
                "fingerprint": fitted.fingerprint,
                **held,
            },
        )
    return fitted


def open_projection(settings: Settings, manifest: Manifest, teacher_name: str, rendered: Receipt) -> FittedProjection:
    """A teacher's fitted projection, if it is of these settings. Needs no weights. Raises UserError."""
    instance = f"{manifest.category}-{teacher_name}"
    path = receipt_path(STAGE, instance)
    held = read_made(path, STAGE, instance)
    command = command_of(STAGE, instance)
    try:
        fingerprint, content = str(held["fingerprint"]), str(held["sha256"])
    except (KeyError, TypeError):
        raise damaged(path, STAGE, instance) from None
    # Below this machine's root: a receipt may have come from another one, as the stores have.
    folder = _place(settings, teacher_name, manifest.category) / fingerprint
    teacher = make_teacher(settings, teacher_name, manifest.category, _recorded_weights(folder))
    views = views_store(settings, manifest.category)
    about = _about(settings, views, teacher, rendered, projection_sample(settings, manifest, rendered))
    if _folder(settings, teacher_name, manifest.category, about) != folder:
        raise UserError(f"{path} points to a projection of other settings or weights: run `{command}` first.")
    fitted = _kept(folder)
    if fitted is None or fitted.content != content:
        raise UserError(f"{folder} does not hold the projection that {path} speaks of: run `{command}` again.")
    return fitted


def projection_sample(settings: Settings, manifest: Manifest, rendered: Receipt) -> list[tuple[StoredObject, int]]:
    """Seeded (object, view) draws from the rendered train split, each once. Raises UserError if it is empty."""
    rows = rendered.rows
    train = [rows[manifest.key(o.id)] for o in manifest.of_split("train") if manifest.key(o.id) in rows]
    if not train:
        raise UserError(
            f"no train object of {manifest.category} is rendered, and projections are fitted on them: "
            f"run `pipeline render --category {manifest.category}`."
        )
    rng = generator_of("projection sample", settings.fit_projection.seed, manifest.synset)
    views = settings.camera.views
    count = min(settings.fit_projection.views, len(train) * views)
    drawn = np.sort(rng.choice(len(train) * views, size=count, replace=False))
    return [(train[int(number) // views], int(number) % views) for number in drawn]


def _about(
    settings: Settings,
    views: Store,
    teacher: Teacher,
    rendered: Receipt,
    sample: list[tuple[StoredObject, int]],
) -> dict[str, Any]:
    """Everything that a projection depends on."""
    contents = {stored.key: stored.content for stored in rendered.objects}
    section = settings.fit_projection
    return {
        "recipe": recipe_of(STAGE),
        "views": views.fingerprint,
        "teacher": dict(teacher.recipe),
        "foreground": settings.cache_teachers.foreground,
        "channels": section.channels,
        "cells": section.cells,
        "seed": section.seed,
        "sample": digest_of([[contents[stored.key], view] for stored, view in sample]),
    }


def _folder(settings: Settings, teacher_name: str, category: str, about: dict[str, Any]) -> Path:
    return _place(settings, teacher_name, category) / digest_of(about)[:FINGERPRINT_CHARACTERS]


def _place(settings: Settings, teacher_name: str, category: str) -> Path:
    return Path(settings.storage.root) / "projections" / teacher_name / category


def _kept(folder: Path) -> FittedProjection | None:
    """The projection in a folder if it is whole, else None."""
    try:
        content = str(read_checked(folder / "projection.json")["sha256"])
        data = (folder / "projection.safetensors").read_bytes()
        if sha256_of(folder / "projection.safetensors") != content:
            return None
        return FittedProjection(projection_from_bytes(data), folder.name, content)
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        return None


def _recorded_weights(folder: Path) -> str | None:
    """The sha256 of the weights that a projection was fitted with, if it can be read."""
    try:
        weights = json.loads((folder / "about.json").read_text())["teacher"]["weights"]
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        return None
    return weights if isinstance(weights, str) else None


def _fit(
    settings: Settings,
    instance: str,
    folder: Path,
    teacher: Teacher,
    views: Store,
    sample: list[tuple[StoredObject, int]],
) -> FittedProjection:
    device = device_named(settings.machine.device) if teacher.on_gpu else torch.device("cpu")
    progress = Progress(f"{STAGE} {instance}", len(sample), "views")
    calculate = DeviceFeatures(
        teacher.load(device), ProjectionOnDevice(None, None, 1.0), device, settings.machine.views_per_batch
    )
    moments = Moments.none(teacher.channels, device)
    try:
        with torch.inference_mode():
            for rgba, cells, names in _batches(settings, views, sample):
                index = torch.from_numpy(np.flatnonzero(cells)).to(device)
                moments = moments.with_cells(calculate.raw(torch.from_numpy(rgba).to(device), index, names))
                progress.step(count=len(names))
    except torch.OutOfMemoryError:
        raise out_of_memory(device, settings.machine.views_per_batch) from None
    projection = fit_projection(moments, settings.fit_projection.channels, divide=not teacher.published_raw)
    data = projection_to_bytes(projection)
    (folder / "projection.json").unlink(missing_ok=True)
    write_bytes(folder / "projection.safetensors", data)
    content = sha256_of(folder / "projection.safetensors")
    write_checked(
        folder / "projection.json",
        {
            "sha256": content,
            "channels": projection.channels,
            "raw_channels": teacher.channels,
            "explained_variance": projection.explained,
            "rms": projection.rms,
            "divisor": projection.divisor,
            "cells": moments.count,
        },
    )
    kept = f", {projection.explained:.1%} of the variance" if projection.basis is not None else ""
    progress.close(
        f"{teacher.channels} -> {projection.channels} channels{kept}, RMS {projection.rms:.4g} on {moments.count} "
        f"cells -> {folder}"
    )
    return FittedProjection(projection, folder.name, content)


def _batches(
    settings: Settings, views: Store, sample: list[tuple[StoredObject, int]]
) -> Iterator[tuple[UInt8[np.ndarray, "v h w 4"], Bool[np.ndarray, "v r c"], list[str]]]:
    """The sampled views with the foreground cells that count, as many at once as the network sees."""
    size = settings.machine.views_per_batch
    most = max(1, settings.fit_projection.cells // len(sample))
    at_hand: tuple[StoredObject, np.ndarray, np.ndarray] | None = None
    for start in range(0, len(sample), size):
        images, chosen, names = [], [], []
        for stored, view in sample[start : start + size]:
            if at_hand is None or at_hand[0] != stored:
                at_hand = stored, views.read("rgba", stored.row), views.read("depth", stored.row)
            cells = foreground_cells(at_hand[2][view : view + 1] > 0, settings.cache_teachers.foreground)[0]
            name = f"{stored.key}/{view}"
            images.append(at_hand[1][view])
            chosen.append(_some(cells, most, generator_of("projection cells", settings.fit_projection.seed, name)))
            names.append(name)
        yield np.stack(images), np.stack(chosen), names


def _some(cells: Bool[np.ndarray, "r c"], most: int, rng: np.random.Generator) -> Bool[np.ndarray, "r c"]:
    """At most `most` of the true cells."""
    there = np.flatnonzero(cells)
    if len(there) <= most:
        return cells
    some = np.zeros_like(cells)
    some.flat[rng.choice(there, size=most, replace=False)] = True
    return some
