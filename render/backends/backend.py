"""What a colour backend is, and which there are."""

from collections.abc import Callable
from typing import Protocol, runtime_checkable

import numpy as np
from jaxtyping import Float64, UInt8

from pipeline.settings import Camera, Render
from render.prepared_mesh import PreparedMesh


@runtime_checkable
class Backend(Protocol):
    """Draws colour. Depth and labels never come from here, but from the ray caster."""

    @property
    def name(self) -> str:
        """What draws, for the log."""
        ...

    def draw(self, mesh: PreparedMesh, poses: Float64[np.ndarray, "views 4 4"]) -> UInt8[np.ndarray, "views h w 4"]:
        """All views of one mesh: antialiased, straight alpha, sRGB, rgb 0 where alpha is 0."""
        ...

    def close(self) -> None:
        """Give back what the backend holds, a graphics context for instance."""
        ...


def _pyrender(camera: Camera, render: Render) -> Backend:
    from render.backends.pyrender import PyrenderBackend

    return PyrenderBackend(camera, render.lighting)


def _raycast(camera: Camera, render: Render) -> Backend:
    from render.backends.raycast import RaycastBackend

    return RaycastBackend(camera, render.lighting)


BACKENDS: dict[str, Callable[[Camera, Render], Backend]] = {"pyrender": _pyrender, "raycast": _raycast}


def make_backend(camera: Camera, render: Render) -> Backend:
    """The backend that the settings name. Raises UserError where this machine cannot run it."""
    return BACKENDS[render.backend](camera, render)
