"""Keypoint transfer against the angle between the two cameras, from the measured pairs: a table and a figure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import TypeAlias

import numpy as np
from jaxtyping import Float64

from benchmarks.findings.configuration import Configuration
from benchmarks.findings.tables import Studied, mean_of_seeds, studied
from eval.report.line_plot import HEIGHT, WIDTH, Line, LinePlot, line_plot
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
TITLE = 14  # units above a panel
COLOURS = ("#0b5fa5", "#c2410c", "#15803d", "#7c3aed", "#6b7280", "#000000")
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
    write_bytes(path, figure(panels, f"PCK at {pixels:g} px in %").encode())


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


def figure(panels: Mapping[str, Binned], unit: str) -> str:
    """Draw the panels side by side, a legend below."""
    middles = [0.0, *((low + high) / 2 for low, high in pairwise(BINS))]
    drawn = []
    for number, (title, curves) in enumerate(panels.items()):
        lines = [
            Line(name, tuple(zip(middles, (mean for mean, _ in means), strict=True)), style)
            for style, (name, means) in enumerate(curves.items())
        ]
        # Panels have one scale: up to 100% at 180 degrees, whatever was measured.
        plot = line_plot([*lines, Line("", ((0.0, 100.0), (180.0, 100.0)), None)], from_zero=True)
        assert plot is not None
        drawn.append(f'<g transform="translate({number * WIDTH} {TITLE})">{_panel(plot, f"{title}: {unit}")}</g>')
    names = list(dict.fromkeys(name for curves in panels.values() for name in curves))
    legend = "".join(
        f'<text x="{46 + 110 * index}" y="{TITLE + HEIGHT + 14}" fill="{COLOURS[index % len(COLOURS)]}">{name}</text>'
        for index, name in enumerate(names)
    )
    size = f"0 0 {len(panels) * WIDTH} {TITLE + HEIGHT + 24}"
    style = "text{font:11px sans-serif}path,line{fill:none}"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{size}"><style>{style}</style>'
        f'<rect width="100%" height="100%" fill="#fff"/>{"".join(drawn)}{legend}</svg>\n'
    )


def _panel(plot: LinePlot, title: str) -> str:
    """One panel: axes with ticks, and a line for each descriptor."""
    pieces = [f'<text x="{plot.left}" y="{plot.top - 10}">{title}</text>']
    for place, label in plot.y_ticks:
        pieces.append(f'<line x1="{plot.left}" x2="{plot.right}" y1="{place}" y2="{place}" stroke="#ddd"/>')
        pieces.append(f'<text x="{plot.left - 6}" y="{place + 4}" text-anchor="end">{label}</text>')
    for place, label in plot.x_ticks:
        pieces.append(f'<text x="{place}" y="{plot.bottom + 16}" text-anchor="middle">{label}°</text>')
    middle = (plot.left + plot.right) / 2
    pieces.append(f'<text x="{middle}" y="{plot.bottom + 30}" text-anchor="middle">angle between the cameras</text>')
    for line in (line for line in plot.lines if line.label):
        colour = COLOURS[(line.style or 0) % len(COLOURS)]
        pieces.append(f'<path d="{line.path}" stroke="{colour}" stroke-width="1.6"/>')
        pieces.append(f'<path d="{line.marks}" style="fill:{colour}"/>')
    return "".join(pieces)
