import numpy as np
import pytest

from eval.transfer.pck import pck


def test_shares_by_hand_and_the_threshold_itself_is_no_hit():
    distance = np.array([0.0, 2.5, 4.0, 7.5, 20.0])
    assert pck(distance, (2.5, 5.0, 7.5, 10.0)) == (1 / 5, 3 / 5, 3 / 5, 4 / 5)


def test_of_nothing_is_refused():
    with pytest.raises(ValueError, match="undefined"):
        pck(np.zeros(0), (2.5,))
