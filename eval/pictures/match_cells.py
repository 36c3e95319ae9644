"""Match every foreground cell of one view with those of another, by several descriptors."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Bool, Float, Int64
from torch import Tensor

from eval.descriptors.descriptors import Descriptor
from eval.descriptors.similarity import most_similar, normalised
from eval.evaluation_inputs import EvaluationInputs, ends_of
from eval.interactive.pair_matches import CellMatches, PairMatches
from eval.pictures.canvas import over_checker
from eval.transfer.pairs import Pair

CELLS = 32  # at most so many cells across, so that the similarities stay small


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
    matches = []
    for descriptor in descriptors:
        source, target = (
            descriptor.at_pixels(key, view, view, of_view) for (key, view), of_view in zip(ends, pixels, strict=True)
        )
        matches.append(match_features(descriptor.name, source, target))
    return PairMatches(
        titles=(f"{pair.source.id}, view {pair.source_view}", f"{pair.target.id}, view {pair.target_view}"),
        source_image=images[0],
        target_image=images[1],
        step=step,
        source_cells=pixels[0] // step,
        target_cells=pixels[1] // step,
        matches=tuple(matches),
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


def match_features(descriptor: str, source: Float[Tensor, "n c"], target: Float[Tensor, "m c"]) -> CellMatches:
    """Match each source feature with the most similar target feature, at least one of each."""
    similarity = (normalised(source) @ normalised(target).T).cpu().numpy()
    match = most_similar(source, target).cpu().numpy()
    low, high = similarity.min(axis=1, keepdims=True), similarity.max(axis=1, keepdims=True)
    share = (similarity - low) / np.where(high > low, high - low, 1)
    return CellMatches(
        descriptor,
        np.rint(255 * share).astype(np.uint8),
        match,
        similarity[np.arange(len(match)), match].astype(np.float32),
    )
