"""The training loop: batches in, checkpoints and loss terms out."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path

import torch

from pipeline.config.settings import Camera, Train
from pipeline.errors import StoppedError, UserError
from train.network.model import FeatureField, new_model
from train.objects.batches import draw_step
from train.objects.prefetch import steps_ahead
from train.objects.training_objects import TrainingObjects
from train.run.broken_step import save_broken_step
from train.run.checkpoint import Best, Reached, load_newest, save_checkpoint, write_state
from train.run.initial_weights import load_initial_weights
from train.run.settled_statistics import settled
from train.run.step_profile import StepProfile
from train.run.validation import validation_losses
from train.step.loss_watch import KnownLosses, LossWatch
from train.step.losses import loss_names
from train.step.processes import Processes, with_common_statistics
from train.step.training_step import Acceleration, TrainingStep

Log = Callable[[int, dict[str, float]], None]
Validate = Callable[[int, FeatureField], dict[str, float]]


@dataclass(frozen=True)
class Run:
    """A run: its settings, its folder, and the names of its objects, for messages."""

    settings: Train
    camera: Camera
    folder: Path
    fingerprint: str
    names: list[str]


@dataclass(frozen=True)
class Watchers:
    """Callbacks of a run.

    `log` gets the number of finished steps and the loss terms every `log_every` steps, on a GPU some steps late, and
    the validation's values.
    `validate` gets the model every `validate_every` steps and returns values to log. `stop` is asked after each step
    whether the run should end; with several processes every `log_every` steps. `trace` is the file for a profile.
    """

    log: Log
    validate: Validate | None = None
    stop: Callable[[], bool] = lambda: False
    trace: Path | None = None


@dataclass(frozen=True)
class TrainingResult:
    """A finished run: its settled model in evaluation mode, the last step's loss terms by name, and its mean speed."""

    model: FeatureField
    losses: dict[str, float]
    steps_per_second: float


def train(
    objects: TrainingObjects,
    validation: TrainingObjects | None,
    run: Run,
    processes: Processes,
    acceleration: Acceleration,
    watchers: Watchers,
) -> TrainingResult:
    """Train a model for `settings.steps` steps, from the newest whole checkpoint in the run's folder if there is one.

    On one machine's CPU a run that was killed and repeated ends with the same bits as an unbroken one. It logs the
    steps since the last checkpoint again. Every validation logs the loss terms of one fixed batch of `validation`,
    named `validation_...`. The step with the lowest total is kept as the best.

    Raises UserError if there are no objects, if the checkpoint is of another `fingerprint`, or at a loss that is not
    finite; StoppedError if `watchers.stop` asked for it.
    """
    settings = run.settings
    if objects.count == 0:
        raise UserError("train: the train split holds no objects; render and cache the teacher for some first.")
    if settings.objects_per_step % processes.count:
        raise UserError(
            f"train.objects_per_step is {settings.objects_per_step}, which {processes.count} processes cannot share."
        )
    loop = _Loop(objects, validation, run, processes, acceleration, watchers)
    loop.go()
    return loop.result()


class _Loop:
    """A run in progress."""

    def __init__(
        self,
        objects: TrainingObjects,
        validation: TrainingObjects | None,
        run: Run,
        processes: Processes,
        acceleration: Acceleration,
        watchers: Watchers,
    ) -> None:
        self._objects, self._validation, self._run = objects, validation, run
        self._processes, self._watchers = processes, watchers
        model = new_model(run.settings, objects.teacher_channels)
        if run.settings.initial_checkpoint is not None:
            load_initial_weights(model, run.settings.initial_checkpoint)
        self._model = with_common_statistics(model.to(processes.device), processes)
        self._step = TrainingStep(self._model, run.settings, run.camera, processes, acceleration)
        self._watch = LossWatch(loss_names(run.settings))
        reached = load_newest(run.folder, run.fingerprint, self._model, self._step.optimizer)
        self._reached = reached or Reached(0, 0.0, {})
        self._started = time.monotonic() - self._reached.seconds

    def go(self) -> None:
        """Take all remaining steps."""
        settings, processes = self._run.settings, self._processes
        steps = range(self._reached.step, settings.steps)
        part = (processes.index, processes.count)
        trace = self._watchers.trace if processes.is_first else None
        profile = StepProfile(trace) if trace is not None and steps else None
        ahead = steps_ahead(self._objects, settings, self._run.camera, steps, processes.device, part=part)
        with closing(ahead) as inputs:
            for given in inputs:
                terms = self._step.take(given)
                self._note(self._watch.add(given.step, terms))
                self._after(given.step + 1)
                if profile is not None:
                    profile.step()
        if profile is not None:
            profile.close()

    def result(self) -> TrainingResult:
        """Return the result of the finished run."""
        reached = self._reached
        return TrainingResult(self._settled(), reached.losses, reached.step / max(reached.seconds, 1e-9))

    def _settled(self) -> FeatureField:
        run = self._run
        return settled(self._model, self._objects, run.settings, run.camera, self._processes)

    def _after(self, finished: int) -> None:
        """Do what is due after a step: read losses, validate, save a checkpoint, stop."""
        settings = self._run.settings
        last = finished == settings.steps
        logs = finished % settings.log_every == 0 or last
        validates = finished % settings.validate_every == 0 or last
        saves = finished % settings.checkpoint_every == 0 or last
        # Several processes ask only now and then, because agreeing takes a message between them.
        stops = not last and (self._processes.count == 1 or logs) and self._processes.any(self._watchers.stop())
        if validates or saves or stops:
            self._note(self._watch.drain())
        if validates and (self._validation is not None or self._watchers.validate is not None):
            saves = self._validate(finished) or saves
        if saves or stops:
            self._save(finished)
        if stops:
            raise StoppedError(f"stopped after step {finished}")

    def _note(self, known: list[KnownLosses]) -> None:
        settings = self._run.settings
        for losses in known:
            if not all(math.isfinite(value) for value in losses.terms.values()):
                self._break(losses)
            step = losses.step + 1
            self._reached = replace(self._reached, step=step, losses=losses.terms)
            if self._processes.is_first and (step % settings.log_every == 0 or step == settings.steps):
                self._watchers.log(step, losses.terms)

    def _validate(self, finished: int) -> bool:
        """Log the validation's values. Returns whether the model is the best so far."""
        latest: Best | None = None
        _require_finite_weights(self._model, finished)
        model = self._settled()
        if self._processes.is_first:
            values: dict[str, float] = {}
            if self._validation is not None:
                run, device = self._run, self._processes.device
                values |= validation_losses(model, self._validation, run.settings, run.camera, device)
                latest = Best(finished, values["validation_total"])
            if self._watchers.validate is not None:
                values |= self._watchers.validate(finished, model)
            if values:
                self._watchers.log(finished, values)
        before = self._reached.best
        better = latest is not None and (before is None or latest.loss < before.loss)
        if better:
            self._reached = replace(self._reached, best=latest)
        return self._processes.any(better)

    def _save(self, finished: int) -> None:
        _require_finite_weights(self._model, finished)
        self._reached = replace(self._reached, step=finished, seconds=time.monotonic() - self._started)
        if self._processes.is_first:
            run = self._run
            save_checkpoint(run.folder, run.fingerprint, self._model, self._step.optimizer, self._reached)
        self._processes.wait()

    def _break(self, losses: KnownLosses) -> None:
        """Save the broken step's input and the weights before it, and raise UserError."""
        run, processes = self._run, self._processes
        step = losses.step
        folder = run.folder / f"broken-step-{step + 1:08d}"
        draws = draw_step(self._objects.count, self._objects.views, run.settings, run.camera, step)
        draws = draws.part(processes.index, processes.count)
        if processes.is_first:
            before = replace(self._reached, step=step, seconds=time.monotonic() - self._started)
            write_state(folder, run.fingerprint, self._model, self._step.optimizer, before)
            save_broken_step(folder, losses, draws, self._objects.batch(draws), run.names)
        processes.wait()  # the first one's GPU may still need theirs, for steps that are queued
        wrong = ", ".join(f"{name} = {value}" for name, value in losses.terms.items() if not math.isfinite(value))
        raise UserError(
            f"train: at step {step + 1} the loss or its gradient is not finite ({wrong}); its batch and the weights "
            f"before it are in {folder}, the last checkpoint is intact. Look at the teacher maps of the objects in "
            f"batch.json, or lower train.learning_rate."
        )


def _require_finite_weights(model: FeatureField, step: int) -> None:
    """Raise UserError if weights are not finite: their checkpoint would replace a good one."""
    for name, tensor in model.state_dict().items():
        if not torch.isfinite(tensor).all():
            raise UserError(
                f"train: after step {step} the weights '{name}' are not finite; lower train.learning_rate, "
                f"the last checkpoint is intact."
            )
