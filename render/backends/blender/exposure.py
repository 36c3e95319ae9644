"""Inside the child: one rendered image as floats."""

import os

import bpy
import numpy as np
from jaxtyping import Float32


class Exposure:
    """Renders the scene into a file that lives in memory and has no name, so that no death leaves it behind.

    Blender gives its result to files alone when it runs without a window. OpenEXR holds the floats as the engine made
    them: colour times alpha, past all colour management.
    """

    def __init__(self, scene: bpy.types.Scene) -> None:
        """Point the scene's output at the file."""
        self._scene = scene
        self._file = os.memfd_create("exposure")
        self._path = f"/proc/self/fd/{self._file}"
        scene.render.filepath, scene.render.use_file_extension = self._path, False
        image = scene.render.image_settings
        image.file_format, image.color_mode, image.color_depth, image.exr_codec = "OPEN_EXR", "RGBA", "32", "NONE"

    def take(self, size: int) -> Float32[np.ndarray, "size size 4"]:
        """Render size x size pixels; the first row is the upper one. Raises RuntimeError where Blender made none."""
        self._scene.render.resolution_x = self._scene.render.resolution_y = size
        os.ftruncate(self._file, 0)
        bpy.ops.render.render(write_still=True)
        if os.fstat(self._file).st_size == 0:
            raise RuntimeError("the engine made no image")
        image = bpy.data.images.load(self._path, check_existing=False)
        try:
            image.colorspace_settings.name = "Non-Color"
            values = np.empty(size * size * 4, dtype=np.float32)
            image.pixels.foreach_get(values)
        finally:
            bpy.data.images.remove(image)
        return values.reshape(size, size, 4)[::-1]
