"""The record of a step whose loss is not finite: everything that is needed to repeat it."""

from __future__ import annotations

from pathlib import Path

import safetensors.torch

from pipeline.stores.atomic_files import write_bytes, write_json
from train.objects.batches import RayBatch, StepDraws
from train.step.loss_watch import KnownLosses

BATCH = "batch.safetensors"
RECORD = "batch.json"


def save_broken_step(folder: Path, broken: KnownLosses, draws: StepDraws, batch: RayBatch, names: list[str]) -> None:
    """Write the tensors of batch and draws, and a record that names their objects and views.

    `names` are those of the training objects. The caller saves the weights before the step beside it.
    """
    tensors = {**vars(batch), **vars(draws.samples)}
    tensors = {name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}
    write_bytes(folder / BATCH, safetensors.torch.save(tensors))
    objects = [
        {"object": names[index], "source_views": sources.tolist(), "views": sorted(set(views.tolist()))}
        for index, sources, views in zip(draws.objects.tolist(), draws.source_views, draws.views, strict=True)
    ]
    losses = {name: repr(value) for name, value in broken.terms.items()}  # JSON knows neither nan nor inf
    write_json(folder / RECORD, {"step": broken.step + 1, "losses": losses, "objects": objects})
