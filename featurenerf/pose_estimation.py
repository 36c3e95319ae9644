"""Estimate the camera of a photo by the coordinate head: where the field thinks that the object's points lie.

A field knows no world: its input is coordinates in the camera's own axes and the image. So whatever pose is assumed, it
renders the same pictures, seen from the camera, and no comparison of pictures tells poses apart. Only the coordinate
head answers in the world frame. It was trained to say where in the world the samples of a ray lie (paper, section
Training). Under the right pose its answers are the samples' places; under a wrong one they are turned.

How large the object was in a training view is lost when a photo is cut out. The head's answers depend on it: an
object of the wrong size seems to be seen from elsewhere. So several sizes are tried, and the size whose answers agree
best with some camera is kept.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float32, Float64, UInt8

from featurenerf.field import Field
from featurenerf.images import framed, training_framing
from featurenerf.intrinsics import intrinsics_from
from featurenerf.photo import Photo
from featurenerf.pose_search import Candidate, local_minima
from pipeline.datasets.alpha import HALF
from pipeline.errors import UserError
from render.cameras import orbit_pose
from train.rays import pixel_rays, rotate_to_camera
from train.rendering.volume import Sampling, coarse_depths, fixed_draws
from train.trained_field import TrainedField

RAYS = 512  # of the object's pixels, at most; more change the estimate by less than a degree
# Sizes that are tried, relative to the mean of the training views. In 90% of the views of made-up chairs the object's
# longer side is 0.7 to 1.2 times the mean.
SIZES = (0.7, 0.85, 1.0, 1.15, 1.3)


@dataclass(frozen=True)
class PoseEstimate:
    """The camera of a photo, as a field sees it.

    `azimuth` and `elevation` are in degrees as in `Field.see`, `pose` the camera-to-world matrix at the distance of the
    training cameras. `framing` is the share of the image that a photo's object fills under this estimate: give both to
    `Field.see`; it is None for a view as it was rendered. `error` is the RMS distance in world units between where the
    field says that the object's rays lie and where they lie under this pose. `blind_error` is the error of a field that
    answers the world's origin always: if `error` is near it, the field does not know. `candidates` are all local minima
    of the error on the hemisphere, the best one first.
    """

    azimuth: float
    elevation: float
    pose: Float32[np.ndarray, "4 4"]
    framing: float | None
    error: float
    blind_error: float
    candidates: tuple[Candidate, ...]

    @property
    def explained(self) -> float:
        """The share of the rays' spread that the field's answers explain: 1 is certain, 0 or less knows nothing."""
        return 1 - (self.error / self.blind_error) ** 2


def estimate_pose(
    field: Field, image: Photo | UInt8[np.ndarray, "size size 4"], sizes: Sequence[float] = SIZES
) -> PoseEstimate:
    """Estimate the camera that took an image, among the cameras on the upper hemisphere that look at the origin.

    Args:
        field: a field with a trained coordinate head.
        image: a photo from `prepare_photo`; or a view as it was rendered for training, straight alpha, whose object has
            its size and place still.
        sizes: of a photo's object, relative to the mean of the training views. All are tried, and that with the largest
            `explained` gives the estimate.

    For each size the answers of the coordinate head are computed once; for each pose only their distance to the rays
    is, on a grid of 3 degrees that is then refined to 0.1. Raises UserError if the model has no trained coordinate
    head, or does not record its framing.
    """
    trained = field.renderer.field
    if trained.settings.coordinate_weight == 0:
        raise UserError(
            "this field was trained without the coordinate loss, so it cannot say where it is seen from: give azimuth "
            "and elevation."
        )
    if not isinstance(image, Photo):
        return _of_view(trained, image, None)
    framings = [min(size * training_framing(trained), 1.0) for size in sizes]
    estimates = [_of_view(trained, framed(image, trained, framing), framing) for framing in framings]
    return max(estimates, key=lambda estimate: estimate.explained)


def _of_view(trained: TrainedField, rgba: UInt8[np.ndarray, "size size 4"], framing: float | None) -> PoseEstimate:
    """Estimate the camera of what the field sees, in which a photo's object fills a given share."""
    there, answered = coordinate_answers(trained, rgba)
    candidates = local_minima(there, answered)
    best, radius = candidates[0], trained.camera.radius
    return PoseEstimate(
        azimuth=best.azimuth,
        elevation=best.elevation,
        pose=orbit_pose(best.azimuth, best.elevation, radius).astype(np.float32),
        framing=framing,
        error=best.error,
        blind_error=float(np.sqrt((there**2).sum(axis=1).mean())),
        candidates=candidates,
    )


def coordinate_answers(
    field: TrainedField, rgba: UInt8[np.ndarray, "h w 4"]
) -> tuple[Float64[np.ndarray, "n 3"], Float64[np.ndarray, "n 3"]]:
    """Ask the coordinate head about the rays through the object's pixels, as in training.

    Returns the mean of each ray's samples in the camera's axes, with the world's origin as their origin; and the head's
    answers, which are meant to be the same places in the world's axes.
    """
    camera = field.camera
    assumed = torch.from_numpy(orbit_pose(0, 0, camera.radius)).float()  # any pose: the answers are the same
    intrinsics = torch.from_numpy(intrinsics_from(camera, None))
    source = field.encode(torch.from_numpy(rgba)[None], assumed[None], intrinsics[None])
    pixels = torch.from_numpy(_object_pixels(rgba)).to(field.device)
    poses = assumed.to(field.device).expand(1, len(pixels), 4, 4)
    rays = pixel_rays(pixels[None], poses, intrinsics.to(field.device), source.first_centre)
    sampling = Sampling.of(field.settings, camera)
    points = rays.points(coarse_depths(sampling, fixed_draws(sampling, (1, len(pixels)), field.device).coarse))
    network = field.model.network
    with torch.no_grad():
        samples = network.query(source, points, rays.direction, one_pixel_a_ray=True)
        answered = network.coordinate(samples.activation_sum() / samples.count)[0]
    there = rotate_to_camera(points[0].mean(dim=-2), assumed.to(field.device))
    return there.double().cpu().numpy(), answered.double().cpu().numpy()


def _object_pixels(rgba: UInt8[np.ndarray, "h w 4"]) -> np.ndarray:
    """List (row, column) of the object's pixels, or of every k-th of them if they are many."""
    pixels = np.argwhere(rgba[..., 3] >= HALF).astype(np.int64)
    return pixels[:: -(-len(pixels) // RAYS)]
