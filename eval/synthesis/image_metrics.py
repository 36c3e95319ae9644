"""Metrics between a rendered image and the true one."""

import math
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float32
from skimage.metrics import structural_similarity

from eval.synthesis.perceptual_distance import PerceptualDistance

# Of equal images, whose true one is infinite: a single one would swallow the mean over all views.
MOST_PSNR = 100.0


@dataclass(frozen=True)
class ImageMetrics:
    """PSNR in dB (at most `MOST_PSNR`), SSIM (at most 1) and, if measured, LPIPS (0 for equal images)."""

    psnr: float
    ssim: float
    lpips: float | None = None


def image_metrics(
    image: Float32[np.ndarray, "h w 3"],
    truth: Float32[np.ndarray, "h w 3"],
    lpips: PerceptualDistance | None = None,
) -> ImageMetrics:
    """Compare an image with the true one over the same background; values in [0, 1], all pixels count."""
    return ImageMetrics(psnr(image, truth), ssim(image, truth), None if lpips is None else lpips(image, truth))


def psnr(image: Float32[np.ndarray, "h w 3"], truth: Float32[np.ndarray, "h w 3"]) -> float:
    """-10 log10 of the mean squared error, the peak being 1; no more than `MOST_PSNR`."""
    error = float(np.mean((image.astype(np.float64) - truth.astype(np.float64)) ** 2))
    return MOST_PSNR if error == 0 else min(-10 * math.log10(error), MOST_PSNR)  # NaN stays NaN


def ssim(image: Float32[np.ndarray, "h w 3"], truth: Float32[np.ndarray, "h w 3"]) -> float:
    """SSIM (Wang et al. 2004), the mean over the three channels.

    Window: uniform, 7x7, with the sample covariance, K1 = 0.01 and K2 = 0.03. These are the defaults of scikit-image,
    with which PixelNeRF's figures were made; libraries with a Gaussian window of 11x11 give other values.
    """
    return float(
        structural_similarity(  # type: ignore[no-untyped-call]
            image.astype(np.float64),
            truth.astype(np.float64),
            win_size=7,
            gaussian_weights=False,
            use_sample_covariance=True,
            K1=0.01,
            K2=0.03,
            data_range=1.0,
            channel_axis=-1,
        )
    )
