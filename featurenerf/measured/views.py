"""Measure a model on a folder of views and write a file of results, for the command `evaluate-views`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from eval.given_views import (
    GIVEN_VIEWS,
    Background,
    GivenViewStatistics,
    GivenViewTask,
    evaluate_given_views,
    summarise_objects,
)
from eval.statistics.intervals import Interval
from featurenerf.loading import load_field
from pipeline.config.sections.data import Source
from pipeline.config.settings import Camera
from pipeline.datasets.categories import own_category
from pipeline.datasets.records import ObjectKey
from pipeline.datasets.views.layouts import VIEW_LAYOUTS
from pipeline.datasets.views.view_source import ViewSource
from pipeline.errors import UserError
from pipeline.stores.checked_json import write_checked
from pipeline.stores.typed_json import json_record

__all__ = ["Background", "GivenObjects", "GivenViewTask", "measure_views", "open_objects"]

SKIPPED_SHOWN = 5


@dataclass(frozen=True)
class GivenObjects:
    """Objects to measure: a category's of one split, at most `limit`, the first by name.

    `scale` is how many world units of the field one unit of the cameras is.
    """

    root: Path
    layout: str
    category: str
    split: str = "test"
    scale: float = 1.0
    limit: int | None = None


def measure_views(
    model: Path,
    asked: GivenObjects,
    task: GivenViewTask,
    out: Path | None,
    device: str,
    rays_per_batch: int,
) -> Iterator[str]:
    """Measure view synthesis, write the results, and say them in lines. Raises UserError if nothing can be measured."""
    field = load_field(model, device=device, rays_per_batch=rays_per_batch)
    source, keys = open_objects(asked, field.camera)
    results = evaluate_given_views(f"evaluate-views: {asked.category}", source, keys, task, field.renderer)
    if not results.objects:
        name, reason = next(iter(results.skipped.items()))
        raise UserError(f"no object of {asked.category} could be measured; {name}: {reason}.")
    summary = summarise_objects(results, task)
    size = field.camera.size
    statistics = GivenViewStatistics(
        field.renderer.field.digest, asked.layout, asked.category, asked.split, size, task, summary, results.objects,
        results.skipped,
    )  # fmt: skip
    name = f"{model.resolve().name}.{asked.category}-{asked.split}-{'-'.join(map(str, task.sources))}"
    path = out or GIVEN_VIEWS / f"{name}.json"
    write_checked(path, json_record(statistics))
    objects = len(results.objects)
    views = sum(each.views for each in results.objects)
    yield (
        f"{views} views of {size} x {size} pixels over {task.background}, source views "
        f"{', '.join(map(str, task.sources))}; objects: {objects} measured, {len(results.skipped)} skipped"
    )
    yield f"PSNR {_said(summary.psnr, 2, objects)} dB, SSIM {_said(summary.ssim, 3, objects)}"
    for name, reason in list(results.skipped.items())[:SKIPPED_SHOWN]:
        yield f"skipped {name}: {reason}"
    yield f"-> {path}"


def open_objects(asked: GivenObjects, camera: Camera) -> tuple[ViewSource, list[ObjectKey]]:
    """Open the collection and list the objects of the split. Raises UserError if there are none."""
    layouts = {str(name): opened for name, opened in VIEW_LAYOUTS.items()}
    if asked.layout not in layouts:
        raise UserError(f"--layout must be one of {', '.join(layouts)}, not '{asked.layout}'.")
    synset = own_category(asked.category).synset
    settings = Source.model_validate(
        {"kind": "renders", "views_root": str(asked.root), "layout": asked.layout, "scale": asked.scale}
    )
    source = layouts[asked.layout](asked.root, settings, camera)
    listing = source.listing(synset)  # first: it says in a sentence what is wrong with the collection
    splits = source.splits(synset)
    ids = [name for name in listing.ids if splits is None or splits.get(name) == asked.split]
    if not ids:
        raise UserError(f"{asked.root} has no object of {asked.category} in the split {asked.split}: choose another.")
    return source, [ObjectKey(synset, name) for name in ids[: asked.limit]]


def _said(mean: Interval | None, decimals: int, objects: int) -> str:
    """Say a mean with its interval, which one or two objects are too few for (docs/evaluation.md)."""
    if mean is None:
        return "not measured"
    if objects <= 2:
        return f"{mean.mean:.{decimals}f} (too few objects for an interval)"
    return f"{mean.mean:.{decimals}f} (95% interval {mean.low:.{decimals}f} to {mean.high:.{decimals}f})"
