"""What is left of a step whose loss is not finite: everything that it takes to repeat it."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path

import safetensors.torch
from torch import Tensor

from pipeline.stores.atomic_files import write_bytes, write_json
from train.objects.batches import RayBatch, StepDraws
from train.rendering.volume import SampleDraws
from train.step.loss_watch import KnownLosses

BATCH = "batch.safetensors"
RECORD = "batch.json"


def save_broken_step(folder: Path, broken: KnownLosses, draws: StepDraws, batch: RayBatch, names: list[str]) -> None:
    """Writes the tensors of batch and draws, and a record that names the objects and views that are in it.

    `names` are the training objects'. The weights before the step are saved beside it by whoever has them.
    """
    tensors = {**_tensors(batch), **_tensors(draws.samples)}
    write_bytes(folder / BATCH, safetensors.torch.save(tensors))
    objects = [
        {"object": names[index], "source_views": sources.tolist(), "views": sorted(set(views.tolist()))}
        for index, sources, views in zip(draws.objects.tolist(), draws.source_views, draws.views, strict=True)
    ]
    losses = {name: repr(value) for name, value in broken.terms.items()}  # JSON knows neither nan nor inf
    write_json(folder / RECORD, {"step": broken.step + 1, "losses": losses, "objects": objects})


def _tensors(of: RayBatch | SampleDraws) -> dict[str, Tensor]:
    return {field.name: getattr(of, field.name).detach().cpu().contiguous() for field in fields(of)}
