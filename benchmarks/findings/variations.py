"""Fields that were trained otherwise, or asked otherwise, beside the whole field: tables and a figure.

The number of training objects, of images given, and degrees by which poses are wrong.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import reduce
from pathlib import Path
from typing import Literal

from benchmarks.findings.asked import Asked
from benchmarks.findings.configuration import Configuration, SeededField
from benchmarks.findings.figure import Panel, figure
from benchmarks.findings.records import Results, read_measured
from benchmarks.findings.tables import INTERNAL, points, share, values_of
from eval.statistics.summary import compare, summarise
from eval.transfer.field_transfer import thresholds_by_task
from eval.transfer.transfer_result import TASKS, Task, TransferResult
from pipeline.config.names import WHOLE_FIELD
from pipeline.stores.atomic_files import write_bytes

Axis = Literal["objects", "images", "degrees"]
AXES: Mapping[Axis, tuple[str, str]] = {  # name and unit of the figure's x axis
    "objects": ("training objects", ""),
    "images": ("images given", ""),
    "degrees": ("degrees by which poses are wrong", "°"),
}
VARIED = f"{INTERNAL}, varied"


@dataclass(frozen=True)
class Variation:
    """Results of a field. `axis` and `x` are their place in the figure; without an axis they are in tables alone.

    The first variation of a study is the whole field, asked by one image with its true pose.
    """

    title: str
    results: Results
    axis: Axis | None = None
    x: float = 0.0


def variations(configuration: Configuration, category: str, teacher: str) -> list[Variation]:
    """Read what was measured of a category and teacher with the first seed; [] without a variation."""
    fields = [
        seeded
        for seeded in configuration.fields
        if (seeded.field.category, seeded.field.teacher, seeded.field.variant) == (category, teacher, WHOLE_FIELD)
        and seeded.seed == 0
    ]
    fields.sort(key=lambda seeded: bool(seeded.train))
    found = [variation for seeded in fields for variation in _of_field(configuration, seeded)]
    return _on_common_pairs(found) if len(found) > 1 and not fields[0].train else []


def _of_field(configuration: Configuration, seeded: SeededField) -> Iterator[Variation]:
    views = configuration.settings.camera.views
    further = {configuration.settings.evaluate.other_camera * i % views for i in (1, 2)}
    for asked, name in zip(seeded.asked, seeded.names, strict=True):
        measured = read_measured(name, configuration.settings, configuration.digest)
        if measured is None:
            continue
        # A view that another way to ask is given is no novel view.
        results = tuple(
            result
            for result in measured.results
            if result.descriptor == INTERNAL
            and not (result.task == "2d-novel-view" and _further(result, views) in further)
        )
        yield _titled(seeded, asked, measured.record.training_objects, results)


def _further(result: TransferResult, views: int) -> int:
    return (result.pair.target_view - result.pair.source_view) % views


def _titled(seeded: SeededField, asked: Asked, objects: int, results: Results) -> Variation:
    if "training_objects" in seeded.train or (not seeded.train and asked == Asked()):
        return Variation(f"{objects} training objects", results, "objects", objects)
    if asked.pose_error:
        return Variation(f"poses wrong by {asked.pose_error:g} degrees", results, "degrees", asked.pose_error)
    if "source_views" in seeded.train:
        counts = str(seeded.train["source_views"]).strip("[]")
        images = f"{asked.given} image{'s' * (asked.given > 1)}"
        return Variation(f"trained with {counts} images, given {images}", results, "images", asked.given)
    own = "untrained" if seeded.train == {"steps": 0} else ", ".join(f"{k} {v}" for k, v in seeded.train.items())
    return Variation(own, results, None, 0.0)


def _on_common_pairs(found: Sequence[Variation]) -> list[Variation]:
    pairs = [{(result.task, result.pair) for result in variation.results} for variation in found]
    common = reduce(set.intersection, pairs)
    return [
        replace(variation, results=tuple(r for r in variation.results if (r.task, r.pair) in common))
        for variation in found
    ]


def print_variations(configuration: Configuration, path: Path) -> None:
    """Print two tables for each category and teacher with variations, and draw all of them as SVG."""
    thresholds = thresholds_by_task(configuration.settings.evaluate, configuration.settings.manifest.longest_edge)
    panels: list[Panel] = []
    for category, teacher in configuration.studied:
        found = variations(configuration, category, teacher)
        if not found:
            continue
        for measure, kind in ((-2, "keypoints"), (-1, "parts")):
            print(f"\n## {category}, {teacher}, trained or asked otherwise: internal features, {kind} in %\n")
            print("\n".join(variation_lines(found, thresholds, measure)))
        panels += variation_panels(f"{category}, {teacher}", found, thresholds)
    if panels:
        write_bytes(path, figure(panels, len(AXES)).encode())


def variation_lines(found: Sequence[Variation], thresholds: Mapping[Task, Sequence[float]], measure: int) -> list[str]:
    """One table: each variation's value, and its difference from the first in points.

    `measure` is a place in PCK at each threshold and IoU.
    """
    lines = [f"| whole field | {' | '.join(TASKS)} |", f"|{' --- |' * (len(TASKS) + 1)}"]
    whole = found[0]
    for variation in found:
        cells = []
        for task in TASKS:
            means = summarise(variation.results, task, INTERNAL, thresholds[task])
            value = (*(means.pck or [None]), means.iou)[measure]
            text = "-" if value is None else share(value)
            if variation is not whole:
                varied = tuple(replace(result, descriptor=VARIED) for result in variation.results)
                difference = values_of(compare((*whole.results, *varied), task, VARIED, INTERNAL, thresholds[task]))
                text += f"; {points(difference[measure])}"
            cells.append(text)
        lines.append(f"| {variation.title} | {' | '.join(cells)} |")
    return lines


def variation_panels(
    name: str, found: Sequence[Variation], thresholds: Mapping[Task, Sequence[float]]
) -> Iterator[Panel]:
    """A panel for each axis: keypoints at the widest threshold, a line for each task."""
    for axis, (label, unit) in AXES.items():
        placed = [variation for variation in found if variation.axis == axis]
        if axis == "degrees":
            placed = [replace(found[0], x=0.0), *placed]
        if len(placed) < 2:
            continue
        placed.sort(key=lambda variation: variation.x)
        lines: dict[str, list[tuple[float, float]]] = {}
        for task in TASKS:
            means = [summarise(variation.results, task, INTERNAL, thresholds[task]).pck for variation in placed]
            lines[task] = [
                (variation.x, 100 * pck[-1].mean) for variation, pck in zip(placed, means, strict=True) if pck
            ]
        yield Panel(f"{name}: keypoints in %", label, unit, placed[-1].x, lines)
