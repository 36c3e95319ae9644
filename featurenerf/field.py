"""A trained field: it sees one image of an object and answers about the object in 3D."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from numpy.typing import ArrayLike

from eval.descriptors.field_renderer import FieldRenderer
from eval.views import PosedImage
from featurenerf.images import framed, view_over_black
from featurenerf.intrinsics import intrinsics_from
from featurenerf.photo import Photo
from featurenerf.poses import pose_from
from featurenerf.seen_object import SeenObject
from pipeline.config.settings import Camera, Train
from pipeline.errors import UserError


@dataclass(frozen=True)
class Field:
    """A trained field of one category and teacher. `load_field` opens one."""

    renderer: FieldRenderer

    @property
    def camera(self) -> Camera:
        """The camera of the training views: size in pixels, field of view, distance from the origin."""
        return self.renderer.field.camera

    @property
    def settings(self) -> Train:
        """The settings of the training."""
        return self.renderer.field.settings

    @property
    def device(self) -> torch.device:
        """The device of the model."""
        return self.renderer.field.device

    def see(
        self,
        image: ArrayLike | Photo,
        azimuth: float | None = None,
        elevation: float | None = None,
        pose: ArrayLike | None = None,
        intrinsics: ArrayLike | None = None,
        framing: float | None = None,
    ) -> SeenObject:
        """Encode an object from one image of it and the camera that took the image.

        Args:
            image: a photo from `prepare_photo`, which is scaled as training views are; or a view as it was rendered,
                (size, size, 3 or 4) with the size of `camera`: uint8, or floats in 0..1. A fourth channel is straight
                alpha; without it the background must be black.
            azimuth: degrees around the world's +Y. 180 is in front of the object, 0 behind it, 90 at its +X side.
            elevation: degrees above the horizontal plane.
            pose: instead of the angles, the camera-to-world 4x4 with OpenGL axes (+X right, +Y up, looks along -Z).
            intrinsics: (fx, fy, cx, cy) of the camera, in pixels of the image that the field sees: of the view, or of
                what `frame_photo` makes of the photo. u goes right and v down from the image's upper left corner. The
                default is the training camera, whose principal point is the image's middle.
            framing: for a photo, the share of the image that the object's longer side fills. The default is the mean of
                the training views; `estimate_pose` finds a better one.

        Raises UserError if the image or the camera is not one of these.
        """
        matrix = pose_from(self.camera.radius, azimuth, elevation, pose)
        if isinstance(image, Photo):
            image = framed(image, self.renderer.field, framing)
        elif framing is not None:
            raise UserError("framing is for photos: a view as it was rendered is framed already.")
        rgb = view_over_black(image, self.camera.size)
        view = PosedImage(rgb, matrix, intrinsics_from(self.camera, intrinsics))
        return SeenObject(self.renderer, rgb, matrix, view.intrinsics, self.renderer.encode(view))
