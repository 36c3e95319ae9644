"""Matching by cosine similarity, in pieces that fit into memory."""

import torch
from jaxtyping import Float, Float64, Int64
from torch import Tensor

# 128 MiB of float64 for one piece of the similarity matrix.
MAX_ELEMENTS = 1 << 24
# Far above the rounding of a sum in float64, far below the difference of two features in float32.
DECIMALS = 12


def normalised(features: Float[Tensor, "n c"]) -> Float64[Tensor, "n c"]:
    """Features of length 1 (L2); a feature of length 0 stays 0. Raises ValueError if a value is not finite."""
    if not bool(torch.isfinite(features).all()):
        raise ValueError("a descriptor is not finite")
    doubles = features.to(torch.float64)
    length = torch.linalg.vector_norm(doubles, dim=1, keepdim=True)
    return doubles / torch.where(length > 0, length, 1.0)


def most_similar(
    queries: Float[Tensor, "n c"], candidates: Float[Tensor, "m c"], max_elements: int = MAX_ELEMENTS
) -> Int64[Tensor, " n"]:
    """For each query the index of the candidate with the largest cosine similarity; among equals the lowest index.

    A query of length 0, as a fully transparent ray gives, is as near to all and takes the first.
    No piece of the similarity matrix is larger than `max_elements`. Raises ValueError without candidates.
    """
    if len(candidates) == 0:
        raise ValueError("there is no candidate to match")
    queries, candidates = normalised(queries), normalised(candidates)
    columns = min(len(candidates), max_elements)
    rows = max(1, max_elements // columns)
    found = torch.zeros(len(queries), dtype=torch.int64, device=queries.device)
    for top in range(0, len(queries), rows):
        part = slice(top, top + rows)
        best = torch.full_like(found[part], -2, dtype=torch.float64)
        for left in range(0, len(candidates), columns):
            # Rounded, so that equal candidates tie in whatever order their sums ran; in place, to hold one piece only.
            similarity = (queries[part] @ candidates[left : left + columns].T).round_(decimals=DECIMALS)
            index = similarity.argmax(dim=1)
            value = similarity.gather(1, index[:, None])[:, 0]
            better = value > best
            found[part] = torch.where(better, index + left, found[part])
            best = torch.where(better, value, best)
    return found
