"""Pictures of a transfer: a pair of views with keypoints and parts by several descriptors, and the features."""

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from eval.descriptors.descriptors import Descriptor, FieldDescriptor
from eval.descriptors.field_answers import FieldAnswers
from eval.evaluation_inputs import EvaluationInputs, ends_of
from eval.pictures.canvas import enlarged, over_checker, palette_png_bytes
from eval.pictures.keypoints import transfer_picture
from eval.pictures.parts import part_map, part_picture
from eval.pictures.shared_colours import field_view, shared_colours_picture, teacher_view
from eval.report.contents import Picture
from eval.transfer.evaluate import measure, transfer
from eval.transfer.pairs import Pair
from eval.transfer.transfer_result import Task, TransferResult
from eval.transfer.view_transfer import plan_views

TILE = 256
OTHER_CAMERA = "other camera"  # the group of pairs whose target is seen by another camera


def shown_pairs(results: Sequence[TransferResult], descriptor: str, count: int) -> Mapping[str, list[Pair]]:
    """Choose cross-instance pairs for the report: best and worst of the descriptor, and a spread, `count` each.

    A pair's mark is the mean of its PCK at the widest threshold and its IoU, of those that it has. The spread is at
    even distances in the order of evaluation: no choice by result. So are the pairs with another camera.
    """
    of_task = _results_of("2d-cross-instance", results, descriptor)
    marked = [result for result in of_task if pair_mark(result) is not None]
    marked.sort(key=lambda result: -(pair_mark(result) or 0))
    ends = min(count, len(marked) // 2)
    return {
        "best pairs": [result.pair for result in marked[:ends]],
        "worst pairs": [result.pair for result in marked[::-1][:ends]],
        "spread pairs": _spread(of_task, count),
        OTHER_CAMERA: _spread(_results_of("2d-other-camera", results, descriptor), count),
    }


def _results_of(task: Task, results: Sequence[TransferResult], descriptor: str) -> list[TransferResult]:
    return [result for result in results if (result.task, result.descriptor) == (task, descriptor)]


def _spread(results: Sequence[TransferResult], count: int) -> list[Pair]:
    count = min(count, len(results))
    return [results[i * len(results) // count].pair for i in range(count)]


def pair_mark(result: TransferResult) -> float | None:
    """Return the mean of a pair's PCK at the widest threshold and its IoU, of those that it has; None without both."""
    marks = [mark for mark in (result.pck[-1] if result.pck else None, result.iou) if mark is not None]
    return float(np.mean(marks)) if marks else None


def transfer_pictures(
    inputs: EvaluationInputs, answers: FieldAnswers, pair: Pair, descriptors: Sequence[Descriptor]
) -> list[list[Picture]]:
    """Draw keypoints by each descriptor, then parts, then features in one basis; a kind that a pair lacks is empty."""
    return [*match_pictures(inputs, pair, descriptors), list(_features(inputs, answers, pair, _ends_text(pair)))]


def match_pictures(inputs: EvaluationInputs, pair: Pair, descriptors: Sequence[Descriptor]) -> list[list[Picture]]:
    """Draw keypoints by each descriptor, then parts; a kind that a pair lacks is empty.

    A keypoint's disc in the source is joined to its match in the target; a ring marks the true place, the thick
    line the error.
    """
    (source, target) = (over_checker(inputs.rgba(*end)) for end in ends_of(pair))
    (source_labels, target_labels) = (inputs.view_labels(*end) for end in ends_of(pair))
    ends = _ends_text(pair)
    plan = plan_views(source_labels, target_labels)
    keypoints, parts = [], []
    for descriptor in descriptors:
        matched = transfer("2d-cross-instance", pair, plan, descriptor)
        result = measure("2d-cross-instance", descriptor.name, pair, plan, matched, ())
        if plan.keypoints is not None and matched.keypoints is not None:
            caption = f"Keypoints by {descriptor.name}: mean error {np.mean(result.distances):.1f} px."
            drawn = transfer_picture(source, target, plan.keypoints, matched.keypoints, TILE)
            keypoints.append(Picture(caption, f"Keypoints by {descriptor.name}", palette_png_bytes(drawn), ends))
        if plan.parts is not None and matched.parts is not None and result.iou is not None:
            pixels = plan.target_places[plan.parts.target_row]
            given = part_map(pixels, matched.parts, *target_labels.part.shape)
            caption = f"Parts by {descriptor.name}: IoU {100 * result.iou:.0f}%."
            drawn = enlarged(part_picture(target, given), TILE)
            parts.append(Picture(caption, f"Parts by {descriptor.name}", palette_png_bytes(drawn), ends))
    true = []
    if parts:
        for image, labels, side in ((source, source_labels, "source"), (target, target_labels, "target")):
            drawn = enlarged(part_picture(image, labels.part), TILE)
            true.append(Picture(f"True parts of the {side}.", f"True parts, {side}", palette_png_bytes(drawn), ends))
    return [keypoints, [*true, *parts]]


def _ends_text(pair: Pair) -> str:
    return f"From {pair.source.id}, view {pair.source_view}, to {pair.target.id}, view {pair.target_view}"


def _features(inputs: EvaluationInputs, answers: FieldAnswers, pair: Pair, together: str) -> Iterator[Picture]:
    """Draw both views with their internal features, then with their teacher maps; none if a view shows nothing."""
    ends = ends_of(pair)
    if not all(inputs.view_labels(*end).foreground.any() for end in ends):
        return
    internal = FieldDescriptor("internal", answers)
    shown = {
        "internal feature": [field_view(inputs, internal, *end) for end in ends],
        f"{inputs.stored.teacher} map": [teacher_view(inputs, *end) for end in ends],
    }
    for name, (source, target) in shown.items():
        caption = f"The {name} in three principal components: equal colours mean equal features."
        drawn = shared_colours_picture(source, target, TILE)
        yield Picture(caption, f"Source and target with the {name}", palette_png_bytes(drawn), together)
