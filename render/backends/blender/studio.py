"""Inside the child: an empty scene with a camera, into which one object at a time is put."""

import math
from collections.abc import Iterator
from contextlib import contextmanager

import bpy
import numpy as np
from jaxtyping import Float64, UInt8
from mathutils import Matrix

from render.backends.blender.engines import ENGINES, block_side
from render.backends.blender.exposure import Exposure
from render.backends.blender.objects import object_in
from render.backends.blender.pixels import to_image

SENSOR = 100.0  # mm; so wide that the focal length stays above Blender's least, 1 mm, up to angles of 3.1 rad


class Studio:
    """Draws objects with one camera and one engine."""

    def __init__(self, size: int, angle_x: float, engine: str, samples: int, device: str) -> None:
        """Set the scene, which is empty, and render a trial image. Raises UserError where the device is not there."""
        self._scene = bpy.context.scene
        self._engine = ENGINES[engine]
        self._subpixels = block_side(samples)
        _keep_colours(self._scene)
        name = self._engine.configure(self._scene, device)
        self._camera = _camera(self._scene, angle_x)
        self._exposure = Exposure(self._scene)
        self._exposure.take(8)  # a device that does not work fails here
        self._size = size
        self.name = f"Blender {bpy.app.version_string.split()[0]} {name()}"

    def draw(self, arrays: dict[str, np.ndarray], near: float, far: float) -> UInt8[np.ndarray, "views h w 4"]:
        """Draw all views of one object; `arrays` are those of `drawing`."""
        self._camera.data.clip_start, self._camera.data.clip_end = near, far
        with object_in(self._scene, arrays, self._engine.side_by_side), self._loaded():
            return np.stack([self._view(pose) for pose in arrays["poses"]])

    @contextmanager
    def _loaded(self) -> Iterator[None]:
        """The engine keeps what it has loaded until the end, no longer: Cycles tells images apart by their addresses,
        and the next object's may come to lie where this one's were.
        """
        self._scene.render.use_persistent_data = self._engine.persistent
        try:
            yield
        finally:
            self._scene.render.use_persistent_data = False  # frees it, too

    def _view(self, pose: Float64[np.ndarray, "4 4"]) -> UInt8[np.ndarray, "h w 4"]:
        self._camera.matrix_world = Matrix(pose.tolist())
        shown = self._engine.expose(self._scene, lambda: self._exposure.take(self._size * self._subpixels))
        return to_image(shown, self._subpixels)


def _camera(scene: bpy.types.Scene, angle_x: float) -> bpy.types.Object:
    """A pinhole camera whose horizontal field of view is `angle_x`. Blender's cameras have OpenGL axes, as poses do."""
    camera = bpy.data.objects.new("camera", bpy.data.cameras.new("camera"))
    camera.data.sensor_fit = "HORIZONTAL"
    camera.data.sensor_width = SENSOR
    camera.data.lens = 0.5 * SENSOR / math.tan(0.5 * angle_x)
    scene.collection.objects.link(camera)
    scene.camera = camera
    return camera


def _keep_colours(scene: bpy.types.Scene) -> None:
    """Keep surfaces' colours unchanged up to the pixel: no world, no look, no dither, no compositing."""
    scene.world = None
    scene.view_settings.view_transform = "Standard"
    scene.view_settings.look = "None"
    scene.view_settings.exposure, scene.view_settings.gamma = 0.0, 1.0
    render = scene.render
    render.film_transparent = True
    render.dither_intensity = 0.0
    render.use_compositing = render.use_sequencer = False
    render.resolution_percentage = 100
    render.pixel_aspect_x = render.pixel_aspect_y = 1.0
    render.threads_mode, render.threads = "FIXED", 1  # workers are what uses the cores
