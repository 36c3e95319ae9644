"""Photos of the user's own, as the viewer takes them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from featurenerf.field import Field
from featurenerf.images import framed
from featurenerf.intrinsics import intrinsics_from
from featurenerf.photo import prepare_photo
from featurenerf.pose_estimation import estimate_pose
from featurenerf.poses import pose_from
from featurenerf.viewer.given_view import GivenView


@dataclass(frozen=True)
class PhotoFile:
    """A photo of one object. Without a mask it has an alpha; without angles in degrees its camera is estimated."""

    path: Path
    mask: Path | None = None
    angles: tuple[float, float] | None = None


def given_photo(field: Field, photo: PhotoFile) -> GivenView:
    """Cut the object out, frame it as training views are, and estimate its camera if that is not given.

    Raises UserError as `prepare_photo`, `estimate_pose` and `Field.see` do.
    """
    prepared = prepare_photo(photo.path, photo.mask)
    if photo.angles is None:
        estimate = estimate_pose(field, prepared)
        pose, framing = estimate.pose, estimate.framing
    else:
        pose, framing = pose_from(field.camera.radius, *photo.angles, pose=None), None
    rgba = framed(prepared, field.renderer.field, framing)
    return GivenView(photo.path.name, rgba, pose, intrinsics_from(field.camera, None))
