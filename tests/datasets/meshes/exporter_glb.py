"""One box as other libraries write it, byte for byte: glb.

Each entry bears the name of the library and the version whose files it was compared with.
"""

import base64
import io
import json
import struct
from typing import Any

import numpy as np
from PIL import Image

from tests.datasets.meshes.exporter_ply import VERTEX_COLOURS, File
from tests.datasets.meshes.mesh_files import COLOURS, FACES, QUADRANTS, UV, VERTICES

_POSITION = {"max": [1.75, 1.5, 3.125], "min": [0.5, -1.0, 0.0]}
_CODES = {"f4": 5126, "u1": 5121, "u2": 5123, "u4": 5125}


def shown(linear: np.ndarray) -> np.ndarray:
    """Linear light 0..1 as sRGB 0..255."""
    return 255 * np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * np.maximum(linear, 1e-9) ** (1 / 2.4) - 0.055)


def linear(colours: np.ndarray) -> np.ndarray:
    """sRGB 0..255 as linear light 0..1."""
    given = colours / 255.0
    return np.where(given <= 0.04045, given / 12.92, ((given + 0.055) / 1.055) ** 2.4)


BY_VERTEX = shown(VERTEX_COLOURS[FACES].mean(axis=1) / 255)  # these libraries take the numbers for linear ones


def pack(tree: dict[str, Any], binary: bytes) -> bytes:
    text = json.dumps(tree, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 4)
    binary += bytes(-len(binary) % 4)
    chunks = struct.pack("<I4s", len(text), b"JSON") + text
    chunks += struct.pack("<I4s", len(binary), b"BIN\0") + binary if binary else b""
    return struct.pack("<4sII", b"glTF", 2, 12 + len(chunks)) + chunks


def paper() -> bytes:
    """16 x 16 pixels, a quadrant of each colour."""
    picture = np.stack([QUADRANTS[[2, 3]], QUADRANTS[[0, 1]]]).repeat(8, axis=0).repeat(8, axis=1)
    buffer = io.BytesIO()
    Image.fromarray(picture).save(buffer, "PNG")
    return buffer.getvalue()


def pygltflib(kind: str, textured: bool, transform: bool = False) -> bytes:
    """Each triangle has its own corners; `kind` is that of colours or of texture coordinates."""
    largest = {"f4": 1, "u1": 255, "u2": 65535}[kind]
    if textured:
        uv = UV.reshape(-1, 2) * [1, -1] + [0, 1]
        uv = (uv - [0.25, 0]) * [2, 1] if transform else uv
        given = uv * largest if kind == "f4" else np.round(uv * largest)
        given = np.concatenate([given, np.zeros((36, 2))], axis=1) if kind == "u1" else given  # four bytes a row
    else:
        rgba = np.concatenate([COLOURS.repeat(3, axis=0), np.full((36, 1), 255)], axis=1)
        given = rgba / 255 if kind == "f4" else rgba * (largest // 255)
    arrays = [VERTICES[FACES].reshape(-1, 3).astype("<f4"), given.astype(f"<{kind}")]
    binary = b"".join(array.tobytes() for array in arrays)
    size, stride = arrays[0].nbytes, arrays[1].strides[0]
    views: list[dict[str, int]] = [
        {"buffer": 0, "byteOffset": 0, "byteLength": size, "target": 34962},
        {"buffer": 0, "byteOffset": size, "byteLength": arrays[1].nbytes, "byteStride": stride, "target": 34962},
    ]
    accessors = [
        {"bufferView": 0, "byteOffset": 0, "componentType": 5126, "normalized": False, "count": 36, "type": "VEC3"},
        {
            "bufferView": 1,
            "byteOffset": 0,
            "componentType": _CODES[kind],
            "normalized": kind != "f4",
            "count": 36,
            "type": "VEC2" if textured else "VEC4",
        },
    ]
    reference: dict[str, Any] = {"index": 0, "texCoord": 0}
    moved = {"KHR_texture_transform": {"offset": [0.25, 0], "scale": [0.5, 1]}} if transform else {}
    if textured:
        views.append({"buffer": 0, "byteOffset": len(binary), "byteLength": len(paper())})
        binary += paper()
        reference = {"extensions": moved, **reference} if transform else reference
    base = {"baseColorFactor": [1.0] * 4, "metallicFactor": 0, "roughnessFactor": 1.0}
    base |= {"baseColorTexture": reference} if textured else {}
    material = {"pbrMetallicRoughness": base, "emissiveFactor": [0.0] * 3, "alphaMode": "OPAQUE", "doubleSided": True}
    attributes = {"POSITION": 0, "TEXCOORD_0" if textured else "COLOR_0": 1}
    tree = {
        "accessors": [accessors[0] | _POSITION, accessors[1]],
        "asset": {"generator": "pygltflib@v1.16.5", "version": "2.0"},
        "bufferViews": views,
        "buffers": [{"byteLength": len(binary) + -len(binary) % 4}],
        **({"extensionsUsed": list(moved), "extensionsRequired": list(moved)} if transform else {}),
        **({"images": [{"mimeType": "image/png", "bufferView": 2}]} if textured else {}),
        "materials": [material],
        "meshes": [{"primitives": [{"attributes": attributes, "mode": 4, "material": 0}]}],
        "nodes": [{"mesh": 0}],
        "scene": 0,
        "scenes": [{"nodes": [0]}],
        **({"textures": [{"source": 0}]} if textured else {}),
    }
    return pack(tree, binary)


def _shared(colours: np.ndarray, index: str) -> list[bytes]:
    return [VERTICES.astype("<f4").tobytes(), colours.astype("<f4").tobytes(), FACES.astype(f"<{index}").tobytes()]


_RGBA = np.concatenate([VERTEX_COLOURS, np.full((8, 1), 255)], axis=1) / 255


def open3d() -> bytes:
    """The buffer is a data URI, and there is no binary chunk."""
    points, colours, index = _shared(VERTEX_COLOURS.astype(np.float64) / 255, "u2")
    name, accessor = "buffer-0-bufferview-", "buffer-0-accessor-"
    data = "data:application/octet-stream;base64," + base64.b64encode(index + points + colours).decode()
    index_about = {"bufferView": 0, "componentType": 5123, "count": 36, "max": [35.0], "min": [0.0]}
    floats = {"componentType": 5126, "count": 8}
    tree = {
        "accessors": [
            {**index_about, "name": f"{accessor}indices-buffer-0-mesh-0", "type": "SCALAR"},
            {"bufferView": 1, **floats, **_POSITION, "name": f"{accessor}position-buffer-0-mesh-0", "type": "VEC3"},
            {"bufferView": 1, "byteOffset": 96, **floats, "name": f"{accessor}color-buffer-0-mesh-0", "type": "VEC3"},
        ],
        "asset": {"generator": "Open3D", "version": "2.0"},
        "bufferViews": [
            {"buffer": 0, "byteLength": 72, "name": f"{name}ushort", "target": 34963},
            {
                "buffer": 0,
                "byteLength": 192,
                "byteOffset": 72,
                "byteStride": 12,
                "name": f"{name}vec3",
                "target": 34962,
            },
        ],
        "buffers": [{"byteLength": 264, "uri": data}],
        "meshes": [{"primitives": [{"attributes": {"COLOR_0": 2, "POSITION": 1}, "indices": 0, "mode": 4}]}],
        "nodes": [{"mesh": 0}],
        "scene": 0,
        "scenes": [{"nodes": [0]}],
    }
    return pack(tree, b"")


def vtk() -> bytes:
    parts = _shared(_RGBA, "u4")
    floats = {"byteOffset": 0, "componentType": 5126, "count": 8}
    lens = {"aspectRatio": 1.0, "yfov": 0.5235987755982988, "zfar": 12.13508979726407, "znear": 4.909163940188599}
    eye = [1.0, 0.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 1.0, 0.0, -1.125, -0.25, -9.662034283018787, 1.0]
    primitive = {"attributes": {"COLOR_0": 1, "POSITION": 0}, "indices": 2, "material": 0, "mode": 4}
    base = {"baseColorFactor": [1.0] * 4, "metallicFactor": 0.0, "roughnessFactor": 1.0}
    tree = {
        "accessors": [
            {"bufferView": 0, **floats, **_POSITION, "type": "VEC3"},
            {"bufferView": 1, **floats, "type": "VEC4"},
            {"bufferView": 2, "byteOffset": 0, "componentType": 5125, "count": 36, "type": "SCALAR"},
        ],
        "asset": {"generator": "VTK", "version": "2.0"},
        "bufferViews": [
            {"buffer": 0, "byteLength": size, "byteOffset": start, "target": target}
            for size, start, target in ((96, 0, 34962), (128, 96, 34962), (144, 224, 34963))
        ],
        "buffers": [{"byteLength": 368}],
        "cameras": [{"perspective": lens, "type": "perspective"}],
        "materials": [{"pbrMetallicRoughness": base}],
        "meshes": [{"name": "mesh0", "primitives": [primitive]}],
        "nodes": [
            {"mesh": 0, "name": "mesh0"},
            {"camera": 0, "matrix": eye, "name": "Camera Node"},
            {"children": [0, 1], "name": "Renderer Node"},
        ],
        "scene": 0,
        "scenes": [{"name": "Layer 0", "nodes": [2]}],
    }
    return pack(tree, b"".join(parts))


GLB_FILES: dict[str, File] = {
    **{
        f"pygltflib 1.16.5 colours {kind}": (pygltflib(kind, textured=False), shown(COLOURS / 255))
        for kind in ("u1", "u2", "f4")
    },
    **{f"pygltflib 1.16.5 texture {kind}": (pygltflib(kind, textured=True), COLOURS) for kind in ("u1", "u2", "f4")},
    "pygltflib 1.16.5 moved texture": (pygltflib("f4", textured=True, transform=True), COLOURS),
    "Open3D 0.20": (open3d(), BY_VERTEX),
    "VTK 9.7": (vtk(), BY_VERTEX),
}
