"""Cameras of other conventions as the project's: poses are camera-to-world with OpenGL axes, intrinsics are in pixels.

Axes of a camera: OpenGL +X right, +Y up, looks along -Z. OpenCV +X right, +Y down, looks along +Z. PyTorch3D +X left,
+Y up, looks along +Z.
"""

from typing import Literal, TypeAlias

import numpy as np
from jaxtyping import Float, Float64

from pipeline.datasets.views.view_source import Intrinsics

# `intrinsics_format` of CO3D. The second one is PyTorch3D's older convention: each axis by its own half side.
NdcFormat: TypeAlias = Literal["ndc_isotropic", "ndc_norm_image_bounds"]


def opengl_from_opencv(pose: Float[np.ndarray, "*b 4 4"]) -> Float64[np.ndarray, "*b 4 4"]:
    """Turn the axes of camera-to-world poses from OpenCV to OpenGL. The same turn goes back."""
    turned: Float64[np.ndarray, "*b 4 4"] = pose.astype(np.float64) * np.array([1.0, -1.0, -1.0, 1.0])
    return turned


def opengl_from_pytorch3d(
    rotation: Float[np.ndarray, "3 3"], translation: Float[np.ndarray, "3"]
) -> Float64[np.ndarray, "4 4"]:
    """The camera-to-world pose with OpenGL axes of PyTorch3D's R and T: rows X_camera = X_world @ R + T."""
    pose = np.eye(4)
    pose[:3, :3] = rotation * np.array([-1.0, 1.0, -1.0])
    pose[:3, 3] = -rotation.astype(np.float64) @ translation
    return pose


def intrinsics_from_ndc(
    focal: tuple[float, float],
    principal: tuple[float, float],
    height: int,
    width: int,
    ndc_format: NdcFormat,
) -> Intrinsics:
    """The intrinsics in pixels of PyTorch3D's NDC focal lengths and principal point, both (x, y).

    NDC is 0 in the image's middle and grows to the left and up. One unit is half the shorter side (`ndc_isotropic`),
    or half the image's width along x and half its height along y (`ndc_norm_image_bounds`).
    """
    shorter = min(height, width) / 2
    across, down = (shorter, shorter) if ndc_format == "ndc_isotropic" else (width / 2, height / 2)
    return Intrinsics(
        fx=focal[0] * across,
        fy=focal[1] * down,
        cx=width / 2 - principal[0] * across,
        cy=height / 2 - principal[1] * down,
    )
