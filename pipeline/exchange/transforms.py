"""Export as transforms.json with images, as nerfstudio and Blender's NeRF scenes have it.

`<category>/<id>/` holds images/000.png (RGBA), depth/000.png (16 bits) if the store has depth, and transforms.json:
`transform_matrix` is camera-to-world with OpenGL axes, `fl_x`, `fl_y`, `cx`, `cy` are in pixels
(docs.nerf.studio/quickstart/data_conventions.html).
"""

import math
from collections.abc import Iterator
from typing import Any

import numpy as np
from jaxtyping import Float32

from pipeline.exchange.exported_object import ExportedObject
from pipeline.exchange.exporter import exporter_of_objects
from pipeline.exchange.png import DEPTH_STEP, depth_steps, png_bytes
from pipeline.stores.atomic_files import json_bytes

TRANSFORMS = "/transforms.json"


def transforms_files(exported: ExportedObject) -> Iterator[tuple[str, bytes]]:
    """Yield the images, the depth and the cameras of an object."""
    for view, image in enumerate(exported.rgba):
        yield f"/{_image(view)}", png_bytes(image)
    for view, depth in enumerate(exported.depth if exported.depth is not None else ()):
        yield f"/{_depth(view)}", png_bytes(depth_steps(depth))
    yield TRANSFORMS, json_bytes(transforms(exported))


TRANSFORMS_JSON = exporter_of_objects(TRANSFORMS, transforms_files)


def transforms(exported: ExportedObject) -> dict[str, Any]:
    """Return the content of transforms.json. Cameras that are all alike stand in it once, others in their frames."""
    height, width = exported.rgba.shape[1:3]
    cameras = [_camera(intrinsics, height, width) for intrinsics in exported.intrinsics]
    alike = all(camera == cameras[0] for camera in cameras)
    frames = []
    for view, (pose, camera) in enumerate(zip(exported.pose, cameras, strict=True)):
        frame: dict[str, Any] = {"file_path": _image(view), "transform_matrix": pose.astype(np.float64).tolist()}
        if exported.depth is not None:
            frame["depth_file_path"] = _depth(view)
        frames.append(frame if alike else {**frame, **camera})
    depth = {} if exported.depth is None else {"depth_unit_scale_factor": DEPTH_STEP}
    shared = cameras[0] if alike else {}
    return {**exported.about, "camera_model": "PINHOLE", **depth, **shared, "frames": frames}


def _camera(intrinsics: Float32[np.ndarray, "4"], height: int, width: int) -> dict[str, float]:
    """Return the keys of a camera; Blender's scenes have camera_angle_x and the principal point in the middle."""
    fx, fy, cx, cy = intrinsics.astype(np.float64).tolist()
    camera = {"fl_x": fx, "fl_y": fy, "cx": cx, "cy": cy, "w": width, "h": height}
    if (fx, cx, cy) == (fy, width / 2, height / 2):
        camera["camera_angle_x"] = 2 * math.atan(width / (2 * fx))
    return camera


def _image(view: int) -> str:
    return f"images/{view:03d}.png"


def _depth(view: int) -> str:
    return f"depth/{view:03d}.png"
