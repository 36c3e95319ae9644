"""Stage train: views and teacher maps in, a trained field and its curves out."""

import shutil
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from eval.descriptors.field_renderer import FieldRenderer
from eval.distillation.distillation_summary import Distillation
from eval.distillation.verdict import distillation_verdict
from eval.distillation_probe import ProbedObjects
from eval.model_card import field_card
from eval.validation.field_validation import FieldValidation, validation_views
from pipeline.artifacts.project import Project
from pipeline.artifacts.receipts import one_at_a_time
from pipeline.artifacts.runs import CARD, CURVES, MODELS, RUN, run_fingerprint, run_folder, write_run_record
from pipeline.artifacts.stored_views import StoredViews, require
from pipeline.config.field_name import FieldName
from pipeline.config.settings import Evaluate, Settings
from pipeline.datasets.records import ObjectKey
from pipeline.errors import StoppedError, UserError
from pipeline.executors.devices import device_named
from pipeline.progress import Progress, say
from pipeline.stores.atomic_files import held_folder, sole_holder, write_bytes
from pipeline.stores.plain_files import empty_folder
from train.model_files import save_model
from train.network.model import FeatureField
from train.objects.framing import mean_framing
from train.objects.host_objects import HostObjects
from train.objects.packed_object import PackedObject, pack_object
from train.objects.residency import open_objects
from train.run.checkpoint import has_checkpoint
from train.run.curves import Curves, CurveWriter, CurveWriters, read_curves, write_curves
from train.run.run_log import RunLog
from train.run.stop_signals import StopSignals
from train.run.tensorboard_curves import TensorBoardCurves
from train.run.trainer import Run, TrainingResult, Watchers, train
from train.step.processes import Processes, joined
from train.step.training_step import Acceleration
from train.trained_field import TrainedField

RAYS_BESIDE_OBJECTS = 4096


@dataclass(frozen=True)
class TrainOptions:
    """Options of a training that do not change the result of a whole run.

    `resume`: there must be a checkpoint to go on from. `overfit_one`: one object alone, for debugging; no model is
    published. `profile`: a trace of some steps is written into the run's folder.
    """

    overwrite: bool = False
    resume: bool = False
    overfit_one: bool = False
    profile: bool = False
    tensorboard: bool = False


def train_field(settings: Settings, field: FieldName, options: TrainOptions | None = None) -> None:
    """Train one field: continue its run, or return at once if it is complete. Then publish its model with a card.

    Raises StoppedError if SIGINT or SIGTERM ended it; its checkpoint is written.
    """
    options = options or TrainOptions()
    project = Project(settings)
    stored = project.stored_views(field.category, field.teacher)
    settings = settings.model_copy(update={"train": project.train_section(field, stored)})
    keys, validation_keys = require(stored.keys("train"), "train", field.category), stored.keys("val")
    instance = field.instance
    if options.overfit_one:
        instance, keys = f"{instance}-overfit-one", keys[:1]
        validation_keys = keys
    fingerprint = run_fingerprint(settings.train, settings.camera, stored, keys, validation_keys)
    folder = run_folder(project.root, instance, fingerprint)
    processes = joined(device_named(settings.machine.device))
    with ExitStack() as held:
        if processes.is_first:
            if options.resume and not has_checkpoint(folder):
                raise UserError(
                    f"--resume, but {folder} holds no checkpoint: these settings and stores have no run to go on "
                    f"with; without --resume one is started."
                )
            held.enter_context(sole_holder(folder, "another training"))
            held.enter_context(one_at_a_time("train", instance))
            if options.overwrite:
                _empty(folder)
        processes.wait()
        held.enter_context(held_folder(folder))
        training = _Training(settings, stored, instance, processes, folder)
        result = training.run(keys, validation_keys, fingerprint, options)
        if processes.is_first and options.overfit_one:
            say(f"train {instance}: pictures in {folder / 'pictures'}, curves in {folder / 'curves'}")
        elif processes.is_first:
            distillation = training.distillation(keys, validation_keys, result.model)
            card = field_card(project, field, stored, fingerprint, distillation)
            _publish(training, keys, result.model, card, fingerprint)
            verdict = distillation_verdict(distillation)
            if verdict is not None:
                say(f"train {instance}: {verdict.text}")


def _publish(training: "_Training", keys: list[ObjectKey], model: FeatureField, card: str, fingerprint: str) -> None:
    """Write the model with its card and its curves into the project's folder.

    run.json says whose model this is: it goes first and comes last, so a kill leaves no model under another's name.
    """
    instance, settings = training.instance, training.settings
    (MODELS / instance / RUN).unlink(missing_ok=True)
    framing = mean_framing(lambda index: training.stored.rgba(keys[index]), len(keys))
    save_model(MODELS / instance, model, settings.train, settings.camera, framing)
    write_bytes(MODELS / instance / CARD, card.encode())
    empty_folder(CURVES / instance)
    write_curves(CURVES / instance, read_curves(training.folder / "curves"))
    write_run_record(instance, training.folder, fingerprint)


def rays_beside_objects(evaluate: Evaluate) -> int:
    """Return how many rays are rendered at once while training objects may fill a GPU's memory."""
    return min(RAYS_BESIDE_OBJECTS, evaluate.rays_per_batch)


@dataclass(frozen=True)
class _Training:
    """One run: its settings, its inputs and its folder."""

    settings: Settings
    stored: StoredViews
    instance: str
    processes: Processes
    folder: Path

    def run(
        self, keys: list[ObjectKey], validation_keys: list[ObjectKey], fingerprint: str, options: TrainOptions
    ) -> TrainingResult:
        """Load the objects, train, and report progress."""
        settings, processes, label = self.settings, self.processes, f"train {self.instance}"
        with ExitStack() as opened:
            progress = Progress(label, settings.train.steps, "steps") if processes.is_first else None
            curves = opened.enter_context(self._curves(options.tensorboard)) if processes.is_first else None
            signals = opened.enter_context(StopSignals())
            self._say(f"{label}: {len(keys)} objects on {processes.device} -> {self.folder}")
            objects = open_objects(
                lambda index: self._packed(keys[index]), len(keys), settings.machine, processes.device, self._say
            )
            # Only the objects of one fixed batch are ever read.
            validation = HostObjects(lambda index: self._packed(validation_keys[index]), len(validation_keys), None)
            views = validation_views(settings.train, self.stored, validation_keys)
            probed = self._probed(keys, validation_keys)
            probe = None if probed is None else probed.validation_probe()
            rays = rays_beside_objects(settings.evaluate)
            pictures = FieldValidation(settings.train, settings.camera, rays, views, self.folder, probe)
            log = RunLog(progress, curves, settings.train.log_every)

            def validate(step: int, model: FeatureField) -> dict[str, float]:
                values = pictures(step, model)
                if curves is not None and views:
                    curves.picture(step, pictures.picture_path(step))
                return values

            try:
                result = train(
                    objects,
                    validation if validation_keys else None,
                    Run(settings.train, settings.camera, self.folder, fingerprint, [str(key) for key in keys]),
                    processes,
                    Acceleration(compiled=settings.machine.compile, recorded=settings.machine.cuda_graph),
                    Watchers(
                        log=log,
                        validate=validate if views or probe else None,
                        stop=lambda: signals.name is not None,
                        trace=self.folder / "profile.json" if options.profile else None,
                    ),
                )
            except StoppedError as stopped:
                self._say(f"{label}: {stopped} by {signals.name}; its checkpoint is written, the same command goes on")
                raise
        if log.reached:
            log.close(result.losses["total"])
        else:
            self._say(f"{label}: the run is complete")
        return result

    def distillation(
        self, keys: list[ObjectKey], validation_keys: list[ObjectKey], model: FeatureField
    ) -> Distillation:
        """Measure how well the trained model's feature explains the teacher; nothing without feature loss."""
        settings, probed = self.settings, self._probed(keys, validation_keys)
        if probed is None:
            return {}
        field = TrainedField(model, settings.train, settings.camera)
        return probed.final_probe().summarise(FieldRenderer(field, rays_beside_objects(settings.evaluate)))

    def _probed(self, keys: list[ObjectKey], validation_keys: list[ObjectKey]) -> ProbedObjects | None:
        """Only the first process validates. A field without feature loss has no feature to measure."""
        train = self.settings.train
        if not self.processes.is_first or train.feature_weight == 0:
            return None
        return ProbedObjects(self.stored, keys, validation_keys, train.held_out_views)

    def _packed(self, key: ObjectKey) -> PackedObject:
        return pack_object(
            self.stored.rgba(key), self.stored.pose(key), self.stored.intrinsics(key), self.stored.feature(key)
        )

    def _curves(self, tensorboard: bool) -> Curves:
        writers: list[Curves] = [CurveWriter(self.folder / "curves")]
        if tensorboard:
            writers.append(TensorBoardCurves(self.folder / "tensorboard"))
        return CurveWriters(writers)

    def _say(self, line: str) -> None:
        if self.processes.is_first:
            say(line)


def _empty(folder: Path) -> None:
    """Remove everything in a run's folder but its lock files. Of a link, only the link goes."""
    for path in folder.iterdir():
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        elif path.suffix != ".lock":
            path.unlink()
