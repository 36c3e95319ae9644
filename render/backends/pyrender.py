"""Colour by OpenGL, through pyrender and EGL: a GPU, or Mesa on any machine."""

import os
from typing import Any

# pyrender chooses its platform when it is imported, and imports its viewer's window library, which wants X11 otherwise.
os.environ.setdefault("PYOPENGL_PLATFORM", "egl")
os.environ.setdefault("PYGLET_HEADLESS", "1")

import numpy as np
from jaxtyping import Bool, Float64, UInt8
from PIL import Image

from pipeline.config.settings import Camera
from pipeline.errors import UserError
from render.backends.clipping import clipping
from render.lighting import light
from render.prepared_mesh import PreparedMesh

# Squared: samples in a pixel, one in the middle of each cell of a regular grid. Multisampling is left off: in software
# it costs more than drawing its samples as pixels, and its pattern is each driver's own.
SUPERSAMPLING = 4


def _import_pyrender() -> Any:
    try:
        import pyrender
    except Exception as error:  # half an installation of graphics libraries raises more than ImportError
        raise UserError(_no_egl(error)) from None
    return pyrender


def _no_egl(error: Exception) -> str:
    return (
        f"backend pyrender finds no working EGL ({error}): install libegl1 and libgl1-mesa-dri "
        "(apt-get install libegl1 libgl1-mesa-dri), or set render.backend to raycast."
    )


class PyrenderBackend:
    """A colour backend with one EGL context for all objects of a worker."""

    def __init__(self, camera: Camera, lighting: str) -> None:
        """Open the context. Raises UserError where there is no EGL, or where the driver has no images so large."""
        self._camera, self._lighting = camera, lighting
        self._pyrender = _import_pyrender()
        fine = camera.size * SUPERSAMPLING
        try:
            self._renderer = self._pyrender.OffscreenRenderer(fine, fine)
        except Exception as error:  # PyOpenGL raises a different class for each way in which EGL can be absent
            raise UserError(_no_egl(error)) from None
        from render.backends.colour_renderer import ColourRenderer, largest_image, largest_texture

        if fine > (limit := largest_image()):
            self.close()
            raise UserError(
                f"camera.size is {camera.size}, but backend pyrender draws {SUPERSAMPLING} times as large and this "
                f"driver's limit is {limit} pixels: set camera.size to at most {limit // SUPERSAMPLING // 4 * 4}, or "
                "render.backend to raycast."
            )
        self._largest_texture = largest_texture()
        self._renderer._renderer = ColourRenderer(fine, fine)

    @property
    def name(self) -> str:
        """The renderer behind EGL, for the log: a GPU's name, or llvmpipe for Mesa's software rasteriser."""
        from OpenGL import GL

        self._renderer._platform.make_current()
        return str(GL.glGetString(GL.GL_RENDERER).decode())

    def draw(self, mesh: PreparedMesh, poses: Float64[np.ndarray, "views 4 4"]) -> UInt8[np.ndarray, "views h w 4"]:
        """Draw as `Backend.draw` says."""
        pyrender, camera = self._pyrender, self._camera
        scene = pyrender.Scene(bg_color=(0.0, 0.0, 0.0, 0.0))
        scene.add(pyrender.Mesh(primitives=self._primitives(mesh)))
        near, far = clipping(mesh, poses)
        eye = scene.add(pyrender.PerspectiveCamera(yfov=camera.angle_x, aspectRatio=1.0, znear=near, zfar=far))
        flags = pyrender.RenderFlags.FLAT | pyrender.RenderFlags.RGBA
        images = []
        for pose in poses:
            scene.set_pose(eye, pose)
            images.append(_averaged(self._renderer.render(scene, flags=flags)))
        return np.stack(images)

    def close(self) -> None:
        """Free the context."""
        self._renderer.delete()

    def _primitives(self, mesh: PreparedMesh) -> list[object]:
        """One primitive for each texture, whichever materials share it, and one for all that has none; colour times
        light goes with the corners."""
        identity = np.array([id(material.texture) for material in mesh.materials])[mesh.face_material]
        textures = {id(None): None} | {id(material.texture): material.texture for material in mesh.materials}
        return [
            self._primitive(mesh, identity == number, texture)
            for number, texture in textures.items()
            if (identity == number).any()
        ]

    def _primitive(
        self, mesh: PreparedMesh, mine: Bool[np.ndarray, " f"], texture: UInt8[np.ndarray, "h w 3"] | None
    ) -> object:
        """Add each face once for either side, since light differs between the sides. What faces away is culled."""
        pyrender = self._pyrender
        corners, uv = mesh.vertices[mesh.faces[mine]], mesh.uv[mine]
        colour = np.array([material.colour for material in mesh.materials])[mesh.face_material[mine]][:, None]
        front, back = (self._light(sign * mesh.normal[mine])[..., None] * colour for sign in (1.0, -1.0))
        rgb = np.concatenate([front, back[:, ::-1]]).reshape(-1, 3)
        source = None
        if texture is not None:
            source = pyrender.Texture(source=_shrunk(texture, self._largest_texture), source_channels="RGB")
        return pyrender.Primitive(
            positions=np.concatenate([corners, corners[:, ::-1]]).reshape(-1, 3),
            texcoord_0=None if texture is None else np.concatenate([uv, uv[:, ::-1]]).reshape(-1, 2),
            color_0=np.concatenate([rgb, np.ones((len(rgb), 1))], axis=1).astype(np.float32),
            material=pyrender.MetallicRoughnessMaterial(baseColorTexture=source, alphaMode="OPAQUE"),
            mode=4,
        )

    def _light(self, normal: Float64[np.ndarray, "f 3 3"]) -> Float64[np.ndarray, "f 3"]:
        return light(normal) if self._lighting == "shaded" else np.ones(normal.shape[:2])


def _shrunk(texture: UInt8[np.ndarray, "h w 3"], limit: int) -> Image.Image:
    """The texture, each edge longer than `limit` made as long by averaging over area."""
    image = Image.fromarray(texture)
    if max(image.size) <= limit:
        return image
    return image.resize((min(image.width, limit), min(image.height, limit)), Image.Resampling.BOX)


def _averaged(samples: UInt8[np.ndarray, "fine_h fine_w 4"]) -> UInt8[np.ndarray, "h w 4"]:
    """The mean of a pixel's samples, each of which is opaque or transparent black: alpha is the share of opaque ones,
    rgb the mean of their colours."""
    height, width = (edge // SUPERSAMPLING for edge in samples.shape[:2])
    rows = samples.reshape(height, SUPERSAMPLING, -1)
    down = rows[:, 0].astype(np.uint16)
    for k in range(1, SUPERSAMPLING):
        down += rows[:, k]
    # A colour's four sums as one number: no sum reaches 2^16, so none carries into the next.
    columns = down.view(np.uint64).reshape(height, width, SUPERSAMPLING)
    across = columns[..., 0].copy()
    for k in range(1, SUPERSAMPLING):
        across += columns[..., k]
    total = across.view(np.uint16).reshape(height, width, 4).astype(np.float32)
    opaque = total[..., 3:] / 255
    image = np.concatenate([total[..., :3] / np.maximum(opaque, 1), total[..., 3:] / SUPERSAMPLING**2], axis=-1)
    return np.asarray(np.rint(image), dtype=np.uint8)
