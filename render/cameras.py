"""Pinhole cameras: poses on the upper hemisphere, rays through pixel centres, projection, the two depths.

World: right-handed, +Y up, object front -Z. Camera: OpenGL axes, +X right, +Y up, looking along -Z. A pose is the
camera-to-world 4x4. Continuous pixel coordinates: u to the right, v down, pixel (row, col) has its centre at
(u, v) = (col + 0.5, row + 0.5).
"""

import numpy as np
from jaxtyping import Float, Float64

from pipeline.config.settings import Camera
from pipeline.datasets.records import ObjectKey
from pipeline.seeds import generator_of


def focal(size: int, angle_x: float) -> float:
    """Focal length in pixels of an image `size` pixels wide that sees `angle_x` radians."""
    return 0.5 * size / float(np.tan(0.5 * angle_x))


def centred_intrinsics(size: int, angle_x: float) -> Float64[np.ndarray, "4"]:
    """(fx, fy, cx, cy) in pixels of a camera with square pixels whose optical axis meets the image's middle."""
    f = focal(size, angle_x)
    return np.array([f, f, size / 2, size / 2])


def look_at(eye: Float64[np.ndarray, "3"]) -> Float64[np.ndarray, "4 4"]:
    """The pose of a camera at `eye` (world) that looks at the origin with world +Y up."""
    back = eye / np.linalg.norm(eye)
    up = np.array([0.0, 1.0, 0.0])
    if abs(back @ up) > 1 - 1e-9:  # straight above: any roll is as good, take the one whose image has -Z on top
        up = np.array([0.0, 0.0, -1.0])
    right = np.cross(up, back)
    right /= np.linalg.norm(right)
    pose = np.eye(4)
    pose[:3, 0], pose[:3, 1], pose[:3, 2], pose[:3, 3] = right, np.cross(back, right), back, eye
    return pose


def orbit_pose(azimuth: float, elevation: float, radius: float) -> Float64[np.ndarray, "4 4"]:
    """The pose of a camera `radius` from the origin that looks at it; angles in degrees.

    Azimuth turns around +Y: 0 lies at +Z, 90 at +X, and 180 at -Z, in front of the object. Elevation is the angle above
    the horizontal plane, -90 to 90.
    """
    around, above = np.radians(azimuth), np.radians(elevation)
    ring = np.cos(above)
    return look_at(radius * np.array([ring * np.sin(around), np.sin(above), ring * np.cos(around)]))


def hemisphere_poses(rng: np.random.Generator, views: int, radius: float) -> Float64[np.ndarray, "views 4 4"]:
    """Poses uniform by area on the upper hemisphere: by Archimedes, height is uniform in [0, radius]."""
    height = rng.uniform(0.0, 1.0, views)
    azimuth = rng.uniform(0.0, 2 * np.pi, views)
    ring = np.sqrt(1 - height**2)
    eyes = radius * np.stack([ring * np.sin(azimuth), height, ring * np.cos(azimuth)], axis=1)
    return np.stack([look_at(eye) for eye in eyes])


def object_poses(camera: Camera, key: ObjectKey, split: str) -> Float64[np.ndarray, "views 4 4"]:
    """An object's poses: train objects have their own, drawn from its key; val and test share one fixed set."""
    named = ("poses", camera.seed, *((key.synset, key.id) if split == "train" else ("fixed",)))
    return hemisphere_poses(generator_of(*named), camera.views, camera.radius)


def camera_directions(size: int, angle_x: float, supersampling: int = 1) -> Float64[np.ndarray, "rays 3"]:
    """Unit ray directions in camera axes, row by row.

    With `supersampling` s each pixel has an s x s regular grid of rays: the image is that of s * size pixels.
    """
    fine = size * supersampling
    f = focal(fine, angle_x)
    centre = np.arange(fine) + 0.5 - fine / 2
    u, v = np.meshgrid(centre, centre)
    directions = np.stack([u / f, -v / f, -np.ones_like(u)], axis=-1).reshape(-1, 3)
    unit: Float64[np.ndarray, "rays 3"] = directions / np.linalg.norm(directions, axis=1, keepdims=True)
    return unit


def project(
    points: Float[np.ndarray, "n 3"], pose: Float[np.ndarray, "4 4"], intrinsics: Float[np.ndarray, "4"]
) -> tuple[Float64[np.ndarray, "n 2"], Float64[np.ndarray, " n"]]:
    """Project world points to (u, v) in pixels and depth along the optical axis; depth <= 0 lies behind the camera.

    `intrinsics` are (fx, fy, cx, cy) in continuous pixels.
    """
    focals, centre = np.split(intrinsics.astype(np.float64), 2)
    local = (points - pose[:3, 3]) @ pose[:3, :3]
    depth = -local[:, 2]
    with np.errstate(divide="ignore", invalid="ignore"):
        uv = focals * np.stack([local[:, 0], -local[:, 1]], axis=1) / depth[:, None] + centre
    return uv, depth


def unproject(
    depth: Float[np.ndarray, "h w"], pose: Float[np.ndarray, "4 4"], angle_x: float
) -> Float64[np.ndarray, "h w 3"]:
    """Find the world points of pixel centres at a depth along the optical axis."""
    size = depth.shape[-1]
    directions = camera_directions(size, angle_x)
    local = directions / -directions[:, 2:] * depth.reshape(-1, 1)
    points: Float64[np.ndarray, "n 3"] = local @ pose[:3, :3].T + pose[:3, 3]
    return points.reshape(size, size, 3)
