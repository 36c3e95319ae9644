"""Markdown tables of what was measured: values, differences with 95% intervals, and a summary of claims."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from benchmarks.findings.configuration import Configuration
from benchmarks.findings.records import Measured, Results, maps_name, read_measured
from eval.statistics.intervals import Interval
from eval.statistics.summary import Difference, TransferDifference, compare, summarise
from eval.synthesis.image_metrics import ImageMetrics
from eval.synthesis.synthesis_summary import METRICS, Metric, compare_synthesis, summarise_synthesis
from eval.transfer.field_transfer import thresholds_by_task
from eval.transfer.pairs import Pair
from eval.transfer.transfer_result import TASKS, Task, TransferResult, threshold_name
from pipeline.config.names import VARIANTS, WHOLE_FIELD, Variant

INTERNAL = "internal"
FACTORS: Mapping[Metric, int] = {"psnr": 2, "ssim": 3, "lpips": 3}  # decimals


@dataclass(frozen=True)
class Studied:
    """Measurements of a category with one teacher: its maps, and each variant of the field by seed."""

    category: str
    teacher: str
    maps: Results
    fields: Mapping[Variant, Mapping[int, Measured]]

    @property
    def name(self) -> str:
        """The title of its tables."""
        return f"{self.category}, {self.teacher}"

    def results(self, variant: Variant, seeds: Sequence[int]) -> list[Results]:
        """Return what a variant's own features reach, for each seed. Those of ablations have names of their own."""
        measured = [self.fields[variant][seed].results for seed in seeds]
        if variant == WHOLE_FIELD:
            return measured
        name = ablated(variant)
        return [tuple(replace(r, descriptor=name) for r in of if r.descriptor == INTERNAL) for of in measured]

    def seeds(self, variant: Variant) -> list[int]:
        """Return the seeds of a variant that are measured."""
        return sorted(self.fields[variant])

    def scored(self) -> list[list[Results]]:
        """Return groups of descriptors: each variant's and the maps', as the results of one or more seeds."""
        variants = [self.results(variant, self.seeds(variant)) for variant in self.fields]
        return [*variants[:1], [self.maps], *variants[1:]] if self.maps else variants

    def compared(self) -> list[tuple[str, list[Results]]]:
        """Return what the whole field's internal feature is compared with, and the results that hold both by seed."""
        whole = self.results(WHOLE_FIELD, self.seeds(WHOLE_FIELD))
        maps = [(*results, *self.maps) for results in whole]
        names = [f"{self.teacher} map", *(r.descriptor for r in self.maps if r.descriptor != f"{self.teacher} map")]
        pairs = [(name, maps) for name in dict.fromkeys(names)] if self.maps else []
        pairs.insert(1, ("distilled", whole))
        for variant in self.fields:
            common = [seed for seed in self.seeds(variant) if seed in self.fields[WHOLE_FIELD]]
            if variant != WHOLE_FIELD and common:
                both = zip(self.results(WHOLE_FIELD, common), self.results(variant, common), strict=True)
                pairs.append((ablated(variant), [(*one, *other) for one, other in both]))
        return pairs


def ablated(variant: Variant) -> str:
    """Name the internal feature of an ablation."""
    return f"{INTERNAL}, {variant.replace('-', ' ')}"


def studied(configuration: Configuration) -> list[Studied]:
    """Read all measured parts. A category and teacher without a whole field are left out."""
    digest, settings = configuration.digest, configuration.settings
    found = []
    for category, teacher in configuration.studied:
        maps = read_measured(maps_name(category, teacher), settings, digest)
        fields: dict[Variant, dict[int, Measured]] = {variant: {} for variant in VARIANTS}
        for seeded in configuration.fields:
            if (seeded.field.category, seeded.field.teacher) == (category, teacher) and not seeded.train:
                measured = read_measured(seeded.name, settings, digest)
                if measured is not None:
                    fields[seeded.field.variant][seeded.seed] = measured
        there = {variant: of for variant, of in fields.items() if of}
        if WHOLE_FIELD in there:
            found.append(Studied(category, teacher, () if maps is None else maps.results, there))
    return found


def print_tables(configuration: Configuration) -> None:
    """Print the summary, then each category's tables."""
    settings, every = configuration.settings, studied(configuration)
    thresholds = thresholds_by_task(settings.evaluate, settings.manifest.longest_edge)
    if not every:
        print("no whole field is measured")
        return
    print("## Summary\n\nBold: the 95% interval does not include 0.\n")
    for line in summary_lines(every, thresholds):
        print(line)
    print("\n## Teachers: keypoints; parts, in %\n")
    for line in teacher_lines(every, thresholds):
        print(line)
    print("\n## View synthesis and distillation\n")
    for line in field_lines(every):
        print(line)
    for one in every:
        seeds = ", ".join(f"{variant} {one.seeds(variant)}" for variant in one.fields)
        print(f"\n## {one.name}; seeds: {seeds}; {one.fields[WHOLE_FIELD][one.seeds(WHOLE_FIELD)[0]].record.hardware}")
        for task in TASKS:
            for line in task_lines(one, task, thresholds[task]):
                print(line)


def task_lines(one: Studied, task: Task, thresholds: Sequence[float]) -> list[str]:
    """Two tables of a task: what each descriptor reaches, and the differences."""
    metrics = [*(f"PCK {threshold_name(task, value)}" for value in thresholds), "IoU"]
    rule = f"|{' --- |' * (len(metrics) + 1)}"
    lines = [f"\n### {task}\n", f"| descriptor | {' | '.join(metrics)} |", rule]
    for group in one.scored():
        pooled = mean_of_seeds(group)
        for name in dict.fromkeys(result.descriptor for result in pooled):
            means = summarise(pooled, task, name, thresholds)
            values = [*(means.pck or [None] * len(thresholds)), means.iou]
            lines.append(f"| {name} | {' | '.join('-' if value is None else share(value) for value in values)} |")
    lines += ["", f"| internal less, in points | {' | '.join(metrics)} |", rule]
    for other, seeds in one.compared():
        every = [values_of(compare(results, task, INTERNAL, other, thresholds)) for results in seeds]
        together = values_of(compare(mean_of_seeds(seeds), task, INTERNAL, other, thresholds))
        cells = [cell(of_all, own) for of_all, *own in zip(together, *every, strict=True)]
        lines.append(f"| {other} | {' | '.join(cells)} |")
    return lines


def summary_lines(every: Sequence[Studied], thresholds: Mapping[Task, Sequence[float]]) -> list[str]:
    """One table: internal features less each other descriptor, by kind, task and category; the widest threshold."""
    lines = [f"| internal features less others, points | {' | '.join(one.name for one in every)} |"]
    lines.append(f"|{' --- |' * (len(every) + 1)}")
    compared = [{_role(one, name): (name, seeds) for name, seeds in one.compared()} for one in every]
    for role in dict.fromkeys(role for roles in compared for role in roles):
        lines.append(f"| **less {role}** |{' |' * len(every)}")
        differences = {
            task: [_widest(*roles.get(role, ("", [])), task, thresholds[task]) for roles in compared] for task in TASKS
        }
        for kind, name in enumerate(("keypoints", "parts")):
            for task in TASKS:
                cells = [verdict(of_category[kind]) for of_category in differences[task]]
                lines.append(f"| {name}, {task} | {' | '.join(cells)} |")
    return [*lines, f"| PSNR less PixelNeRF's, dB | {' | '.join(map(_level, every))} |"]


def teacher_lines(every: Sequence[Studied], thresholds: Mapping[Task, Sequence[float]]) -> list[str]:
    """One table: internal features of each teacher's field, and the teacher's own map, at the widest threshold."""
    lines = [f"| whole field or map | {' | '.join(TASKS)} |", f"|{' --- |' * (len(TASKS) + 1)}"]
    for one in every:
        whole = mean_of_seeds(one.results(WHOLE_FIELD, one.seeds(WHOLE_FIELD)))
        for name in (INTERNAL, f"{one.teacher} map"):
            cells = []
            for task in TASKS:
                means = summarise((*whole, *one.maps), task, name, thresholds[task])
                values = (None if means.pck is None else means.pck[-1], means.iou)
                cells.append("; ".join("-" if value is None else share(value) for value in values))
            lines.append(f"| {one.name}: {name} | {' | '.join(cells)} |")
    return lines


def _role(one: Studied, name: str) -> str:
    return "the teacher's own map" if name == f"{one.teacher} map" else name


def _widest(
    name: str, seeds: Sequence[Results], task: Task, thresholds: Sequence[float]
) -> Sequence[Difference | None]:
    """Return the differences of keypoints and parts."""
    return values_of(compare(mean_of_seeds(seeds), task, INTERNAL, name, thresholds))[-2:] if seeds else (None, None)


def verdict(value: Difference | None) -> str:
    """A difference in points: bold if its interval does not include 0."""
    if value is None:
        return "-"
    number = f"{100 * value.mean:+.1f}"
    return number if value.low <= 0 <= value.high else f"**{number}**"


def _level(one: Studied) -> str:
    """The whole field's PSNR less PixelNeRF's with its interval, over the seeds of both."""
    seeds = [seed for seed in one.fields.get("pixelnerf", {}) if seed in one.fields[WHOLE_FIELD]]
    if not seeds:
        return "-"
    whole, baseline = (rendered(one, variant, seeds) for variant in (WHOLE_FIELD, "pixelnerf"))
    return decimals(compare_synthesis(WHOLE_FIELD, whole, "pixelnerf", baseline).psnr, 2)


def field_lines(every: Sequence[Studied]) -> list[str]:
    """One table: what each field renders and explains, and the time of its training. R^2 has one seed, the first."""
    lines = ["| field | PSNR | SSIM | LPIPS | R^2 (first seed), unseen | R^2, held-out views | training, s |"]
    lines.append(f"|{' --- |' * 7}")
    for one in every:
        for variant in one.fields:
            seeds = one.seeds(variant)
            summary = summarise_synthesis(variant, rendered(one, variant, seeds))
            cells = [decimals(summary.of(metric), FACTORS[metric]) for metric in METRICS]
            first = one.fields[variant][seeds[0]].record
            for kind in ("unseen-objects", "held-out-views"):
                known = first.distillation.get(kind)
                cells.append(decimals(None if known is None else known.field.r2, 2))
            times = ", ".join(f"{one.fields[variant][seed].record.seconds['train']:.0f}" for seed in seeds)
            lines.append(f"| {one.name}, {variant} | {' | '.join(cells)} | {times} |")
        copied = {view.pair: view.source_image for view in one.fields[WHOLE_FIELD][one.seeds(WHOLE_FIELD)[0]].views}
        summary = summarise_synthesis("source image", copied)
        cells = [decimals(summary.of(metric), FACTORS[metric]) for metric in METRICS]
        lines.append(f"| {one.name}, the source image itself | {' | '.join(cells)} | - | - | - |")
    return lines


def rendered(one: Studied, variant: Variant, seeds: Sequence[int]) -> dict[Pair, ImageMetrics]:
    """Average each view's metrics over seeds, which are no further views."""
    by_pair: dict[Pair, list[ImageMetrics]] = {}
    for seed in seeds:
        for view in one.fields[variant][seed].views:
            by_pair.setdefault(view.pair, []).append(view.rendered)
    return {pair: _mean_metrics(metrics) for pair, metrics in by_pair.items()}


def _mean_metrics(of_seeds: Sequence[ImageMetrics]) -> ImageMetrics:
    lpips = [metrics.lpips for metrics in of_seeds if metrics.lpips is not None]
    return ImageMetrics(
        float(np.mean([metrics.psnr for metrics in of_seeds])),
        float(np.mean([metrics.ssim for metrics in of_seeds])),
        float(np.mean(lpips)) if lpips else None,
    )


def mean_of_seeds(seeds: Sequence[Results]) -> Results:
    """Each pair's shares averaged over seeds: seeds are no further pairs, and do not make an interval narrower.

    Every seed has the same pairs in the same order; one that was drawn twice stands there twice.
    """
    return tuple(averaged(of_pair) for of_pair in zip(*seeds, strict=True))


def averaged(of_pair: Sequence[TransferResult]) -> TransferResult:
    """The seeds' mean; a pair has a metric in all of them or in none. Distances are the first seed's."""
    first = of_pair[0]
    assert {(one.task, one.descriptor, one.pair) for one in of_pair} == {(first.task, first.descriptor, first.pair)}
    pck = [result.pck for result in of_pair if result.pck is not None]
    iou = [result.iou for result in of_pair if result.iou is not None]
    return replace(
        first,
        pck=tuple(float(share) for share in np.mean(pck, axis=0)) if pck else None,
        iou=float(np.mean(iou)) if iou else None,
    )


def values_of(difference: TransferDifference) -> tuple[Difference | None, ...]:
    """PCK at each threshold, then IoU; None for what no pair has."""
    return (*(difference.pck or (None,) * len(difference.thresholds)), difference.iou)


def cell(of_all: Difference | None, of_seeds: Sequence[Difference | None]) -> str:
    """The difference of the seeds' means, then each seed's own where there are several."""
    own = ", ".join(f"{100 * of_seed.mean:+.1f}" for of_seed in of_seeds if of_seed is not None)
    return f"{points(of_all)}; {own}" if len(of_seeds) > 1 else points(of_all)


def share(value: Interval) -> str:
    """In percent, with its interval."""
    return f"{100 * value.mean:.1f} [{100 * value.low:.1f}, {100 * value.high:.1f}]"


def points(value: Difference | None) -> str:
    """In points of percent, with its interval."""
    return "-" if value is None else f"{100 * value.mean:+.1f} [{100 * value.low:+.1f}, {100 * value.high:+.1f}]"


def decimals(value: Interval | None, digits: int) -> str:
    """A number with its interval."""
    if value is None:
        return "-"
    return f"{value.mean:.{digits}f} [{value.low:.{digits}f}, {value.high:.{digits}f}]"
