"""Export as images with a matrix beside each, as the Blender scripts of Zero123 and Objaverse-XL write them.

`<category>/<id>/` holds 000.png (RGBA) and 000.npy, a 3x4 world-to-camera matrix with OpenGL axes. That layout has no
place for the field of view; intrinsics.npy holds (fx, fy, cx, cy) of each view.
"""

from collections.abc import Iterable, Iterator
from pathlib import PurePosixPath

import numpy as np

from pipeline.exchange.exported_object import ExportedObject, ObjectGroup
from pipeline.exchange.exporter import File, object_folder_of
from pipeline.exchange.npy import npy_bytes
from pipeline.exchange.png import png_bytes

INTRINSICS = "intrinsics.npy"


class CameraNpy:
    """An Exporter: a folder for each object."""

    objects_together, takes_labels = 1, False

    def last_file(self, group: ObjectGroup) -> PurePosixPath:
        """Name the object's file of intrinsics."""
        return object_folder_of(group) / INTRINSICS

    def files(self, group: ObjectGroup, objects: Iterable[ExportedObject]) -> Iterator[File]:
        """Yield the images and matrices of an object, then its intrinsics."""
        folder = object_folder_of(group)
        for exported in objects:
            # float64, so that the inverse of the inverse is the pose
            camera_from_world = np.linalg.inv(exported.pose.astype(np.float64))[:, :3]
            for view, image in enumerate(exported.rgba):
                yield folder / f"{view:03d}.png", (png_bytes(image),)
                yield folder / f"{view:03d}.npy", (npy_bytes(camera_from_world[view]),)
            yield folder / INTRINSICS, (npy_bytes(exported.intrinsics),)
