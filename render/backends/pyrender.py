"""Colour by OpenGL, through pyrender and EGL: a GPU, or Mesa on any machine."""

import os
from typing import Any

# pyrender chooses its platform when it is imported
os.environ.setdefault("PYOPENGL_PLATFORM", "egl")

import numpy as np
from jaxtyping import Float64, UInt8
from PIL import Image

from pipeline.errors import UserError
from pipeline.settings import Camera
from render.lighting import light
from render.prepared_mesh import PreparedMesh


def _import_pyrender() -> Any:
    try:
        import pyrender
    except ImportError as error:
        raise UserError(_no_egl(error)) from None
    return pyrender


def _no_egl(error: Exception) -> str:
    return (
        f"backend pyrender finds no working EGL ({error}): install libegl1 and libgl1-mesa-dri "
        "(apt-get install libegl1 libgl1-mesa-dri), or set render.backend to raycast."
    )


class PyrenderBackend:
    """One EGL context with 4x multisampling, used for every object of a worker."""

    def __init__(self, camera: Camera, lighting: str) -> None:
        """Open the context. Raises UserError where there is no EGL."""
        self._camera, self._lighting = camera, lighting
        self._pyrender = _import_pyrender()
        try:
            self._renderer = self._pyrender.OffscreenRenderer(camera.size, camera.size)
        except Exception as error:  # PyOpenGL raises a different class for each way in which EGL can be absent
            raise UserError(_no_egl(error)) from None

    @property
    def name(self) -> str:
        """The renderer behind EGL, for the log: a GPU's name, or llvmpipe for Mesa's software rasteriser."""
        from OpenGL import GL

        self._renderer._platform.make_current()
        return str(GL.glGetString(GL.GL_RENDERER).decode())

    def draw(self, mesh: PreparedMesh, poses: Float64[np.ndarray, "views 4 4"]) -> UInt8[np.ndarray, "views h w 4"]:
        """See `Backend.draw`."""
        pyrender, camera = self._pyrender, self._camera
        scene = pyrender.Scene(bg_color=(0.0, 0.0, 0.0, 0.0))
        drawn = pyrender.Mesh(primitives=self._primitives(mesh))
        scene.add(drawn)
        # The clipping planes enclose the mesh from every pose: nothing is cut but what is behind the camera.
        reach = float(np.linalg.norm(mesh.vertices, axis=1).max())
        eyes = np.linalg.norm(poses[:, :3, 3], axis=1)
        near, far = max(0.9 * (eyes.min() - reach), 1e-3 * eyes.max()), 1.1 * (eyes.max() + reach)
        eye = scene.add(pyrender.PerspectiveCamera(yfov=camera.angle_x, aspectRatio=1.0, znear=near, zfar=far))
        flags = pyrender.RenderFlags.FLAT | pyrender.RenderFlags.RGBA
        images = []
        for pose in poses:
            scene.set_pose(eye, pose)
            colour, _ = self._renderer.render(scene, flags=flags)
            images.append(_straight(colour))
        return np.stack(images)

    def close(self) -> None:
        """Give the context back."""
        self._renderer.delete()

    def _primitives(self, mesh: PreparedMesh) -> list[object]:
        """One primitive a material; each face once for either side, since light differs between the sides."""
        primitives = []
        for index, material in enumerate(mesh.materials):
            mine = mesh.face_material == index
            if not mine.any():
                continue
            corners = mesh.vertices[mesh.faces[mine]]
            front, back = (self._light(sign * mesh.normal[mine]) for sign in (1.0, -1.0))
            texture = None
            if material.texture is not None:
                texture = self._pyrender.Texture(source=Image.fromarray(material.texture), source_channels="RGB")
            grey = np.concatenate([front.reshape(-1), back[:, ::-1].reshape(-1)])
            count = len(grey)
            primitives.append(
                self._pyrender.Primitive(
                    positions=np.concatenate([corners.reshape(-1, 3), corners[:, ::-1].reshape(-1, 3)]),
                    texcoord_0=np.concatenate([mesh.uv[mine].reshape(-1, 2), mesh.uv[mine][:, ::-1].reshape(-1, 2)]),
                    color_0=np.stack([grey, grey, grey, np.ones(count)], axis=1).astype(np.float32),
                    indices=np.arange(count).reshape(-1, 3),
                    material=self._pyrender.MetallicRoughnessMaterial(
                        baseColorFactor=(*material.colour, 1.0), baseColorTexture=texture, alphaMode="OPAQUE"
                    ),
                    mode=4,
                )
            )
        return primitives

    def _light(self, normal: Float64[np.ndarray, "f 3 3"]) -> Float64[np.ndarray, "f 3"]:
        return light(normal) if self._lighting == "shaded" else np.ones(normal.shape[:2])


def _straight(premultiplied: UInt8[np.ndarray, "h w 4"]) -> UInt8[np.ndarray, "h w 4"]:
    """Multisampling over transparent black averages colour times coverage: divide by coverage."""
    alpha = premultiplied[..., 3:].astype(np.float64)
    rgb = np.where(alpha > 0, premultiplied[..., :3] * 255.0 / np.where(alpha > 0, alpha, 1), 0)
    return np.concatenate([np.clip(np.rint(rgb), 0, 255), alpha], axis=-1).astype(np.uint8)
