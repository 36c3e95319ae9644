"""The first pictures of a report: a source, its teacher map, the feature that the field renders, and a transfer."""

from collections.abc import Iterator, Sequence

import numpy as np
from jaxtyping import Float

from eval.descriptors.descriptors import FieldDescriptor
from eval.evaluation_inputs import EvaluationInputs, ends_of
from eval.interactive.match_cells import PairMatches
from eval.opened_field import OpenedField
from eval.pictures.canvas import enlarged, over_checker, palette_png_bytes
from eval.pictures.keypoints import matches_picture, transfer_picture
from eval.pictures.shared_colours import field_view, painted_features, teacher_view
from eval.pictures.transfer_pictures import TILE, pair_mark
from eval.report.contents import Picture
from eval.transfer.evaluate import measure, transfer
from eval.transfer.pairs import Pair
from eval.transfer.transfer_result import TransferResult
from eval.transfer.view_transfer import plan_views
from pipeline.datasets.records import ObjectKey

LINES = 12  # matches drawn where there are no keypoints


def glance_pair(results: Sequence[TransferResult], descriptor: str) -> Pair | None:
    """Choose the pair of middling score by a descriptor, with another camera if there is one; None without a pair.

    Where no pair has a score, the first one is taken.
    """
    for task in ("2d-other-camera", "2d-cross-instance"):
        of_task = [result for result in results if (result.task, result.descriptor) == (task, descriptor)]
        scored = sorted((mark, number) for number, r in enumerate(of_task) if (mark := pair_mark(r)) is not None)
        if scored:
            return of_task[scored[len(scored) // 2][1]].pair
        if of_task:
            return of_task[0].pair
    return None


def glance_pictures(opened: OpenedField, pair: Pair | None, matches: PairMatches | None) -> Iterator[Picture]:
    """Draw the source view as it is, by its teacher and by the field, then the transfer to the target.

    Without a pair the source is the first test object. A view that shows nothing gives no picture.
    """
    inputs = opened.inputs
    source = (inputs.test_keys()[0], 0) if pair is None else (pair.source, pair.source_view)
    if inputs.view_labels(*source).foreground.any():
        yield from _source_pictures(opened, *source)
    if pair is not None and matches is not None:
        yield _transfer(opened, pair, matches)


def _source_pictures(opened: OpenedField, key: ObjectKey, view: int) -> Iterator[Picture]:
    inputs = opened.inputs
    distilled = "distilled" in [descriptor.name for descriptor in opened.own]
    shown = FieldDescriptor("distilled" if distilled else "internal", opened.answers)
    views = [
        teacher_view(inputs, key, view),
        field_view(inputs, shown, key, view),
    ]
    # A distilled feature has the teacher's channels: one basis. Others have colours of their own.
    painted = painted_features(views) if distilled else [painted_features([each])[0] for each in views]
    plain, teacher = over_checker(inputs.rgba(key, view)), inputs.stored.teacher
    what = "rendered feature" if distilled else "internal feature"
    for rgb, caption in (
        (plain, f"Source: an unseen object, {key.id}. The field gets this image and its camera."),
        (painted[0], f"Teacher: the map that {teacher} computes of the image."),
        (painted[1], f"Field: its {what}, in the same view."),
    ):
        yield Picture(caption, caption, palette_png_bytes(enlarged(rgb, TILE)))


def _transfer(opened: OpenedField, pair: Pair, matches: PairMatches) -> Picture:
    """Draw the keypoints by the internal feature, or some cells where the views have no keypoint in common."""
    inputs: EvaluationInputs = opened.inputs
    source, target = (over_checker(inputs.rgba(*end)) for end in ends_of(pair))
    source_labels, target_labels = (inputs.view_labels(*end) for end in ends_of(pair))
    plan = plan_views(source_labels, target_labels)
    internal = opened.own[0]
    matched = transfer("2d-cross-instance", pair, plan, internal)
    if plan.keypoints is not None and matched.keypoints is not None:
        far = np.mean(measure("2d-cross-instance", internal.name, pair, plan, matched, ()).distances)
        caption = (
            f"Transfer: keypoints to another object, {pair.target.id}, by {internal.name}. A ring is the true place, "
            f"the thick line the error: {far:.1f} px on average. A pair of middling score."
        )
        drawn = transfer_picture(source, target, plan.keypoints, matched.keypoints, TILE)
    else:
        caption = f"Transfer: places on another object, {pair.target.id}, that {internal.name} matches."
        drawn = matches_picture(source, target, *_places(matches), TILE)
    return Picture(caption, caption, palette_png_bytes(drawn))


def _places(matches: PairMatches) -> tuple[Float[np.ndarray, "n 2"], Float[np.ndarray, "n 2"]]:
    """Return (u, v) of the centres of a few source cells and of their matches by the first descriptor."""
    rows = np.linspace(0, len(matches.source_cells) - 1, min(LINES, len(matches.source_cells))).astype(np.int64)
    source, target = matches.source_cells[rows], matches.target_cells[matches.match[0, rows]]
    return (source[:, ::-1] + 0.5) * matches.step, (target[:, ::-1] + 0.5) * matches.step
