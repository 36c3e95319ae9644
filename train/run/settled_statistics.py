"""Settled BatchNorm statistics, for a model that is evaluated: means over the images of many steps.

The running statistics cover about the last ten steps, of a few images each. A field evaluated with them jumps by
decibels from one checkpoint to the next (docs/performance.md). Statistics gathered anew, under fixed weights, do not:
the precise BatchNorm of Wu & Johnson, Rethinking "Batch" in BatchNorm (2021), section 3.
"""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy

from torch import Tensor
from torch.optim.swa_utils import update_bn

from pipeline.config.settings import Camera, Train
from train.network.model import FeatureField
from train.objects.batches import draw_step
from train.objects.training_objects import TrainingObjects
from train.step.processes import Processes


def settled(
    model: FeatureField, objects: TrainingObjects, settings: Train, camera: Camera, processes: Processes
) -> FeatureField:
    """Copy the model in evaluation mode, with statistics that are means over `settings.settling_steps` steps' images.

    The steps are drawn as in training, from other seeds. Every process must call this. The statistics stay the
    running ones if `settling_steps` is 0 or if they are frozen.
    """
    copy = deepcopy(model).eval()
    if settings.settling_steps == 0 or model.frozen_statistics:
        return copy

    def images() -> Iterator[Tensor]:
        for step in range(settings.settling_steps):
            draws = draw_step(objects.count, objects.views, settings, camera, step, "settling")
            batch = objects.batch(draws.part(processes.index, processes.count))
            yield batch.source_images.flatten(0, 1)

    update_bn(images(), copy, processes.device)
    return copy
