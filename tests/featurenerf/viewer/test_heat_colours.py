import numpy as np

from featurenerf.viewer.colouring import heat_colours

COLD, HOT = [40, 11, 84], [252, 255, 164]


def test_the_range_is_from_the_30th_percentile_to_the_most_similar() -> None:
    painted = heat_colours(np.arange(11, dtype=np.float32)).tolist()
    assert painted[:4] == [COLD] * 4 and painted[4] != COLD
    assert painted[9] != HOT and painted[10] == HOT


def test_more_similar_is_lighter() -> None:
    painted = heat_colours(np.linspace(-1, 1, 50, dtype=np.float32)).astype(float)[15:]
    lightness = painted @ [0.2126, 0.7152, 0.0722]
    assert (np.diff(lightness) > 0).all()


def test_without_a_range_the_same_similarities_are_all_hot() -> None:
    assert heat_colours(np.ones(2, np.float32)).tolist() == [HOT, HOT]
    assert heat_colours(np.array([0.5, 1, 1, 1, 1, 1], np.float32)).tolist() == [COLD] + [HOT] * 5
