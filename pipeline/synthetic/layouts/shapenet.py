"""ShapeNetCore v2: `ShapeNetCore.v2/<synset>/<id>/{models/model_normalized.{obj,mtl,json}, images/textureN.*}`."""

import io
from collections.abc import Mapping

import numpy as np
from PIL import Image

from pipeline.datasets.records import Material
from pipeline.synthetic.entries import Entry, json_bytes, table
from pipeline.synthetic.normalised import Normalised
from pipeline.synthetic.pieces import MadeUpObject


def shapenet_entry(made: MadeUpObject, mesh: Normalised) -> Entry:
    """The model's folder."""
    images, textures = _images(made.materials)
    files = {
        "models/model_normalized.obj": _obj(made, mesh).encode(),
        "models/model_normalized.mtl": _mtl(made.materials, textures).encode(),
        "models/model_normalized.json": _measures(made, mesh),
        **images,
    }
    return Entry(f"ShapeNetCore.v2/{made.key.synset}/{made.key.id}", files)


def file_face(face: int) -> int:
    """The number of a face in the file's order of `f` lines: each is followed by its twin."""
    return 2 * face


def _measures(made: MadeUpObject, mesh: Normalised) -> bytes:
    """The json file: the object's id, and its size and mean before it was normalised."""
    return json_bytes(
        {
            "max": np.round(mesh.raw_max, 6).tolist(),
            "centroid": mesh.raw_centroid.tolist(),
            "id": made.key.id,
            "numVertices": len(mesh.vertices),
            "min": np.round(mesh.raw_min, 6).tolist(),
        }
    )


def _obj(made: MadeUpObject, mesh: Normalised) -> str:
    """The obj file. Every triangle stands twice, with opposite winding, as in the published models."""
    uv = np.concatenate([mesh.uv.reshape(-1, 2), np.zeros((3 * len(mesh.faces), 1))], axis=1)
    normals = np.stack([mesh.normals, -mesh.normals], axis=1).reshape(-1, 3)
    parts = [
        "mtllib model_normalized.mtl\n\n",
        f"# {len(mesh.vertices)} vertex positions\n",
        table(mesh.vertices, "v %.6f %.6f %.6f"),
        f"\n# {len(uv)} UV coordinates\n",
        table(uv, "vt %.6f %.6f %.6f"),
        f"\n# {len(normals)} vertex normals\n",
        table(normals, "vn %.6f %.6f %.6f"),
    ]
    twins = _twins(mesh)
    for number, piece in enumerate(made.pieces):
        rows = twins[mesh.face_piece == number].reshape(-1, 9)
        lines = ("f  %d/%d/%d %d/%d/%d %d/%d/%d\n" * len(rows)) % tuple(rows.ravel().tolist())
        parts.append(f"\ng {piece.name.replace(' ', '_')}\nusemtl {piece.material}\n{lines}")
    return "".join(parts)


def _twins(mesh: Normalised) -> np.ndarray:
    """Indices of vertex, uv and normal, from 1: (face, 2 twins, 3 corners, 3)."""
    count = len(mesh.faces)
    corner = 3 * np.arange(count)[:, None] + np.arange(3)
    twins = np.empty((count, 2, 3, 3), np.int64)
    twins[:, 0, :, 0], twins[:, 1, :, 0] = mesh.faces, mesh.faces[:, ::-1]
    twins[:, 0, :, 1], twins[:, 1, :, 1] = corner, corner[:, ::-1]
    twins[..., 2] = (2 * np.arange(count)[:, None] + np.arange(2))[..., None]
    return twins + 1


def _mtl(materials: Mapping[str, Material], textures: Mapping[str, str]) -> str:
    """The mtl file; `textures` are file names by material."""
    parts = []
    for name, material in materials.items():
        red, green, blue = material.colour
        parts.append(f"newmtl {name}\nKd {red:.6f} {green:.6f} {blue:.6f}\nKa 0 0 0\nKs 0 0 0\nd 1\nillum 2\n")
        parts.append(f"map_Kd ../images/{textures[name]}\n\n" if name in textures else "\n")
    return "".join(parts)


def _images(materials: Mapping[str, Material]) -> tuple[dict[str, bytes], dict[str, str]]:
    """Texture files by path, and their names by material.

    JPEG rings at hard edges, so textures of few colours become PNG.
    """
    images: dict[str, bytes] = {}
    textures: dict[str, str] = {}
    for name, material in materials.items():
        if material.texture is None:
            continue
        packed = material.texture.astype(np.int64) @ np.array([1 << 16, 1 << 8, 1])
        few = len(np.unique(packed)) <= 16
        textures[name] = f"texture{len(textures)}.{'png' if few else 'jpg'}"
        buffer = io.BytesIO()
        Image.fromarray(material.texture).save(buffer, "PNG" if few else "JPEG", quality=92)
        images[f"images/{textures[name]}"] = buffer.getvalue()
    return images, textures
