"""Prepared meshes as bytes: safetensors, which any tool opens and which holds no code, with a checksum of its own."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import astuple

import numpy as np
from jaxtyping import Shaped, UInt8
from safetensors import SafetensorError
from safetensors.numpy import load, save

from pipeline.datasets.meshes.look_notes import LookNote
from pipeline.datasets.records import Material
from pipeline.stores.typed_json import load_json
from render.prepared_mesh import PreparedMesh

_GEOMETRY = ("vertices", "faces", "normal", "uv", "face_material")


class DamagedMeshError(ValueError):
    """Bytes that are no prepared mesh, or not those that were written."""


def mesh_to_bytes(mesh: PreparedMesh) -> bytes:
    """Write a mesh as a safetensors file. Equal meshes are equal bytes; a texture that materials share is held once.

    `about` is JSON, kept as an array of bytes like the checksum: safetensors writes its own metadata in any order.
    """
    textures = {id(m.texture): m.texture for m in mesh.materials if m.texture is not None}
    place = {identity: number for number, identity in enumerate(textures)}
    about = {
        "materials": [
            [*m.colour, None if m.texture is None else place[id(m.texture)], m.transparent] for m in mesh.materials
        ],
        "look_notes": [astuple(note) for note in mesh.look_notes],
    }
    arrays: dict[str, Shaped[np.ndarray, "..."]] = {
        **{name: np.ascontiguousarray(getattr(mesh, name)) for name in _GEOMETRY},
        **{f"texture{number}": np.ascontiguousarray(texture) for number, texture in enumerate(textures.values())},
        "about": np.frombuffer(json.dumps(about).encode(), dtype=np.uint8),
    }
    arrays["normal"] = arrays["normal"].astype(np.float32)
    return bytes(save({**arrays, "sha256": _checksum(arrays)}))


def mesh_from_bytes(data: bytes) -> PreparedMesh:
    """Read the mesh that `mesh_to_bytes` wrote. Raises DamagedMeshError for any other bytes."""
    try:
        arrays = load(data)
        checksum = arrays.pop("sha256")
    except (SafetensorError, KeyError) as error:
        raise DamagedMeshError(str(error)) from None
    if checksum.tobytes() != _checksum(arrays).tobytes():
        raise DamagedMeshError("the checksum does not fit")
    about = load_json(arrays["about"].tobytes())
    materials = tuple(
        Material((red, green, blue), None if texture is None else arrays[f"texture{texture}"], transparent)
        for red, green, blue, texture, transparent in about["materials"]
    )
    return PreparedMesh(
        vertices=arrays["vertices"],
        faces=arrays["faces"],
        normal=arrays["normal"].astype(np.float64),
        uv=arrays["uv"],
        face_material=arrays["face_material"],
        materials=materials,
        look_notes=tuple(LookNote(*note) for note in about["look_notes"]),
    )


def _checksum(arrays: Mapping[str, Shaped[np.ndarray, "..."]]) -> UInt8[np.ndarray, "32"]:
    """SHA-256 over names, types, shapes and content, in the order of the names."""
    digest = hashlib.sha256()
    for name in sorted(arrays):
        value = arrays[name]
        digest.update(f"{name} {value.dtype.str} {value.shape}\n".encode())
        digest.update(value.data if value.size else b"")
    return np.frombuffer(digest.digest(), dtype=np.uint8)
