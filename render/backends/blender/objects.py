"""Inside the child: an object's arrays as a Blender mesh with its materials.

Every colour here is sRGB-coded and goes through Blender as data. The contract of `render.lighting` multiplies coded
values; were they decoded for the engine and coded again afterwards, edges and texels would be averaged in linear light,
and the images would differ from those of the other backends.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

import bpy
import numpy as np
from jaxtyping import Float32, Int32, UInt8

from render.backends.blender.surface import BACK, FRONT, surface


@dataclass(frozen=True)
class _Corners:
    """The values of each face and corner of a mesh."""

    faces: Int32[np.ndarray, "f 3"]
    uv: Float32[np.ndarray, "f 3 2"]
    front: Float32[np.ndarray, "f 3"]
    back: Float32[np.ndarray, "f 3"]
    face_material: Int32[np.ndarray, " f"]


@contextmanager
def object_in(scene: bpy.types.Scene, arrays: dict[str, np.ndarray], side_by_side: bool) -> Iterator[None]:
    """Put an object into the scene, and free everything of it at the end.

    With `side_by_side` each face comes a second time, turned round, for an engine that draws front sides alone.
    """
    corners = _Corners(arrays["faces"], arrays["uv"], arrays["front"], arrays["back"], arrays["face_material"])
    if side_by_side:
        corners = _with_reverse(corners)
    images: list[bpy.types.Image] = []
    materials: list[bpy.types.Material] = []
    mesh = bpy.data.meshes.new("object")
    instance = bpy.data.objects.new("object", mesh)
    try:
        material_texture = arrays["material_texture"]
        images.extend(_image(arrays[f"texture.{number}"]) for number in range(material_texture.max() + 1))
        for colour, number in zip(arrays["colour"], material_texture, strict=True):
            materials.append(surface(colour, None if number < 0 else images[number]))
            mesh.materials.append(materials[-1])
        _fill(mesh, arrays["vertices"], corners, arrays["colour"])
        scene.collection.objects.link(instance)
        yield
    finally:
        bpy.data.objects.remove(instance)
        bpy.data.meshes.remove(mesh)
        bpy.data.batch_remove(materials)
        bpy.data.batch_remove(images)


def _fill(
    mesh: bpy.types.Mesh, vertices: Float32[np.ndarray, "v 3"], corners: _Corners, colour: Float32[np.ndarray, "m 3"]
) -> None:
    count = len(corners.faces)
    mesh.vertices.add(len(vertices))
    mesh.vertices.foreach_set("co", vertices.ravel())
    mesh.loops.add(3 * count)
    mesh.loops.foreach_set("vertex_index", corners.faces.ravel())
    mesh.polygons.add(count)
    mesh.polygons.foreach_set("loop_start", np.arange(0, 3 * count, 3, dtype=np.int32))
    mesh.polygons.foreach_set("material_index", corners.face_material)
    mesh.uv_layers.new().uv.foreach_set("vector", corners.uv.ravel())
    for name, light in ((FRONT, corners.front), (BACK, corners.back)):
        mesh.attributes.new(name, "FLOAT", "CORNER").data.foreach_set("value", light.ravel())
    # Workbench has no shader of its own, only a colour at each corner. A colour of floats is not converted.
    lit = np.ones((count, 3, 4), dtype=np.float32)
    lit[..., :3] = colour[corners.face_material][:, None] * corners.front[..., None]
    mesh.color_attributes.new("lit", "FLOAT_COLOR", "CORNER").data.foreach_set("color", lit.ravel())
    mesh.color_attributes.active_color_index = mesh.color_attributes.render_color_index = 0
    mesh.update(calc_edges=True)


def _with_reverse(corners: _Corners) -> _Corners:
    """Add a reversed copy of each face, lit as its other side."""
    turned = replace(
        corners,
        faces=corners.faces[:, ::-1],
        uv=corners.uv[:, ::-1],
        front=corners.back[:, ::-1],
        back=corners.front[:, ::-1],
    )
    return _Corners(
        *(
            np.concatenate([getattr(corners, name), getattr(turned, name)])
            for name in ("faces", "uv", "front", "back", "face_material")
        )
    )


def _image(texture: UInt8[np.ndarray, "h w 3"]) -> bpy.types.Image:
    height, width = texture.shape[:2]
    image = bpy.data.images.new("texture", width, height, alpha=False, is_data=True)
    rgba = np.ones((height, width, 4), dtype=np.float32)
    rgba[..., :3] = texture[::-1] / np.float32(255)  # Blender's first row is the lowest
    image.pixels.foreach_set(rgba.ravel())
    return image
