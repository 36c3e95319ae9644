"""The processed data of the released FeatureNeRF code. pipeline/datasets/released/layout.py shows the folders."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path, PurePosixPath
from typing import TypeAlias, TypeVar

import numpy as np
from jaxtyping import Float64, Int64

from pipeline.datasets.errors import DatasetError
from pipeline.datasets.file_names import checked_name
from pipeline.datasets.meshes.folder_listing import visible_files
from pipeline.datasets.meshes.mesh_source import Listing
from pipeline.datasets.numpy_files.npz_file import read_npz
from pipeline.datasets.picture_file import read_rgba
from pipeline.datasets.records import ObjectKey
from pipeline.datasets.released.annotations import (
    MOST_VIEWS,
    read_keypoint_pixels,
    read_keypoints,
    read_part_maps,
    read_part_points,
)
from pipeline.datasets.released.cameras import ReleasedCameras, read_cameras
from pipeline.datasets.released.layout import (
    ANNOTATIONS,
    CAMERAS,
    IMAGES,
    KEYPOINTS_2D,
    KEYPOINTS_3D,
    LABELS,
    PARTS_2D,
    PARTS_3D,
    POINTS,
    array_file,
    below_data,
    camera_file,
    image_folder,
)
from pipeline.datasets.text_files import read_frames
from pipeline.datasets.views.checked_camera import centred_intrinsics
from pipeline.datasets.views.frame import Frame
from pipeline.datasets.views.object_folders import list_objects
from pipeline.datasets.views.posed_views import PosedViews
from pipeline.datasets.views.view_source import GivenLabels, GivenView
from pipeline.errors import UserError

ANNOTATION_BYTES = 2**28  # of one file; 50 labelled images of 128 x 128 have 6.6e6

Record = TypeVar("Record")
# Picture, pose, field of view, and the file of cameras that says it.
_Entry: TypeAlias = tuple[PurePosixPath, Float64[np.ndarray, "4 4"], float, PurePosixPath]


@dataclass(frozen=True)
class Released(PosedViews[_Entry]):
    """A ViewSource, in the order of the camera file. `root` is the folder that holds img/."""

    def listing(self, synset: str) -> Listing:
        """List the folders of images that have a file of cameras. Raises UserError if the category has no folder."""
        checked_name(synset, PurePosixPath(IMAGES), "synset")
        cameras = self.root / CAMERAS / synset
        return list_objects(
            self.root / IMAGES,
            synset,
            lambda folder: None if (cameras / f"{folder.name}.json").is_file() else f"has no {CAMERAS}/{synset} json",
        )

    def folders(self, synset: str) -> tuple[PurePosixPath, ...]:
        """The category's folders of images, cameras and annotations."""
        checked_name(synset, PurePosixPath(IMAGES), "synset")
        return tuple(PurePosixPath(folder) / synset for folder in (IMAGES, CAMERAS, *ANNOTATIONS))

    def files(self, key: ObjectKey) -> tuple[PurePosixPath, ...]:
        """Name the cameras, the images and the annotations that there are."""
        annotations = (array_file(folder, key) for folder in ANNOTATIONS)
        return (
            camera_file(key),
            *dict.fromkeys(entry[0] for entry in self.entries(key)),
            *(file for file in annotations if (self.root / file).is_file()),
        )

    def entries(self, key: ObjectKey) -> list[_Entry]:
        """Read the cameras of all frames."""
        cameras, folder, file = self.cameras(key), image_folder(key), camera_file(key)
        frames = zip(cameras.pictures, cameras.poses, strict=True)
        return [(folder / name, pose, cameras.angle_x, file) for name, pose in frames]

    def view(self, entry: _Entry) -> GivenView:
        """Read a frame's picture."""
        picture, pose, angle_x, file = entry
        rgba = read_rgba(self.root, picture)
        return GivenView(rgba, pose, centred_intrinsics(angle_x, rgba.shape, file, "camera_angle_x"))

    def part_names(self, synset: str) -> tuple[str, ...]:
        """`part 1` and so on: the data hold numbers alone, so that the largest one is looked for."""
        return tuple(f"part {number}" for number in range(1, _largest_part(self.root, synset) + 1))

    def labels(self, key: ObjectKey, numbers: Int64[np.ndarray, " n"]) -> GivenLabels | None:
        """Read the labels of frames; None if the object has no file of annotations."""
        count = self.count(key)
        part = self._read(PARTS_2D, key, (LABELS,), read_part_maps)
        pixels = self._read(KEYPOINTS_2D, key, (LABELS,), read_keypoint_pixels)
        parts = self._read(PARTS_3D, key, (POINTS, LABELS), read_part_points)
        keypoints = self._read(KEYPOINTS_3D, key, (POINTS, LABELS), read_keypoints)
        if part is None and pixels is None and parts is None and keypoints is None:
            return None
        for folder, views in ((PARTS_2D, part), (KEYPOINTS_2D, None if pixels is None else pixels[0])):
            if views is not None and len(views) != count:
                raise DatasetError(
                    array_file(folder, key), LABELS, f"are of {len(views)} views, the cameras of {count}"
                )
        if part is not None and part.size and int(part.max()) > _largest_part(self.root, key.synset):
            raise DatasetError(
                array_file(PARTS_2D, key), LABELS, f"has part {part.max()}, which no file of 3D parts has"
            )
        uv, visible = (None, None) if pixels is None else (array[numbers] for array in pixels)
        return GivenLabels(None if part is None else part[numbers], uv, visible, keypoints, parts)

    def cameras(self, key: ObjectKey) -> ReleasedCameras:
        """Read the cameras of all frames."""
        file = camera_file(key)
        return read_cameras(read_frames(self.root, file, MOST_VIEWS), file)

    def _read(
        self, folder: str, key: ObjectKey, names: tuple[str, ...], convert: Callable[..., Record]
    ) -> Record | None:
        """Read an object's file of annotations; None if it has none."""
        file = array_file(folder, key)
        if not (self.root / file).exists():
            return None
        arrays = read_npz(self.root, file, names, ANNOTATION_BYTES)
        try:
            return convert(*(arrays[name] for name in names))
        except (ValueError, TypeError) as error:  # objects that are no numbers, too
            raise DatasetError(file, LABELS, str(error)) from None


def open_released(root: Path, frame: Frame) -> Released:
    """Open the released data below a root. Raises UserError if it holds neither img/ nor data/img/."""
    folder = below_data(root, IMAGES)
    if folder is None:
        raise UserError(f"source.views_root: {root} holds neither img/ nor data/img/: name the folder that does.")
    return Released(folder, frame)


@lru_cache(maxsize=32)
def _largest_part(root: Path, synset: str) -> int:
    """Return the largest label of a category's parts in 3D, or in 2D if there are none in 3D.

    Files that cannot be read are passed over: reading their object says what is wrong.
    """
    checked_name(synset, PurePosixPath(PARTS_3D), "synset")
    folder = PurePosixPath(PARTS_3D if (root / PARTS_3D / synset).is_dir() else PARTS_2D) / synset
    largest = 0
    for path in visible_files(root / folder, ".npz"):
        try:
            labels = read_npz(root, folder / path.name, (LABELS,), ANNOTATION_BYTES)[LABELS]
        except DatasetError:
            continue
        if labels.dtype.kind in "iu" and labels.size and 0 <= int(labels.max()) <= 255:
            largest = max(largest, int(labels.max()))
    return largest
