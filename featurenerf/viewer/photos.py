"""Photos of the user's own, as the viewer takes them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from featurenerf.field import Field
from featurenerf.images import framed
from featurenerf.intrinsics import intrinsics_from
from featurenerf.seen_photo import GivenPhoto, pose_photo
from featurenerf.viewer.given_view import GivenView


def photo_choices(
    field: Field, photos: Sequence[GivenPhoto], say: Callable[[str], None]
) -> dict[str, Callable[[], GivenView]]:
    """Offer photos under their file names; where two are equal, under their paths."""
    names = [photo.path.name for photo in photos]
    return {
        name if names.count(name) == 1 else str(photo.path): partial(given_photo, field, photo, say)
        for name, photo in zip(names, photos, strict=True)
    }


def given_photo(field: Field, photo: GivenPhoto, say: Callable[[str], None]) -> GivenView:
    """Cut the object out, and frame it as training views are. The arguments and errors are those of `see_photo`."""
    prepared, pose, framing = pose_photo(field, photo, say)
    rgba = framed(prepared, field.renderer.field, framing)
    return GivenView(photo.path.name, rgba, pose, intrinsics_from(field.camera, None))
