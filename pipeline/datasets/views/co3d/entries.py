"""The entries of CO3D's annotation files, with the fields that are read. Names are those of the files."""

from dataclasses import dataclass
from pathlib import PurePosixPath

import numpy as np
from jaxtyping import Float64

from pipeline.datasets.views.checked_camera import checked_intrinsics, checked_pose
from pipeline.datasets.views.conventions import NdcFormat, intrinsics_from_ndc, opengl_from_pytorch3d
from pipeline.datasets.views.view_source import Intrinsics

Three = tuple[float, float, float]


@dataclass(frozen=True)
class ImageEntry:
    """A photograph; `size` is (height, width)."""

    path: str
    size: tuple[int, int]


@dataclass(frozen=True)
class MaskEntry:
    """A soft mask; `mass` is the sum of its probabilities over all pixels."""

    path: str
    mass: float | None = None


@dataclass(frozen=True)
class ViewpointEntry:
    """A camera of PyTorch3D: rows X_camera = X_world @ R + T, focal length and principal point in NDC, (x, y)."""

    R: tuple[Three, Three, Three]
    T: Three
    focal_length: tuple[float, float]
    principal_point: tuple[float, float]
    intrinsics_format: NdcFormat = "ndc_norm_image_bounds"  # PyTorch3D's default for files without the key


@dataclass(frozen=True)
class FrameEntry:
    """An entry of frame_annotations.jgz."""

    sequence_name: str
    frame_number: int
    image: ImageEntry
    mask: MaskEntry | None = None
    viewpoint: ViewpointEntry | None = None


@dataclass(frozen=True)
class PointCloudEntry:
    """The point cloud of a sequence and its estimated quality; higher is better."""

    path: str
    quality_score: float | None = None


@dataclass(frozen=True)
class SequenceEntry:
    """An entry of sequence_annotations.jgz."""

    sequence_name: str
    category: str
    point_cloud: PointCloudEntry | None = None
    viewpoint_quality_score: float | None = None


def frame_camera(
    viewpoint: ViewpointEntry, height: int, width: int, file: PurePosixPath, field: str
) -> tuple[Float64[np.ndarray, "4 4"], Intrinsics]:
    """The camera-to-world pose with OpenGL axes in the sequence's own world, and the intrinsics in pixels.

    Raises DatasetError, which names `file` and `field`, for numbers that are no camera's.
    """
    pose = opengl_from_pytorch3d(np.array(viewpoint.R), np.array(viewpoint.T))
    given = intrinsics_from_ndc(
        viewpoint.focal_length, viewpoint.principal_point, height, width, viewpoint.intrinsics_format
    )
    return checked_pose(pose, file, field), checked_intrinsics(given.array().tolist(), file, field)
