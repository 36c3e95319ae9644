import numpy as np
import pytest

from featurenerf.viewer.heat_colours import heat_colours, heat_range

COLD, HOT = [40, 11, 84], [252, 255, 164]


def test_the_ends_are_cold_and_hot_and_beyond_them_too() -> None:
    painted = heat_colours(np.array([-1, 0, 1, 2], np.float32), (0, 1))
    assert painted.tolist() == [COLD, COLD, HOT, HOT]


def test_more_similar_is_lighter() -> None:
    painted = heat_colours(np.linspace(0, 1, 50, dtype=np.float32), (0, 1)).astype(float)
    lightness = painted @ [0.2126, 0.7152, 0.0722]
    assert (np.diff(lightness) > 0).all()


def test_the_range_ends_at_the_most_similar() -> None:
    assert heat_range(np.arange(11, dtype=np.float32)) == (3, 10)
    with pytest.raises(ValueError, match="no similarity"):
        heat_range(np.zeros(0, np.float32))


def test_without_a_range_the_same_similarities_are_all_hot() -> None:
    assert heat_colours(np.ones(2, np.float32), (1, 1)).tolist() == [HOT, HOT]
