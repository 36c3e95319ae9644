"""What transfer looks like: a pair of views with its keypoints and parts, by two descriptors, and what they see."""

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
from jaxtyping import Bool, Float, Int64

from eval.descriptors.descriptors import Descriptor
from eval.descriptors.field_answers import FieldAnswers
from eval.evaluation_inputs import EvaluationInputs, ends_of
from eval.pictures.canvas import enlarged, over_checker, palette_png_bytes
from eval.pictures.keypoints import transfer_picture
from eval.pictures.parts import part_map, part_picture
from eval.pictures.shared_colours import FeatureView, shared_colours_picture
from eval.report.contents import Picture
from eval.transfer.evaluate import ViewTask, transfer_views
from eval.transfer.pairs import Pair
from eval.transfer.transfer_result import TransferResult
from eval.transfer.view_transfer import plan_views
from pipeline.artifacts.layouts import CELL

TILE = 256


def shown_pairs(results: Sequence[TransferResult], descriptor: str, count: int) -> Mapping[str, list[Pair]]:
    """Cross-instance pairs for the report: those that the descriptor does best and worst, and a spread, `count` each.

    A pair's mark is the mean of its PCK at the widest threshold and its IoU, of those that it has. The spread is at
    even distances in the order of evaluation: no choice by result.
    """
    of_task = [r for r in results if (r.task, r.descriptor) == ("2d-cross-instance", descriptor)]
    marked = [result for result in of_task if _marks(result)]
    marked.sort(key=lambda result: -float(np.mean(_marks(result))))
    ends = min(count, len(marked) // 2)
    spread = min(count, len(of_task))
    return {
        "best pairs": [result.pair for result in marked[:ends]],
        "worst pairs": [result.pair for result in marked[::-1][:ends]],
        "spread pairs": [of_task[i * len(of_task) // spread].pair for i in range(spread)],
    }


def _marks(result: TransferResult) -> list[float]:
    return [mark for mark in (result.pck[-1] if result.pck else None, result.iou) if mark is not None]


def transfer_pictures(
    inputs: EvaluationInputs, answers: FieldAnswers, pair: Pair, task: ViewTask, descriptors: Sequence[Descriptor]
) -> list[list[Picture]]:
    """Keypoints by each descriptor, then parts, then features in one basis; a kind that a pair lacks is empty.

    A keypoint's disc in the source is joined to the place found in the target; a ring marks the true place, the thick
    line the error.
    """
    (source, target) = (over_checker(inputs.rgba(*end)) for end in ends_of(pair))
    (source_labels, target_labels) = (inputs.view_labels(*end) for end in ends_of(pair))
    ends = f"From {pair.source.id}, view {pair.source_view}, to {pair.target.id}, view {pair.target_view}"
    plan = plan_views(source_labels, target_labels)
    keypoints, parts = [], []
    for descriptor in descriptors:
        moved, found = transfer_views(task, pair, plan, descriptor)
        if moved is not None:
            caption = f"Keypoints by {descriptor.name}: mean error {float(moved.distance.mean()):.1f} px."
            drawn = transfer_picture(source, target, moved, TILE)
            keypoints.append(Picture(caption, f"Keypoints by {descriptor.name}", palette_png_bytes(drawn), ends))
        if found is not None:
            given = part_map(found.pixels, found.found, *target_labels.part.shape)
            caption = f"Parts by {descriptor.name}: IoU {100 * found.mean_iou:.0f}%."
            drawn = enlarged(part_picture(target, given), TILE)
            parts.append(Picture(caption, f"Parts by {descriptor.name}", palette_png_bytes(drawn), ends))
    true = []
    if parts:
        for image, labels, side in ((source, source_labels, "source"), (target, target_labels, "target")):
            drawn = enlarged(part_picture(image, labels.part), TILE)
            true.append(Picture(f"True parts of the {side}.", f"True parts, {side}", palette_png_bytes(drawn), ends))
    return [keypoints, [*true, *parts], list(_features(inputs, answers, pair, ends))]


def _features(inputs: EvaluationInputs, answers: FieldAnswers, pair: Pair, together: str) -> Iterator[Picture]:
    """Both views with their internal features, and with their teacher maps; nothing if one shows nothing."""
    if not all(inputs.view_labels(*end).foreground.any() for end in ends_of(pair)):
        return
    internal, taught = [], []
    for key, view in ends_of(pair):
        rgb, foreground = over_checker(inputs.rgba(key, view)), inputs.view_labels(key, view).foreground
        pixels = np.argwhere(foreground).astype(np.int64)
        rendered = answers.pixels(key, view, view, pixels).internal.cpu().numpy()
        internal.append(FeatureView(rgb, scattered(rendered, pixels, len(foreground)), foreground))
        taught.append(FeatureView(rgb, inputs.teacher_map(key, view), foreground_cells(foreground)))
    for name, (source, target) in (("internal feature", internal), (f"{inputs.stored.teacher} map", taught)):
        caption = f"The {name} in three principal components: equal colours mean equal features."
        drawn = shared_colours_picture(source, target, TILE)
        yield Picture(caption, f"Source and target with the {name}", palette_png_bytes(drawn), together)


def foreground_cells(foreground: Bool[np.ndarray, "h w"]) -> Bool[np.ndarray, "r c"]:
    """The teacher's cells of which a pixel is foreground."""
    height, width = foreground.shape
    return np.asarray(foreground.reshape(height // CELL, CELL, width // CELL, CELL).any(axis=(1, 3)))


def scattered(
    values: Float[np.ndarray, "n c"], pixels: Int64[np.ndarray, "n 2"], size: int
) -> Float[np.ndarray, "h w c"]:
    """The values of some pixels (row, column) as an image, 0 elsewhere."""
    image = np.zeros((size, size, values.shape[1]), dtype=values.dtype)
    image[tuple(pixels.T)] = values
    return image
