"""The 3D tasks: annotated points of two objects."""

import numpy as np

from eval.transfer.point_labels import PointLabels
from eval.transfer.transfer_plan import KeypointPlan, PartPlan, TransferPlan, common_ids, common_labels
from pipeline.config.sections.evaluation import UnlabelledPoints


def plan_points(source: PointLabels, target: PointLabels, unlabelled: UnlabelledPoints = "leave-out") -> TransferPlan:
    """Keypoints that both objects have, looked for among the target's candidate points; parts that both have.

    Points of label 0 are left out. If they `compete`, they are matched like all others, and 0 is no part to score.
    """
    ids = common_ids(source.keypoint_present, target.keypoint_present)
    labels = common_labels(source.part_label, target.part_label)
    from_source, from_target = [np.zeros((0, 3), np.float32)], [np.zeros((0, 3), np.float32)]
    keypoints = parts = None
    if len(ids) and len(target.candidate_xyz):
        here, candidates = source.keypoint_xyz[ids], target.candidate_xyz
        rows = np.arange(len(ids)), np.arange(len(candidates))
        keypoints = KeypointPlan(ids, here, target.keypoint_xyz[ids], rows[0], candidates, rows[1])
        from_source.append(here)
        from_target.append(candidates)
    if labels:
        before = len(keypoints.ids) if keypoints else 0, len(keypoints.candidate) if keypoints else 0
        known, asked = ((labels_of.part_label > 0) | (unlabelled == "compete") for labels_of in (source, target))
        rows = before[0] + np.arange(known.sum()), before[1] + np.arange(asked.sum())
        parts = PartPlan(labels, rows[0], source.part_label[known], rows[1], target.part_label[asked])
        from_source.append(source.part_xyz[known])
        from_target.append(target.part_xyz[asked])
    return TransferPlan(np.concatenate(from_source), np.concatenate(from_target), keypoints, parts)
