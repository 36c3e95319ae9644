"""`python -m benchmarks.findings FOLDER [--configuration FILE]`: what the paper finds, and what a run here shows of it.

Three of the paper's findings, by a configuration (benchmarks/findings.yaml for two cores, findings_published.yaml for a
GPU): internal features against the teacher's own map, internal features against the distilled output, and training
with the coordinate loss against training without. Every task, on the same pairs; the paper finds the first of each
ahead. Made-up objects and the stand-in teacher: what comes out speaks of them. Prints Markdown tables of the values and
of the paired differences with 95% intervals. Stores, runs and pairs are kept in FOLDER: a killed benchmark goes on
where it was.

Several GPUs share the work of one FOLDER: `--only stores` first, then a process each for `--only whole` and `--only
ablated` of every category, then the same command without it, which finds all fields measured and prints the tables.

A fourth table was added after the first run, to find out why the teacher's map is ahead where both objects are seen by
one camera: the same objects, the target seen by another one.
"""

import argparse
import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal, TypeAlias

import numpy as np
import torch
import yaml

from benchmarks.precision import TEACHER, make_stores
from eval.evaluation_inputs import ends_of, open_evaluation_inputs
from eval.opened_field import OpenedField, open_field
from eval.statistics.intervals import Interval
from eval.statistics.summary import Difference, TransferDifference, compare, summarise
from eval.transfer.evaluate import evaluate_views
from eval.transfer.field_transfer import FieldTransfer, thresholds_of
from eval.transfer.pair_table import read_pair_table, write_pair_table
from eval.transfer.transfer_result import TASKS, Task, TransferResult
from eval.transfer.view_transfer import plan_views
from pipeline.artifacts.project import Project
from pipeline.config.ablations import Ablation
from pipeline.config.field_name import FieldName
from pipeline.config.profiles import profile_text
from pipeline.config.settings import Settings, parse_settings
from pipeline.stages.train import train_field

Results: TypeAlias = tuple[TransferResult, ...]

SEEN_TWICE: Literal["2d-cross-instance"] = "2d-cross-instance"  # by one camera, in its pairs
OTHER_CAMERA = 17  # view numbers further, of the fifty that all test objects share
CONFIGURATION = Path(__file__).with_suffix(".yaml")
PAIRS, OTHER_PAIRS = "pairs", f"pairs-{OTHER_CAMERA}-on"  # folders of what was measured
WITHOUT = "internal, no coordinate loss"
# First less second; the paper finds the first ahead.
FINDINGS = (("internal", f"{TEACHER} map"), ("internal", "distilled"), ("internal", WITHOUT))


@dataclass(frozen=True)
class Configuration:
    """The categories, seeds, ablation and settings of the benchmark."""

    categories: tuple[str, ...]
    seeds: tuple[int, ...]
    ablation: Ablation
    settings: Settings

    def seeded(self, seed: int) -> Settings:
        """Return the settings with this seed of training."""
        return self.settings.model_copy(update={"train": self.settings.train.model_copy(update={"seed": seed})})


def main() -> None:
    """Make, train, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--configuration", type=Path, default=CONFIGURATION)
    parser.add_argument("--category", help="one of the configuration's alone")
    parser.add_argument("--only", choices=("stores", "whole", "ablated"), help="a part of the work, without tables")
    parser.add_argument("--workers", type=int, default=2, help="processes that fill the stores")
    arguments = parser.parse_args()
    configuration = read_configuration(arguments.configuration, arguments.workers)
    arguments.folder.mkdir(parents=True, exist_ok=True)
    os.chdir(arguments.folder)
    for category in configuration.categories if arguments.category is None else (arguments.category,):
        if arguments.only in ("whole", "ablated"):
            ablation = None if arguments.only == "whole" else configuration.ablation
            measure_field(configuration, FieldName(category, TEACHER, ablation))
            continue
        make_stores(configuration.settings, category)
        if arguments.only is None:
            print_category(configuration, category)


def print_category(configuration: Configuration, category: str) -> None:
    """Measure what is missing, then print the tables."""
    measured = [measured_with(configuration, category, seed) for seed in configuration.seeds]
    results, apart = [of_seed[PAIRS] for of_seed in measured], [of_seed[OTHER_PAIRS] for of_seed in measured]
    hardware = torch.cuda.get_device_name() if torch.cuda.is_available() else f"{torch.get_num_threads()} threads"
    print(f"\n## {category}, seeds {', '.join(map(str, configuration.seeds))}, {hardware}\n")
    for task in TASKS:
        print_task(task, task, thresholds_of(configuration.settings, task), results)
    title = f"2d-cross-instance, the target's view {OTHER_CAMERA} numbers on"
    print_task(title, SEEN_TWICE, thresholds_of(configuration.settings, SEEN_TWICE), apart)


def read_configuration(path: Path, workers: int = 2) -> Configuration:
    """Read a configuration file. `workers`, the processes that fill stores, changes no result."""
    file = yaml.safe_load(path.read_text(encoding="utf-8"))
    tree = yaml.safe_load(profile_text(file["profile"]))
    for name, value in file["settings"].items():
        section, key = name.split(".")
        tree[section][key] = value
    tree["machine"]["workers"] = workers
    settings = parse_settings({**tree, "teachers": [TEACHER]}, str(path))
    return Configuration(tuple(file["categories"]), tuple(file["seeds"]), file["ablation"], settings)


def measure_field(configuration: Configuration, field: FieldName) -> None:
    """Train and measure one field with every seed."""
    for seed in configuration.seeds:
        of_field(configuration.seeded(seed), field)


def measured_with(configuration: Configuration, category: str, seed: int) -> dict[str, Results]:
    """Collect one seed's results of both kinds: the whole field's descriptors, the ablated one's internal feature."""
    settings = configuration.seeded(seed)
    whole = of_field(settings, FieldName(category, TEACHER))
    ablated = of_field(settings, FieldName(category, TEACHER, configuration.ablation))
    return {
        kind: (*whole[kind], *(replace(r, descriptor=WITHOUT) for r in ablated[kind] if r.descriptor == "internal"))
        for kind in whole
    }


def of_field(settings: Settings, field: FieldName) -> dict[str, Results]:
    """Train and measure one field. Earlier results are read again: remove their folder after a change of code."""
    project = Project(settings)
    stored = project.stored_views(field.category, field.teacher)
    results = open_evaluation_inputs(project, stored).results_fingerprint(
        project.run_fingerprint(field, stored), settings.manifest.longest_edge, settings.evaluate, settings.report
    )
    kept = {kind: Path(kind) / f"{results}.parquet" for kind in (PAIRS, OTHER_PAIRS)}
    if not all(path.exists() for path in kept.values()):
        train_field(settings, field)
        opened = open_field(project, field)
        for kind, measure in ((PAIRS, of_pairs), (OTHER_PAIRS, of_other_cameras)):
            if not kept[kind].exists():
                write_pair_table(kept[kind], measure(settings, opened))
    thresholds = {task: thresholds_of(settings, task) for task in TASKS}
    return {kind: read_pair_table(path, thresholds) for kind, path in kept.items()}


def of_pairs(settings: Settings, opened: OpenedField) -> Results:
    """Measure every task, as the evaluate stage does."""
    transfer = FieldTransfer(settings, opened.inputs, opened.answers, opened.descriptors)
    return transfer.measure(f"evaluate {opened.inputs.stored.instance}, seed {settings.train.seed}").results


def of_other_cameras(settings: Settings, opened: OpenedField) -> Results:
    """Measure the pairs of the 2D task across instances, with the target seen from another pose."""
    inputs, evaluate, views = opened.inputs, settings.evaluate, settings.camera.views
    results: list[TransferResult] = []
    for pair in inputs.pairs(SEEN_TWICE, evaluate.pairs):
        apart = replace(pair, target_view=(pair.target_view + OTHER_CAMERA) % views)
        plan = plan_views(*(inputs.view_labels(*end) for end in ends_of(apart)))
        results += [
            evaluate_views(SEEN_TWICE, apart, plan, descriptor, evaluate.pck_pixels)
            for descriptor in opened.descriptors
        ]
    return tuple(results)


def print_task(title: str, task: Task, thresholds: Sequence[float], seeds: Sequence[Results]) -> None:
    """Print two tables: the values of each descriptor, and the differences."""
    pooled = mean_of_seeds(seeds)
    metrics = [*(f"PCK {threshold:g}" for threshold in thresholds), "IoU"]
    print(f"### {title}\n\n| descriptor | {' | '.join(metrics)} |\n|{' --- |' * (len(metrics) + 1)}")
    for name in dict.fromkeys(result.descriptor for result in pooled):
        summary = summarise(pooled, task, name, thresholds)
        assert summary.pck is not None
        assert summary.iou is not None
        print(f"| {name} | {' | '.join(share(value) for value in (*summary.pck, summary.iou))} |")
    print(f"\n| difference, points | {' | '.join(metrics)} |\n|{' --- |' * (len(metrics) + 1)}")
    for first, second in FINDINGS:
        every = [values_of(compare(results, task, first, second, thresholds)) for results in seeds]
        together = values_of(compare(pooled, task, first, second, thresholds))
        cells = [cell(of_all, own) for of_all, *own in zip(together, *every, strict=True)]
        print(f"| {first} - {second} | {' | '.join(cells)} |")
    print()


def mean_of_seeds(seeds: Sequence[Results]) -> Results:
    """Average each pair's shares over seeds: more seeds are not more pairs, and do not make an interval narrower.

    Every seed has the same pairs in the same order; one that was drawn twice stands there twice.
    """
    return tuple(averaged(results) for results in zip(*seeds, strict=True))


def averaged(results: Sequence[TransferResult]) -> TransferResult:
    """Average one pair's results of several seeds. A metric is in all or in none; distances are the first seed's."""
    first = results[0]
    assert {(r.task, r.descriptor, r.pair) for r in results} == {(first.task, first.descriptor, first.pair)}
    pck = [result.pck for result in results if result.pck is not None]
    iou = [result.iou for result in results if result.iou is not None]
    return replace(
        first,
        pck=tuple(float(share) for share in np.mean(pck, axis=0)) if pck else None,
        iou=float(np.mean(iou)) if iou else None,
    )


def values_of(difference: TransferDifference) -> tuple[Difference, ...]:
    """Return PCK at each threshold, then IoU."""
    assert difference.pck is not None
    assert difference.iou is not None
    return (*difference.pck, difference.iou)


def cell(overall: Difference, seeds: Sequence[Difference]) -> str:
    """Print the difference of the seeds' means, then each seed's own if there are several."""
    own = ", ".join(f"{100 * seed.mean:+.1f}" for seed in seeds)
    return f"{points(overall)}; {own}" if len(seeds) > 1 else points(overall)


def share(value: Interval) -> str:
    """Format a share in percent, with its interval."""
    return f"{100 * value.mean:.1f} [{100 * value.low:.1f}, {100 * value.high:.1f}]"


def points(value: Difference) -> str:
    """Format a difference in percentage points, with its interval."""
    return f"{100 * value.mean:+.1f} [{100 * value.low:+.1f}, {100 * value.high:+.1f}]"


if __name__ == "__main__":
    main()
