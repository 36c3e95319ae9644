"""glb files (glTF 2.0 in one file): triangles of all nodes of the scene, and the base colours of their materials."""

import io
from dataclasses import replace
from pathlib import PurePosixPath
from typing import Any

import numpy as np
import trimesh
from jaxtyping import Float64, Int32, Int64, UInt8

from pipeline.datasets.errors import DatasetError
from pipeline.datasets.meshes.checked_surface import checked_surface
from pipeline.datasets.meshes.face_colours import colour_materials
from pipeline.datasets.meshes.glb_file import GlbFile, base_factor, base_texture, geometry_alone, split_glb
from pipeline.datasets.meshes.obj_materials import GREY, read_texture
from pipeline.datasets.records import Material, Mesh

_MOST_FACES = 20_000_000  # nodes may repeat a mesh, so a small file can announce a scene of any size


def parse_glb(data: bytes, file: PurePosixPath, pictures: bool) -> Mesh:
    """Parse a scene's triangles, with transforms of nodes applied; `file` names it in errors.

    A material has its base colour factor, linear in glTF and sRGB here; where there is a texture too, the texture is
    multiplied with it in linear light. Colours of vertices multiply the factor, as a mean a face (see
    `colour_materials`); on a textured primitive they are left out. Metal, gloss and emission are not read.
    `uv` has its origin at the lower left, which trimesh turns it to. Faces are grey where a texture lies in another
    file, cannot be decoded or is moved by KHR_texture_transform; `missing_textures` names it. Nothing but `data` is
    read. Without `pictures`, textures are not decoded and no material is right.

    Raises DatasetError for a file that is no glb, needs what is not supported, or holds no mesh.
    """
    try:
        glb = split_glb(data, file)
        scene = trimesh.load_scene(io.BytesIO(geometry_alone(glb, file)), file_type="glb", process=False)
        reader = _MaterialReader(glb, pictures)
        return _assembled(scene, reader, file)
    except DatasetError:
        raise
    except Exception as error:  # a json of any shape, and trimesh raises whatever comes of it
        raise DatasetError(file, "file", f"is no valid glb: {error!r:.200}") from None


class _MaterialReader:
    """Reads the materials of a file, each when it is first asked for, and notes the missing ones."""

    def __init__(self, glb: GlbFile, pictures: bool) -> None:
        self._glb = glb
        self._pictures = pictures
        self._textured: dict[int, Material | None] = {}
        self.missing: list[str] = []

    def factor(self, number: int) -> Float64[np.ndarray, " 3"]:
        """The linear base colour; white, glTF's default, where the file says nothing."""
        return np.clip(np.array(base_factor(self._material(number)), dtype=np.float64), 0.0, 1.0)

    def transparent(self, number: int) -> bool:
        """Tell whether the file wants the material blended or cut out."""
        return bool(self._material(number).get("alphaMode", "OPAQUE") != "OPAQUE")

    def textured(self, number: int) -> Material | None:
        """The material with its texture, grey where that is missing; None for a material without one."""
        if number not in self._textured:
            reference = base_texture(self._material(number))
            self._textured[number] = None if reference is None else self._read(reference, self.factor(number))
        return self._textured[number]

    def _material(self, number: int) -> dict[str, Any]:
        materials = self._glb.tree.get("materials", [])
        return materials[number] if number < len(materials) else {}

    def _read(self, reference: dict[str, Any], factor: Float64[np.ndarray, " 3"]) -> Material:
        texture = self._glb.tree["textures"][reference["index"]]
        source = texture.get("source", texture.get("extensions", {}).get("EXT_texture_webp", {}).get("source"))
        image = self._glb.tree["images"][source] if source is not None else {}
        data = self._glb.image_data(image)
        moved = "KHR_texture_transform" in reference.get("extensions", {})
        if data is not None and not moved and not self._pictures:
            return GREY
        picture = None if data is None or moved else read_texture(io.BytesIO(data))
        if picture is None:
            name = image.get("name") or image.get("uri") or f"image {source}"
            self.missing.append(str(name)[:200])
            return GREY
        return Material((1.0, 1.0, 1.0), _tinted(picture, factor))


def _assembled(scene: Any, reader: _MaterialReader, file: PurePosixPath) -> Mesh:
    """Join all primitives in the scene's frame."""
    vertices, faces, uvs, places = [np.zeros((0, 3))], [np.zeros((0, 3), dtype=np.int64)], [np.zeros((0, 3, 2))], []
    materials: list[Material] = []
    first, count = 0, 0
    for node in scene.graph.nodes_geometry:
        matrix, name = scene.graph[node]
        primitive = scene.geometry[name]
        own = np.asarray(primitive.vertices, dtype=np.float64)
        triangles = np.asarray(primitive.faces, dtype=np.int64)
        count += len(triangles)
        if count > _MOST_FACES:
            raise DatasetError(file, "nodes", f"show more than {_MOST_FACES} triangles")
        if len(triangles) and (triangles.min() < 0 or triangles.max() >= len(own)):
            raise DatasetError(file, "indices", f"a vertex is out of range: there are {len(own)}")
        if not np.isfinite(own).all() or not np.isfinite(matrix).all():
            raise DatasetError(file, "POSITION", "is not finite, or its node's transform is not")
        place, own_materials, uv = _face_materials(primitive, triangles, reader)
        vertices.append(own @ matrix[:3, :3].T + matrix[:3, 3])
        faces.append(triangles + first)
        uvs.append(uv)
        places.append(place + len(materials))
        clear = reader.transparent(int(primitive.visual.material.name))
        materials += [replace(material, transparent=clear) for material in own_materials]
        first += len(own)
    corners, index = checked_surface(np.concatenate(vertices), np.concatenate(faces), file)
    uv = np.concatenate(uvs)
    if not np.isfinite(uv).all():
        raise DatasetError(file, "TEXCOORD", "is not finite")
    missing = tuple(dict.fromkeys(reader.missing))
    return Mesh(corners, index, uv, np.concatenate(places).astype(np.int32), tuple(materials), missing)


def _face_materials(
    primitive: Any, triangles: Int64[np.ndarray, "f 3"], reader: _MaterialReader
) -> tuple[Int32[np.ndarray, " f"], tuple[Material, ...], Float64[np.ndarray, "f 3 2"]]:
    """The material of each face, the materials, and texture coordinates."""
    number = int(primitive.visual.material.name)
    plain = np.zeros((len(triangles), 3, 2))
    textured = reader.textured(number)
    uv = primitive.visual.uv
    if textured is not None:
        coordinates = plain if uv is None else np.asarray(uv, dtype=np.float64)[triangles]
        return np.zeros(len(triangles), dtype=np.int32), (textured,), coordinates
    factor = reader.factor(number)
    colours = primitive.visual.vertex_attributes.get("color")
    if colours is None or not len(triangles):
        red, green, blue = _srgb(factor).tolist()
        return np.zeros(len(triangles), dtype=np.int32), (Material((red, green, blue), None),), plain
    raw = np.asarray(colours)[:, :3]
    linear = raw.astype(np.float64) / (np.iinfo(raw.dtype).max if raw.dtype.kind == "u" else 1.0)
    shown = _srgb(np.clip(linear[triangles].mean(axis=1) * factor, 0.0, 1.0))
    place, materials = colour_materials(np.round(255.0 * shown).astype(np.uint8))
    return place, materials, plain


def _tinted(picture: UInt8[np.ndarray, "h w 3"], factor: Float64[np.ndarray, " 3"]) -> UInt8[np.ndarray, "h w 3"]:
    """The sRGB picture times a linear factor."""
    if (factor == 1.0).all():
        return picture
    levels = np.arange(256) / 255.0
    linear = np.where(levels <= 0.04045, levels / 12.92, ((levels + 0.055) / 1.055) ** 2.4)
    shown = np.round(255.0 * _srgb(linear[:, None] * factor)).astype(np.uint8)
    return np.stack([shown[picture[..., channel], channel] for channel in range(3)], axis=-1)


def _srgb(linear: Float64[np.ndarray, "*shape"]) -> Float64[np.ndarray, "*shape"]:
    """Linear light to sRGB, both 0..1 (IEC 61966-2-1)."""
    curved: Float64[np.ndarray, "*shape"] = np.where(
        linear <= 0.0031308, 12.92 * linear, 1.055 * np.maximum(linear, 0.0031308) ** (1 / 2.4) - 0.055
    )
    return curved
