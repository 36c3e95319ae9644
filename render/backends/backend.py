"""The interface of colour backends, and the list of them."""

from collections.abc import Callable
from typing import Protocol, runtime_checkable

import numpy as np
from jaxtyping import Float64, UInt8

from pipeline.config.settings import Camera, Device, Render
from render.prepared_mesh import PreparedMesh


@runtime_checkable
class Backend(Protocol):
    """Draws colour. Depth and labels never come from here, but from the ray caster."""

    @property
    def name(self) -> str:
        """The name of what draws, for the log."""
        ...

    def draw(self, mesh: PreparedMesh, poses: Float64[np.ndarray, "views 4 4"]) -> UInt8[np.ndarray, "views h w 4"]:
        """Draw all views of one mesh: antialiased, straight alpha, sRGB, rgb 0 where alpha is 0."""
        ...

    def close(self) -> None:
        """Free the backend's resources, such as a graphics context."""
        ...


def _raycast(camera: Camera, render: Render, _: Device) -> Backend:
    from render.backends.raycast import RaycastBackend

    return RaycastBackend(camera, render.lighting)


def _pyrender(camera: Camera, render: Render, _: Device) -> Backend:
    from render.backends.pyrender import PyrenderBackend

    return PyrenderBackend(camera, render.lighting)


def _blender(camera: Camera, render: Render, device: Device) -> Backend:
    from render.backends.blender.blender import BlenderBackend

    return BlenderBackend(camera, render.lighting, render.blender, device)


BACKENDS: dict[str, Callable[[Camera, Render, Device], Backend]] = {
    "raycast": _raycast,
    "pyrender": _pyrender,
    "blender": _blender,
}


def make_backend(camera: Camera, render: Render, device: Device = "auto") -> Backend:
    """Open the backend that the settings name. Raises UserError where this machine cannot run it.

    `device` is for Cycles alone: OpenGL has its own choice, and rays need no GPU.
    """
    return BACKENDS[render.backend](camera, render, device)
