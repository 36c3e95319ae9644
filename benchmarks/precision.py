"""`python -m benchmarks.precision FOLDER`: the quality of bf16 against that of fp32.

Trains the demo's field with each seed in both precisions, same draws, to the same step, and evaluates it on the test
split in its own precision: PSNR of novel views, PCK at 10 px and mIoU of the internal feature. Prints a row for each
run, and for each measure the mean difference of the pairs beside the spread of fp32 over the seeds. The demo's stores
are made in FOLDER where they are not there.
"""

import argparse
import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
import yaml

from eval.descriptors.descriptors import FieldDescriptor
from eval.descriptors.field_answers import FieldAnswers
from eval.descriptors.field_renderer import FieldRenderer
from eval.evaluation_inputs import EvaluationInputs, open_evaluation_inputs
from eval.statistics.summary import summarise
from eval.synthesis.view_synthesis import evaluate_synthesis, synthesis_tasks
from eval.transfer.evaluate import evaluate_transfer
from eval.transfer.field_transfer import plan_pair
from eval.transfer.transfer_result import Task
from pipeline.artifacts.project import Project
from pipeline.artifacts.stored_views import StoredViews
from pipeline.config.profiles import profile_text
from pipeline.config.settings import Settings, parse_settings
from pipeline.executors.devices import device_named
from pipeline.stages.cache_teachers import cache_teacher
from pipeline.stages.fit_projection import fit_teacher
from pipeline.stages.label import label_category
from pipeline.stages.manifest import make_manifest
from pipeline.stages.render import render_category
from pipeline.stages.synthesize import synthesize_category
from train.objects.packed_object import PackedObject, pack_object
from train.objects.residency import open_objects
from train.run.trainer import Run, Watchers, train
from train.step.processes import alone
from train.step.training_step import Acceleration
from train.trained_field import TrainedField

TEACHER = "daisy"
MEASURES = ("PSNR", "PCK", "mIoU")


@dataclass(frozen=True)
class Outcome:
    """The result of a run: dB, and shares of 1."""

    psnr: float
    pck: float
    iou: float

    @property
    def values(self) -> tuple[float, float, float]:
        """The measures in the order of `MEASURES`."""
        return self.psnr, self.pck, self.iou


def main() -> None:
    """Train, evaluate, compare."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--category", default="plane")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--steps", type=int, help="the demo's unless given")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--compiled", action="store_true", help="bf16 with torch.compile, as a run on a GPU is (CUDA)")
    arguments = parser.parse_args()
    arguments.folder.mkdir(parents=True, exist_ok=True)
    os.chdir(arguments.folder)
    settings = parse_settings(yaml.safe_load(profile_text("defaults")), "defaults")
    machine = settings.machine.model_copy(update={"workers": arguments.workers})
    steps = arguments.steps or settings.train.steps
    settings = settings.model_copy(
        update={"machine": machine, "train": settings.train.model_copy(update={"steps": steps})}
    )
    make_stores(settings, arguments.category)
    stored = Project(settings).stored_views(arguments.category, TEACHER)
    inputs = open_evaluation_inputs(Project(settings), stored)
    device = device_named(settings.machine.device)
    hardware = torch.cuda.get_device_name() if device.type == "cuda" else f"{torch.get_num_threads()} CPU threads"
    print(f"{arguments.category}, {steps} steps on {hardware}, torch {torch.__version__}")
    outcomes: dict[tuple[str, int], Outcome] = {}
    for seed in range(arguments.seeds):
        for precision in ("fp32", "bf16"):
            chosen = settings.train.model_copy(update={"seed": seed, "precision": precision})
            compiled = arguments.compiled and precision == "bf16"
            outcome = reached(settings.model_copy(update={"train": chosen}), stored, inputs, device, compiled)
            outcomes[precision, seed] = outcome
            print(f"{precision} seed {seed}: PSNR {outcome.psnr:.2f} dB, PCK {outcome.pck:.3f}, mIoU {outcome.iou:.3f}")
    for index, measure in enumerate(MEASURES):
        fp32 = np.array([outcomes["fp32", seed].values[index] for seed in range(arguments.seeds)])
        bf16 = np.array([outcomes["bf16", seed].values[index] for seed in range(arguments.seeds)])
        spread = fp32.max() - fp32.min()
        verdict = "inside" if abs((bf16 - fp32).mean()) <= spread else "OUTSIDE"
        print(
            f"{measure}: fp32 {fp32.mean():.3f}, bf16 {bf16.mean():.3f}, difference {(bf16 - fp32).mean():+.3f} "
            f"({', '.join(f'{d:+.3f}' for d in bf16 - fp32)}), {verdict} the spread of fp32 {spread:.3f}"
        )


def make_stores(settings: Settings, category: str, teacher: str = TEACHER) -> None:
    """Run the stages up to the teacher's maps; existing results are kept."""
    synthesize_category(settings, category, overwrite=False)
    make_manifest(settings, category)
    render_category(settings, category)
    label_category(settings, category)
    fit_teacher(settings, category, teacher)
    cache_teacher(settings, category, teacher)


def reached(
    settings: Settings, stored: StoredViews, inputs: EvaluationInputs, device: torch.device, compiled: bool
) -> Outcome:
    """Train one run and evaluate it."""
    keys = stored.keys("train")

    def packed(index: int) -> PackedObject:
        key = keys[index]
        return pack_object(stored.rgba(key), stored.pose(key), stored.intrinsics(key), stored.feature(key))

    objects = open_objects(packed, len(keys), settings.machine, device, lambda _line: None)
    kind = "compiled" if compiled else "plain"  # a run that is complete would be taken for the other kind
    folder = Path("precision") / f"{settings.train.steps}-{settings.train.precision}-{kind}-{settings.train.seed}"
    run = Run(settings.train, settings.camera, folder, f"{settings.train.steps}", [str(key) for key in keys])
    acceleration = Acceleration(compiled, recorded=True)
    result = train(objects, None, run, alone(device), acceleration, Watchers(log=lambda _step, _values: None))
    field = TrainedField(result.model, settings.train, settings.camera)
    renderer = FieldRenderer(field, 4096 if device.type == "cuda" else settings.evaluate.rays_per_batch)
    internal = FieldDescriptor("internal", FieldAnswers(renderer, inputs.image))
    task: Task = "2d-cross-instance"
    thresholds = settings.evaluate.pck_pixels
    results = [
        evaluate_transfer(task, pair, plan_pair(settings.evaluate, inputs, task, pair), internal, thresholds)
        for pair in inputs.pairs(task, settings.evaluate.pairs)
    ]
    summary = summarise(results, task, internal.name, thresholds)
    tasks = synthesis_tasks(inputs.test_keys(), settings.camera.views, settings.evaluate.synthesis_views)
    psnr = [view.rendered.psnr for view in evaluate_synthesis("view synthesis", tasks, inputs.image, renderer)]
    assert summary.pck is not None
    assert summary.iou is not None
    return Outcome(float(np.mean(psnr)), summary.pck[-1].mean, summary.iou.mean)


if __name__ == "__main__":
    main()
