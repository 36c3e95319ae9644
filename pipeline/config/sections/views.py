"""Sections `camera`, `render` and `label`: the images and what stands in them."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from pipeline.config.setting_types import Above0, Positive, Section


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
    seed: int = 0
    """Seed of the poses."""

    @model_validator(mode="after")
    def _fits(self) -> Camera:
        if self.size % 4:
            raise ValueError(f"size must be a multiple of 4, the pixels of a teacher cell, not {self.size}")
        if self.near >= self.far:
            raise ValueError("near must be below far")
        return self


class Blender(Section):
    """What the Blender backend draws with. Other backends ignore it.

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
