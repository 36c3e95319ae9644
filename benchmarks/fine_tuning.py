"""`python -m benchmarks.fine_tuning FOLDER [--configuration FILE]`: transfer on photographs, fine-tuned or not.

A field is trained on made-up renders. Other made-up objects are photographed as CO3D's are (benchmarks/photographs.py),
and transfer is measured between their test sequences with three fields: that of the renders as it is, the same one
fine-tuned on the train sequences, and a field that never saw a render, trained on the photographs with the same steps.
CO3D itself has no keypoints and parts; the labels come from the generator. Prints Markdown tables of PCK and IoU with
95% intervals over pairs of objects, and of the paired differences. What is in FOLDER is kept: a killed benchmark goes
on where it was.

benchmarks/fine_tuning.yaml is for a GPU: all of it took 8 min 51 s on an H200 with 16 cores on 2026-11-29.
"""

import argparse
import os
import time
from collections.abc import Mapping, Sequence
from contextlib import chdir
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch
import yaml

from benchmarks.findings.records import PAIRS, Results
from benchmarks.findings.tables import points, share, values_of
from benchmarks.made_up_co3d import MadeUpCo3d, write_made_up_co3d
from benchmarks.precision import TEACHER, make_stores
from eval.evaluation_inputs import open_evaluation_inputs
from eval.opened_field import open_field
from eval.result_tables import read_pair_table, write_pair_table
from eval.statistics.summary import compare, summarise
from eval.transfer.field_transfer import FieldTransfer, thresholds_by_task
from eval.transfer.transfer_result import TASKS, Task
from pipeline.artifacts.project import Project
from pipeline.config.field_name import FieldName
from pipeline.config.profiles import profile_text
from pipeline.config.settings import Settings, parse_settings
from pipeline.stages.cache_teachers import cache_teacher
from pipeline.stages.fit_projection import fit_teacher
from pipeline.stages.label import label_category
from pipeline.stages.manifest import make_manifest
from pipeline.stages.render import render_category
from pipeline.stages.train import train_field

CONFIGURATION = Path(__file__).with_suffix(".yaml")
RENDERS, PHOTOGRAPHS, CO3D = Path("renders"), Path("photographs"), Path("co3d")
BEFORE, AFTER, ALONE = "renders alone", "fine-tuned", "photographs alone"
DIFFERENCES = ((AFTER, BEFORE), (AFTER, ALONE), (AFTER, f"{TEACHER} map"))
# Weights and running statistics are those of the renders, and no step changes them.
UNCHANGED = {"train.steps": 0, "train.settling_steps": 0}


@dataclass(frozen=True)
class Configuration:
    """The settings of an experiment: those on renders, and those of each field on photographs."""

    photographs: MadeUpCo3d
    renders: Settings
    fields: Mapping[str, Settings]

    @property
    def field(self) -> FieldName:
        """The name that every one of the fields has in its own folder."""
        return FieldName(self.photographs.category, TEACHER)


def main() -> None:
    """Make, train, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--configuration", type=Path, default=CONFIGURATION)
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1, help="processes that fill the stores")
    given = parser.parse_args()
    configuration = read_configuration(given.configuration, given.workers)
    clock = Clock()
    for folder in (RENDERS, PHOTOGRAPHS):
        (given.folder / folder).mkdir(parents=True, exist_ok=True)
    with chdir(given.folder / RENDERS):
        make_stores(configuration.renders, configuration.field.category)
        clock.say("stores of the renders")
        train_field(configuration.renders, configuration.field)
        clock.say("field of the renders")
    with chdir(given.folder / PHOTOGRAPHS):
        make_photographs(configuration, given.workers)
        clock.say("photographs and their stores")
        results: list[Results] = []
        for name, settings in configuration.fields.items():
            results.append(named(of_field(settings, configuration.field), name, first=not results))
            clock.say(f"field '{name}' and its transfer")
    print_tables(configuration, tuple(result for of_one in results for result in of_one))


class Clock:
    """Prints how long each piece of work took: the whole has a limit."""

    def __init__(self) -> None:
        """Start."""
        self._start = self._last = time.monotonic()

    def say(self, what: str) -> None:
        """Print the seconds since the last line, and since the start."""
        now = time.monotonic()
        print(f"{what}: {now - self._last:.0f} s, {now - self._start:.0f} s in all", flush=True)
        self._last = now


def read_configuration(path: Path, workers: int) -> Configuration:
    """A committed one; how many processes fill stores changes no result."""
    held = yaml.safe_load(path.read_text(encoding="utf-8"))
    photographs = MadeUpCo3d(**held["photographs"])

    def settings(*changes: Mapping[str, Any]) -> Settings:
        tree = yaml.safe_load(profile_text("defaults"))
        tree |= {"teachers": [TEACHER], "categories": [photographs.category]}
        for name, value in [item for change in (held["shared"], *changes) for item in change.items()]:
            *sections, key = name.split(".")
            place = tree
            for section in sections:
                place[section] = place.get(section) or {}
                place = place[section]
            place[key] = value
        tree["machine"] = {**(tree.get("machine") or {}), "workers": workers}
        return parse_settings(tree, str(path))

    initial = {"train.initial_checkpoint": f"../{RENDERS}/models/{photographs.category}-{TEACHER}-whole"}
    source = {
        "source.kind": "renders",
        "source.layout": "co3d",
        "source.views_root": str(CO3D),
        "source.co3d.set_list": "fewview_dev",
    }
    tuned = held["fine_tuning"]
    fields = {
        BEFORE: settings(source, tuned, initial, UNCHANGED),
        AFTER: settings(source, tuned, initial),
        ALONE: settings(source, tuned),
    }
    return Configuration(photographs, settings(held["renders"]), fields)


def make_photographs(configuration: Configuration, workers: int) -> None:
    """Take the photographs where they are not there, and run the stages up to the teacher's maps."""
    category, settings = configuration.field.category, configuration.fields[AFTER]
    done = CO3D / "taken"
    if not done.exists():
        write_made_up_co3d(CO3D, configuration.photographs, workers)
        done.touch()
    make_manifest(settings, category)
    render_category(settings, category)
    label_category(settings, category)
    fit_teacher(settings, category, TEACHER)
    cache_teacher(settings, category, TEACHER)


def of_field(settings: Settings, field: FieldName) -> Results:
    """Train and measure one field. What was measured before is read: remove `pairs` after a change of code."""
    project = Project(settings)
    evaluate, edge = settings.evaluate, settings.manifest.longest_edge
    stored = project.stored_views(field.category, field.teacher)
    results = open_evaluation_inputs(project, stored).results_fingerprint(
        project.run_fingerprint(field, stored), edge, evaluate, settings.report
    )
    kept = PAIRS / f"{results}.parquet"
    if not kept.exists():
        train_field(settings, field)
        opened = open_field(project, field)
        workers, label = settings.machine.workers, f"evaluate {field.instance}"
        transfer = FieldTransfer(evaluate, edge, workers, opened.inputs, opened.answers, opened.descriptors)
        write_pair_table(kept, transfer.measure(label).results)
    return read_pair_table(kept, thresholds_by_task(evaluate, edge))


def named(results: Results, name: str, first: bool) -> Results:
    """The internal features under the name of their field; what is the same for all fields, once."""
    own = tuple(replace(r, descriptor=name) for r in results if r.descriptor == "internal")
    same = tuple(r for r in results if r.descriptor in (f"{TEACHER} map", "position"))
    return own + (same if first else ())


def print_tables(configuration: Configuration, results: Results) -> None:
    """One pair of tables for each task that has pairs."""
    hardware = torch.cuda.get_device_name() if torch.cuda.is_available() else f"{torch.get_num_threads()} threads"
    photographs = configuration.photographs
    print(f"\n## {photographs.category}, {photographs.sequences} sequences, {hardware}\n")
    after = configuration.fields[AFTER]
    thresholds = thresholds_by_task(after.evaluate, after.manifest.longest_edge)
    for task in TASKS:
        if any(result.task == task for result in results):
            print_task(task, thresholds[task], results)


def print_task(task: Task, thresholds: Sequence[float], results: Results) -> None:
    """Print the scores of each field on a task, and their differences."""
    metrics = [*(f"PCK {threshold:g}" for threshold in thresholds), "IoU"]
    print(f"### {task}\n\n| internal features of | {' | '.join(metrics)} |\n|{' --- |' * (len(metrics) + 1)}")
    for name in dict.fromkeys(result.descriptor for result in results if result.task == task):
        summary = summarise(results, task, name, thresholds)
        assert summary.pck is not None
        assert summary.iou is not None
        print(f"| {name} | {' | '.join(share(value) for value in (*summary.pck, summary.iou))} |")
    print(f"\n| difference, points | {' | '.join(metrics)} |\n|{' --- |' * (len(metrics) + 1)}")
    for one, other in DIFFERENCES:
        cells = [points(value) for value in values_of(compare(results, task, one, other, thresholds))]
        print(f"| {one} - {other} | {' | '.join(cells)} |")
    print()


if __name__ == "__main__":
    main()
