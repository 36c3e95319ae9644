"""The header of a PLY file: which elements follow, how many rows of each, and what a row holds."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TypeAlias

import numpy as np
from jaxtyping import Float64, Int64, Shaped

from pipeline.datasets.errors import DatasetError

_KINDS = {
    **dict.fromkeys(("char", "int8"), "i1"),
    **dict.fromkeys(("uchar", "uint8"), "u1"),
    **dict.fromkeys(("short", "int16"), "i2"),
    **dict.fromkeys(("ushort", "uint16"), "u2"),
    **dict.fromkeys(("int", "int32"), "i4"),
    **dict.fromkeys(("uint", "uint32"), "u4"),
    **dict.fromkeys(("float", "float32"), "f4"),
    **dict.fromkeys(("double", "float64"), "f8"),
    "int64": "i8",
    "uint64": "u8",
}
MOST_ROWS = 20_000_000


@dataclass(frozen=True)
class Lists:
    """A list a row: how long each is, and their numbers one after the other."""

    counts: Int64[np.ndarray, " n"]
    flat: Shaped[np.ndarray, " m"]


Column: TypeAlias = Shaped[np.ndarray, " n"] | Lists


@dataclass(frozen=True)
class Property:
    """A property of an element. `count` is the kind of a list's length, None where the property is one number."""

    name: str
    kind: np.dtype[np.generic]
    count: np.dtype[np.generic] | None

    @property
    def least_bytes(self) -> int:
        """The bytes that a row has at least."""
        return self.kind.itemsize if self.count is None else self.count.itemsize


Layout: TypeAlias = list[tuple[str, int, list[Property]]]


def read_layout(words: list[list[str]], order: str, file: PurePosixPath) -> Layout:
    """The name, number of rows and properties of each element, from the header's words; `order` is that of numpy."""
    layout: Layout = []
    for line in words:
        if line[:1] == ["element"]:
            number = line[2] if len(line) == 3 and len(line[2]) < 12 and line[2].isascii() else ""
            if not number.isdecimal() or int(number) > MOST_ROWS:
                reason = f"{' '.join(line)[:80]!r} announces no number of rows up to {MOST_ROWS}"
                raise DatasetError(file, "header", reason)
            layout.append((line[1], int(number), []))
        elif line[:1] == ["property"]:
            is_list = line[1:2] == ["list"]
            kinds = [_KINDS.get(word) for word in (line[2:4] if is_list else line[1:2])]
            if not layout or None in kinds or len(line) != (5 if is_list else 3):
                raise DatasetError(file, "header", f"{' '.join(line)[:80]!r} is no property")
            *count, kind = [np.dtype(f"{order}{kind}") for kind in kinds]
            layout[-1][2].append(Property(line[-1].lower(), kind, count[0] if count else None))
    return layout


def within(counts: Int64[np.ndarray, " n"]) -> Int64[np.ndarray, " m"]:
    """0, 1, 2 ... for each list."""
    place: Int64[np.ndarray, " m"] = np.arange(int(counts.sum())) - np.repeat(np.cumsum(counts) - counts, counts)
    return place


def stacked(columns: Mapping[str, Column], names: Sequence[str]) -> Float64[np.ndarray, "n k"] | None:
    """Columns of numbers side by side; None if one of them is not there."""
    given = [column for name in names if isinstance(column := columns.get(name), np.ndarray)]
    return np.stack(given, axis=1).astype(np.float64) if len(given) == len(names) else None
