"""Matching by cosine similarity, in pieces that fit into memory."""

import torch
from jaxtyping import Bool, Float, Float32, Float64, Int64
from torch import Tensor

# 64 MiB of float32 for one piece of the similarity matrix on a GPU. A CPU's piece is read again from its caches.
MAX_ELEMENTS, MAX_ELEMENTS_ON_CPU = 1 << 24, 1 << 22
# 32 MiB of float64 for the products of one piece of the candidates that are left.
PAIRED_ELEMENTS = 1 << 22
# A product of the whole piece is cheaper than those of the candidates left, where more than one in so many is.
DENSE = 32
# So many products cost a GPU less than its waiting until this machine knows how many candidates are left.
NO_WAIT_ELEMENTS = 1 << 22
WORD = 8  # bytes of an int64
# Far above the rounding of a sum in float64, far below the difference of two features in float32.
DECIMALS = 12


def normalised(features: Float[Tensor, "n c"]) -> Float64[Tensor, "n c"]:
    """Features of length 1 (L2); a feature of length 0 stays 0. Raises ValueError if a value is not finite."""
    require_finite(bool(torch.isfinite(features).all()))
    return unit_vectors(features)


def require_finite(finite: bool) -> None:
    """Raise ValueError if descriptors are not finite."""
    if not finite:
        raise ValueError("a descriptor is not finite")


def unit_vectors(features: Float[Tensor, "n c"]) -> Float64[Tensor, "n c"]:
    """Finite features of length 1 (L2); a feature of length 0 stays 0."""
    doubles = features.to(torch.float64)
    length = torch.linalg.vector_norm(doubles, dim=1, keepdim=True)
    return doubles / torch.where(length > 0, length, 1.0)


def most_similar(
    queries: Float[Tensor, "n c"], candidates: Float[Tensor, "m c"], max_elements: int | None = None
) -> Int64[Tensor, " n"]:
    """For each query the index of the candidate with the largest cosine similarity; among equals the lowest index.

    A query of length 0, as a fully transparent ray gives, is as near to all and takes the first.
    No piece of the similarity matrix is larger than `max_elements`. Raises ValueError without candidates, and if a
    value is not finite.
    """
    return nearest(normalised(queries), normalised(candidates), max_elements)


def nearest(
    queries: Float64[Tensor, "n c"], candidates: Float64[Tensor, "m c"], max_elements: int | None = None
) -> Int64[Tensor, " n"]:
    """Find `most_similar` of unit vectors. For so few that they fit `NO_WAIT_ELEMENTS` nobody waits for a GPU.

    Similarities are those of float64, rounded so that equal candidates tie in whatever order their sums ran. Products
    in float32 first leave out every candidate that rounding cannot bring to the top (`benchmarks/matching.py`).
    """
    if len(candidates) == 0:
        raise ValueError("there is no candidate to match")
    if max_elements is None:
        max_elements = MAX_ELEMENTS if queries.is_cuda else MAX_ELEMENTS_ON_CPU
    if queries.is_cuda and len(queries) * len(candidates) <= min(NO_WAIT_ELEMENTS, max_elements):
        return _best_of_all(queries, candidates)[0]
    single = queries.float(), candidates.float()
    columns = min(len(candidates), max_elements)
    rows = max(1, max_elements // columns)
    nearest = torch.zeros(len(queries), dtype=torch.int64, device=queries.device)
    for top in range(0, len(queries), rows):
        part = slice(top, top + rows)
        best = torch.full_like(nearest[part], -2, dtype=torch.float64)
        for left in range(0, len(candidates), columns):
            across = slice(left, left + columns)
            index, value = _best(queries[part], candidates[across], single[0][part] @ single[1][across].T)
            better = value > best
            nearest[part] = torch.where(better, index + left, nearest[part])
            best = torch.where(better, value, best)
    return nearest


def _best(
    queries: Float64[Tensor, "n c"], candidates: Float64[Tensor, "m c"], rough: Float32[Tensor, "n m"]
) -> tuple[Int64[Tensor, " n"], Float64[Tensor, " n"]]:
    """Find each query's most similar candidate, the lowest index among equals, and the rounded similarity.

    `rough` are the similarities in float32. Products of unit vectors are off by no more than c * 2^-24 there (Higham,
    Accuracy and Stability of Numerical Algorithms, 3.1), and by the rounding of both factors: who lies further below
    the largest than twice the sum is not the most similar one. The margin is twice that again.
    """
    # A GPU that is allowed TF32 or bfloat16 for products rounds their factors to as little as eight bits.
    rounding = 2.0**-24 if torch.get_float32_matmul_precision() == "highest" else 2.0**-8
    margin = 4 * (queries.shape[1] * 2.0**-24 + 2 * rounding)
    left = rough >= rough.amax(dim=1, keepdim=True) - margin
    places = _places(left, most=left.numel() // DENSE)
    if places is None:
        return _best_of_all(queries, candidates)
    query, candidate = places // len(candidates), places % len(candidates)
    at_once = max(1, PAIRED_ELEMENTS // queries.shape[1])
    pieces = zip(torch.split(query, at_once), torch.split(candidate, at_once), strict=True)
    products = [(queries[rows] * candidates[columns]).sum(dim=1) for rows, columns in pieces]
    similarity = torch.cat(products).round_(decimals=DECIMALS)
    value = similarity.new_full((len(queries),), -2).scatter_reduce_(0, query, similarity, "amax")
    tied = torch.where(similarity == value[query], candidate, len(candidates))
    index = candidate.new_full((len(queries),), len(candidates)).scatter_reduce_(0, query, tied, "amin")
    return index, value


def _places(marked: Bool[Tensor, "n m"], most: int) -> Int64[Tensor, " k"] | None:
    """Number the marked elements in reading order, or return None for more than `most`.

    Few are marked as a rule. So a CPU looks at eight elements at a time, as one number that is not 0. `marked` is a
    tensor of its own, no slice: numbers begin at every eighth byte.
    """
    flat = marked.flatten()
    if flat.is_cuda:
        return flat.nonzero()[:, 0] if int(torch.count_nonzero(flat)) <= most else None
    in_words = len(flat) // WORD * WORD
    words = flat[:in_words].view(torch.int64).nonzero()[:, 0]
    inside, rest = flat[:in_words].view(-1, WORD)[words], flat[in_words:]
    if int(torch.count_nonzero(inside) + torch.count_nonzero(rest)) > most:
        return None
    row, element = inside.nonzero(as_tuple=True)
    return torch.cat([WORD * words[row] + element, in_words + rest.nonzero()[:, 0]])


def _best_of_all(
    queries: Float64[Tensor, "n c"], candidates: Float64[Tensor, "m c"]
) -> tuple[Int64[Tensor, " n"], Float64[Tensor, " n"]]:
    exact = (queries @ candidates.T).round_(decimals=DECIMALS)
    index = exact.argmax(dim=1)
    return index, exact.gather(1, index[:, None])[:, 0]
