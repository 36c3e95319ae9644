"""`python -m benchmarks.teacher_maps CATEGORY TEACHER ...`: how well teachers' own maps transfer, without any field.

In the project's folder, after `cache-teachers` for each of the teachers. The 2D tasks on the same pairs of objects, by
each teacher's map and by the control that knows only where a cell lies. Prints a Markdown table of means.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator

import numpy as np
import torch

from eval.descriptors.position import position_descriptor
from eval.evaluation_inputs import EvaluationInputs, open_evaluation_inputs
from eval.transfer.evaluate import evaluate_transfer
from eval.transfer.field_transfer import plan_pair
from eval.transfer.transfer_result import Task, TransferResult
from pipeline.artifacts.project import Project
from pipeline.config.settings import load_settings

TASKS: tuple[Task, ...] = ("2d-cross-instance", "2d-other-camera", "2d-novel-view")


def main() -> None:
    """Print a row for each task and descriptor."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("category")
    parser.add_argument("teachers", nargs="+")
    arguments = parser.parse_args()
    settings = load_settings()
    first, *others = arguments.teachers
    evaluate = settings.evaluate.model_copy(update={"other_teachers": tuple(others)})
    project = Project(settings.model_copy(update={"evaluate": evaluate}))
    inputs = open_evaluation_inputs(project, project.stored_views(arguments.category, first))
    thresholds = evaluate.pck_pixels
    print(f"| task | map | pairs | {' | '.join(f'PCK {value:g} px' for value in thresholds)} | IoU |")
    print("| --- " * (4 + len(thresholds)) + "|")
    for task in TASKS:
        results = list(measured(inputs, task, project))
        for name in dict.fromkeys(result.descriptor for result in results):
            print(row(task, name, [result for result in results if result.descriptor == name]))


def measured(inputs: EvaluationInputs, task: Task, project: Project) -> Iterator[TransferResult]:
    """Measure each map on each pair of a task."""
    settings, device = project.settings, torch.device("cpu")
    control = position_descriptor(inputs.camera, settings.camera.size, device)
    descriptors = (*inputs.teacher_descriptors(device), control)
    for listed in inputs.pairs(task, settings.evaluate.pairs):
        other = listed.from_other_camera(settings.evaluate.other_camera, inputs.views)
        pair = other if task == "2d-other-camera" else listed
        plan = plan_pair(settings.evaluate, inputs, task, pair)
        for descriptor in descriptors:
            yield evaluate_transfer(task, pair, plan, descriptor, settings.evaluate.pck_pixels)


def row(task: Task, name: str, results: list[TransferResult]) -> str:
    """Write the means over pairs, in %."""
    pck = np.mean([result.pck for result in results if result.pck is not None], axis=0)
    iou = np.mean([result.iou for result in results if result.iou is not None])
    cells = [task, name, str(len(results)), *(f"{100 * value:.1f}" for value in (*pck, iou))]
    return f"| {' | '.join(cells)} |"


if __name__ == "__main__":
    main()
