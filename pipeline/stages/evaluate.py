"""Stage evaluate: a trained field and labelled test views in, metrics and pictures out."""

import math
import shutil
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any, TypeVar

from eval.descriptors import Descriptor, DistilledDescriptor, InternalDescriptor
from eval.evaluate import TransferSummary, evaluate_pairs, summarise
from eval.model import FieldRenderer
from eval.own_view_renders import OwnViewRenders
from eval.pairs import Pair
from eval.view_synthesis import evaluate_synthesis, summarise_synthesis, synthesis_tasks
from pipeline.atomic_files import digest_of, write_bytes, write_json
from pipeline.devices import device_named
from pipeline.errors import UserError
from pipeline.progress import Progress, say
from pipeline.receipts import command_of, damaged, read_made
from pipeline.settings import Settings
from pipeline.stages.evaluation_inputs import EvaluationInputs, open_evaluation_inputs
from pipeline.stages.evaluation_pictures import evaluation_pictures
from pipeline.stages.stored_views import StoredViews, open_stored_views, require
from pipeline.stages.train import MODELS, run_fingerprint
from train.trained_field import load_model

RESULTS = Path("results")
Item = TypeVar("Item")


def evaluate_field(settings: Settings, category: str, teacher: str) -> None:
    """Measure one trained field on the test split. Raises UserError."""
    instance = f"{category}-{teacher}"
    stored = open_stored_views(settings, category, teacher)
    inputs = open_evaluation_inputs(settings, stored)
    keys = require(inputs.test_keys(), "test", category)
    require_run(settings, stored)
    model = load_model(MODELS / instance, device_named(settings.machine.device))
    renderer = FieldRenderer(model, settings.evaluate.rays_per_batch)
    renders = OwnViewRenders(renderer, inputs.image)
    descriptors: list[Descriptor] = [
        InternalDescriptor(renders),
        DistilledDescriptor(renders),
        inputs.teacher_descriptor(),
    ]

    pairs = inputs.pairs(settings.evaluate.pairs)
    if not pairs:
        say(f"evaluate {instance}: no pair of annotated test objects, transfer is not measured")
    results = evaluate_pairs(
        _counted(f"evaluate {instance}: transfer", sorted(pairs, key=_by_view), "pairs"),
        inputs.view_labels,
        descriptors,
        settings.evaluate.pck_pixels,
    )
    tasks = synthesis_tasks(keys, settings.camera.views, settings.evaluate.synthesis_views)
    synthesis = evaluate_synthesis(
        _counted(f"evaluate {instance}: view synthesis", tasks, "objects"), inputs.image, renderer
    )
    metrics = {
        "transfer": {
            summary.descriptor: _transfer(summary)
            for summary in summarise(results, [d.name for d in descriptors], settings.evaluate.pck_pixels)
        },
        "synthesis": asdict(summarise_synthesis(synthesis)),
        "fingerprint": results_fingerprint(settings, inputs),
    }
    folder = RESULTS / instance
    # metrics.json comes last and says what it was made from: pictures and metrics are of one run or are refused.
    (folder / "metrics.json").unlink(missing_ok=True)
    shutil.rmtree(folder / "pictures", ignore_errors=True)
    captions = {}
    for number, picture in enumerate(evaluation_pictures(settings, inputs, renderer, descriptors, pairs), 1):
        name = f"{number:02d}.png"
        write_bytes(folder / "pictures" / name, picture.png)
        captions[name] = {"caption": picture.caption, "alt": picture.alt}
    write_json(folder / "pictures" / "captions.json", captions)
    write_json(folder / "metrics.json", _finite(metrics))
    say(f"evaluate {instance}: -> {folder / 'metrics.json'}")


def results_fingerprint(settings: Settings, inputs: EvaluationInputs) -> str:
    """What the results depend on: the trained run, the labels of the test objects, what is measured and shown."""
    labelled = inputs.labelled.rows()
    return digest_of(
        {
            "run": run_fingerprint(settings, inputs.stored),
            "test_objects": inputs.stored.contents(inputs.test_keys()),
            "labels": [labelled[key].content for key in inputs.test_keys()],
            "pairs": [asdict(pair) for pair in inputs.stored.manifest.pairs.cross_instance],
            "evaluate": settings.evaluate.model_dump(),
            "report": settings.report.model_dump(),
        }
    )[:16]


def _transfer(summary: TransferSummary) -> dict[str, object]:
    """A summary as metrics.json holds it: `dvc metrics` shows mappings of numbers, not lists."""
    shares = summary.pck if summary.pck is not None else (None,) * len(summary.thresholds)
    return {
        "pck": {f"{threshold:g} px": share for threshold, share in zip(summary.thresholds, shares, strict=True)},
        "iou": summary.iou,
        "pairs": summary.pairs,
        "keypoint_pairs": summary.keypoint_pairs,
        "part_pairs": summary.part_pairs,
    }


def _by_view(pair: Pair) -> tuple[int, str, str]:
    """Pairs that share views come after one another, so that few renders are kept."""
    return pair.source_view, str(pair.source), str(pair.target)


def require_run(settings: Settings, stored: StoredViews) -> dict[str, Any]:
    """The record of the trained model, run and fingerprint. Raises UserError if it is of other settings or data."""
    instance = stored.instance
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


def _finite(value: object) -> object:
    """The same tree with numbers that JSON cannot write as None: PSNR is infinite for identical images."""
    if isinstance(value, dict):
        return {key: _finite(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
