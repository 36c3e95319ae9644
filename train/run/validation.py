"""Validation losses: the loss terms on objects that the model is not trained on."""

from __future__ import annotations

import torch

from pipeline.config.settings import Camera, Train
from train.network.model import FeatureField
from train.objects.batches import draw_step
from train.objects.training_objects import TrainingObjects
from train.rendering.volume import Sampling, fixed_draws
from train.step.batch_losses import batch_losses


@torch.no_grad()
def validation_losses(
    model: FeatureField, objects: TrainingObjects, settings: Train, camera: Camera, device: torch.device
) -> dict[str, float]:
    """Return the loss terms of one fixed batch, each named `validation_...`. Leaves the model in evaluation mode.

    It has the first of the numbers of source views.
    """
    model.eval()
    settings = settings.model_copy(update={"source_views": settings.source_view_counts[0]})
    batch = objects.batch(draw_step(objects.count, objects.views, settings, camera, 0, "validation")).to(device)
    draws = fixed_draws(Sampling.of(settings, camera), tuple(batch.pixels.shape[:2]), device)
    terms = batch_losses(model, batch, settings, camera, draws)
    numbers = torch.stack(list(terms.values())).tolist()
    return {f"validation_{name}": value for name, value in zip(terms, numbers, strict=True)}
