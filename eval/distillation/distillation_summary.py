"""R^2 and mean cosine of a field's distilled feature with their intervals, beside the constant mean feature."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np
from jaxtyping import Float64

from eval.distillation.cell_sums import SumsByView, sums_by_view
from eval.distillation.seen_objects import MeasuredView
from eval.statistics.intervals import Interval, ratio_interval
from eval.transfer.pairs import Pair
from pipeline.seeds import generator_of

Kind: TypeAlias = Literal["unseen-objects", "held-out-views"]
KIND_TITLES: Mapping[Kind, str] = {
    "unseen-objects": "unseen objects",
    "held-out-views": "held-out views of training objects",
}
NAME = "distillation"
COSINES = (-1.0, 1.0)
R_SQUARED = (-np.inf, 1.0)
R_SQUARED_OF_CONSTANT = (-np.inf, 0.0)
GAINS = (-np.inf, np.inf)


@dataclass(frozen=True)
class FeatureScores:
    """R^2 and mean cosine of a feature to the teacher's, over cells; objects are resampled for the intervals."""

    r2: Interval
    cosine: Interval


@dataclass(frozen=True)
class DistillationSummary:
    """The scores of the distilled feature on `cells` cells in `views` views of `objects` objects.

    `constant` is the mean feature of the training cells in every cell. `gain` is the field's R^2 less the constant's.
    Of a single object no interval is known: it is all that is possible.
    """

    objects: int
    views: int
    cells: int
    field: FeatureScores
    constant: FeatureScores
    gain: Interval

    @property
    def has_interval(self) -> bool:
        """Tell whether there were enough objects for an interval."""
        return bool(np.isfinite(self.gain.low))


Distillation: TypeAlias = Mapping[Kind, DistillationSummary]


def summarise_distillation(views: Sequence[MeasuredView]) -> DistillationSummary | None:
    """Summarise measured views. None if R^2 is undefined on them (`sums_by_view`)."""
    field, constant = (sums_by_view([getattr(view, name) for view in views]) for name in ("field", "constant"))
    if field is None or constant is None:
        return None
    pairs = [view.pair for view in views]
    return DistillationSummary(
        objects=len({pair.source for pair in pairs}),
        views=len(views),
        cells=int(field.cells.sum()),
        field=_scores(pairs, field, R_SQUARED),
        constant=_scores(pairs, constant, R_SQUARED_OF_CONSTANT),
        gain=_ratio(pairs, constant.errors - field.errors, field.spreads, GAINS),
    )


def _scores(pairs: Sequence[Pair], sums: SumsByView, r2_bounds: tuple[float, float]) -> FeatureScores:
    return FeatureScores(
        r2=_ratio(pairs, sums.spreads - sums.errors, sums.spreads, r2_bounds),
        cosine=_ratio(pairs, sums.cosines, sums.cells, COSINES),
    )


def _ratio(
    pairs: Sequence[Pair],
    numerators: Float64[np.ndarray, " n"],
    denominators: Float64[np.ndarray, " n"],
    bounds: tuple[float, float],
) -> Interval:
    # The same draws for all: differences are taken object by object.
    generator = generator_of("evaluate", "bootstrap", NAME)
    return ratio_interval(pairs, numerators, denominators, bounds, generator)
