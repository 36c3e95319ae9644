"""Camera geometry on tensors: rays through pixels, and world points seen by a camera.

Poses are camera-to-world 4x4 with OpenGL axes (+X right, +Y up, looking along -Z). An image has its origin at the
upper left corner, u to the right and v downwards, in pixels; pixel (row, col) has its centre at (u, v) =
(col + 0.5, row + 0.5). Intrinsics are (fx, fy, cx, cy): focal lengths and principal point in pixels.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor

from train.pixel_centres import HALF

# Points closer to the camera's plane, or behind it, project as if they lay at this depth: far outside, but finite.
NEAREST_DEPTH = 1e-3


@dataclass(frozen=True)
class Rays:
    """Rays in the world frame; directions have unit length, so that a depth along one is a distance in world units."""

    origin: Float[Tensor, "*b 3"]
    direction: Float[Tensor, "*b 3"]

    def points(self, depths: Float[Tensor, "*b k"]) -> Float[Tensor, "*b k 3"]:
        """Return the world points at the given distances along each ray."""
        return self.origin[..., None, :] + depths[..., None] * self.direction[..., None, :]


def pixel_rays(
    pixels: Int[Tensor, "*b 2"] | Float[Tensor, "*b 2"],
    poses: Float[Tensor, "*b 4 4"],
    intrinsics: Float[Tensor, "*#b 4"],
    first_centre: float = HALF,
) -> Rays:
    """Make rays through the centres of pixels (row, col), each with the pose and the intrinsics of its own camera.

    Pixels may be fractions: (1.5, 1.5) is where the pixels 1 and 2 of both axes meet. `first_centre` says where pixel
    (0, 0) stands (`train.pixel_centres`).
    """
    row, col = pixels.to(poses.dtype).unbind(-1)
    fx, fy, cx, cy = intrinsics.to(poses.dtype).unbind(-1)
    # In units in which a camera with square pixels needs no division: its rays have the bits of the plain formula.
    right = col + first_centre - cx
    up = (cy - (row + first_centre)) * (fx / fy)
    in_camera = torch.stack([right, up, (-fx).expand_as(right)], dim=-1)
    in_world = (poses[..., :3, :3] @ in_camera[..., None])[..., 0]
    return Rays(poses[..., :3, 3], in_world / in_world.norm(dim=-1, keepdim=True))


def rotate_to_camera(vectors: Float[Tensor, "*b n 3"], poses: Float[Tensor, "*b 4 4"]) -> Float[Tensor, "*b n 3"]:
    """Rotate world vectors into the axes of a camera, without translation."""
    return vectors @ poses[..., :3, :3]


def project(in_camera: Float[Tensor, "*b 3"], intrinsics: Float[Tensor, "*#b 4"]) -> Float[Tensor, "*b 2"]:
    """Project points in the camera's frame to continuous pixel coordinates (u, v)."""
    x, y, z = in_camera.unbind(-1)
    fx, fy, cx, cy = intrinsics.to(in_camera.dtype).unbind(-1)
    nearness = (-z).clamp_min(NEAREST_DEPTH).reciprocal()
    return torch.stack([cx + nearness * fx * x, cy - nearness * fy * y], dim=-1)
