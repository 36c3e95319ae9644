"""One image of an object as it is given to the viewer, before the field sees it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float32, UInt8

from eval.transfer.point_labels import PointLabels
from eval.views import ViewLabels


@dataclass(frozen=True)
class GivenView:
    """An image with its camera, and its labels if it has any.

    `rgba` is framed as training views are, with straight alpha. `pose` is camera-to-world with OpenGL axes,
    `intrinsics` are (fx, fy, cx, cy) in continuous pixels.
    """

    name: str
    rgba: UInt8[np.ndarray, "size size 4"]
    pose: Float32[np.ndarray, "4 4"]
    intrinsics: Float32[np.ndarray, "4"]
    labels: ViewLabels | None = None
    points: PointLabels | None = None
