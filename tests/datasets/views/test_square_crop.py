"""Square crops: intrinsics follow exactly, colours are means by alpha, and at the same size nothing changes."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from jaxtyping import UInt8

from pipeline.datasets.views.view_source import GivenView, Intrinsics
from render.square_crop import Square, centre_square, crop_intrinsics, crop_labels, square_crop

pixels = st.floats(1, 5000)


@given(
    fx=pixels, fy=pixels, cx=st.floats(-100, 4000), cy=st.floats(-100, 4000),
    left=st.integers(-500, 500), top=st.integers(-500, 500), side=st.integers(1, 4000), size=st.integers(8, 512),
    x=st.floats(-2, 2), y=st.floats(-2, 2), depth=st.floats(0.1, 10),
)  # fmt: skip
def test_a_point_keeps_its_place_in_the_square(
    fx: float, fy: float, cx: float, cy: float, left: int, top: int, side: int, size: int, x: float, y: float,
    depth: float,
) -> None:  # fmt: skip
    cropped = crop_intrinsics(Intrinsics(fx, fy, cx, cy), Square(left, top, side), size)
    before = (fx * x / depth + cx - left) / side, (fy * y / depth + cy - top) / side
    after = (cropped.fx * x / depth + cropped.cx) / size, (cropped.fy * y / depth + cropped.cy) / size
    assert after == pytest.approx(before, rel=1e-9, abs=1e-9)


def image_of(rgba: UInt8[np.ndarray, "h w 4"]) -> GivenView:
    return GivenView(rgba, np.eye(4), Intrinsics(10, 10, rgba.shape[1] / 2, rgba.shape[0] / 2))


@given(st.integers(0, 2**32 - 1))
def test_the_same_size_is_the_same_picture(seed: int) -> None:
    rgba = np.random.default_rng(seed).integers(0, 256, (8, 11, 4), dtype=np.uint8)
    square = centre_square(8, 11)
    assert square == Square(1, 0, 8)
    assert np.array_equal(square_crop(image_of(rgba), square, 8).rgba, rgba[:, 1:9])


def test_a_pixel_is_the_mean_of_its_area_by_alpha() -> None:
    rgba = np.zeros((2, 2, 4), dtype=np.uint8)
    rgba[0, 0] = 200, 100, 0, 255
    rgba[0, 1] = 0, 100, 200, 51  # a fifth of the weight
    rgba[1, 1] = 77, 77, 77, 0  # of no weight
    # (200 + 0 / 5) / (1 + 1 / 5), 100, (0 + 200 / 5) / 1.2; alpha (255 + 51) / 4
    assert square_crop(image_of(rgba), centre_square(2, 2), 1).rgba.tolist() == [[[167, 100, 33, 76]]]


def test_areas_that_cut_pixels_weigh_by_their_share() -> None:
    rgba = np.full((3, 3, 4), 255, dtype=np.uint8)
    rgba[..., 0] = [[0, 90, 240]] * 3
    # columns of 1.5 pixels: (0 + 90 / 2) / 1.5 and (90 / 2 + 240) / 1.5
    assert square_crop(image_of(rgba), centre_square(3, 3), 2).rgba[..., 0].tolist() == [[30, 190]] * 2


def test_beyond_the_image_all_is_clear() -> None:
    rgba = np.full((4, 6, 4), 255, dtype=np.uint8)
    cropped = square_crop(image_of(rgba), Square(-1, -1, 8), 8)
    assert (cropped.rgba[1:5, 1:7] == 255).all()
    assert cropped.rgba.sum() == rgba.sum()
    assert (cropped.intrinsics.cx, cropped.intrinsics.cy) == (4, 3)
    assert not square_crop(image_of(rgba), Square(50, 50, 4), 4).rgba.any()


def test_labels_are_taken_at_the_middle_of_a_pixel() -> None:
    labels = np.arange(16, dtype=np.uint8).reshape(4, 4)
    assert crop_labels(labels, centre_square(4, 4), 2).tolist() == [[5, 7], [13, 15]]
    assert crop_labels(labels, Square(-1, 0, 4), 4)[0].tolist() == [0, 0, 1, 2]
    assert np.array_equal(crop_labels(labels, centre_square(4, 4), 8)[::2, ::2], labels)
