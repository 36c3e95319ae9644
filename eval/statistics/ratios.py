"""Bootstrap intervals of ratios of two sums over pairs that share objects."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float64

from eval.statistics.intervals import RESAMPLES, Interval, mean_intervals
from eval.transfer.pairs import Pair


def ratio_interval(
    pairs: Sequence[Pair],
    numerators: Float64[np.ndarray, " pairs"],
    denominators: Float64[np.ndarray, " pairs"],
    bounds: tuple[float, float],
    generator: np.random.Generator,
    resamples: int = RESAMPLES,
) -> Interval:
    """The ratio of the sums over the pairs, with the interval that `mean_intervals` gives to its linear part.

    A pair's value is r + (numerator - r denominator) / mean denominator, where r is the ratio. The mean of these
    values is r, and their spread is that of r up to terms of second order (Cochran, Sampling Techniques, 1977, chapter
    6). The denominators' sum must be above 0.
    """
    ratio = numerators.sum() / denominators.sum()
    values = ratio + (numerators - ratio * denominators) / denominators.mean()
    return mean_intervals(pairs, values[:, None], bounds, generator, resamples)[0]
