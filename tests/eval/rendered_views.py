"""Means of rendered views as the report's tests need them."""

from eval.statistics.intervals import Interval
from eval.synthesis.synthesis_summary import SynthesisSummary


def views(way, psnr=None, ssim=None, lpips=None, count=24):
    """A summary whose intervals reach a tenth to both sides."""
    psnr, ssim, lpips = (
        None if mean is None else Interval(mean, 0.9 * mean, 1.1 * mean) for mean in (psnr, ssim, lpips)
    )
    return SynthesisSummary(way, count, psnr, ssim, lpips)
