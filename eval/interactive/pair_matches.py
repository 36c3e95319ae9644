"""The matches of one pair of views, cell by cell: what the report shows under the mouse."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float32, Int64, UInt8


@dataclass(frozen=True)
class CellMatches:
    """Matches of a pair by one descriptor: a row for each source cell, a column for each target cell.

    `heat` is the cosine similarity, stretched in each row from 0 (least similar) to 255 (most similar). `match` is the
    most similar target cell of each source cell, and `cosine` their similarity.
    """

    descriptor: str
    heat: UInt8[np.ndarray, "n m"]
    match: Int64[np.ndarray, " n"]
    cosine: Float32[np.ndarray, " n"]


@dataclass(frozen=True)
class PairMatches:
    """A pair of views, their foreground cells (row, column) of `step` pixels, and the matches by each descriptor.

    `titles` name the source and the target. Images are sRGB.
    """

    titles: tuple[str, str]
    source_image: UInt8[np.ndarray, "h w 3"]
    target_image: UInt8[np.ndarray, "h w 3"]
    step: int
    source_cells: Int64[np.ndarray, "n 2"]
    target_cells: Int64[np.ndarray, "m 2"]
    matches: tuple[CellMatches, ...]
