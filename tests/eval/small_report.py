"""Sections of a few round numbers, for facts that are worked out by hand."""

from eval.distillation.distillation_summary import DistillationSummary, FeatureScores
from eval.report.contents import Section
from eval.statistics.intervals import Interval
from eval.statistics.summary import Difference, TransferDifference, TransferSummary
from eval.synthesis.synthesis_summary import SynthesisSummary

TASK = "2d-cross-instance"


def section_of(*tasks, **fields):
    return Section("chair", "daisy", True, {"test": 3}, 50, tasks=tasks, **fields)


def row(descriptor, pck, iou, pairs=48, keypoint_pairs=46, part_pairs=40):
    held = None if pck is None else tuple(Interval(*one) for one in pck)
    return TransferSummary(
        TASK, descriptor, pairs, (5.0, 10.0), held, keypoint_pairs, None if iou is None else Interval(*iou), part_pairs
    )


def difference(pck, iou=None, first="internal", second="daisy map"):
    held = None if pck is None else (Difference(0.5, 0.4, 0.6, 0.01), Difference(*pck))
    return TransferDifference(
        TASK, first, 48, (5.0, 10.0), held, 46, None if iou is None else Difference(*iou), 40, second
    )


def views(way, psnr=None, ssim=None, lpips=None, count=24):
    """A summary whose intervals reach a tenth to both sides."""
    means = [None if mean is None else Interval(mean, 0.9 * mean, 1.1 * mean) for mean in (psnr, ssim, lpips)]
    return SynthesisSummary(way, count, *means)


def summary_of(r2, constant, gain):
    """A distilled feature's scores: R^2 and the gain with their intervals, the constant's R^2."""
    level = FeatureScores(Interval(constant, constant, 0.0), Interval(0.5, 0.4, 0.6))
    field = FeatureScores(Interval(*r2), Interval(0.8, 0.7, 0.9))
    return DistillationSummary(12, 48, 9000, field, level, Interval(*gain))


INTERNAL = row("internal", ((0.3, 0.25, 0.35), (0.62, 0.598, 0.644)), (0.5, 0.4, 0.6))
DAISY = row("daisy map", ((0.31, 0.25, 0.35), (0.589, 0.56, 0.61)), (0.5004, 0.4, 0.6))
POSITION = row("position", ((0.2, 0.15, 0.25), (0.4, 0.3, 0.5)), (0.45, 0.4, 0.5))
CHANCE = row("chance", ((0.02, 0.02, 0.02), (0.05, 0.05, 0.05)), (0.1, 0.1, 0.1))
GOOD = summary_of((0.41, 0.38, 0.44), -0.001, (0.411, 0.38, 0.44))
BAD = summary_of((-0.08, -0.2, 0.03), 0.0, (-0.08, -0.2, 0.03))
