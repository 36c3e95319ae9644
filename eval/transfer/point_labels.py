"""The labels of one object for the 3D tasks."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float32, UInt8


@dataclass(frozen=True)
class PointLabels:
    """Annotated points of one object, in world units and the world frame.

    Row k of `keypoint_xyz` is semantic id k, NaN where `keypoint_present` is false. `part_label` is 0 where nobody
    labelled the point. A keypoint is looked for among `candidate_xyz`. An object without annotation has no rows.
    """

    keypoint_xyz: Float32[np.ndarray, "k 3"]
    keypoint_present: Bool[np.ndarray, " k"]
    part_xyz: Float32[np.ndarray, "n 3"]
    part_label: UInt8[np.ndarray, " n"]
    candidate_xyz: Float32[np.ndarray, "m 3"]
