"""Bootstrap intervals of means over pairs that share objects."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64
from scipy import stats

from eval.statistics.object_clusters import ObjectClusters, object_clusters, object_sums, standard_error
from eval.transfer.pairs import Pair

RESAMPLES = 10_000
LEVEL = 0.95
# 32 MiB of counts for one piece of the resamples.
MAX_ELEMENTS = 1 << 22


@dataclass(frozen=True)
class Interval:
    """A mean and its 95% confidence interval."""

    mean: float
    low: float
    high: float


def mean_intervals(
    pairs: Sequence[Pair],
    values: Float64[np.ndarray, "pairs c"],
    bounds: tuple[float, float],
    generator: np.random.Generator,
    resamples: int = RESAMPLES,
) -> tuple[Interval, ...]:
    """The mean of each column over the pairs, with a bootstrap interval that knows that pairs share objects.

    Objects are drawn with replacement; a pair counts as often as its objects do, the sum of both. The deviations of
    the mean give the interval's shape (percentiles, hence skew near 0 and 1); they are scaled to the standard error
    that counts a pair's own noise once (`standard_error`), because no way of drawing objects has the right variance by
    itself (McCullagh 2000), and the percentiles are moved outwards to Student's for few objects (Hesterberg
    2015). Plain percentiles rather than BCa: its acceleration is a jackknife over independent units, which there
    are not. All columns see the same draws. In simulations intervals hold the truth in 93 to 96% of cases from 30
    objects on, in 91% with 10, in 79 to 83% with 4 or 5, in 68% with 3: with so few they are too narrow.

    Values lie in `bounds`, and so do intervals; with fewer than 3 objects in pairs of two (2 in pairs of one)
    nothing tells how objects differ: the interval is `bounds`. Raises ValueError without pairs.
    """
    clusters = object_clusters(pairs)
    mean = values.mean(axis=0)
    if clusters.too_few:
        return tuple(Interval(float(m), *bounds) for m in mean)
    deviation = _deviations(clusters, values - mean, generator, resamples)
    spread = deviation.std(axis=0)
    scale = np.divide(standard_error(clusters, values), spread, out=np.zeros_like(spread), where=spread > 1e-15)
    tail = stats.norm.cdf(stats.t.ppf((1 - LEVEL) / 2, clusters.freedom))
    low, high = np.clip(mean + scale * np.quantile(deviation, [tail, 1 - tail], axis=0), *bounds)
    return tuple(Interval(float(m), float(a), float(b)) for m, a, b in zip(mean, low, high, strict=True))


def ratio_interval(
    pairs: Sequence[Pair],
    numerators: Float64[np.ndarray, " pairs"],
    denominators: Float64[np.ndarray, " pairs"],
    bounds: tuple[float, float],
    generator: np.random.Generator,
) -> Interval:
    """The ratio of the sums over the pairs, with the interval that `mean_intervals` gives to its linear part.

    A pair's value is r + (numerator - r denominator) / mean denominator, where r is the ratio. The mean of these
    values is r, and their spread is that of r up to terms of second order (Cochran, Sampling Techniques, 1977, chapter
    6). The denominators' sum must be above 0.
    """
    ratio = numerators.sum() / denominators.sum()
    values = ratio + (numerators - ratio * denominators) / denominators.mean()
    return mean_intervals(pairs, values[:, None], bounds, generator)[0]


def _deviations(
    clusters: ObjectClusters, residual: Float64[np.ndarray, "pairs c"], generator: np.random.Generator, resamples: int
) -> Float64[np.ndarray, "resamples c"]:
    """Compute what each resample of objects adds to the mean."""
    sums, objects = object_sums(clusters, residual), clusters.objects
    rows = max(1, MAX_ELEMENTS // objects)
    pieces = []
    for start in range(0, resamples, rows):
        count = min(rows, resamples - start)
        drawn = generator.integers(objects, size=(count, objects)) + np.arange(count)[:, None] * objects
        times = np.bincount(drawn.reshape(-1), minlength=count * objects).reshape(count, objects)
        pieces.append((times - 1.0) @ sums / clusters.pairs)
    return np.concatenate(pieces)
