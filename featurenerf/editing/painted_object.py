"""An object with a painted part, and its views."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import torch
from jaxtyping import Float32
from numpy.typing import ArrayLike

from eval.descriptors.field_renderer import all_pixels
from featurenerf.answers import RenderedView
from featurenerf.editing.blend import Blend, blended
from featurenerf.editing.paint import Paint
from featurenerf.editing.painted_rays import render_painted
from featurenerf.seen_object import SeenObject, rendered_view
from pipeline.config.settings import Camera


@dataclass(frozen=True)
class PaintedObject:
    """An object whose part has new colours. Density and features are as before. `swap_texture` makes one."""

    seen: SeenObject
    paint: Paint
    blend: Blend = "ray"

    @property
    def pose(self) -> Float32[np.ndarray, "4 4"]:
        """The camera of the object's image (camera-to-world, OpenGL axes)."""
        return self.seen.pose

    @property
    def camera(self) -> Camera:
        """The camera of the training views."""
        return self.seen.camera

    def render(
        self,
        pose: ArrayLike | None = None,
        intrinsics: ArrayLike | None = None,
        *,
        azimuth: float | None = None,
        elevation: float | None = None,
    ) -> RenderedView:
        """Render the image that a camera takes. The arguments are those of `SeenObject.render`. Raises UserError."""
        return self.before_and_after(*self.seen.chosen_camera(pose, intrinsics, azimuth, elevation))[1]

    def before_and_after(
        self, pose: Float32[np.ndarray, "4 4"], intrinsics: Float32[np.ndarray, "4"]
    ) -> tuple[RenderedView, RenderedView]:
        """Render the image that a camera takes of the object without and with its paint, at the cost of one image."""
        size = self.camera.size
        before, (paint,) = render_painted(self.seen, [self.paint], pose, intrinsics, all_pixels(size, size))
        painted = blended(self.blend, before.rgb, before.weight_sum, paint)
        image = before.to(torch.device("cpu")).reshaped(size, size)
        view = rendered_view(image, pose, intrinsics)
        return view, replace(view, rgb=painted.cpu().reshape(size, size, 3).numpy())
