"""Primitives of a glTF mesh: triangles, positions after morphing and skinning, colours (glTF 2.0, section 3.7)."""

from typing import Any

import numpy as np
from jaxtyping import Float64, Int64, Shaped

from pipeline.datasets.errors import DatasetError
from pipeline.datasets.meshes.gltf.accessors import Accessors
from pipeline.datasets.meshes.gltf.container import GltfFile

_TRIANGLES, _STRIP, _FAN = 4, 5, 6
_CHUNK = 2**16  # vertices that are skinned at a time


class Primitive:
    """A primitive's triangles and attributes. `rows` are the vertices of the file that its triangles use.

    `corners` are places among `rows`. There are none where the primitive has points or lines.
    """

    def __init__(self, gltf: GltfFile, accessors: Accessors, tree: dict[str, Any], weights: list[float]) -> None:
        """Raises DatasetError for compressed attributes and for an index that no vertex has."""
        self._accessors, self._file = accessors, gltf.file
        self._attributes: dict[str, int] = tree["attributes"]
        self._targets = [(w, target) for w, target in zip(weights, tree.get("targets", []), strict=False) if w]
        position = gltf.entry("accessors", self._attributes["POSITION"])
        if tree.get("extensions") and "bufferView" not in position and "sparse" not in position:
            raise DatasetError(gltf.file, "POSITION", "is compressed; export the mesh without compression")
        count = len(self._raw("POSITION"))
        mode = tree.get("mode", _TRIANGLES)
        if mode not in (_TRIANGLES, _STRIP, _FAN):
            flat = np.zeros(0, dtype=np.int64)
        elif "indices" in tree:
            flat = accessors.raw(tree["indices"])[:, 0].astype(np.int64)
        else:
            flat = np.arange(count)
        corners = _triangles(flat, mode)
        if len(corners) and (corners.min() < 0 or corners.max() >= count):
            raise DatasetError(gltf.file, "indices", f"a vertex is out of range: there are {count}")
        if corners.size < count:  # primitives may share one long list of vertices
            rows, corners = np.unique(corners, return_inverse=True)
        else:
            rows = np.arange(count)
        self.rows: Int64[np.ndarray, " v"] = rows
        self.corners: Int64[np.ndarray, "f 3"] = corners.reshape(-1, 3)

    @property
    def passes(self) -> int:
        """The number of passes over the vertices."""
        return 1 + len(self._targets) + sum(name.startswith("JOINTS_") for name in self._attributes)

    def has(self, name: str) -> bool:
        """Tell whether the file gives an attribute."""
        return name in self._attributes

    def values(self, name: str, columns: int, normalized: bool = False) -> Float64[np.ndarray, "v {columns}"]:
        """The first columns of an attribute of each vertex of `rows`, with its morph targets.

        Raises DatasetError for an attribute with too few rows or columns.
        """
        total = np.zeros((len(self.rows), columns))
        last = int(self.rows.max(initial=-1))
        for weight, given in ((1.0, self._attributes), *self._targets):
            if name in given:
                raw = self._accessors.raw(given[name])
                if len(raw) <= last or raw.shape[1] < columns:
                    reason = f"has {len(raw)} rows of {raw.shape[1]}; {last + 1} of {columns} are needed"
                    raise DatasetError(self._file, name, reason)
                total += float(weight) * self._accessors.floats(given[name], self.rows, normalized)[:, :columns]
        return total

    def positions(
        self, matrix: Float64[np.ndarray, "4 4"], joints: Float64[np.ndarray, "j 4 4"] | None
    ) -> Float64[np.ndarray, "v 3"]:
        """Positions in the scene: moved by the joints of a skin, else by `matrix`."""
        own = self.values("POSITION", 3)
        if joints is None or not self.has("JOINTS_0"):
            moved: Float64[np.ndarray, "v 3"] = own @ matrix[:3, :3].T + matrix[:3, 3]
            return moved
        sets = [number for number in range(8) if self.has(f"JOINTS_{number}")]
        joint = np.concatenate([self._raw(f"JOINTS_{n}")[self.rows].astype(np.int64) for n in sets], axis=1)
        weight = np.concatenate([self.values(f"WEIGHTS_{n}", 4, normalized=True) for n in sets], axis=1)
        weight[weight.sum(axis=1) == 0, 0] = 1.0
        weight /= weight.sum(axis=1, keepdims=True)
        result = np.zeros_like(own)
        for start in range(0, len(own), _CHUNK):
            here = slice(start, start + _CHUNK)
            for column in range(joint.shape[1]):
                frames = joints[joint[here, column], :3]
                turned = np.einsum("nij,nj->ni", frames[:, :, :3], own[here]) + frames[:, :, 3]
                result[here] += weight[here, column, None] * turned
        return result

    def _raw(self, name: str) -> Shaped[np.ndarray, "n k"]:
        return self._accessors.raw(self._attributes[name])


def _triangles(flat: Int64[np.ndarray, " n"], mode: int) -> Int64[np.ndarray, "f 3"]:
    """The corners of a list, a strip or a fan of triangles."""
    first = np.arange(max(len(flat) - 2, 0))
    if mode == _STRIP:  # every other triangle is the other way round
        return np.stack([flat[first], flat[first + 1 + first % 2], flat[first + 2 - first % 2]], axis=1)
    if mode == _FAN:
        return np.stack([flat[first + 1], flat[first + 2], flat[np.zeros_like(first)]], axis=1)
    return flat.reshape(-1, 3)
