"""`python -m benchmarks.findings FOLDER [--configuration FILE]`: what the paper finds, and what a run here shows of it.

Three of the paper's findings, by a configuration (benchmarks/findings.yaml for two cores, findings_published.yaml for a
GPU): internal features against the teacher's own map, internal features against the distilled output, and training
with the coordinate loss against training without. Every task, on the same pairs; the paper finds the first of each
ahead. Made-up objects and the stand-in teacher: what comes out speaks of them. Prints Markdown tables of the values and
of the paired differences with 95% intervals. Stores, runs and pairs are kept in FOLDER: a killed benchmark goes on
where it was.

Several GPUs share the work of one FOLDER: `--only stores` first, then a process each for `--only whole` and `--only
ablated` of every category, then the same command without it, which finds all fields measured and prints the tables.

The tables of `2d-other-camera` show whether a lead is there because one camera sees both objects. The control, which
knows positions in the image alone, is a row of each table.
"""

import argparse
import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeAlias

import numpy as np
import torch
import yaml

from benchmarks.precision import TEACHER, make_stores
from eval.evaluation_inputs import open_evaluation_inputs
from eval.opened_field import OpenedField, open_field
from eval.result_tables import read_pair_table, write_pair_table
from eval.statistics.intervals import Interval
from eval.statistics.summary import Difference, TransferDifference, compare, summarise
from eval.transfer.field_transfer import FieldTransfer, thresholds_by_task
from eval.transfer.transfer_result import TASKS, Task, TransferResult
from pipeline.artifacts.project import Project
from pipeline.config.field_name import FieldName
from pipeline.config.names import WHOLE_FIELD, Variant
from pipeline.config.profiles import profile_text
from pipeline.config.settings import Settings, parse_settings
from pipeline.stages.train import train_field

Results: TypeAlias = tuple[TransferResult, ...]

CONFIGURATION = Path(__file__).with_suffix(".yaml")
PAIRS = Path("pairs")  # what was measured
WITHOUT = "internal, no coordinate loss"
# First less second; the paper finds the first ahead.
FINDINGS = (("internal", f"{TEACHER} map"), ("internal", "distilled"), ("internal", WITHOUT))


@dataclass(frozen=True)
class Configuration:
    """Runs to make and compare: categories, seeds, an ablation, and their settings."""

    categories: tuple[str, ...]
    seeds: tuple[int, ...]
    ablation: Variant
    settings: Settings

    def seeded(self, seed: int) -> Settings:
        """The settings with this seed of training."""
        return self.settings.model_copy(update={"train": self.settings.train.model_copy(update={"seed": seed})})


def main() -> None:
    """Make, train, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--configuration", type=Path, default=CONFIGURATION)
    parser.add_argument("--category", help="one of the configuration's alone")
    parser.add_argument("--only", choices=("stores", "whole", "ablated"), help="a part of the work, without tables")
    parser.add_argument("--workers", type=int, default=2, help="processes that fill the stores")
    given = parser.parse_args()
    configuration = read_configuration(given.configuration, given.workers)
    given.folder.mkdir(parents=True, exist_ok=True)
    os.chdir(given.folder)
    for category in configuration.categories if given.category is None else (given.category,):
        if given.only in ("whole", "ablated"):
            variant = WHOLE_FIELD if given.only == "whole" else configuration.ablation
            measure_field(configuration, FieldName(category, TEACHER, variant))
            continue
        make_stores(configuration.settings, category)
        if given.only is None:
            print_category(configuration, category)


def print_category(configuration: Configuration, category: str) -> None:
    """Measure the seeds of a category that are not measured yet, and print the tables."""
    results = [measured_with(configuration, category, seed) for seed in configuration.seeds]
    hardware = torch.cuda.get_device_name() if torch.cuda.is_available() else f"{torch.get_num_threads()} threads"
    print(f"\n## {category}, seeds {', '.join(map(str, configuration.seeds))}, {hardware}\n")
    settings = configuration.settings
    thresholds = thresholds_by_task(settings.evaluate, settings.manifest.longest_edge)
    for task in TASKS:
        print_task(task, thresholds[task], results)


def read_configuration(path: Path, workers: int = 2) -> Configuration:
    """A committed one; how many processes fill stores changes no result."""
    held = yaml.safe_load(path.read_text(encoding="utf-8"))
    tree = yaml.safe_load(profile_text(held["profile"]))
    for name, value in held["settings"].items():
        section, key = name.split(".")
        tree[section][key] = value
    tree["machine"]["workers"] = workers
    settings = parse_settings({**tree, "teachers": [TEACHER]}, str(path))
    return Configuration(tuple(held["categories"]), tuple(held["seeds"]), held["ablation"], settings)


def measure_field(configuration: Configuration, field: FieldName) -> None:
    """Trains and measures one field with every seed."""
    for seed in configuration.seeds:
        of_field(configuration.seeded(seed), field)


def measured_with(configuration: Configuration, category: str, seed: int) -> Results:
    """One seed by every descriptor of the whole field, and by the ablated one's internal feature."""
    settings = configuration.seeded(seed)
    whole = of_field(settings, FieldName(category, TEACHER))
    ablated = of_field(settings, FieldName(category, TEACHER, configuration.ablation))
    return (*whole, *(replace(r, descriptor=WITHOUT) for r in ablated if r.descriptor == "internal"))


def of_field(settings: Settings, field: FieldName) -> Results:
    """Trains and measures one field; what was measured before is read: remove its folder after a change of code."""
    project = Project(settings)
    stored = project.stored_views(field.category, field.teacher)
    results = open_evaluation_inputs(project, stored).results_fingerprint(
        project.run_fingerprint(field, stored), settings.manifest.longest_edge, settings.evaluate, settings.report
    )
    kept = PAIRS / f"{results}.parquet"
    if not kept.exists():
        train_field(settings, field)
        write_pair_table(kept, of_pairs(settings, open_field(project, field)))
    return read_pair_table(kept, thresholds_by_task(settings.evaluate, settings.manifest.longest_edge))


def of_pairs(settings: Settings, opened: OpenedField) -> Results:
    """Every task, as the evaluate stage measures it."""
    transfer = FieldTransfer(
        settings.evaluate,
        settings.manifest.longest_edge,
        settings.machine.workers,
        opened.inputs,
        opened.answers,
        opened.descriptors,
    )
    return transfer.measure(f"evaluate {opened.inputs.stored.instance}, seed {settings.train.seed}").results


def print_task(task: Task, thresholds: Sequence[float], seeds: Sequence[Results]) -> None:
    """Two tables: what each descriptor reaches, and the differences."""
    pooled = mean_of_seeds(seeds)
    metrics = [*(f"PCK {threshold:g}" for threshold in thresholds), "IoU"]
    print(f"### {task}\n\n| descriptor | {' | '.join(metrics)} |\n|{' --- |' * (len(metrics) + 1)}")
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


def values_of(difference: TransferDifference) -> tuple[Difference, ...]:
    """PCK at each threshold, then IoU."""
    assert difference.pck is not None
    assert difference.iou is not None
    return (*difference.pck, difference.iou)


def cell(of_all: Difference, of_seeds: Sequence[Difference]) -> str:
    """The difference of the seeds' means, then each seed's own where there are several."""
    own = ", ".join(f"{100 * of_seed.mean:+.1f}" for of_seed in of_seeds)
    return f"{points(of_all)}; {own}" if len(of_seeds) > 1 else points(of_all)


def share(value: Interval) -> str:
    """In percent, with its interval."""
    return f"{100 * value.mean:.1f} [{100 * value.low:.1f}, {100 * value.high:.1f}]"


def points(value: Difference) -> str:
    """In points of percent, with its interval."""
    return f"{100 * value.mean:+.1f} [{100 * value.low:+.1f}, {100 * value.high:+.1f}]"


if __name__ == "__main__":
    main()
