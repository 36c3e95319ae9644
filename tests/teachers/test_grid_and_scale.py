"""The grid of maps and the scale of teachers, by hand."""

import numpy as np
import pytest

from pipeline.errors import UserError
from pipeline.teachers.grid import foreground_cells
from pipeline.teachers.scale import root_mean_square


def test_a_cell_is_foreground_if_any_pixel_is() -> None:
    seen = np.zeros((1, 8, 8), dtype=bool)
    seen[0, 3, 5] = True
    assert foreground_cells(seen, "any")[0].tolist() == [[False, True], [False, False]]
    # nearest resizing takes the pixel (0, 4) of that cell
    assert not foreground_cells(seen, "nearest").any()
    seen[0, 4, 0] = True
    assert foreground_cells(seen, "nearest")[0].tolist() == [[False, False], [True, False]]


def test_rms_by_hand() -> None:
    values = np.zeros((2, 2, 2), dtype=np.float32)
    values[0, 0] = [3, 4]
    values[1, 1] = [100, 100]  # background: does not count
    cells = np.array([[True, True], [False, False]])
    # (9 + 16 + 0 + 0) / 4
    assert root_mean_square([(values, cells)]) == pytest.approx(2.5)


def test_nothing_to_measure_is_said() -> None:
    with pytest.raises(UserError, match="scale_views"):
        root_mean_square([(np.ones((2, 2, 2), dtype=np.float32), np.zeros((2, 2), dtype=bool))])
