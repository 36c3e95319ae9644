"""Means over rendered views with their intervals, and differences between two ways of making the same views."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Generic, Literal, TypeAlias, get_args

import numpy as np

from eval.statistics.intervals import Interval, mean_intervals
from eval.statistics.summary import Difference, Value, paired_differences
from eval.synthesis.image_metrics import MOST_PSNR, ImageMetrics
from eval.transfer.pairs import Pair
from pipeline.seeds import generator_of

Metric: TypeAlias = Literal["psnr", "ssim", "lpips"]
METRICS: tuple[Metric, ...] = get_args(Metric)
# LPIPS has no upper bound; images do not come near this one.
BOUNDS: Mapping[Metric, tuple[float, float]] = {"psnr": (0.0, MOST_PSNR), "ssim": (-1.0, 1.0), "lpips": (0.0, 10.0)}
NAME = "synthesis"

# What one way of making views reaches: each is of one object, from its source view to its target view.
ViewScores: TypeAlias = Mapping[Pair, ImageMetrics]


@dataclass(frozen=True)
class ViewMeans(Generic[Value]):
    """Means over `views` rendered views, PSNR in dB; None for what was not measured."""

    way: str
    views: int
    psnr: Value | None
    ssim: Value | None
    lpips: Value | None

    def of(self, metric: Metric) -> Value | None:
        """Return the mean of one metric."""
        return {"psnr": self.psnr, "ssim": self.ssim, "lpips": self.lpips}[metric]


SynthesisSummary: TypeAlias = ViewMeans[Interval]
# One way less another, over the views that both made.
SynthesisDifference: TypeAlias = ViewMeans[Difference]


def summarise_synthesis(way: str, scores: ViewScores) -> SynthesisSummary:
    """The mean of each metric over the views; objects, not views, are resampled for its interval."""

    def interval(metric: Metric) -> Interval | None:
        known = {pair: value for pair, metrics in scores.items() if (value := getattr(metrics, metric)) is not None}
        if not known:
            return None
        values = np.array(list(known.values()), dtype=np.float64)[:, None]
        generator = generator_of("evaluate", "bootstrap", NAME)
        return mean_intervals(list(known), values, BOUNDS[metric], generator)[0]

    return SynthesisSummary(way, len(scores), interval("psnr"), interval("ssim"), interval("lpips"))


def compare_synthesis(first: str, scores: ViewScores, second: str, others: ViewScores) -> SynthesisDifference:
    """First less second on the same views."""
    common = [pair for pair in scores if pair in others]

    def difference(metric: Metric) -> Difference | None:
        both = {pair: (getattr(scores[pair], metric), getattr(others[pair], metric)) for pair in common}
        known = {pair: ours - other for pair, (ours, other) in both.items() if ours is not None and other is not None}
        if not known:
            return None
        widest = BOUNDS[metric][1] - BOUNDS[metric][0]
        values = np.array(list(known.values()), dtype=np.float64)[:, None]
        return paired_differences(list(known), values, (-widest, widest), NAME)[0]

    way = f"{first} \u2212 {second}"
    return SynthesisDifference(way, len(common), difference("psnr"), difference("ssim"), difference("lpips"))
