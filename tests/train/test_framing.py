import numpy as np
import pytest

from pipeline.datasets.alpha import alpha_box
from train.objects.framing import OBJECTS, mean_framing


def view(height: int, width: int, alpha: int = 255) -> np.ndarray:
    rgba = np.zeros((40, 40, 4), dtype=np.uint8)
    rgba[3 : 3 + height, 7 : 7 + width, 3] = alpha
    return rgba


def test_the_box_holds_what_is_at_least_half_opaque() -> None:
    assert alpha_box(view(10, 5, 128)[..., 3]) == (3, 7, 13, 12)
    assert alpha_box(view(10, 5, 127)[..., 3]) is None


def test_framing_is_the_mean_share_of_the_longer_side() -> None:
    objects = [np.stack([view(10, 20), view(30, 4)]), np.stack([view(0, 0), view(40 - 3, 8)])]
    assert mean_framing(lambda index: objects[index], 2) == pytest.approx((20 + 30 + 37) / 3 / 40)


def test_of_many_objects_a_fixed_sample_from_first_to_last_is_read() -> None:
    asked: list[int] = []
    mean_framing(lambda index: (asked.append(index), view(10, 10)[None])[1], 1000)
    assert len(asked) == OBJECTS and (asked[0], asked[-1]) == (0, 999)


def test_views_that_show_nothing_have_no_framing() -> None:
    with pytest.raises(ValueError, match="no view"):
        mean_framing({0: view(0, 0)[None]}.__getitem__, 1)
