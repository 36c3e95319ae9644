"""A photo as a field sees it, and its keypoints there."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from jaxtyping import Bool, Float32, Float64, Int64, UInt8

from eval.views import PosedImage, ViewLabels
from pipeline.datasets.alpha import HALF
from pipeline.datasets.records import ObjectKey
from pipeline.datasets.spair.photo_pair import MOST_KEYPOINTS, AnnotatedPhoto
from render.over_black import over_black

VIEW = 0  # a photo is the only view of its object


@dataclass(frozen=True)
class PhotoFrame:
    """A similarity without a turn: framed = scale * photo + shift.

    Both are continuous pixels (u, v), pixel centres at + 0.5. `scale` is framed pixels for one pixel of the photo.
    """

    scale: float
    shift: tuple[float, float]

    def to_framed(self, uv: Float64[np.ndarray, "n 2"]) -> Float64[np.ndarray, "n 2"]:
        """Map places of the photo into the framed image; they may lie outside of it."""
        return np.asarray(self.scale * uv + self.shift)


@dataclass(frozen=True)
class SeenPhoto:
    """The object of a photo, cut out and framed as in training views, and the camera that is assumed for it.

    `rgba` has straight alpha. `pose` is camera-to-world with OpenGL axes, `intrinsics` (fx, fy, cx, cy) in pixels of
    `rgba`. `by_box` says that no segmentation was there,
    so that all of the annotated box stands for the object.
    """

    rgba: UInt8[np.ndarray, "size size 4"]
    pose: Float32[np.ndarray, "4 4"]
    intrinsics: Float32[np.ndarray, "4"]
    frame: PhotoFrame
    by_box: bool

    @property
    def foreground(self) -> Bool[np.ndarray, "size size"]:
        """The object's pixels: those that are at least half opaque."""
        return np.asarray(self.rgba[..., 3] >= HALF)

    @property
    def posed(self) -> PosedImage:
        """The image over black with its camera."""
        return PosedImage(over_black(self.rgba), self.pose, self.intrinsics)


# Raises DatasetError for a photo that cannot be used. The key's synset is the category, its id the photo's name.
PhotoOf: TypeAlias = Callable[[ObjectKey], SeenPhoto]


def photo_labels(seen: SeenPhoto, photo: AnnotatedPhoto, ids: Int64[np.ndarray, " k"]) -> ViewLabels:
    """Place a photo's keypoints, which have these ids, in the framed image. It has no parts."""
    uv = np.full((MOST_KEYPOINTS, 2), np.nan, dtype=np.float32)
    uv[ids] = seen.frame.to_framed(photo.keypoints)
    visible = np.zeros(MOST_KEYPOINTS, dtype=bool)
    visible[ids] = True
    foreground = seen.foreground
    return ViewLabels(uv, visible, np.zeros(foreground.shape, dtype=np.uint8), foreground)
