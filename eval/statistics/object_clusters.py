"""Means over pairs that share objects, and how sure they are.

An object stands in many pairs, as source and as target, and what is odd about it shows in all of them: pairs are not
independent. Resampling pairs, or the source objects alone, makes intervals too narrow. Two pairs are taken as dependent
if they have an object in common, in whatever role (dyadic clustering).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float64
from scipy.sparse import csr_array

from eval.transfer.pairs import Pair


@dataclass(frozen=True)
class ObjectClusters:
    """The objects of each pair.

    `member` is 1 where an object (row) is in a pair (column). `of_two` says which pairs have two objects; a novel view
    is a pair of one object.
    """

    member: csr_array
    of_two: Bool[np.ndarray, " pairs"]

    @property
    def objects(self) -> int:
        """The number of objects."""
        return int(self.member.shape[0])

    @property
    def pairs(self) -> int:
        """The number of pairs."""
        return int(self.member.shape[1])

    @property
    def too_few(self) -> bool:
        """Tell that there are too few objects to see how they differ: 1, or 2 that are in the same pairs."""
        return self.freedom < 1

    @property
    def freedom(self) -> int:
        """Degrees of freedom of an estimate of spread."""
        return self.objects - (2 if self.of_two.any() else 1)


def object_clusters(pairs: Sequence[Pair]) -> ObjectClusters:
    """The objects of some pairs. Raises ValueError without pairs."""
    if len(pairs) == 0:
        raise ValueError("a mean over no pair is undefined")
    objects = sorted({key for pair in pairs for key in (pair.source, pair.target)})
    row_of = {key: row for row, key in enumerate(objects)}
    of_two = np.array([pair.source != pair.target for pair in pairs])
    source = np.array([row_of[pair.source] for pair in pairs])
    target = np.array([row_of[pair.target] for pair in pairs])[of_two]
    rows = np.concatenate([source, target])
    columns = np.concatenate([np.arange(len(pairs)), np.flatnonzero(of_two)])
    member = csr_array((np.ones(len(rows)), (rows, columns)), (len(objects), len(pairs)))
    return ObjectClusters(member, of_two)


def object_sums(clusters: ObjectClusters, residual: Float64[np.ndarray, "pairs c"]) -> Float64[np.ndarray, "objects c"]:
    """For each object the sum of the residuals of its pairs."""
    return np.asarray(clusters.member @ residual)


def standard_error(clusters: ObjectClusters, values: Float64[np.ndarray, "pairs c"]) -> Float64[np.ndarray, " c"]:
    """The standard error of each column's mean, for pairs that share objects.

    The dyadic-robust variance: the sum of the residuals' products over all pairs of pairs with a common object, over
    n^2 (Fafchamps, Gubert 2007; Aronow, Samii, Assenova 2015), which is the sum over objects of their squared sums of
    residuals, less what pairs of two objects count twice; pairs with both objects in common stay
    counted for each. It is corrected for few objects: exactly where every
    object meets every other and a value is the sum of its two objects' effects. It is never less than that of
    independent pairs. 0 for `too_few`.
    """
    n, objects = clusters.pairs, clusters.objects
    if clusters.too_few:
        return np.zeros(values.shape[1])
    residual = values - values.mean(axis=0)
    squared = residual**2
    variance = (object_sums(clusters, residual) ** 2).sum(axis=0) - squared[clusters.of_two].sum(axis=0)
    variance *= objects * (objects - 1) / (clusters.freedom**2) if clusters.of_two.any() else objects / (objects - 1)
    independent = squared.sum(axis=0) * (n / max(n - 1, 1))
    return np.asarray(np.sqrt(np.maximum(variance, independent)) / n)
