"""Match every foreground cell of one view with those of another, by several descriptors."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from jaxtyping import Bool, Float, Float32, Int64, Shaped, UInt8
from torch import Tensor

from eval.descriptors.descriptors import Descriptor
from eval.descriptors.similarity import most_similar, normalised
from eval.evaluation_inputs import EvaluationInputs, ends_of
from eval.pictures.canvas import over_checker
from eval.transfer.pairs import Pair

CELLS = 32  # at most so many cells across, so that the similarities stay small
# Similarities stretched in each row from 0 (least similar) to 255 (most similar); the match, and its cosine.
CellMatches: TypeAlias = tuple[UInt8[np.ndarray, "n m"], Int64[np.ndarray, " n"], Float32[np.ndarray, " n"]]


@dataclass(frozen=True)
class PairMatches:
    """A pair of views, their foreground cells (row, column) of `step` pixels, and the matches by d descriptors.

    `titles` name the source and the target. Images are sRGB. `heat` is the cosine similarity, stretched in each row
    from 0 to 255; `match` is the most similar target cell of each source cell, and `cosine` their similarity.
    """

    descriptors: Shaped[np.ndarray, " d"]
    titles: Shaped[np.ndarray, "2"]
    source_image: UInt8[np.ndarray, "h w 3"]
    target_image: UInt8[np.ndarray, "g v 3"]
    step: Int64[np.ndarray, ""]
    source_cells: Int64[np.ndarray, "n 2"]
    target_cells: Int64[np.ndarray, "m 2"]
    heat: UInt8[np.ndarray, "d n m"]
    match: Int64[np.ndarray, "d n"]
    cosine: Float32[np.ndarray, "d n"]


def match_pair(inputs: EvaluationInputs, pair: Pair, descriptors: Sequence[Descriptor]) -> PairMatches | None:
    """Match the cells of the pair's source with those of its target. None if a view shows nothing.

    A cell is described by its foreground pixel that is nearest to its centre. Each view is known from its own image.
    """
    ends = ends_of(pair)
    masks = [inputs.view_labels(*end).foreground for end in ends]
    if not all(mask.any() for mask in masks):
        return None
    step = -(-max(max(mask.shape) for mask in masks) // CELLS)
    pixels = [cell_pixels(mask, step) for mask in masks]
    images = [over_checker(inputs.rgba(*end)) for end in ends]
    matches = [
        match_features(
            *(descriptor.at_pixels(key, view, view, asked) for (key, view), asked in zip(ends, pixels, strict=True))
        )
        for descriptor in descriptors
    ]
    heat, match, cosine = (np.stack(arrays) for arrays in zip(*matches, strict=True))
    return PairMatches(
        descriptors=np.array([descriptor.name for descriptor in descriptors]),
        titles=np.array([f"{key.id}, view {view}" for key, view in ends]),
        source_image=images[0],
        target_image=images[1],
        step=np.array(step),
        source_cells=pixels[0] // step,
        target_cells=pixels[1] // step,
        heat=heat,
        match=match,
        cosine=cosine,
    )


def cell_pixels(foreground: Bool[np.ndarray, "h w"], step: int) -> Int64[np.ndarray, "n 2"]:
    """Choose a pixel (row, column) of each cell that has foreground: the one nearest to the cell's centre.

    Cells of `step` x `step` pixels come in reading order. Of pixels equally near the first one is taken.
    """
    pixels = np.argwhere(foreground).astype(np.int64)
    cells = pixels // step
    away = np.square(2 * pixels + 1 - (2 * cells + 1) * step).sum(axis=1)
    order = np.lexsort((away, cells[:, 1], cells[:, 0]))
    _, first = np.unique(cells[order], axis=0, return_index=True)
    return pixels[order[first]]


def match_features(source: Float[Tensor, "n c"], target: Float[Tensor, "m c"]) -> CellMatches:
    """Match each source feature with the most similar target feature, at least one of each."""
    similarity = (normalised(source) @ normalised(target).T).cpu().numpy()
    match = most_similar(source, target).cpu().numpy()
    low, high = similarity.min(axis=1, keepdims=True), similarity.max(axis=1, keepdims=True)
    heat = np.rint(255 * ((similarity - low) / np.where(high > low, high - low, 1))).astype(np.uint8)
    return heat, match, similarity[np.arange(len(match)), match].astype(np.float32)
