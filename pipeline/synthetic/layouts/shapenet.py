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
    """The model's folder. The json file has the object's size and mean before it was normalised."""
    images, textures = _images(made.materials)
    low, high = np.round(mesh.raw.min(axis=0), 6).tolist(), np.round(mesh.raw.max(axis=0), 6).tolist()
    measures = {"max": high, "centroid": mesh.raw.mean(axis=0).tolist(), "id": made.key.id}
    measures |= {"numVertices": len(mesh.raw), "min": low}
    files = {
        "models/model_normalized.obj": _obj(made, mesh).encode(),
        "models/model_normalized.mtl": _mtl(made.materials, textures).encode(),
        "models/model_normalized.json": json_bytes(measures),
        **images,
    }
    return Entry(f"ShapeNetCore.v2/{made.key.synset}/{made.key.id}", files)


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
    count = np.arange(len(mesh.faces))[:, None]
    vertex = np.stack([mesh.faces, mesh.faces[:, ::-1]], axis=1)
    corner = np.stack([3 * count + np.arange(3), 3 * count + [2, 1, 0]], axis=1)
    normal = np.broadcast_to((2 * count + np.arange(2))[..., None], vertex.shape)
    twins = 1 + np.stack([vertex, corner, normal], axis=-1)  # from 1: face, both windings, corner, (vertex, uv, normal)
    for number, piece in enumerate(made.pieces):
        rows = twins[mesh.face_piece == number].reshape(-1, 9)
        lines = ("f  %d/%d/%d %d/%d/%d %d/%d/%d\n" * len(rows)) % tuple(rows.ravel().tolist())
        parts.append(f"\ng {piece.name.replace(' ', '_')}\nusemtl {piece.material}\n{lines}")
    return "".join(parts)


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
