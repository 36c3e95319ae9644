"""One lopsided box written in every format, in the coordinates that each format's test expects back."""

import io
import json
import struct
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

EXPORTS = Path(__file__).parent / "exports"  # files of other programs, see its README
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


def encoded(pixels: np.ndarray, kind: str = "PNG", **options: Any) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, kind, **options)
    return buffer.getvalue()


def png() -> bytes:
    """4 x 4 pixels, row 0 at the top."""
    upper, lower = QUADRANTS[[2, 3]], QUADRANTS[[0, 1]]
    return encoded(np.stack([upper, lower]).repeat(2, axis=0).repeat(2, axis=1))


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


def ply(
    lines: Sequence[str],
    vertex: Sequence[tuple[str, Sequence[str], Any]],
    face: Sequence[tuple[str, Sequence[str], Any]],
    kind: str = "binary_little_endian",
    number: Callable[[float], str] = "{:g}".format,
    end: str = "",
) -> bytes:
    """`vertex` and `face` are columns: their type, their names, a row of values for each row. Lists are `list T T`."""
    head = ["ply", f"format {kind} 1.0", *lines]
    rows = b""
    for name, columns in (("vertex", vertex), ("face", face)):
        if not columns:
            continue
        head.append(f"element {name} {len(columns[0][2])}")
        head += [f"property {form} {prop}" for form, props, _ in columns for prop in props]
        for values in zip(*(column for _, _, column in columns), strict=True):
            fields = []
            for (form, _, _), given in zip(columns, values, strict=True):
                items = np.asarray(given).tolist()
                words = form.split()
                fields += [(words[1], len(items))] if len(words) == 3 else []
                fields += [(words[-1], item if words[-1] in ("float", "double") else int(item)) for item in items]
            if kind == "ascii":
                texts = [number(v) if form in ("float", "double") else str(v) for form, v in fields]
                rows += (" ".join(texts) + end + "\n").encode()
            else:
                sign = ">" if "big" in kind else "<"
                rows += struct.pack(sign + "".join(_CODES[form] for form, _ in fields), *(v for _, v in fields))
    return ("\n".join([*head, "end_header"]) + "\n").encode() + rows


_CODES = (
    dict.fromkeys(("uchar", "uint8"), "B")
    | dict.fromkeys(("int", "int32"), "i")
    | dict.fromkeys(("uint", "uint32"), "I")
)
_CODES |= {"char": "b", "short": "h", "ushort": "H", "uint64": "Q", "float": "f", "double": "d"}


def write_ply(file: Path, vertices: np.ndarray, faces: np.ndarray, kind: str = "binary_little_endian") -> None:
    """With colours of faces."""
    points = [("double", "xyz", np.concatenate([vertices, STRAY]))]
    columns = [("list uchar int", ("vertex_indices",), faces), ("uchar", ("red", "green", "blue"), COLOURS)]
    file.write_bytes(ply([], points, columns, kind, repr))


def write_ascii_ply(file: Path, vertices: np.ndarray, faces: np.ndarray) -> None:
    write_ply(file, vertices, faces, "ascii")


def stl(
    header: bytes, attributes: Sequence[int] = (0,) * len(FACES), fill: bytes = b"\0", corners: np.ndarray | None = None
) -> bytes:
    """A binary file; its normals, which nobody reads, are no numbers."""
    rows = [
        struct.pack("<12fH", *[np.nan] * 3, *triangle.reshape(-1), attribute)
        for triangle, attribute in zip(VERTICES[FACES] if corners is None else corners, attributes, strict=True)
    ]
    return header.ljust(80, fill) + struct.pack("<I", len(rows)) + b"".join(rows)


def text_stl(
    first: str,
    last: str,
    indent: str = "000",
    number: str = "{:g}",
    word: str = "vertex",
    corners: np.ndarray | None = None,
) -> bytes:
    """`indent` is that of facets, loops and vertices, three numbers of blanks."""
    facet, loop, vertex = (" " * int(width) for width in indent)
    lines = [first]
    for triangle in (VERTICES[FACES] if corners is None else corners).tolist():
        lines += [f"{facet}facet normal 0 0 0", f"{loop}outer loop"]
        lines += [f"{vertex}{word} " + " ".join(number.format(v) for v in point) for point in triangle]
        lines += [f"{loop}endloop", f"{facet}endfacet"]
    return ("\n".join([*lines, last]) + "\n").encode()


def write_stl(file: Path, vertices: np.ndarray, faces: np.ndarray) -> None:
    file.write_bytes(stl(b"", corners=vertices[faces].astype(np.float32)))


def write_ascii_stl(file: Path, vertices: np.ndarray, faces: np.ndarray) -> None:
    file.write_bytes(text_stl("solid box", "endsolid box", number="{}", corners=vertices[faces]))


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


def accessor(view: int, kind: str = "VEC3", **changes: Any) -> dict[str, Any]:
    """Three rows of floats."""
    return {"bufferView": view, "componentType": 5126, "type": kind, "count": 3, **changes}


def pack_glb(tree: dict[str, Any], binary: bytes) -> bytes:
    text = json.dumps(tree).encode()
    return glb_of((b"JSON", text + b" " * (-len(text) % 4)), (b"BIN\0", binary))


def glb_of(*chunks: tuple[bytes, bytes]) -> bytes:
    """Chunks are a kind and a content."""
    body = b"".join(struct.pack("<I4s", len(content), kind) + content for kind, content in chunks)
    return struct.pack("<4sII", b"glTF", 2, 12 + len(body)) + body
