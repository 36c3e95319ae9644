"""The 2D tasks: pixels of two views."""

import numpy as np
from jaxtyping import Float32, Int64

from eval.transfer.transfer_plan import KeypointPlan, PartPlan, TransferPlan, common_ids, common_labels
from eval.views import ViewLabels, candidate_pixels, labelled_pixels, pixels_containing
from pipeline.config.sections.evaluation import KeypointPixels

_AROUND = np.array([(row, column) for row in (-1, 0, 1) for column in (-1, 0, 1)])


def keypoint_pixels(labels: ViewLabels, ids: Int64[np.ndarray, " k"]) -> Int64[np.ndarray, "k 2"]:
    """(row, column) of the pixels that stand for visible keypoints.

    It is the pixel that contains the keypoint. If that is background, as for half of the keypoints on a silhouette, it
    has no descriptor to speak of: a foreground pixel among the 8 around it, through which the keypoint is seen
    (`render.labels.visible_keypoints`), stands for it, the one whose centre is nearest; the first of equals.
    """
    uv = labels.keypoint_uv[ids]
    height, width = labels.foreground.shape
    own = pixels_containing(uv, height, width)
    around = own[:, None] + _AROUND
    inside = ((around >= 0) & (around < (height, width))).all(axis=2)
    row, column = np.where(inside[..., None], around, 0).transpose(2, 0, 1)
    shown = inside & labels.foreground[row, column]
    away = np.linalg.norm(around[:, :, ::-1] + 0.5 - uv[:, None], axis=2)
    beside = around[np.arange(len(ids)), np.where(shown, away, np.inf).argmin(axis=1)]
    on_background = ~labels.foreground[tuple(own.T)] & shown.any(axis=1)
    return np.where(on_background[:, None], beside, own)


def plan_views(source: ViewLabels, target: ViewLabels, keypoints_at: KeypointPixels = "continuous") -> TransferPlan:
    """Keypoints that both views show, looked for among the target's candidate pixels; parts that both views show.

    Candidates are the target's labelled pixels, or its foreground if it has no part annotation (`candidate_pixels`).
    A keypoint that is found lies at the centre of its pixel, a true one where it projects to. With `index`, both lie
    at the (column, row) of their pixel, and a source keypoint has the feature of that pixel, whatever it shows.
    """
    ids, labels = common_ids(source.keypoint_visible, target.keypoint_visible), common_labels(source.part, target.part)
    candidates = candidate_pixels(target)
    asked = labelled_pixels(source)[: None if labels else 0]
    keypoints = parts = None
    # A view's labelled pixels are its candidates where it has any: rows of parts come first, and all are there.
    all_candidates = np.arange(len(candidates))
    if labels:
        label = target.part[tuple(candidates.T)]
        parts = PartPlan(labels, np.arange(len(asked)), source.part[tuple(asked.T)], all_candidates, label)
    if len(ids) and len(candidates):
        height, width = source.part.shape
        by_index = keypoints_at == "index"
        # Each pixel once: a keypoint's pixel may be a labelled one, and two keypoints may share one.
        row_of_pixel = np.full(height * width, -1, dtype=np.int64)
        row_of_pixel[asked @ (width, 1)] = np.arange(len(asked))
        at = pixels_containing(source.keypoint_uv[ids], height, width) if by_index else keypoint_pixels(source, ids)
        flat = at @ (width, 1)
        fresh = np.unique(flat[row_of_pixel[flat] < 0])
        row_of_pixel[fresh] = len(asked) + np.arange(len(fresh))
        asked = np.concatenate([asked, np.stack(np.divmod(fresh, width), axis=1)])
        place = candidates[:, ::-1].astype(np.float32) + np.float32(0 if by_index else 0.5)
        here, true = (_pixel_indices(view, ids) if by_index else view.keypoint_uv[ids] for view in (source, target))
        keypoints = KeypointPlan(ids, here, true, row_of_pixel[flat], place, all_candidates)
    described = candidates[: None if parts or keypoints else 0]
    return TransferPlan(asked, described, keypoints, parts)


def _pixel_indices(labels: ViewLabels, ids: Int64[np.ndarray, " k"]) -> Float32[np.ndarray, "k 2"]:
    """(column, row) of the pixels in which keypoints lie."""
    height, width = labels.part.shape
    return pixels_containing(labels.keypoint_uv[ids], height, width)[:, ::-1].astype(np.float32)
