"""Stage evaluate: a trained field and labelled test views in, metrics and pictures out."""

import json
import math
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import TypeVar

from eval.descriptors import Descriptor, DistilledDescriptor, InternalDescriptor
from eval.evaluate import TransferSummary, evaluate_pairs, summarise
from eval.model import FieldRenderer
from eval.own_view_renders import OwnViewRenders
from eval.pairs import Pair
from eval.view_synthesis import evaluate_synthesis, summarise_synthesis, synthesis_tasks
from pipeline.atomic_files import write_bytes, write_json
from pipeline.devices import device_named
from pipeline.errors import UserError
from pipeline.progress import Progress, say
from pipeline.receipts import command_of
from pipeline.settings import Settings
from pipeline.stages.evaluation_inputs import open_evaluation_inputs
from pipeline.stages.evaluation_pictures import evaluation_pictures
from pipeline.stages.stored_views import open_stored_views, require
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
    _require_run(instance, run_fingerprint(settings, stored))
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
    }
    folder = RESULTS / instance
    captions = []
    for number, picture in enumerate(evaluation_pictures(settings, inputs, renderer, descriptors, pairs), 1):
        name = f"{number:02d}.png"
        write_bytes(folder / "pictures" / name, picture.png)
        captions.append({"file": name, "caption": picture.caption, "alt": picture.alt})
    write_json(folder / "pictures" / "captions.json", captions)
    write_json(folder / "metrics.json", _finite(metrics))
    say(f"evaluate {instance}: -> {folder / 'metrics.json'}")


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


def _require_run(instance: str, fingerprint: str) -> None:
    path = MODELS / instance / "run.json"
    command = command_of("train", instance)
    try:
        held = json.loads(path.read_text())["fingerprint"]
    except FileNotFoundError:
        raise UserError(f"{path} is missing: run `{command}` first.") from None
    except (ValueError, KeyError, TypeError):
        raise UserError(f"{path} is damaged: run `{command}` again.") from None
    if held != fingerprint:
        raise UserError(f"the model in {path.parent} was trained with other settings or data: run `{command}` first.")


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
