"""One conformance suite for every teacher that needs no weights."""

import numpy as np
import pytest

from pipeline.errors import UserError
from pipeline.teacher_names import TEACHER_NAMES, check_teacher
from pipeline.teachers.teacher import TEACHERS, Teacher, make_teacher


@pytest.fixture(scope="module", params=["daisy"])
def teacher(request: pytest.FixtureRequest) -> Teacher:
    return make_teacher(request.param)


@pytest.fixture(scope="module")
def image() -> np.ndarray:
    """Something in the middle of a black image."""
    image = np.zeros((128, 128, 3), dtype=np.float32)
    image[44:84, 40:80] = np.random.default_rng(0).random((40, 40, 3), dtype=np.float32)
    return image


def test_maps_have_one_vector_a_cell(teacher: Teacher, image: np.ndarray) -> None:
    maps = teacher.maps(image[None])
    assert maps.shape == (1, 32, 32, teacher.channels) == (1, 32, 32, 384)
    assert maps.dtype == np.float32
    assert np.isfinite(maps).all()


def test_shifting_the_image_by_four_pixels_shifts_the_map_by_one_cell(teacher: Teacher, image: np.ndarray) -> None:
    shifted = np.roll(image, (4, 8), axis=(0, 1))
    maps = teacher.maps(np.stack([image, shifted]))
    np.testing.assert_allclose(maps[1, 5:, 6:], maps[0, 4:-1, 4:-2], atol=1e-5 * float(np.abs(maps).max()))


def test_maps_do_not_depend_on_the_batch(teacher: Teacher, image: np.ndarray) -> None:
    other = image[::-1].copy()
    together = teacher.maps(np.stack([other, image]))
    np.testing.assert_array_equal(together[1], teacher.maps(image[None])[0])


def test_a_spot_at_a_cells_centre_is_strongest_there(teacher: Teacher) -> None:
    image = np.zeros((1, 128, 128, 3), dtype=np.float32)
    image[0, 41:43, 81:83] = 1  # centred at v = 42, u = 82: the centre of cell (10, 20)
    strength = np.linalg.norm(teacher.maps(image)[0], axis=-1)
    assert np.unravel_index(strength.argmax(), strength.shape) == (10, 20)


def test_every_name_has_a_teacher() -> None:
    assert tuple(TEACHERS) == TEACHER_NAMES


def test_unknown_teachers_are_named() -> None:
    with pytest.raises(UserError, match="teacher 'clip' is unknown; the teachers are daisy"):
        check_teacher("clip")
