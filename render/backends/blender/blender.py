"""Colour by Blender: Cycles, EEVEE or Workbench, in a child process. This process never imports bpy."""

import numpy as np
from jaxtyping import Float64, UInt8

from pipeline.config.settings import Blender, Camera, Device
from pipeline.errors import UserError
from render.backends.blender.drawing import drawing
from render.backends.blender.process import BlenderDeathError, BlenderProcess
from render.backends.clipping import clipping
from render.prepared_mesh import PreparedMesh


class BlenderBackend:
    """A colour backend with one child process that lives as long as the backend.

    bpy is under the GPL, prints, leaks and may crash: a process keeps all four away from this one. A child that died
    costs the object that it drew; the next `draw` starts another.
    """

    def __init__(self, camera: Camera, lighting: str, settings: Blender, device: Device) -> None:
        """Start the child and let it render a trial image. Raises UserError where Blender cannot run."""
        self._lighting = lighting
        self._start = {
            "size": camera.size,
            "angle_x": camera.angle_x,
            "engine": settings.engine,
            "samples": settings.samples,
            "device": device,
        }
        self._process, self._name = self._started()

    @property
    def name(self) -> str:
        """Version, engine and device, for the log."""
        return self._name

    @property
    def pid(self) -> int | None:
        """The process id of the child, None where there is none at the moment."""
        return None if self._process.closed else self._process.pid

    def draw(self, mesh: PreparedMesh, poses: Float64[np.ndarray, "views 4 4"]) -> UInt8[np.ndarray, "views h w 4"]:
        """Draw as `Backend.draw` says. Raises RuntimeError where Blender cannot draw the mesh or dies of it."""
        if self._process.closed:
            self._process, self._name = self._started()
        near, far = clipping(mesh, poses)
        try:
            answer = self._process.ask({"near": near, "far": far}, drawing(mesh, poses, self._lighting))
        except BlenderDeathError as ending:
            raise RuntimeError(f"Blender died while it drew: {ending}") from None
        return np.asarray(answer.arrays["rgba"])

    def close(self) -> None:
        """End the child."""
        self._process.close()

    def _started(self) -> tuple[BlenderProcess, str]:
        process = BlenderProcess()
        try:
            return process, str(process.ask(self._start).facts["name"])
        except BlenderDeathError as ending:
            raise UserError(self._cannot_start(f"{ending.how}, {ending.last_line}")) from None
        except RuntimeError as error:
            process.close()
            raise UserError(self._cannot_start(str(error))) from None
        except BaseException:
            process.close()
            raise

    def _cannot_start(self, reason: str) -> str:
        engine = self._start["engine"]
        words = " ".join(reason.split())
        if engine == "cycles":
            remedy = "set machine.device to cpu, or render.backend to raycast"
        else:
            remedy = (
                f"{engine} needs OpenGL 4.3 through EGL: install libegl1 and libgl1-mesa-dri "
                "(apt-get install libegl1 libgl1-mesa-dri), or set render.blender.engine to cycles"
            )
        return f"backend blender cannot start with engine {engine} ({words}): {remedy}."
