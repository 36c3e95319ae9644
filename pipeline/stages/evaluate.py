"""Stage evaluate: a trained field and labelled test views in, metrics and pictures out."""

import shutil
from collections.abc import Iterable, Iterator, Sequence
from typing import TypeVar

from eval.opened_field import open_field
from eval.pictures.evaluation_pictures import evaluation_pictures
from eval.statistics.stored_statistics import finite, headlines, stored_difference, stored_summary, stored_synthesis
from eval.statistics.summary import compare, summarise
from eval.synthesis.perceptual_distance import open_lpips
from eval.synthesis.synthesis_summary import summarise_synthesis
from eval.synthesis.view_synthesis import evaluate_synthesis, synthesis_tasks
from eval.synthesis.view_table import WAYS, write_view_table
from eval.transfer.chance import mean_chance
from eval.transfer.field_transfer import FieldTransfer, Measured, thresholds_of
from eval.transfer.pair_table import write_pair_table
from eval.transfer.transfer_result import TASKS, Task
from pipeline.artifacts.project import Project
from pipeline.artifacts.results import METRICS, PAIRS, RESULTS, STATISTICS, VIEWS
from pipeline.artifacts.stored_views import require
from pipeline.config.field_name import FieldName
from pipeline.config.settings import Settings
from pipeline.executors.devices import device_named
from pipeline.progress import Progress, say
from pipeline.stores.atomic_files import write_bytes, write_json

Item = TypeVar("Item")


def evaluate_field(settings: Settings, field: FieldName) -> None:
    """Measure one trained field on the test split. Raises UserError."""
    instance = field.instance
    opened = open_field(Project(settings), field)
    inputs, answers, descriptors = opened.inputs, opened.answers, opened.descriptors
    pictured = (opened.own[0], opened.baselines[0])
    keys = require(inputs.test_keys(), "test", field.category)
    network, device = settings.evaluate.lpips, device_named(settings.machine.device)
    lpips = None if network is None else open_lpips(network, device)
    transfer = FieldTransfer(settings, inputs, answers, descriptors).measure(f"evaluate {instance}")
    tasks = synthesis_tasks(keys, settings.camera.views, settings.evaluate.synthesis_views)
    synthesis = evaluate_synthesis(
        _counted(f"evaluate {instance}: view synthesis", tasks, "objects"), inputs.image, answers.renderer, lpips
    )
    ways = {way: {one.pair: getattr(one, way) for one in synthesis} for way in WAYS}
    names = [descriptor.name for descriptor in descriptors]
    statistics = {
        "transfer": {task: _of_task(settings, task, transfer, names) for task in TASKS},
        "differences": {task: _differences(settings, task, transfer, names) for task in TASKS},
        "synthesis": {way: stored_synthesis(summarise_synthesis(way, scores)) for way, scores in ways.items()},
        "fingerprint": inputs.results_fingerprint(
            opened.run, settings.manifest.longest_edge, settings.evaluate, settings.report
        ),
    }
    folder = RESULTS / instance
    # statistics.json comes last and says what it was made from: pictures and numbers are of one run or are refused.
    for name in (STATISTICS, METRICS):
        (folder / name).unlink(missing_ok=True)
    shutil.rmtree(folder / "pictures", ignore_errors=True)
    write_pair_table(folder / PAIRS, transfer.results)
    write_view_table(folder / VIEWS, synthesis)
    captions = {}
    for number, shown in enumerate(evaluation_pictures(settings, inputs, answers, pictured, transfer.results), 1):
        name, picture = f"{number:02d}.png", shown.picture
        write_bytes(folder / "pictures" / name, picture.png)
        captions[name] = {"group": shown.group} | {k: getattr(picture, k) for k in ("caption", "alt", "together")}
    write_json(folder / "pictures" / "captions.json", captions)
    write_json(folder / METRICS, finite(headlines(statistics)))
    write_json(folder / STATISTICS, finite(statistics))
    say(f"evaluate {instance}: -> {folder / METRICS}")


def _of_task(settings: Settings, task: Task, transfer: Measured, names: Sequence[str]) -> dict[str, object]:
    """A task's means, descriptor by descriptor, and what chance would reach."""
    thresholds = thresholds_of(settings, task)
    summaries = [summarise(transfer.results, task, name, thresholds) for name in names]
    summaries.append(mean_chance(transfer.chances[task], task, thresholds))
    return {summary.descriptor: stored_summary(summary) for summary in summaries}


def _differences(settings: Settings, task: Task, transfer: Measured, names: Sequence[str]) -> dict[str, object]:
    """The first descriptor less each of the others, on the same pairs."""
    thresholds, (subject, *others) = thresholds_of(settings, task), names
    compared = [compare(transfer.results, task, subject, other, thresholds) for other in others]
    return {f"{found.first} - {found.second}": stored_difference(found) for found in compared}


def _counted(label: str, items: Iterable[Item], unit: str) -> Iterator[Item]:
    """The items, with progress."""
    listed = list(items)
    progress = Progress(label, len(listed), unit)
    for item in listed:
        yield item
        progress.step()
    if listed:
        progress.close()
