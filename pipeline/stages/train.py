"""Stage train: views and teacher maps in, a trained field and its curves out."""

import shutil
from pathlib import Path

import numpy as np

from pipeline.atomic_files import digest_of, sha256_of, write_json
from pipeline.datasets.records import ObjectKey
from pipeline.devices import device_named
from pipeline.progress import Progress, say
from pipeline.recipes import recipe_of
from pipeline.settings import Settings
from pipeline.stages.stored_views import StoredViews, open_stored_views, require
from train.curves import CurveWriter, read_curves, write_curves
from train.objects import TrainingObjects
from train.trained_field import save_model
from train.trainer import train

MODELS, CURVES = Path("models"), Path("curves")


def train_field(settings: Settings, category: str, teacher: str, overwrite: bool = False) -> None:
    """Train the field of one category and teacher: continue its run, or return at once if it is complete."""
    stored = open_stored_views(settings, category, teacher)
    keys = require(stored.keys("train"), "train", category)
    validation_keys = stored.keys("val")
    instance = f"{category}-{teacher}"
    fingerprint = run_fingerprint(settings, stored)
    run_folder = Path(settings.storage.root) / "runs" / instance / fingerprint
    if overwrite:
        shutil.rmtree(run_folder, ignore_errors=True)
    device = device_named(settings.machine.device)
    say(f"train {instance}: {len(keys)} objects on {device} -> {run_folder}")
    progress = Progress(f"train {instance}", settings.train.steps, "steps")
    reached = 0

    with CurveWriter(run_folder / "curves") as curves:

        def log(step: int, values: dict[str, float]) -> None:
            nonlocal reached
            curves.write(step, values)
            if step > reached:
                if reached == 0 and step > settings.train.log_every:
                    progress.start_at(step - settings.train.log_every)
                    reached = step - settings.train.log_every
                progress.step(f"loss {values['total']:.4f}" if "total" in values else "", count=step - reached)
                reached = step

        result = train(
            _in_memory(stored, keys),
            _in_memory(stored, validation_keys) if validation_keys else None,
            settings=settings.train,
            camera=settings.camera,
            run_folder=run_folder,
            fingerprint=fingerprint,
            device=device,
            log=log,
        )
    if reached:
        progress.close(f"loss {result.losses['total']:.4f}")
    else:
        say(f"train {instance}: the run is complete")
    # run.json says whose model this is: it goes first and comes last, so a kill leaves no model under another's name.
    (MODELS / instance / "run.json").unlink(missing_ok=True)
    save_model(MODELS / instance, result.model, settings.train, settings.camera)
    write_json(MODELS / instance / "run.json", {"run": run_folder.as_posix(), "fingerprint": fingerprint})
    shutil.rmtree(CURVES / instance, ignore_errors=True)
    write_curves(CURVES / instance, read_curves(run_folder / "curves"))


def run_fingerprint(settings: Settings, stored: StoredViews) -> str:
    """What a run depends on: the settings of network and sampling, and everything that its objects' stores hold."""
    return digest_of(
        {
            "recipe": recipe_of("train"),
            "train": settings.train.model_dump(),
            "encoder_weights": _weights_digest(settings.train.encoder_weights),
            "camera": settings.camera.model_dump(),
            "train_objects": stored.contents(stored.keys("train")),
            "validation_objects": stored.contents(stored.keys("val")),
        }
    )[:16]


def _weights_digest(named: str | None) -> str | None:
    """The checksum of a file of encoder weights; names of published weights stand for themselves."""
    path = Path(named) if named is not None else None
    return sha256_of(path) if path is not None and path.is_file() else None


def _in_memory(stored: StoredViews, keys: list[ObjectKey]) -> TrainingObjects:
    """All views and maps of the objects, filled object by object so that nothing is held twice."""
    count = len(keys)

    def empty(store_specs: tuple[int, ...], dtype: str) -> np.ndarray:
        return np.empty((count, *store_specs), dtype=dtype)

    views, maps = stored.views.specs, stored.maps.specs
    rgba = empty(views["rgba"].shape, views["rgba"].dtype)
    pose = empty(views["pose"].shape, views["pose"].dtype)
    feature = empty(maps["feature"].shape, "float16")
    for index, key in enumerate(keys):
        rgba[index], pose[index], feature[index] = stored.rgba(key), stored.pose(key), stored.feature(key)
    return TrainingObjects.of(rgba, pose, feature)
