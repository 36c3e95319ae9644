"""The photos of SPair-71k as a field sees them: cut out, framed, and with a camera, each prepared once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

import numpy as np
from jaxtyping import Float32

from eval.photos.seen_photo import SeenPhoto
from featurenerf.field import Field
from featurenerf.images import framed
from featurenerf.intrinsics import intrinsics_from
from featurenerf.photo import Photo, photo_frame, prepare_photo
from featurenerf.pose_estimation import estimate_pose
from featurenerf.poses import pose_from
from pipeline.datasets.errors import DatasetError
from pipeline.datasets.records import ObjectKey
from pipeline.datasets.spair.object_mask import box_mask
from pipeline.datasets.spair.photo_pair import AnnotatedPhoto
from pipeline.datasets.spair.spair_folder import SpairFolder

CutOut: TypeAlias = Literal["segmentation", "box"]


@dataclass(frozen=True)
class PhotoCamera:
    """The camera that is assumed for every photo, in degrees; without angles it is estimated for each."""

    azimuth: float | None = None
    elevation: float | None = None

    def __str__(self) -> str:
        """Say it in words."""
        if self.azimuth is None:
            return "estimated for each photo"
        return f"azimuth {self.azimuth:g}, elevation {self.elevation:g} degrees for all photos"

    def pose(self, seeing: Field, photo: Photo) -> Float32[np.ndarray, "4 4"]:
        """Return the camera-to-world matrix for a photo. Raises UserError if it can be neither."""
        if self.azimuth is None and self.elevation is None:
            return estimate_pose(seeing, photo).pose
        return pose_from(seeing.camera.radius, self.azimuth, self.elevation, None)


@dataclass(frozen=True)
class SpairPhotos:
    """Prepares photos by key: category and name. A photo that failed fails again with the same reason.

    What is kept of a photo is small: its framed image, and numbers.
    """

    seeing: Field
    folder: SpairFolder
    photos: Mapping[str, AnnotatedPhoto]
    camera: PhotoCamera
    cut_out: CutOut
    _seen: dict[ObjectKey, SeenPhoto | DatasetError] = field(default_factory=dict)

    def __call__(self, key: ObjectKey) -> SeenPhoto:
        """Return the photo as the field sees it. Raises DatasetError for an image that cannot be used."""
        if key not in self._seen:
            try:
                self._seen[key] = self._prepared(key)
            except DatasetError as error:
                self._seen[key] = error
        seen = self._seen[key]
        if isinstance(seen, DatasetError):
            raise seen
        return seen

    @property
    def boxed(self) -> tuple[str, ...]:
        """The names of the photos seen so far whose whole box stands for the object: no segmentation shows it."""
        return tuple(sorted(key.id for key, seen in self._seen.items() if isinstance(seen, SeenPhoto) and seen.by_box))

    def _prepared(self, key: ObjectKey) -> SeenPhoto:
        annotated, trained = self.photos[key.id], self.seeing.renderer.field
        image = self.folder.read_photo(key.synset, annotated)
        mask = self.folder.read_mask(key.synset, annotated) if self.cut_out == "segmentation" else None
        photo = prepare_photo(image, box_mask(annotated) if mask is None else mask)
        rgba, size = framed(photo, trained), self.seeing.camera.size
        frame = photo_frame(photo, size, trained.framing or 1.0)  # framed() has refused a model without framing
        pose, intrinsics = self.camera.pose(self.seeing, photo), intrinsics_from(self.seeing.camera, None)
        return SeenPhoto(rgba, pose, intrinsics, frame, by_box=mask is None)
