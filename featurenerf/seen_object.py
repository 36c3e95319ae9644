"""An object that a field has seen in one image, and the questions that can be asked about it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from jaxtyping import Float32, Int64
from numpy.typing import ArrayLike
from torch import Tensor

from eval.descriptors.field_renderer import FieldRenderer
from featurenerf.answers import PointAnswers, RenderedView, Volume
from featurenerf.arrays import world_points
from featurenerf.intrinsics import intrinsics_from
from featurenerf.point_query import query_in_parts
from featurenerf.poses import pose_from
from featurenerf.volume_grid import cell_centres, covering_edge
from pipeline.config.settings import Camera
from pipeline.errors import UserError
from train.network.source import Source
from train.rendering.rendered_rays import RenderedRays
from train.trained_field import FieldPoints


@dataclass(frozen=True)
class SeenObject:
    """An object known from one image. `Field.see` makes one.

    `image` is what the field saw, over black in 0..1. `pose` is the camera of the image (camera-to-world, OpenGL axes),
    `intrinsics` are its (fx, fy, cx, cy) in continuous pixels.
    """

    renderer: FieldRenderer
    image: Float32[np.ndarray, "size size 3"]
    pose: Float32[np.ndarray, "4 4"]
    intrinsics: Float32[np.ndarray, "4"]
    source: Source

    @property
    def camera(self) -> Camera:
        """The camera of the training views: size in pixels, field of view, distance from the origin."""
        return self.renderer.field.camera

    def at(self, points: ArrayLike) -> PointAnswers:
        """Answer at world points, (n, 3). Raises UserError if they are not such points.

        The network also takes a direction: that of the ray from the image's camera through the pixel that the point
        projects to, as in the evaluation.
        """
        return query_in_parts(self.query, world_points(points))

    def volume(self, n: int = 64, *, edge: float | None = None, feature: bool = True, internal: bool = True) -> Volume:
        """Answer at the centres of an n x n x n grid, a cube around the world's origin.

        Args:
            n: cells along each side.
            edge: the cube's edge in world units. The default covers everything between `near` and `far` of the training
                camera, so every training object: 1.0 with the default settings, whose objects are 0.7 long.
            feature: whether to keep the distilled features, which take the most memory: 4 bytes a channel and cell.
            internal: whether to keep the internal features.

        Raises UserError if n or edge is not positive.
        """
        if n < 1:
            raise UserError(f"n must be at least 1, not {n}.")
        edge = covering_edge(self.camera) if edge is None else edge
        if not 0 < edge < np.inf:
            raise UserError(f"edge must be a positive number of world units, not {edge}.")
        points = cell_centres(n, edge)
        flat = query_in_parts(self.query, points.reshape(-1, 3), feature, internal)
        answers = {name: values.reshape(n, n, n, *values.shape[1:]) for name, values in vars(flat).items()}
        return Volume(points=points, edge=edge, **answers)

    def render(
        self,
        pose: ArrayLike | None = None,
        intrinsics: ArrayLike | None = None,
        *,
        azimuth: float | None = None,
        elevation: float | None = None,
    ) -> RenderedView:
        """Render the image that a camera takes, as large as the training views. Raises UserError.

        The camera is given by `pose` (camera-to-world 4x4, OpenGL axes), or by azimuth and elevation in degrees as in
        `Field.see`. Without either it is the camera of the object's own image. `intrinsics` are (fx, fy, cx, cy) in
        continuous pixels; with a pose or angles the default is the training camera's.
        """
        if pose is None and azimuth is None and elevation is None and intrinsics is None:
            return self.own_view
        return self._view(*self.chosen_camera(pose, intrinsics, azimuth, elevation))

    def chosen_camera(
        self, pose: ArrayLike | None, intrinsics: ArrayLike | None, azimuth: float | None, elevation: float | None
    ) -> tuple[Float32[np.ndarray, "4 4"], Float32[np.ndarray, "4"]]:
        """Return the pose and the intrinsics that the arguments of `render` stand for. Raises UserError."""
        own = pose is None and azimuth is None and elevation is None
        if own and intrinsics is None:
            return self.pose, self.intrinsics
        at = self.pose if own else pose_from(self.camera.radius, azimuth, elevation, pose)
        return at, intrinsics_from(self.camera, intrinsics)

    @cached_property
    def own_view(self) -> RenderedView:
        """The view of the camera of the object's own image. It is rendered once."""
        return self._view(self.pose, self.intrinsics)

    def render_pixels(self, pixels: Int64[np.ndarray, "n 2"]) -> RenderedRays:
        """Render pixels (row, column), at least one, of the own view: tensors on the field's device."""
        return self.renderer.render(self.source, self.pose, self.intrinsics, pixels)

    def view_of(self, pixels: Int64[np.ndarray, "n 2"]) -> RenderedView:
        """Render pixels (row, column), at least one, of the own view; all others stay clear."""
        rays, at = self.render_pixels(pixels).to(torch.device("cpu")), tuple(torch.from_numpy(pixels.T))

        def image(values: Tensor) -> Tensor:
            whole = values.new_zeros((self.camera.size, self.camera.size, *values.shape[1:]))
            whole[at] = values
            return whole

        return rendered_view(rays.each(image), self.pose, self.intrinsics)

    def query(self, points: Float32[np.ndarray, "n 3"]) -> FieldPoints:
        """Query world points, at least one, seen from the own camera: tensors on the field's device."""
        return self.renderer.query(self.source, points, self.pose, self.intrinsics)

    def _view(self, pose: Float32[np.ndarray, "4 4"], intrinsics: Float32[np.ndarray, "4"]) -> RenderedView:
        size = self.camera.size
        rays = self.renderer.render_image(self.source, pose, intrinsics, size, size)
        return rendered_view(rays, pose, intrinsics)


def require_one_field(a: SeenObject, b: SeenObject) -> None:
    """Raise UserError if two fields saw the objects: their features cannot be compared."""
    if a.renderer.field is not b.renderer.field:
        raise UserError("the objects were seen by different fields, whose features cannot be compared: use one field.")


def rendered_view(
    rays: RenderedRays, pose: Float32[np.ndarray, "4 4"], intrinsics: Float32[np.ndarray, "4"]
) -> RenderedView:
    """Return the rays of a whole image, (height, width) in this machine's memory, as a view of their camera."""
    return RenderedView(
        rgb=rays.rgb.numpy(),
        depth=rays.depth.numpy(),
        opacity=rays.weight_sum.numpy(),
        feature=rays.feature.numpy(),
        internal=rays.internal.numpy(),
        pose=pose,
        intrinsics=intrinsics,
    )
