"""Summaries of a distilled feature that explains something, and of one that explains nothing."""

from eval.distillation.distillation_summary import DistillationSummary, FeatureScores
from eval.statistics.intervals import Interval


def summary_of(
    r2: tuple[float, float, float], constant: float, gain: tuple[float, float, float]
) -> DistillationSummary:
    level = FeatureScores(Interval(constant, constant, 0.0), Interval(0.5, 0.4, 0.6))
    field = FeatureScores(Interval(*r2), Interval(0.8, 0.7, 0.9))
    return DistillationSummary(12, 48, 9000, field, level, Interval(*gain))


GOOD = summary_of((0.41, 0.38, 0.44), -0.001, (0.411, 0.38, 0.44))
BAD = summary_of((-0.08, -0.2, 0.03), 0.0, (-0.08, -0.2, 0.03))
