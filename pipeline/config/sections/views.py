"""Sections `camera`, `render` and `label`: the images and what stands in them."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from pipeline.config.setting_types import Above0, Positive, Section, Seed


class Camera(Section):
    """The pinhole camera and its poses. Lengths are in world units.

    Train objects have poses of their own; all val and test objects share one set.
    """

    views: Annotated[int, Field(ge=1, le=10_000)] = 50
    """Views of an object."""
    size: Annotated[int, Field(ge=8, le=4096)] = 128
    """Pixels a side; a multiple of 4, at most 4096."""
    angle_x: Annotated[float, Field(gt=0, lt=3.1)] = 0.8575560450553894
    """Horizontal field of view in radians."""
    radius: Above0 = 1.3
    """Distance of the camera from the origin."""
    near: Above0 = 0.8
    """Distance along a ray at which sampling starts."""
    far: Above0 = 1.8
    """Distance along a ray at which sampling ends."""
    seed: Seed = 0
    """Seed of the poses."""

    @model_validator(mode="after")
    def _fits(self) -> Camera:
        if self.size % 4:
            raise ValueError(f"size must be a multiple of 4, the pixels of a teacher cell, not {self.size}")
        if self.near >= self.far:
            raise ValueError("near must be below far")
        return self

    def doubt(self, longest_edge: float) -> str | None:
        """Say whether near and far cut objects of this longest edge, in world units, and which numbers hold them.

        An object reaches half its longest edge or more from the origin, and a published one 0.5 of 0.7.
        """
        least, most = longest_edge / 2, longest_edge / 1.4
        if self.near <= self.radius - least and self.far >= self.radius + least:
            return None
        here = f"camera.near {self.near:g} and camera.far {self.far:g}"
        if self.radius <= most:
            return f"{here}: camera.radius {self.radius:g} may lie inside of objects; set it to {3 * most:.3g} or more"
        return (
            f"{here} cut objects of manifest.longest_edge {longest_edge:g} seen from camera.radius {self.radius:g}: "
            f"set camera.near to {self.radius - most:.3g} and camera.far to {self.radius + most:.3g}"
        )


class Blender(Section):
    """Settings of the Blender backend. Other backends ignore it.

    Samples lie on the square grid whose number is nearest; 16 are 4 x 4, as in the other backends. Cycles uses a GPU
    where there is one and `machine.device` allows it.
    """

    engine: Literal["cycles", "eevee", "workbench"] = "cycles"
    """`cycles`, `eevee` or `workbench`."""
    samples: Positive = 16
    """Samples of a pixel."""


class Render(Section):
    """The colours of the views.

    `raycast` needs Python packages only. `pyrender` draws with OpenGL through EGL, on a GPU or with Mesa. `blender`
    draws with Blender, as the published data was; it needs Python 3.11 and `pip install -e ".[blender]"`.
    """

    backend: Literal["raycast", "pyrender", "blender"] = "raycast"
    """`raycast`, `pyrender` or `blender`."""
    lighting: Literal["shaded", "unlit"] = "shaded"
    """`shaded`: one stated set of lights; `unlit`: the texture's colour alone."""
    blender: Blender = Blender()


class Label(Section):
    """Labels by projection. Lengths are in world units."""

    keypoint_tolerance: Above0 = 0.01
    """A keypoint counts as seen if the surface lies at most this far in front of it."""
    part_distance: Above0 = 0.05
    """A surface point takes the part of the nearest annotated point within this distance."""
