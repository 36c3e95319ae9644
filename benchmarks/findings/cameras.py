"""Keypoint transfer against the angle between the two cameras, from the measured pairs: a table and a figure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import TypeAlias

import numpy as np
from jaxtyping import Float64

from benchmarks.findings.configuration import Configuration
from benchmarks.findings.figure import Panel, figure
from benchmarks.findings.tables import Studied, mean_of_seeds, studied
from eval.transfer.transfer_result import Task, TransferResult
from pipeline.config.names import WHOLE_FIELD
from pipeline.config.settings import Camera
from pipeline.datasets.records import ObjectKey
from pipeline.stores.atomic_files import write_bytes
from render.cameras import object_poses

BINS = (0, 30, 60, 90, 120, 150, 180)  # degrees
FEWEST = 10  # pairs that a bin's mean is made of
PANELS: Mapping[str, tuple[Task, ...]] = {
    "two objects": ("2d-cross-instance", "2d-other-camera"),
    "one object": ("2d-novel-view",),
}
# A descriptor's PCK in %, and its pairs, in each bin.
Binned: TypeAlias = Mapping[str, Sequence[tuple[float, int]]]


def write_figure(configuration: Configuration, path: Path) -> None:
    """Print a table for each kind of pairs, and draw both as SVG.

    Whole fields and maps of the configuration's first teacher, all categories together.
    """
    _, teacher = configuration.studied[0]
    every = [one for one in studied(configuration) if one.maps and one.teacher == teacher]
    if not every:
        return
    pixels = configuration.settings.evaluate.pck_pixels[-1]
    panels = {title: binned(every, configuration.settings.camera, tasks) for title, tasks in PANELS.items()}
    print(f"\n## PCK at {pixels:g} px against the angle between the cameras, all categories with {teacher}\n")
    for title, curves in panels.items():
        print("\n".join(angle_lines(title, curves)))
    middles = [0.0, *((low + high) / 2 for low, high in pairwise(BINS))]
    drawn = [
        Panel(
            f"{title}: PCK at {pixels:g} px in %",
            "angle between the cameras",
            "°",
            180,
            {name: list(zip(middles, (mean for mean, _ in means), strict=True)) for name, means in curves.items()},
        )
        for title, curves in panels.items()
    ]
    write_bytes(path, figure(drawn, len(drawn)).encode())


def binned(every: Sequence[Studied], camera: Camera, tasks: Sequence[Task]) -> Binned:
    """Average PCK over the pairs of each bin. One camera for both views is a bin of its own, the first."""
    found: dict[str, list[tuple[float, float]]] = {}
    eyes = object_poses(camera, ObjectKey("", ""), "test")[:, :3, 3]  # the same for all test objects
    for one in every:
        whole = mean_of_seeds(one.results(WHOLE_FIELD, one.seeds(WHOLE_FIELD)))
        for result in (*whole, *one.maps):
            if result.task in tasks and result.pck is not None:
                found.setdefault(result.descriptor, []).append((angle(result, eyes), 100 * result.pck[-1]))
    return {name: _means(np.array(points)) for name, points in found.items()}


def angle(result: TransferResult, eyes: Float64[np.ndarray, "views 3"]) -> float:
    """Return the angle in degrees between a pair's two cameras, seen from the origin."""
    first, second = result.pair.source_view, result.pair.target_view
    if first == second:
        return 0.0
    one, other = eyes[first], eyes[second]
    return float(np.degrees(np.arccos(one @ other / np.linalg.norm(one) / np.linalg.norm(other))))


def _means(points: Float64[np.ndarray, "n 2"]) -> list[tuple[float, int]]:
    """Return the mean and number of each bin: (mean, n) for angle 0, then for each of `BINS`; NaN where few are."""
    # A bin's upper end is in it, so 0 has a bin of its own.
    number = np.searchsorted(BINS, points[:, 0], side="left")
    groups = [points[number == index, 1] for index in range(len(BINS))]
    return [(float(group.mean()) if len(group) >= FEWEST else float("nan"), len(group)) for group in groups]


def angle_lines(title: str, curves: Binned) -> list[str]:
    """A table of the means, with the number of pairs in each bin."""
    names = ["0", *(f"{low} to {high}" for low, high in pairwise(BINS))]
    counts = [count for _, count in next(iter(curves.values()))]
    heads = [f"{name} ({count})" for name, count in zip(names, counts, strict=True)]
    lines = [f"| {title}: degrees (pairs) | {' | '.join(heads)} |", f"|{' --- |' * (len(heads) + 1)}"]
    for name, means in curves.items():
        lines.append(f"| {name} | {' | '.join('-' if np.isnan(mean) else f'{mean:.1f}' for mean, _ in means)} |")
    return [*lines, ""]
