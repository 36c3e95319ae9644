"""Nodes of a glTF file: where its scene shows a mesh, moved by skins and instances (glTF 2.0, section 3.5)."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float64

from pipeline.datasets.errors import DatasetError
from pipeline.datasets.meshes.gltf.accessors import Accessors
from pipeline.datasets.meshes.gltf.container import GltfFile

_MOST_NODES = 1_000_000
_MOST_SHOWN = 100_000  # meshes, counted as often as nodes and instances show them: a small file can announce any number
_NEUTRAL = {"translation": (0.0, 0.0, 0.0), "rotation": (0.0, 0.0, 0.0, 1.0), "scale": (1.0, 1.0, 1.0)}


@dataclass(frozen=True)
class ShownMesh:
    """A mesh as a node shows it: its number, the matrices of its instances, those of its joints, its morph weights."""

    mesh: int
    matrices: Float64[np.ndarray, "i 4 4"]
    joints: Float64[np.ndarray, "j 4 4"] | None
    weights: list[float]


def shown_meshes(gltf: GltfFile, accessors: Accessors) -> Iterator[ShownMesh]:
    """Yield the meshes of the default scene, each node once; of all roots where the file has no scene.

    A skinned mesh is moved by its joints alone, as the specification says. Raises DatasetError for a node with two
    parents.
    """
    nodes, scenes = gltf.tree.get("nodes", []), gltf.tree.get("scenes")
    scene = gltf.entry("scenes", gltf.tree.get("scene", 0)).get("nodes", []) if scenes else []
    children = [child for node in nodes for child in node.get("children", [])]
    if len(nodes) > _MOST_NODES:
        raise DatasetError(gltf.file, "nodes", f"are more than {_MOST_NODES}")
    once = {*scene, *children}  # a cycle needs a node with two parents, or a scene that shows a child
    if len(once) < len(scene) + len(children) or not all(0 <= number < len(nodes) for number in once):
        raise DatasetError(gltf.file, "nodes", "a node has more than one parent, or is not there")
    roots = sorted({*range(len(nodes))}.difference(children))
    world = _world_matrices(nodes, roots)
    skins: dict[int, Float64[np.ndarray, "j 4 4"]] = {}
    below = list(reversed(scene if scenes else roots))
    instances = 0
    while below:
        number = below.pop()
        node = nodes[number]
        extensions = node.get("extensions", {})
        if not extensions.get("KHR_node_visibility", {}).get("visible", True):
            continue
        below += reversed(node.get("children", []))
        if "mesh" not in node:
            continue
        skin = node.get("skin")
        if skin is not None and skin not in skins:
            skins[skin] = _joint_matrices(gltf.entry("skins", skin), world, accessors)
        numbers = extensions.get("EXT_mesh_gpu_instancing", {}).get("attributes", {})
        rows = {name: accessors.raw(given) for name, given in numbers.items() if name[0] != "_"}
        instances += max(map(len, rows.values()), default=1)
        if instances > _MOST_SHOWN:
            raise DatasetError(gltf.file, "nodes", f"show more than {_MOST_SHOWN} meshes and instances")
        matrices = world[number] @ _instances({name: numbers[name] for name in rows}, accessors)
        weights = node.get("weights", gltf.entry("meshes", node["mesh"]).get("weights", []))
        yield ShownMesh(node["mesh"], matrices, None if skin is None else skins[skin], weights)


def _world_matrices(nodes: list[dict[str, Any]], roots: list[int]) -> Float64[np.ndarray, "n 4 4"]:
    """Each node's frame in the scene's. Those of a cycle, which no scene shows, keep their own."""
    world = _local_matrices(nodes)
    pending = list(roots)
    while pending:
        number = pending.pop()
        for child in nodes[number].get("children", []):
            world[child] = world[number] @ world[child]
            pending.append(child)
    return world


def _local_matrices(nodes: list[dict[str, Any]]) -> Float64[np.ndarray, "n 4 4"]:
    """Each node's frame in its parent's."""
    given = [[node.get(key, neutral) for node in nodes] for key, neutral in _NEUTRAL.items()]
    local = _composed(*(np.array(rows, dtype=np.float64) for rows in given)) if nodes else np.zeros((0, 4, 4))
    for number, node in enumerate(nodes):
        if "matrix" in node:
            local[number] = np.array(node["matrix"], dtype=np.float64).reshape(4, 4).T
    return local


def _composed(
    translation: Float64[np.ndarray, "n 3"], rotation: Float64[np.ndarray, "n 4"], scale: Float64[np.ndarray, "n 3"]
) -> Float64[np.ndarray, "n 4 4"]:
    """Scale, then turn by the quaternion x, y, z, w, then shift."""
    norm = np.linalg.norm(rotation, axis=1, keepdims=True)
    x, y, z, w = (rotation / np.where(norm > 0, norm, 1.0)).T
    matrix = np.zeros((len(x), 4, 4))
    matrix[:, 0, :3] = np.stack([1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)], axis=1)
    matrix[:, 1, :3] = np.stack([2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)], axis=1)
    matrix[:, 2, :3] = np.stack([2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)], axis=1)
    matrix[:, :3, :3] *= scale[:, None]
    matrix[:, :3, 3] = translation
    matrix[:, 3, 3] = 1.0
    return matrix


def _instances(numbers: dict[str, int], accessors: Accessors) -> Float64[np.ndarray, "i 4 4"]:
    """The matrices of EXT_mesh_gpu_instancing; the identity without it."""
    if not numbers:
        return np.eye(4)[None]
    given = {name: accessors.floats(number) for name, number in numbers.items()}
    count = len(next(iter(given.values())))
    return _composed(*(given.get(key.upper(), np.tile(neutral, (count, 1))) for key, neutral in _NEUTRAL.items()))


def _joint_matrices(
    skin: dict[str, Any], world: Float64[np.ndarray, "n 4 4"], accessors: Accessors
) -> Float64[np.ndarray, "j 4 4"]:
    """Return the matrix from the mesh's own frame to the scene's, for each joint."""
    frames: Float64[np.ndarray, "j 4 4"] = world[np.array(skin["joints"], dtype=np.int64)]
    if "inverseBindMatrices" not in skin:
        return frames
    inverse = accessors.floats(skin["inverseBindMatrices"], slice(len(frames))).reshape(-1, 4, 4).transpose(0, 2, 1)
    moved: Float64[np.ndarray, "j 4 4"] = frames @ inverse
    return moved
