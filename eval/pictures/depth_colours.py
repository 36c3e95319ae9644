"""Rendered depth as colours: lighter is nearer."""

import numpy as np
from jaxtyping import Float32, UInt8

from eval.pictures.canvas import LEAST_OPACITY, laid_over_checker
from pipeline.config.settings import Camera

# Five colours of viridis, far to near: lightness rises evenly, and every one stands out from the pale checker.
_RAMP = np.array([(68, 1, 84), (59, 82, 139), (33, 145, 140), (94, 201, 98), (253, 231, 37)], dtype=np.float64)


def depth_picture(
    depth: Float32[np.ndarray, "h w"], opacity: Float32[np.ndarray, "h w"], camera: Camera
) -> UInt8[np.ndarray, "h w 3"]:
    """Paint the mean depth that a ray meets, on one scale from near to far; the checker shows what is clear.

    `depth` is the expected distance along the ray in world units, composited over black; opacity is in 0..1.
    """
    met = depth / np.maximum(opacity, LEAST_OPACITY)
    nearness = np.clip((camera.far - met) / (camera.far - camera.near), 0, 1)
    stops = np.linspace(0, 1, len(_RAMP))
    painted = np.stack([np.interp(nearness, stops, channel) for channel in _RAMP.T], axis=-1)
    return laid_over_checker(np.rint(painted).astype(np.uint8), opacity)
