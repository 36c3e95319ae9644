"""Photos as commands take them: a file, perhaps a mask, and a camera that is given or estimated."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Float32

from featurenerf.field import Field
from featurenerf.photo import Photo, prepare_photo
from featurenerf.pose_estimation import estimate_pose
from featurenerf.poses import pose_from
from featurenerf.seen_object import SeenObject
from pipeline.errors import UserError

SURE = 0.9  # of `explained`; docs/photos.md says what was measured below


@dataclass(frozen=True)
class GivenPhoto:
    """A photo of one object. `mask` is not needed if the photo has an alpha; angles in degrees are both given or none.

    `mask` and the angles are what `prepare_photo` and `Field.see` take.
    """

    path: Path
    mask: Path | None = None
    azimuth: float | None = None
    elevation: float | None = None


def see_photo(field: Field, photo: GivenPhoto, say: Callable[[str], None]) -> SeenObject:
    """Prepare a photo and see it. Without a camera, estimate that and `say` so. Raises UserError."""
    prepared, pose, framing = pose_photo(field, photo, say)
    return field.see(prepared, pose=pose, framing=framing)


def pose_photo(
    field: Field, photo: GivenPhoto, say: Callable[[str], None]
) -> tuple[Photo, Float32[np.ndarray, "4 4"], float | None]:
    """Prepare a photo. Returns it, its pose and its framing; `say` so if these are estimated. Raises UserError."""
    path = photo.path
    if (photo.azimuth is None) != (photo.elevation is None):
        raise UserError(f"{path}: one of azimuth and elevation is missing; give both, or neither to estimate them.")
    prepared = prepare_photo(path, photo.mask)
    if photo.azimuth is not None:
        return prepared, pose_from(field.camera.radius, photo.azimuth, photo.elevation, None), None
    estimate = estimate_pose(field, prepared)
    say(f"{path}: camera estimated at azimuth {estimate.azimuth:.0f}, elevation {estimate.elevation:.0f} degrees")
    if estimate.explained < SURE:
        say(f"{path}: the field is not sure of this camera; if it is wrong, give the azimuth and elevation.")
    return prepared, estimate.pose, estimate.framing
