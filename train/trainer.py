"""The training loop: batches in, checkpoints and loss terms out."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from pipeline.errors import UserError
from pipeline.settings import Camera, Train
from train.batches import RayBatch, draw_batch, step_generator
from train.checkpoint import Reached, load_newest, save_checkpoint
from train.losses import losses
from train.model import FeatureField, new_model
from train.objects import TrainingObjects
from train.rays import pixel_rays
from train.renderer import render_rays
from train.volume import SampleDraws, Sampling, fixed_draws, random_draws

Log = Callable[[int, dict[str, float]], None]


@dataclass(frozen=True)
class TrainingResult:
    """A finished run: its model in evaluation mode, the last step's loss terms by name, its speed over all steps."""

    model: FeatureField
    losses: dict[str, float]
    steps_per_second: float


def train(
    objects: TrainingObjects,
    validation: TrainingObjects | None,
    *,
    settings: Train,
    camera: Camera,
    run_folder: Path,
    fingerprint: str,
    device: torch.device,
    log: Log,
) -> TrainingResult:
    """Trains a model for `settings.steps` steps, from the newest whole checkpoint in `run_folder` if there is one.

    A run that was killed and repeated ends with the same bits as one that was not, on the same machine's CPU. `log`
    gets the number of finished steps and the loss terms every `log_every` steps, and those of one fixed validation
    batch, named `validation_...`, with every checkpoint; steps since the last checkpoint are logged again by a
    repeated run. Raises UserError if there are no objects, if the checkpoint is of another `fingerprint`, or at a loss
    that is not finite.
    """
    if objects.count == 0:
        raise UserError("train: the train split holds no objects; render and cache the teacher for some first.")
    model = new_model(settings, objects.teacher_channels).to(device)
    optimizer = torch.optim.Adam(model.parameters(), lr=settings.learning_rate, fused=True)
    progress = load_newest(run_folder, fingerprint, model, optimizer) or Reached(0, 0.0, {})
    started = time.monotonic() - progress.seconds
    for step in range(progress.step, settings.steps):
        batch = draw_batch(objects, settings, step).to(device)
        terms = training_step(model, optimizer, batch=batch, settings=settings, camera=camera, step=step)
        finished = step + 1
        last = finished == settings.steps
        if finished % settings.log_every == 0 or last:
            log(finished, terms)
        if finished % settings.checkpoint_every == 0 or last:
            _require_finite_weights(model, finished)
            if validation is not None:
                log(finished, validation_losses(model, validation, settings, camera, device))
            progress = Reached(finished, time.monotonic() - started, terms)
            save_checkpoint(run_folder, fingerprint, model, optimizer, progress)
    return TrainingResult(model.eval(), progress.losses, progress.step / progress.seconds)


def training_step(
    model: FeatureField,
    optimizer: torch.optim.Adam,
    *,
    batch: RayBatch,
    settings: Train,
    camera: Camera,
    step: int,
) -> dict[str, float]:
    """One step of Adam on a batch; its loss terms by name. Raises UserError if one is not finite.

    `step`, counted from 0, keys the draws of the samples.
    """
    model.train()
    sampling = Sampling.of(settings, camera)
    draws = random_draws(sampling, tuple(batch.pixels.shape[:2]), step_generator(settings, "samples", step)).to(
        batch.pixels.device
    )
    terms = batch_losses(model, batch, settings, camera, draws)
    values = _values(terms)
    wrong = [f"{name} = {value}" for name, value in values.items() if not math.isfinite(value)]
    if wrong:
        raise UserError(
            f"train: at step {step + 1} the loss is not finite ({', '.join(wrong)}); lower train.learning_rate and "
            f"look at the teacher maps, the last checkpoint is intact."
        )
    optimizer.zero_grad()
    terms["total"].backward()  # type: ignore[no-untyped-call]
    optimizer.step()
    return values


def batch_losses(
    model: FeatureField, batch: RayBatch, settings: Train, camera: Camera, draws: SampleDraws
) -> dict[str, Tensor]:
    """The loss terms of a batch by name; batch, draws and model lie on one device."""
    source = model.encode(batch.source_images, batch.source_poses, camera)
    rays = pixel_rays(batch.pixels, batch.poses, camera.size, camera.angle_x)
    rendering = render_rays(model.network, source, rays, Sampling.of(settings, camera), draws)
    return losses(rendering, batch.rgb, batch.feature, settings)


@torch.no_grad()
def validation_losses(
    model: FeatureField, objects: TrainingObjects, settings: Train, camera: Camera, device: torch.device
) -> dict[str, float]:
    """The loss terms of one fixed batch in evaluation mode, each named `validation_...`."""
    model.eval()
    batch = draw_batch(objects, settings, step=0, purpose="validation").to(device)
    draws = fixed_draws(Sampling.of(settings, camera), tuple(batch.pixels.shape[:2]), device)
    terms = batch_losses(model, batch, settings, camera, draws)
    return {f"validation_{name}": value for name, value in _values(terms).items()}


def _values(terms: dict[str, Tensor]) -> dict[str, float]:
    numbers = torch.stack([term.detach() for term in terms.values()]).tolist()
    return dict(zip(terms, numbers, strict=True))


def _require_finite_weights(model: FeatureField, step: int) -> None:
    """A checkpoint of weights that are not finite would replace a good one."""
    for name, tensor in model.state_dict().items():
        if not torch.isfinite(tensor).all():
            raise UserError(
                f"train: after step {step} the weights '{name}' are not finite; lower train.learning_rate, "
                f"the last checkpoint is intact."
            )
