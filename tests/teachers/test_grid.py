"""The grid of maps, by hand."""

import numpy as np

from pipeline.teachers.grid import foreground_cells


def test_a_cell_is_foreground_if_any_pixel_is() -> None:
    seen = np.zeros((1, 8, 8), dtype=bool)
    seen[0, 3, 5] = True
    assert foreground_cells(seen, "any")[0].tolist() == [[False, True], [False, False]]
    # nearest resizing takes the pixel (0, 4) of that cell
    assert not foreground_cells(seen, "nearest").any()
    seen[0, 4, 0] = True
    assert foreground_cells(seen, "nearest")[0].tolist() == [[False, False], [True, False]]
