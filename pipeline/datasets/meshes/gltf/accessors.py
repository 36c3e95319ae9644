"""Accessors of a glTF file (glTF 2.0, section 3.6): typed arrays within its buffers, whole or with sparse changes."""

from typing import Any

import numpy as np
from jaxtyping import Float64, Int64, Shaped

from pipeline.datasets.errors import DatasetError
from pipeline.datasets.meshes.gltf.container import GltfFile, natural

_TYPES = {5120: "<i1", 5121: "<u1", 5122: "<i2", 5123: "<u2", 5125: "<u4", 5126: "<f4"}
_NUMBERS = {"SCALAR": 1, "VEC2": 2, "VEC3": 3, "VEC4": 4, "MAT4": 16}
# Numbers that accessors may have which are not in the file as they are: a small file can announce any. Morph targets
# are such accessors, and a byte of the file may stand for many of their zeros.
_FEW_NUMBERS, _NUMBERS_PER_BYTE, _MOST_NUMBERS = 2**22, 64, 2**26


class Accessors:
    """Reads the accessors of a file. Those that lie in the file are views of it and cost nothing."""

    def __init__(self, gltf: GltfFile) -> None:
        """Read nothing yet."""
        self._gltf = gltf
        self._made: dict[int, Shaped[np.ndarray, "n k"]] = {}
        self._numbers = 0

    def raw(self, number: int) -> Shaped[np.ndarray, "n k"]:
        """Return the numbers as the file has them, a row an element.

        Raises DatasetError for an accessor that announces more than the file holds; KeyError and the like for what is
        no accessor.
        """
        accessor = self._gltf.entry("accessors", number)
        if "sparse" not in accessor and "bufferView" in accessor:
            return self._in_view(accessor, accessor["type"], accessor["count"], f"accessors {number}")
        if number not in self._made:
            self._made[number] = self._sparse(accessor, f"accessors {number}")
        return self._made[number]

    def floats(
        self, number: int, rows: Int64[np.ndarray, " m"] | slice = slice(None), normalized: bool = False
    ) -> Float64[np.ndarray, "m k"]:
        """Return some rows as real numbers; integers are brought to 0..1 or -1..1 if the file or the caller says so."""
        raw = self.raw(number)
        kind = raw.dtype
        values = raw[rows].astype(np.float64)
        if kind.kind == "f" or not (normalized or self._gltf.tree["accessors"][number].get("normalized", False)):
            return values
        return np.maximum(values / np.iinfo(kind).max, -1.0)

    def _in_view(self, part: dict[str, Any], form: str, count: Any, name: str) -> Shaped[np.ndarray, "n k"]:
        kind, columns = np.dtype(_TYPES[part["componentType"]]), _NUMBERS[form]
        width, rows, start = kind.itemsize * columns, natural(count), natural(part.get("byteOffset", 0))
        held = self._gltf.view(part["bufferView"])
        stride = natural(self._gltf.entry("bufferViews", part["bufferView"]).get("byteStride", width)) or width
        needed = start + (rows - 1) * stride + width if rows else 0
        if needed > len(held):
            raise DatasetError(self._gltf.file, name, f"announces {needed} bytes, and its view holds {len(held)}")
        return np.ndarray((rows, columns), kind, held, start, (stride, kind.itemsize))

    def _sparse(self, accessor: dict[str, Any], name: str) -> Shaped[np.ndarray, "n k"]:
        """Zeros, or what the view holds, with some rows changed."""
        shape = (natural(accessor["count"]), _NUMBERS[accessor["type"]])
        self._numbers += shape[0] * shape[1]
        most = min(_FEW_NUMBERS + _NUMBERS_PER_BYTE * len(self._gltf.binary), _MOST_NUMBERS)
        if self._numbers > most:
            raise DatasetError(self._gltf.file, name, f"announces more than {most} numbers that are not in the file")
        values = np.zeros(shape, _TYPES[accessor["componentType"]])
        if "bufferView" in accessor:
            values[:] = self._in_view(accessor, accessor["type"], accessor["count"], name)
        if "sparse" in accessor:
            sparse = accessor["sparse"]
            places = self._in_view(sparse["indices"], "SCALAR", sparse["count"], f"{name} sparse indices")
            kind = {**sparse["values"], "componentType": accessor["componentType"]}
            changes = self._in_view(kind, accessor["type"], sparse["count"], f"{name} sparse values")
            values[places[:, 0]] = changes
        return values
