"""One lopsided box written in every format, in the coordinates that each format's test expects back."""

import io
import json
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

# 1 x 2 x 3, off the origin, one corner pulled out: no turn or mirror maps it to itself. One vertex has no face.
VERTICES = np.array([[x, y, z] for x in (0.5, 1.5) for y in (-1, 1) for z in (0, 3)], dtype=np.float64)
VERTICES[7] += [0.25, 0.5, 0.125]
STRAY = np.array([[0.75, 0.0, 1.0]])
FACES = np.array(
    [
        [0, 1, 3], [0, 3, 2], [4, 6, 7], [4, 7, 5], [0, 4, 5], [0, 5, 1],
        [2, 3, 7], [2, 7, 6], [0, 2, 6], [0, 6, 4], [1, 5, 7], [1, 7, 3],
    ]
)  # fmt: skip
# The texture has four quadrants; face i lies in quadrant i % 4. Lower left, lower right, upper left, upper right.
QUADRANTS = np.array([[200, 10, 10], [10, 200, 10], [10, 10, 200], [220, 220, 220]], dtype=np.uint8)
COLOURS = QUADRANTS[np.arange(len(FACES)) % 4]
GREY = np.full((len(FACES), 3), 127.5)
_CORNERS = np.array([[0.0, 0.0], [0.5, 0.0], [0.0, 0.5], [0.5, 0.5]])
# uv with the origin at the lower left: a small triangle inside the quadrant.
UV = _CORNERS[np.arange(len(FACES)) % 4][:, None] + np.array([[0.1, 0.1], [0.4, 0.1], [0.1, 0.4]])

Write = Callable[[Path, np.ndarray, np.ndarray], None]  # file, vertices, faces


def png() -> bytes:
    """4 x 4 pixels, row 0 at the top."""
    upper, lower = QUADRANTS[[2, 3]], QUADRANTS[[0, 1]]
    picture = np.stack([upper, lower]).repeat(2, axis=0).repeat(2, axis=1)
    buffer = io.BytesIO()
    Image.fromarray(picture).save(buffer, "PNG")
    return buffer.getvalue()


def write_obj(file: Path, vertices: np.ndarray, faces: np.ndarray, images: str = "") -> None:
    """With an mtl and a texture; `images` is the texture's folder, as seen from the obj."""
    file.parent.mkdir(parents=True, exist_ok=True)
    (file.parent / images).mkdir(exist_ok=True)
    (file.parent / images / "box.png").write_bytes(png())
    file.with_suffix(".mtl").write_text(f"newmtl paper\nKd 0.1 0.1 0.1\nmap_Kd {images}box.png\n")
    lines = [f"mtllib {file.stem}.mtl", "usemtl paper"]
    lines += ["v {} {} {}".format(*row) for row in np.concatenate([vertices, STRAY]).tolist()]
    lines += ["vt {} {}".format(*row) for row in UV.reshape(-1, 2).tolist()]
    lines += [
        "f " + " ".join(f"{index + 1}/{3 * number + corner + 1}" for corner, index in enumerate(face))
        for number, face in enumerate(faces.tolist())
    ]
    file.write_text("\n".join(lines) + "\n")


def write_ply(file: Path, vertices: np.ndarray, faces: np.ndarray) -> None:
    """Binary, little endian, with colours of faces."""
    every = np.concatenate([vertices, STRAY])
    header = (
        f"ply\nformat binary_little_endian 1.0\nelement vertex {len(every)}\n"
        "property double x\nproperty double y\nproperty double z\n"
        f"element face {len(faces)}\nproperty list uchar int vertex_indices\n"
        "property uchar red\nproperty uchar green\nproperty uchar blue\nend_header\n"
    )
    rows = b"".join(
        struct.pack("<B3i3B", 3, *face, *colour) for face, colour in zip(faces.tolist(), COLOURS.tolist(), strict=True)
    )
    file.write_bytes(header.encode() + every.astype("<f8").tobytes() + rows)


def write_ascii_ply(file: Path, vertices: np.ndarray, faces: np.ndarray) -> None:
    every = np.concatenate([vertices, STRAY])
    header = (
        f"ply\nformat ascii 1.0\nelement vertex {len(every)}\n"
        "property float x\nproperty float y\nproperty float z\n"
        f"element face {len(faces)}\nproperty list uchar int vertex_indices\n"
        "property uchar red\nproperty uchar green\nproperty uchar blue\nend_header\n"
    )
    rows = ["{} {} {}".format(*row) for row in every.tolist()]
    rows += [
        "3 {} {} {} {} {} {}".format(*face, *colour)
        for face, colour in zip(faces.tolist(), COLOURS.tolist(), strict=True)
    ]
    file.write_text(header + "\n".join(rows) + "\n")


def write_stl(file: Path, vertices: np.ndarray, faces: np.ndarray) -> None:
    rows = b"".join(
        struct.pack("<12fH", 0, 0, 0, *corners.reshape(-1), 0) for corners in vertices[faces].astype(np.float32)
    )
    file.write_bytes(bytes(80) + struct.pack("<I", len(faces)) + rows)


def write_ascii_stl(file: Path, vertices: np.ndarray, faces: np.ndarray) -> None:
    lines = ["solid box"]
    for corners in vertices[faces].tolist():
        lines += ["facet normal 0 0 0", "outer loop"]
        lines += ["vertex {} {} {}".format(*corner) for corner in corners]
        lines += ["endloop", "endfacet"]
    file.write_text("\n".join([*lines, "endsolid box"]) + "\n")


# The scene has a node that shrinks, turns by 90 degrees about Y and shifts, below one that shifts again.
_SCALE, _SHIFT, _OUTER = np.array([0.5, 0.25, 2.0]), np.array([3.0, -1.0, 0.5]), np.array([-2.0, 4.0, 1.0])
_TURN = np.array([[0.0, 0.0, 1.0], [0.0, 1.0, 0.0], [-1.0, 0.0, 0.0]])


def write_glb(file: Path, vertices: np.ndarray, faces: np.ndarray) -> None:
    """Textured; the positions in the file are such that the nodes' transforms give `vertices`."""
    every = np.concatenate([vertices[faces].reshape(-1, 3), STRAY])
    with np.errstate(invalid="ignore"):  # some tests write what is not finite
        local = ((every - _OUTER - _SHIFT) @ _TURN) / _SCALE  # the inverse of T R S
    uv = np.concatenate([UV.reshape(-1, 2), [[0.0, 0.0]]])
    uv[:, 1] = 1 - uv[:, 1]  # the format's origin is at the upper left
    index = np.arange(3 * len(faces), dtype="<u2")
    file.write_bytes(glb([local.astype("<f4"), uv.astype("<f4"), index], png(), textured_tree()))


def textured_tree() -> dict[str, Any]:
    return {
        "scene": 0,
        "scenes": [{"nodes": [1]}],
        "nodes": [
            {
                "mesh": 0,
                "scale": _SCALE.tolist(),
                "rotation": [0.0, np.sqrt(0.5), 0.0, np.sqrt(0.5)],
                "translation": _SHIFT.tolist(),
            },
            {"children": [0], "matrix": [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, *_OUTER.tolist(), 1]},
        ],
        "meshes": [{"primitives": [{"attributes": {"POSITION": 0, "TEXCOORD_0": 1}, "indices": 2, "material": 0}]}],
        "materials": [{"pbrMetallicRoughness": {"baseColorTexture": {"index": 0}}}],
        "textures": [{"source": 0}],
        "images": [{"bufferView": 3, "mimeType": "image/png"}],
    }


def glb(arrays: list[np.ndarray], image: bytes, tree: dict[str, Any]) -> bytes:
    """A glb whose accessors are the arrays; the picture is the last view."""
    kinds = {"<f4": 5126, "<u2": 5123, "|u1": 5121, "<u4": 5125, "|i1": 5120, "<i2": 5122}
    types = {2: "VEC2", 3: "VEC3", 4: "VEC4", 16: "MAT4"}
    views, accessors, binary = [], [], b""
    for array in arrays:
        views.append({"buffer": 0, "byteOffset": len(binary), "byteLength": array.nbytes})
        accessors.append(
            {
                "bufferView": len(views) - 1,
                "componentType": kinds[array.dtype.str],
                "count": len(array),
                "type": "SCALAR" if array.ndim == 1 else types[array.shape[1]],
            }
        )
        binary += array.tobytes() + bytes(-array.nbytes % 4)
    views.append({"buffer": 0, "byteOffset": len(binary), "byteLength": len(image)})
    binary += image + bytes(-len(image) % 4)
    whole = {"asset": {"version": "2.0"}, "buffers": [{"byteLength": len(binary)}], "bufferViews": views}
    return pack_glb({**whole, "accessors": accessors, **tree}, binary)


def pack_glb(tree: dict[str, Any], binary: bytes) -> bytes:
    text = json.dumps(tree).encode()
    text += b" " * (-len(text) % 4)
    chunks = struct.pack("<I4s", len(text), b"JSON") + text + struct.pack("<I4s", len(binary), b"BIN\0") + binary
    return struct.pack("<4sII", b"glTF", 2, 12 + len(chunks)) + chunks
