"""The interface of collections of views with cameras. tests/datasets/views/test_view_sources.py holds all to it."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Protocol, runtime_checkable

import numpy as np
from jaxtyping import Bool, Float64, Int64, UInt8

from pipeline.datasets.meshes.mesh_source import Listing
from pipeline.datasets.records import Keypoints, ObjectKey, PartPoints, Split


@dataclass(frozen=True)
class Intrinsics:
    """A pinhole camera's focal lengths and principal point in pixels of its own image.

    Pixel coordinates are continuous: u to the right, v down, (0, 0) at the image's upper left corner, so that pixel
    (row, col) has its centre at (col + 0.5, row + 0.5).
    """

    fx: float
    fy: float
    cx: float
    cy: float

    def array(self) -> Float64[np.ndarray, "4"]:
        """(fx, fy, cx, cy), as stores hold them."""
        return np.array([self.fx, self.fy, self.cx, self.cy], dtype=np.float64)


@dataclass(frozen=True)
class Square:
    """A square of an image in whole pixels, from its upper left corner. It may reach beyond the image."""

    left: int
    top: int
    side: int


@dataclass(frozen=True)
class GivenView:
    """An image with its camera. `rgba` has straight alpha in sRGB; images of one object may differ in size.

    `square` is what is to be cut out; None: the largest square in the image's middle.

    `pose` is camera-to-world with OpenGL axes, in the source's own frame and unit.
    """

    rgba: UInt8[np.ndarray, "h w 4"]
    pose: Float64[np.ndarray, "4 4"]
    intrinsics: Intrinsics
    square: Square | None = None


@dataclass(frozen=True)
class GivenLabels:
    """Labels that a collection brings along; coordinates in the source's own frame and unit.

    `part` counts from 1 in the order of the collection's part names, 0 is background or unlabelled. Keypoints are
    indexed by semantic id; `keypoint_uv` is in continuous pixels of the given image, NaN where not visible.
    """

    part: UInt8[np.ndarray, "views h w"] | None
    keypoint_uv: Float64[np.ndarray, "views k 2"] | None
    keypoint_visible: Bool[np.ndarray, "views k"] | None
    keypoints: Keypoints | None
    parts: PartPoints | None


@runtime_checkable  # the tests check types at run time
class ViewSource(Protocol):
    """A collection of objects, each seen in several views, below a root. Instances are small and can be pickled.

    Every method that takes a key raises DatasetError for a synset or id that is no plain name, and for files that are
    missing, damaged or not what their format says.
    """

    @property
    def root(self) -> Path:
        """The folder that paths are relative to."""

    def listing(self, synset: str) -> Listing:
        """List the category's objects. Raises UserError if there are none."""

    def folders(self, synset: str) -> tuple[PurePosixPath, ...]:
        """Name the folders and files that hold the category, relative to the root, whether they are there or not."""

    def splits(self, synset: str) -> Mapping[str, Split] | None:
        """The split of each object, if the collection has splits of its own."""

    def files(self, key: ObjectKey) -> tuple[PurePosixPath, ...]:
        """Name all files that belong to the object, relative to the root, without decoding a picture."""

    def world_from_source(self, key: ObjectKey) -> Float64[np.ndarray, "4 4"]:
        """The similarity from the source's frame and unit to the world's: scale, rotation without mirror, shift."""

    def count(self, key: ObjectKey) -> int:
        """The number of views that the object has."""

    def read(self, key: ObjectKey, numbers: Int64[np.ndarray, " n"]) -> list[GivenView]:
        """Read the views with these numbers, counted from 0."""

    def part_names(self, synset: str) -> tuple[str, ...]:
        """The names of the parts that `labels` speaks of; none if the collection has no labels."""

    def labels(self, key: ObjectKey, numbers: Int64[np.ndarray, " n"]) -> GivenLabels | None:
        """Read the labels of the views with these numbers; None if the collection has none."""
