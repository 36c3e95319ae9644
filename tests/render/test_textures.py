"""Packed textures and their levels, by hand."""

import numpy as np
import pytest
from jaxtyping import Float32

from pipeline.datasets.records import Material
from render.backends.textures import Textures, bilinear, pack_textures

WHITE = (1.0, 1.0, 1.0)
FOUR = np.array([[[0, 0, 0], [40, 0, 0]], [[80, 0, 0], [120, 0, 255]]], dtype=np.uint8)  # upper row, lower row
WIDE = np.array([[[10, 0, 0], [20, 0, 0], [30, 0, 0], [40, 0, 0]]], dtype=np.uint8)


@pytest.fixture
def textures() -> Textures:
    return pack_textures((Material(WHITE, None), Material(WHITE, FOUR), Material(WHITE, WIDE), Material(WHITE, FOUR)))


def read(textures: Textures, material: int, level: int, u: float, v: float) -> Float32[np.ndarray, "3"]:
    one = np.array([material], np.int32), np.array([level], np.int32), np.array([[u, v]], dtype=np.float32)
    return 255 * bilinear(textures, *one)[0]


def test_a_texel_is_itself_at_its_centre_and_v_points_upwards(textures: Textures) -> None:
    np.testing.assert_allclose(read(textures, 1, 0, 0.25, 0.75), [0, 0, 0], atol=1e-4)
    np.testing.assert_allclose(read(textures, 1, 0, 0.75, 0.75), [40, 0, 0], atol=1e-4)
    np.testing.assert_allclose(read(textures, 1, 0, 0.25, 0.25), [80, 0, 0], atol=1e-4)
    np.testing.assert_allclose(read(textures, 3, 0, 0.75, -7.75), [120, 0, 255], atol=1e-3)


def test_between_texels_it_is_their_mean_over_the_border_too(textures: Textures) -> None:
    np.testing.assert_allclose(read(textures, 1, 0, 0.5, 0.75), [20, 0, 0], atol=1e-4)
    np.testing.assert_allclose(read(textures, 2, 0, 0.0, 0.5), [25, 0, 0], atol=1e-4)  # half of 40, half of 10


def test_levels_halve_until_one_texel_is_left(textures: Textures) -> None:
    np.testing.assert_allclose(read(textures, 2, 1, 0.25, 0.5), [15, 0, 0], atol=1e-4)
    np.testing.assert_allclose(read(textures, 2, 1, 0.75, 0.5), [35, 0, 0], atol=1e-4)
    np.testing.assert_allclose(read(textures, 2, 9, 0.1, 0.1), [25, 0, 0], atol=1e-4)
    np.testing.assert_allclose(read(textures, 1, 2, 0.3, 0.9), [60, 0, 64], atol=1e-4)  # 255 / 4 in whole numbers


def test_a_shared_texture_is_held_once(textures: Textures) -> None:
    assert len(textures.texels) == (4 + 1) + (4 + 2 + 1)
    assert textures.start[1].tolist() == textures.start[3].tolist()
    assert (textures.width[0] == 0).all()
    assert len(pack_textures((Material(WHITE, None),)).texels) == 0
