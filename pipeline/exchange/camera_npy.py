"""Export as images with a matrix beside each, as the Blender scripts of Zero123 and Objaverse-XL write them.

`<category>/<id>/` holds 000.png (RGBA) and 000.npy, a 3x4 world-to-camera matrix with OpenGL axes. That layout has no
place for the field of view; intrinsics.npy holds (fx, fy, cx, cy) of each view.
"""

from collections.abc import Iterator

import numpy as np

from pipeline.exchange.exported_object import ExportedObject
from pipeline.exchange.exporter import exporter_of_objects
from pipeline.exchange.npy import npy_bytes
from pipeline.exchange.png import png_bytes

INTRINSICS = "/intrinsics.npy"


def camera_npy_files(exported: ExportedObject) -> Iterator[tuple[str, bytes]]:
    """Yield the images and matrices of an object, then its intrinsics."""
    # float64, so that the inverse of the inverse is the pose
    camera_from_world = np.linalg.inv(exported.pose.astype(np.float64))[:, :3]
    for view, image in enumerate(exported.rgba):
        yield f"/{view:03d}.png", png_bytes(image)
        yield f"/{view:03d}.npy", npy_bytes(camera_from_world[view])
    yield INTRINSICS, npy_bytes(exported.intrinsics)


CAMERA_NPY = exporter_of_objects(INTRINSICS, camera_npy_files)
