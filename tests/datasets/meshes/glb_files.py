"""Small glb files of one triangle, plain or textured, and how they are read."""

from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np

from pipeline.datasets.meshes.glb_mesh import parse_glb
from pipeline.datasets.meshes.object_files import ObjectFiles
from pipeline.datasets.records import Mesh
from tests.datasets.meshes.mesh_files import glb, png

FILE = PurePosixPath("chair/a.glb")
TRIANGLE = np.array([[0, 0, 0], [2, 0, 0], [0, 3, 0]], dtype="<f4")


def read_glb(content: bytes, root: Path = Path("/nowhere")) -> Mesh:
    """Read a glb that lies in `root / chair`."""
    return parse_glb(content, FILE, ObjectFiles(root, FILE.parent))


def one_triangle(**changes: Any) -> dict[str, Any]:
    return {
        "scenes": [{"nodes": [0]}],
        "nodes": [{"mesh": 0}],
        "meshes": [{"primitives": [{"attributes": {"POSITION": 0}, "material": 0}]}],
        "materials": [{}],
        **changes,
    }


# The picture's quadrants, in glTF's coordinates (v points downwards).
RED, GREEN, BLUE, WHITE = (0.25, 0.75), (0.75, 0.75), (0.25, 0.25), (0.75, 0.25)
COLOURS = {RED: [200, 10, 10], GREEN: [10, 200, 10], BLUE: [10, 10, 200], WHITE: [220, 220, 220]}
AROUND = np.array([[-0.1, -0.1], [0.1, -0.1], [0.0, 0.2]])


def triangle_at(centre: tuple[float, float], kind: str = "<f4") -> np.ndarray:
    """Coordinates of a small triangle; integers are normalised and padded to four bytes."""
    uv = np.array(centre) + AROUND
    largest = 1 if kind == "<f4" else np.iinfo(kind).max
    return (uv * largest).astype(kind)


def meshes(attributes: dict[str, int], **more: Any) -> dict[str, Any]:
    """One mesh of one primitive, whose positions are accessor 0."""
    return {"meshes": [{"primitives": [{"attributes": {"POSITION": 0, **attributes}, "material": 0, **more}]}]}


def pbr(**material: Any) -> dict[str, Any]:
    return {"materials": [{"pbrMetallicRoughness": material}]}


def read_triangle(*arrays: np.ndarray, root: Path = Path("/nowhere"), **tree: Any) -> Mesh:
    """Read a triangle with attributes or whatever else the arrays are."""
    return read_glb(glb([TRIANGLE, *arrays], b"", one_triangle(**tree)), root)


def textured(
    reference: dict[str, Any], picture: bytes = b"", *uv: np.ndarray, root: Path = Path("/nowhere"), **tree: Any
) -> Mesh:
    """A triangle whose material refers to a texture, with sets of texture coordinates."""
    sets = {f"TEXCOORD_{number}": number + 1 for number in range(len(uv))}
    whole = one_triangle(
        **{
            **meshes(sets),
            **pbr(baseColorTexture={"index": 0, **reference}),
            "textures": [{"source": 0}],
            "images": [{"bufferView": 1 + len(uv)}],
            **tree,
        }
    )
    return read_glb(glb([TRIANGLE, *uv], picture or png(), whole), root)
