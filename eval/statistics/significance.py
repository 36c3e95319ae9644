"""Test whether a mean of paired differences could be chance."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float64
from scipy import stats

from eval.statistics.object_clusters import object_clusters, standard_error
from eval.transfer.pairs import Pair

FLIPS = 10_000
# 32 MiB of signed differences for one piece of the flips.
MAX_ELEMENTS = 1 << 22


def sign_flip_p(
    pairs: Sequence[Pair],
    differences: Float64[np.ndarray, " pairs"],
    generator: np.random.Generator,
    flips: int = FLIPS,
) -> float:
    """Two-sided p-value of the mean difference between two descriptors on the same pairs, by random flips of signs.

    If the descriptors are alike, a pair's difference is as likely as its opposite. Pairs share objects, so the
    statistic is the mean over its standard error for such pairs (`standard_error`), also in each flip: studentised,
    the test holds for dependent pairs as well where there are many objects (Chung, Romano 2013). With +1 above and
    below (Phipson, Smyth 2010), so that p is never 0. Flipped differences are independent, true ones are not: for few
    objects p is moved to that of Student's distribution, as the intervals are (`mean_intervals`). 1 with too few
    objects to tell. Raises ValueError without pairs.
    """
    clusters = object_clusters(pairs)
    if clusters.too_few:
        return 1.0

    def statistic(values: Float64[np.ndarray, "pairs c"]) -> Float64[np.ndarray, " c"]:
        mean, error = np.abs(values.mean(axis=0)), standard_error(clusters, values)
        # Differences that are all alike have an error of rounding alone.
        sure = error > 1e-9 * mean
        return np.asarray(np.where(sure, mean / np.where(sure, error, 1.0), np.where(mean > 0, np.inf, 0.0)))

    observed = statistic(differences[:, None])[0]
    columns = max(1, MAX_ELEMENTS // len(pairs))
    as_large = 0
    for start in range(0, flips, columns):
        count = min(columns, flips - start)
        signs = generator.integers(0, 2, size=(len(pairs), count), dtype=np.int8) * 2.0 - 1.0
        # Equal sums differ in their last bits with the order of their terms.
        as_large += int(np.sum(statistic(signs * differences[:, None]) >= observed * (1 - 1e-9)))
    normal = stats.norm.isf((as_large + 1) / (flips + 1) / 2)
    return float(2 * stats.t.sf(normal, clusters.freedom))
