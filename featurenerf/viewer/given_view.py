"""One image of an object as it is given to the viewer, before the field sees it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float32, UInt8

from eval.views import ViewLabels
from featurenerf.editing.part_points import PartPoints
from pipeline.config.sections.evaluation import KeypointPixels


@dataclass(frozen=True)
class GivenView:
    """An image with its camera, and its labels if it has any.

    `rgba` is framed as training views are, with straight alpha. `pose` is camera-to-world with OpenGL axes,
    `intrinsics` are (fx, fy, cx, cy) in continuous pixels. `keypoints_at` says which pixel stands for a keypoint.
    """

    name: str
    rgba: UInt8[np.ndarray, "size size 4"]
    pose: Float32[np.ndarray, "4 4"]
    intrinsics: Float32[np.ndarray, "4"]
    labels: ViewLabels | None = None
    points: PartPoints | None = None
    keypoints_at: KeypointPixels = "continuous"
