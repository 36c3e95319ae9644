"""Stage evaluate: a trained field and labelled test views in, metrics and pictures out."""

import shutil
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, TypeVar

from eval.descriptors.descriptors import Descriptor, DistilledDescriptor, InternalDescriptor
from eval.descriptors.field_answers import FieldAnswers
from eval.descriptors.model import FieldRenderer
from eval.evaluation_inputs import EvaluationInputs, open_evaluation_inputs
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
from pipeline.artifacts.receipts import command_of, damaged, read_made
from pipeline.artifacts.stored_views import StoredViews, open_stored_views, require
from pipeline.config.field_name import FieldName
from pipeline.config.settings import Settings
from pipeline.errors import UserError
from pipeline.executors.devices import device_named
from pipeline.progress import Progress, say
from pipeline.stages.train import MODELS, run_fingerprint
from pipeline.stores.atomic_files import digest_of, write_bytes, write_json
from train.trained_field import load_model

RESULTS = Path("results")
PAIRS = "pairs.parquet"
VIEWS = "views.parquet"
STATISTICS = "statistics.json"
METRICS = "metrics.json"
Item = TypeVar("Item")


@dataclass(frozen=True)
class OpenedField:
    """A trained field, the objects that it is measured on, and what is compared.

    `own` are the field's descriptors, the internal feature first; `baselines` the teachers' maps, the own one's first.
    """

    settings: Settings
    inputs: EvaluationInputs
    answers: FieldAnswers
    own: Sequence[Descriptor]
    baselines: Sequence[Descriptor]

    @property
    def descriptors(self) -> Sequence[Descriptor]:
        """All of them, in the order of tables."""
        return (*self.own, *self.baselines)


def open_field(settings: Settings, field: FieldName) -> OpenedField:
    """The model that the train stage published, if it is of these settings and data. Raises UserError.

    A field that was taught no feature has no distilled one; the settings are those that it was trained with.
    """
    settings = field.ablated(settings)
    stored = open_stored_views(settings, field.category, field.teacher)
    inputs = open_evaluation_inputs(settings, stored)
    require_run(settings, stored, field)
    device = device_named(settings.machine.device)
    renderer = FieldRenderer(load_model(MODELS / field.instance, device), settings.evaluate.rays_per_batch)
    answers = FieldAnswers(renderer, inputs.image)
    own: list[Descriptor] = [InternalDescriptor(answers)]
    if settings.train.feature_weight > 0:
        own.append(DistilledDescriptor(answers))
    return OpenedField(settings, inputs, answers, own, inputs.teacher_descriptors(settings.camera, device))


def evaluate_field(settings: Settings, field: FieldName) -> None:
    """Measure one trained field on the test split. Raises UserError."""
    instance = field.instance
    opened = open_field(settings, field)
    settings, inputs, answers, descriptors = opened.settings, opened.inputs, opened.answers, opened.descriptors
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
        "fingerprint": results_fingerprint(settings, inputs),
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


def results_fingerprint(settings: Settings, inputs: EvaluationInputs) -> str:
    """What the results depend on: the trained run, the labels of the test objects, what is measured and shown."""
    labelled, pairs = inputs.labelled.rows, inputs.stored.manifest.pairs
    return digest_of(
        {
            "run": run_fingerprint(settings, inputs.stored),
            "test_objects": inputs.stored.contents(inputs.test_keys()),
            "other_maps": [other.stored.contents(inputs.test_keys()) for other in inputs.others],
            "labels": [labelled[key].content for key in inputs.test_keys()],
            "pairs": [[asdict(pair) for pair in kind] for kind in (pairs.cross_instance, pairs.cross_view)],
            "longest_edge": settings.manifest.longest_edge,
            "evaluate": settings.evaluate.model_dump(),
            "report": settings.report.model_dump(),
        }
    )[:16]


def require_run(settings: Settings, stored: StoredViews, field: FieldName) -> dict[str, Any]:
    """The record of a trained model, run and fingerprint. Raises UserError if it is of other settings or data.

    `settings` are those that the field is trained with.
    """
    instance = field.instance
    path = MODELS / instance / "run.json"
    held = read_made(path, "train", instance)
    if {"run", "fingerprint"} - held.keys():
        raise damaged(path, "train", instance)
    if held["fingerprint"] != run_fingerprint(settings, stored):
        command = command_of("train", instance)
        raise UserError(f"the model in {path.parent} was trained with other settings or data: run `{command}` first.")
    return held


def _counted(label: str, items: Iterable[Item], unit: str) -> Iterator[Item]:
    """The items, with progress."""
    listed = list(items)
    progress = Progress(label, len(listed), unit)
    for item in listed:
        yield item
        progress.step()
    if listed:
        progress.close()
