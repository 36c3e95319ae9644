"""The parts' work: fill the stores of a category, measure its teachers' maps, train and measure a field."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import chdir, contextmanager
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float32

from benchmarks.findings.asked import asked_answers
from benchmarks.findings.configuration import Configuration, SeededField
from benchmarks.findings.records import Measured, PartRecord, hardware, maps_name, write_measured
from benchmarks.precision import make_stores
from eval.descriptors.descriptors import Descriptor, FieldDescriptor, MapDescriptor
from eval.descriptors.position import position_descriptor
from eval.distillation_probe import measure_distillation
from eval.evaluation_inputs import EvaluationInputs, open_evaluation_inputs
from eval.opened_field import open_field
from eval.synthesis.perceptual_distance import open_lpips
from eval.synthesis.view_synthesis import evaluate_synthesis, synthesis_tasks
from eval.transfer.evaluate import evaluate_transfer
from eval.transfer.field_transfer import (
    TOGETHER,
    FieldTransfer,
    pair_of_tasks,
    plan_pair,
    thresholds_by_task,
    unit_of,
)
from eval.transfer.transfer_result import TransferResult
from pipeline.artifacts.layouts import CELL
from pipeline.artifacts.project import Project
from pipeline.artifacts.receipts import RECEIPTS
from pipeline.config.settings import Settings
from pipeline.datasets.records import ObjectKey
from pipeline.errors import UserError
from pipeline.executors.devices import device_named
from pipeline.manifests.manifest import MANIFESTS
from pipeline.progress import counted
from pipeline.stages.train import train_field
from pipeline.teachers.feature_maker import DeviceFeatures
from pipeline.teachers.grid import foreground_cells
from pipeline.teachers.projection import ProjectionOnDevice
from pipeline.teachers.registry import make_teacher
from train.objects.recently_used import RecentlyUsed

BYTES_KEPT = 2 << 30  # of maps that are made here
FIELDS = Path("fields")

MapOf = Callable[[ObjectKey, int], Float32[np.ndarray, "r c channels"]]


class Clock:
    """Seconds of pieces of work that follow one another."""

    def __init__(self) -> None:
        """Start."""
        self.seconds: dict[str, float] = {}
        self._last = time.monotonic()

    def stop(self, piece: str) -> None:
        """Note the seconds since the last piece."""
        now = time.monotonic()
        self.seconds[piece] = round(now - self._last, 1)
        self._last = now


def fill_stores(configuration: Configuration, category: str, teacher: str) -> None:
    """Run the stages up to the teacher's maps; stores that exist are kept."""
    settings = configuration.settings
    # Compiling a teacher's network takes longer than it saves on one category.
    machine = settings.machine.model_copy(update={"compile": False})
    make_stores(settings.model_copy(update={"machine": machine}), category, teacher)


def measure_maps(configuration: Configuration, category: str, teacher: str) -> None:
    """Measure transfer by the teacher's maps, those of other teachers and positions, which no field changes."""
    clock, project = Clock(), Project(configuration.settings)
    inputs = open_evaluation_inputs(project, project.stored_views(category, teacher))
    device = device_named(project.settings.machine.device)
    made = [
        MapDescriptor(f"{other} map", made_maps(project, other, inputs), inputs.camera, CELL, device)
        for other in configuration.other_teachers
        if other != teacher
    ]
    control = position_descriptor(inputs.camera, project.settings.camera.size, device)
    descriptors = (*inputs.teacher_descriptors(device), *made, control)
    results = tuple(transferred(project.settings, inputs, descriptors))
    clock.stop("transfer")
    record = PartRecord(configuration.digest, hardware(), clock.seconds, None, 0, {})
    write_measured(maps_name(category, teacher), Measured(record, results, ()))


def made_maps(project: Project, name: str, inputs: EvaluationInputs) -> MapOf:
    """Make a teacher's maps when they are asked for: an evaluation needs some views of the test objects alone.

    They are the maps that the stages would store, but for their rounding, and their scale, which a cosine does not see.
    """
    settings = project.settings
    teacher = make_teacher(project, name, inputs.stored.manifest.category)
    channels = settings.fit_projection.channels
    if channels is not None and teacher.channels > channels:
        raise UserError(f"other_teachers: {name} has more than {channels} channels, so its maps need a projection.")
    device = device_named(settings.machine.device) if teacher.on_gpu else torch.device("cpu")
    unprojected, cache = ProjectionOnDevice(None, None, 1.0), settings.cache_teachers
    network = DeviceFeatures(teacher.load(device), unprojected, device, 1, cache.input)
    kept: RecentlyUsed[tuple[ObjectKey, int], Float32[np.ndarray, "r c channels"]] = RecentlyUsed(
        BYTES_KEPT, lambda array: array.nbytes
    )

    def map_of(key: ObjectKey, view: int) -> Float32[np.ndarray, "r c channels"]:
        made = kept.get((key, view))
        if made is None:
            cells = foreground_cells(inputs.view_labels(key, view).foreground[None], cache.foreground)[0]
            rgba = torch.from_numpy(inputs.rgba(key, view)[None]).to(device)
            index = torch.from_numpy(np.flatnonzero(cells)).to(device)
            made = np.zeros((*cells.shape, teacher.channels), dtype=np.float32)
            with torch.inference_mode():
                made[cells] = network.raw(rgba, index, [f"{key}/{view}"]).float().cpu().numpy()
            kept.put((key, view), made)
        return made

    return map_of


def transferred(
    settings: Settings, inputs: EvaluationInputs, descriptors: tuple[Descriptor, ...]
) -> Iterator[TransferResult]:
    """Measure descriptors that need no field, on every pair of every task."""
    evaluate, edge = settings.evaluate, settings.manifest.longest_edge
    thresholds = thresholds_by_task(evaluate, edge)
    for tasks in TOGETHER:
        pairs = inputs.pairs(tasks[0], evaluate.pairs)
        for listed in counted(pairs, f"maps {inputs.stored.instance}: {' and '.join(tasks)}", "pairs", total=True):
            for task, pair in pair_of_tasks(tasks, listed, evaluate.other_camera, inputs.views).items():
                plan, unit = plan_pair(evaluate, inputs, task, pair), unit_of(task, edge)
                for descriptor in descriptors:
                    yield evaluate_transfer(task, pair, plan, descriptor, thresholds[task], unit)


@contextmanager
def own_folder(seeded: SeededField) -> Iterator[None]:
    """Work in a folder of this field, with copies of its stores' receipts: its runs would replace others' models."""
    category, teacher = seeded.field.category, seeded.field.teacher
    folder = FIELDS / seeded.name
    of_category = (f"*/{category}.json", f"*/{category}-{teacher}.json")
    for path in (*MANIFESTS.glob(f"{category}.*"), *(path for name in of_category for path in RECEIPTS.glob(name))):
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, folder / path)
    with chdir(folder):
        yield


def measure_field(configuration: Configuration, seeded: SeededField) -> None:
    """Train a field, then measure its own features, the views that it renders and what its feature explains.

    What is measured of one way to ask is written before the next.
    """
    settings, root = configuration.settings_of(seeded), Path.cwd()  # the settings' root is one of this folder
    with own_folder(seeded):
        for name, measured in zip(seeded.names, _measured(configuration, seeded, settings), strict=True):
            with chdir(root):
                write_measured(name, measured)


def _measured(configuration: Configuration, seeded: SeededField, settings: Settings) -> Iterator[Measured]:
    """Measure for each way to ask. Views and what the feature explains belong to the first."""
    field, clock, project = seeded.field, Clock(), Project(settings)
    torch.compiler.reset()  # it keeps eight versions of a step, and each field makes one
    train_field(settings, field)
    clock.stop("train")
    opened = open_field(project, field)
    inputs, renderer, evaluate = opened.inputs, opened.answers.renderer, settings.evaluate
    tasks = synthesis_tasks(inputs.test_keys(), settings.camera.views, evaluate.synthesis_views)
    lpips = None if evaluate.lpips is None else open_lpips(evaluate.lpips, device_named(settings.machine.device))
    views = evaluate_synthesis(f"{seeded.name}: view synthesis", tasks, inputs.image, renderer, lpips)
    clock.stop("views")
    train = project.train_section(field, inputs.stored)
    distillation = (
        measure_distillation(f"{seeded.name}: distillation", inputs.stored, tasks, renderer, train.held_out_views)
        if train.feature_weight > 0
        else {}
    )
    clock.stop("distillation")
    edge, workers, objects = settings.manifest.longest_edge, settings.machine.workers, len(inputs.stored.keys("train"))
    for asked, name in zip(seeded.asked, seeded.names, strict=True):
        answers = asked_answers(renderer, inputs.image, asked, evaluate.other_camera, inputs.views)
        own = [FieldDescriptor(one.name, answers) for one in opened.own if isinstance(one, FieldDescriptor)]
        results = FieldTransfer(evaluate, edge, workers, inputs, answers, own).measure(name).results
        clock.stop("transfer")
        record = PartRecord(configuration.digest, hardware(), clock.seconds, opened.run, objects, distillation)
        yield Measured(record, results, views if name == seeded.name else ())
