"""Split a glb file into its two chunks (glTF 2.0, section 4.4), and keep the part of its json that a mesh needs."""

import base64
import binascii
import json
import struct
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from pipeline.datasets.errors import DatasetError
from pipeline.stores.typed_json import load_json

_TRIANGLES, _STRIP, _FAN = 4, 5, 6
_BYTES = {5120: 1, 5121: 1, 5122: 2, 5123: 2, 5125: 4, 5126: 4}
_NUMBERS = {"SCALAR": 1, "VEC2": 2, "VEC3": 3, "VEC4": 4}
_OLDER = "KHR_materials_pbrSpecularGlossiness"  # has the same two things under other names
_OVERLAP = 4  # how often accessors may use a byte of the file on average: once, unless meshes share vertices


@dataclass(frozen=True)
class GlbFile:
    """`tree` is the json as it stands, `binary` the chunk that its buffer 0 is."""

    tree: dict[str, Any]
    binary: bytes

    def image_data(self, holder: dict[str, Any]) -> bytes | None:
        """The bytes of an image, inside the file; None where it names another file. Raises KeyError and the like."""
        if "bufferView" in holder:
            view = self.tree["bufferViews"][holder["bufferView"]]
            start = view.get("byteOffset", 0)
            return self.binary[start : start + view["byteLength"]]
        head, _, body = str(holder.get("uri", "")).partition(";base64,")
        try:
            return base64.b64decode(body) if head.startswith("data:") else None
        except binascii.Error:
            return None


def split_glb(data: bytes, file: PurePosixPath) -> GlbFile:
    """Split a glb into its chunks. Raises DatasetError for another file, or one shorter than its header says."""
    if len(data) < 20 or data[:4] != b"glTF" or struct.unpack_from("<I", data, 4)[0] != 2:
        raise DatasetError(file, "header", "is no header of a glb of version 2")
    total, json_length, kind = struct.unpack_from("<II4s", data, 8)
    if total > len(data) or 20 + json_length > len(data) or kind != b"JSON":
        raise DatasetError(file, "header", f"announces {total} bytes, json first; the file has {len(data)}")
    rest = data[20 + json_length : total]
    length, kind = struct.unpack_from("<I4s", rest) if len(rest) >= 8 else (0, b"BIN\0")
    if kind != b"BIN\0" or 8 + length > max(len(rest), 8):
        raise DatasetError(file, "BIN", f"announces {length} bytes, and {max(len(rest) - 8, 0)} follow")
    try:
        tree = load_json(data[20 : 20 + json_length])
    except ValueError as error:
        raise DatasetError(file, "json", f"is no valid json: {error}") from None
    if not isinstance(tree, dict):
        raise DatasetError(file, "json", "is no object")
    return GlbFile(tree, rest[8 : 8 + length])


def geometry_alone(glb: GlbFile, file: PurePosixPath) -> bytes:
    """Reduce a glb to its triangles and nodes: no pictures, cameras, names or links to other files.

    Materials keep their number as their name; the last one is the default, which primitives without one get. A
    primitive's TEXCOORD_0 is the set that its material's texture uses. Raises DatasetError for what trimesh would read
    wrongly or not at all (sparse accessors, triangle fans, integer positions, compression) and for accessors that
    announce more than the file holds; KeyError and the like for a json that is no glTF.
    """
    tree = glb.tree
    needed = [name for name in tree.get("extensionsRequired", []) if not str(name).startswith("KHR_materials_")]
    if needed:
        raise DatasetError(file, "extensionsRequired", f"{str(needed[0])[:80]!r} is not supported")
    if any("uri" in buffer for buffer in tree.get("buffers", [])):
        raise DatasetError(file, "buffers", "lie in another file; save the mesh as one glb")
    materials = tree.get("materials", [])
    used: dict[int, int] = {}  # accessors by their place in the new list
    meshes = []
    for mesh in tree.get("meshes", []):
        kept = [p for p in mesh["primitives"] if p.get("mode", _TRIANGLES) >= _TRIANGLES]  # no points and lines
        if any(p.get("mode", _TRIANGLES) >= _FAN for p in kept):
            raise DatasetError(file, "meshes", "hold a triangle fan, which is not supported")
        meshes.append({"primitives": [_primitive(p, materials, tree["accessors"], used, file) for p in kept]})
    accessors = [_accessor(tree["accessors"][number]) for number in used]
    announced = sum(_size(accessor) for accessor in accessors)
    if announced > _OVERLAP * len(glb.binary):
        raise DatasetError(file, "accessors", f"announce {announced} bytes, and the file holds {len(glb.binary)}")
    kept_keys = ("children", "mesh", "matrix", "translation", "rotation", "scale")
    nodes = [{key: node[key] for key in kept_keys if key in node} for node in tree.get("nodes", [])]
    children = {child for node in nodes for child in node.get("children", [])}
    roots = [number for number in range(len(nodes)) if number not in children]  # where no scene chooses
    if tree.get("scenes"):
        roots = tree["scenes"][tree.get("scene", 0)].get("nodes", [])
    _check_forest(nodes, roots, file)
    alone = {
        "asset": {"version": "2.0"},
        "scene": 0,
        "scenes": [{"nodes": roots}],
        "nodes": nodes,
        "meshes": meshes,
        "materials": [{"name": str(number)} for number in range(len(materials) + 1)],
        "accessors": accessors,
        "bufferViews": [
            {key: view[key] for key in ("buffer", "byteOffset", "byteLength", "byteStride") if key in view}
            for view in tree.get("bufferViews", [])
        ],
        "buffers": [{"byteLength": len(glb.binary)}],
    }
    text = json.dumps(alone).encode()
    text += b" " * (-len(text) % 4)
    binary = struct.pack("<I4s", len(glb.binary), b"BIN\0") + glb.binary
    chunks = struct.pack("<I4s", len(text), b"JSON") + text + binary
    return struct.pack("<4sII", b"glTF", 2, 12 + len(chunks)) + chunks


def base_factor(material: dict[str, Any]) -> list[float]:
    """The linear base colour, red first; white, glTF's default, where the file says nothing."""
    older = material.get("extensions", {}).get(_OLDER, {})
    factor = older.get("diffuseFactor") if older else material.get("pbrMetallicRoughness", {}).get("baseColorFactor")
    return [1.0, 1.0, 1.0] if factor is None else factor[:3]


def base_texture(material: dict[str, Any]) -> dict[str, Any] | None:
    """The material's reference to its base colour texture."""
    older = material.get("extensions", {}).get(_OLDER, {})
    texture: dict[str, Any] | None = (
        older.get("diffuseTexture") if older else material.get("pbrMetallicRoughness", {}).get("baseColorTexture")
    )
    return texture


def _primitive(
    primitive: dict[str, Any],
    materials: list[dict[str, Any]],
    accessors: list[dict[str, Any]],
    used: dict[int, int],
    file: PurePosixPath,
) -> dict[str, Any]:
    material = primitive.get("material", len(materials))
    texture = base_texture(materials[material]) if material < len(materials) else None
    wanted = {"POSITION": "POSITION", "COLOR_0": "COLOR_0"}
    if texture is not None:
        wanted["TEXCOORD_0"] = f"TEXCOORD_{texture.get('texCoord', 0)}"
    attributes = {}
    for name, source in wanted.items():
        if source in primitive["attributes"]:
            number = primitive["attributes"][source]
            types = {"POSITION": ("VEC3",), "TEXCOORD_0": ("VEC2",), "COLOR_0": ("VEC3", "VEC4")}[name]
            kinds = (5121, 5123, 5126) if name == "COLOR_0" else (5126,)
            _check_accessor(accessors[number], types, kinds, source, file)
            attributes[name] = used.setdefault(number, len(used))
    kept = {"attributes": attributes, "material": material, "mode": primitive.get("mode", _TRIANGLES)}
    if "indices" in primitive:
        _check_accessor(accessors[primitive["indices"]], ("SCALAR",), (5121, 5123, 5125), "indices", file)
        kept["indices"] = used.setdefault(primitive["indices"], len(used))
    return kept


def _check_accessor(
    accessor: dict[str, Any], types: tuple[str, ...], kinds: tuple[int, ...], name: str, file: PurePosixPath
) -> None:
    if "sparse" in accessor or "bufferView" not in accessor:
        raise DatasetError(file, name, "is sparse or compressed, which is not supported")
    if accessor["type"] not in types or accessor["componentType"] not in kinds:
        raise DatasetError(file, name, f"is {accessor['type']} of {accessor['componentType']}, which is not supported")
    if type(accessor["count"]) is not int or accessor["count"] < 0 or accessor.get("byteOffset", 0) < 0:
        raise DatasetError(file, name, "has no valid count or byteOffset")


def _accessor(accessor: dict[str, Any]) -> dict[str, Any]:
    return {
        key: accessor[key] for key in ("bufferView", "byteOffset", "componentType", "count", "type") if key in accessor
    }


def _size(accessor: dict[str, Any]) -> int:
    return int(accessor["count"]) * _BYTES[accessor["componentType"]] * _NUMBERS[accessor["type"]]


def _check_forest(nodes: list[dict[str, Any]], roots: list[int], file: PurePosixPath) -> None:
    """Raises DatasetError where a node has two parents, or is a root and has one: a cycle needs one or the other."""
    below = [*roots, *(child for node in nodes for child in node.get("children", []))]
    if len(set(below)) < len(below):
        raise DatasetError(file, "nodes", "a node has more than one parent")
