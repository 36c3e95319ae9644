"""One view as the evaluator sees it: its image with its camera, and its labels."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from jaxtyping import Bool, Float32, Int64, UInt8

from pipeline.datasets.records import ObjectKey


@dataclass(frozen=True)
class PosedImage:
    """An image over black, sRGB in [0, 1], with its camera.

    `pose` is camera-to-world with OpenGL axes, `intrinsics` are (fx, fy, cx, cy) in continuous pixels.
    """

    rgb: Float32[np.ndarray, "h w 3"]
    pose: Float32[np.ndarray, "4 4"]
    intrinsics: Float32[np.ndarray, "4"]


@dataclass(frozen=True)
class ViewLabels:
    """The labels of one view.

    `keypoint_uv` is in pixels, u right and v down, the first pixel's centre at (0.5, 0.5); row k is semantic id k and
    may be NaN where `keypoint_visible` is false. `part` is 0 on background and on unlabelled foreground.
    """

    keypoint_uv: Float32[np.ndarray, "k 2"]
    keypoint_visible: Bool[np.ndarray, " k"]
    part: UInt8[np.ndarray, "h w"]
    foreground: Bool[np.ndarray, "h w"]


@dataclass(frozen=True)
class SeenPixels:
    """Pixels (row, column) in the camera of `view`, of an object that is known from its image at `seen`."""

    key: ObjectKey
    seen: int
    view: int
    pixels: Int64[np.ndarray, "n 2"]


# Images are asked for one view at a time, so that a store of any size can stand behind them.
ImageOf: TypeAlias = Callable[[ObjectKey, int], PosedImage]
# A view's pose and intrinsics.
CameraOf: TypeAlias = Callable[[ObjectKey, int], tuple[Float32[np.ndarray, "4 4"], Float32[np.ndarray, "4"]]]


def labelled_pixels(labels: ViewLabels) -> Int64[np.ndarray, "n 2"]:
    """(row, column) of the pixels that carry a part label, in reading order."""
    return np.argwhere(labels.part > 0).astype(np.int64)


def candidate_pixels(labels: ViewLabels) -> Int64[np.ndarray, "n 2"]:
    """(row, column) of the pixels among which a keypoint is looked for.

    These are the labelled pixels. An object without part annotation has none: its foreground pixels serve instead.
    """
    labelled = labelled_pixels(labels)
    return labelled if len(labelled) else np.argwhere(labels.foreground).astype(np.int64)


def pixels_containing(uv: Float32[np.ndarray, "n 2"], height: int, width: int) -> Int64[np.ndarray, "n 2"]:
    """(row, column) of the pixels in which image points lie; a point on the far border belongs to the last pixel."""
    column, row = np.floor(uv).astype(np.int64).T
    return np.stack([np.clip(row, 0, height - 1), np.clip(column, 0, width - 1)], axis=1)
