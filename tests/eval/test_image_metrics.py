import numpy as np
import pytest

from eval.synthesis.image_metrics import psnr, ssim
from render.over_black import over_black

DRAW = np.random.default_rng(0)
NOISE = DRAW.uniform(size=(16, 16, 3)).astype(np.float32)


def test_psnr_by_hand():
    black = np.zeros((10, 10, 3), np.float32)
    assert psnr(black, np.full_like(black, 0.1)) == pytest.approx(20, abs=1e-5)
    one_pixel = black.copy()
    one_pixel[0, 0] = 1
    assert psnr(one_pixel, black) == pytest.approx(20)
    assert psnr(black, black) == 100
    assert psnr(black, np.full_like(black, 1e-6)) == 100
    assert np.isnan(psnr(np.full_like(black, np.nan), black))  # a broken image is no perfect one


def slow_ssim(first, second):
    """Wang et al. 2004, equation 13, over every whole 7x7 window."""
    values = []
    for channel in range(3):
        for row in range(first.shape[0] - 6):
            for column in range(first.shape[1] - 6):
                a = first[row : row + 7, column : column + 7, channel].astype(np.float64).ravel()
                b = second[row : row + 7, column : column + 7, channel].astype(np.float64).ravel()
                covariance = np.cov(a, b)
                luminance = (2 * a.mean() * b.mean() + 1e-4) / (a.mean() ** 2 + b.mean() ** 2 + 1e-4)
                values.append(luminance * (2 * covariance[0, 1] + 9e-4) / (np.trace(covariance) + 9e-4))
    return np.mean(values)


def test_ssim_of_equal_images_is_one_and_of_others_as_published():
    assert ssim(NOISE, NOISE) == pytest.approx(1)
    other = np.clip(NOISE + DRAW.normal(scale=0.2, size=NOISE.shape), 0, 1).astype(np.float32)
    assert ssim(NOISE, other) == pytest.approx(slow_ssim(NOISE, other), abs=1e-9)
    assert ssim(NOISE, other) < 0.95


def test_straight_alpha_over_black():
    rgba = np.array([[[255, 51, 0, 255], [255, 255, 255, 51], [200, 200, 200, 0]]], dtype=np.uint8)
    assert np.allclose(over_black(rgba), [[[1, 0.2, 0], [0.2, 0.2, 0.2], [0, 0, 0]]])
