"""The units of PCK between photos, and the result of a pair in each."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias, get_args

import numpy as np

from eval.photos.seen_photo import SeenPhoto
from eval.transfer.chance import Chance
from eval.transfer.evaluate import pck
from eval.transfer.transfer_result import TransferResult
from pipeline.datasets.spair.photo_pair import AnnotatedPhoto

PhotoMetric: TypeAlias = Literal["pixels", "box", "image"]
PHOTO_METRICS: tuple[PhotoMetric, ...] = get_args(PhotoMetric)
REFERENCE_SIZE = 128  # the paper's images have this side; its thresholds are pixels of them
SHARES = (0.05, 0.1, 0.15)
THRESHOLDS: Mapping[PhotoMetric, tuple[float, ...]] = {"pixels": (2.5, 5, 7.5, 10), "box": SHARES, "image": SHARES}


@dataclass(frozen=True)
class PhotoResult:
    """A pair of photos: what each descriptor reached, in pixels of the target's framed image, and chance.

    `units` is how many such pixels each metric's unit has. `viewpoint` is the annotated variation, 0 (easy) to 2.
    """

    viewpoint: int
    units: Mapping[PhotoMetric, float]
    results: tuple[TransferResult, ...]
    chances: Mapping[PhotoMetric, Chance]

    def measured(self, metric: PhotoMetric) -> tuple[TransferResult, ...]:
        """Return the results with PCK at the thresholds of a metric."""
        unit, thresholds = self.units[metric], THRESHOLDS[metric]
        return tuple(
            replace(result, pck=pck(np.array(result.distances, dtype=np.float64) / unit, thresholds))
            for result in self.results
        )


def photo_units(target: SeenPhoto, photo: AnnotatedPhoto) -> dict[PhotoMetric, float]:
    """Return how many pixels of the target's framed image each metric's unit has.

    `pixels`: one pixel if the image had a side of 128. `box`: the longer side of the target's annotated box, as the
    official evaluation of SPair-71k has it. `image`: the longer side of the target photo. The map from the photo into
    the framed image is a similarity, so distances there are those in the photo times its scale.
    """
    return {
        "pixels": len(target.rgba) / REFERENCE_SIZE,
        "box": target.frame.scale * photo.box_side,
        "image": target.frame.scale * max(photo.size),
    }
