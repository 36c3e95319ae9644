"""Views that training never draws."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from pipeline.config.settings import Camera, Train
from tests.train.conftest import ball_arrays
from train.objects.batches import draw_step
from train.objects.held_out_views import split_views
from train.objects.host_objects import HostObjects


def test_held_out_views_by_hand() -> None:
    assert split_views(50, 2).held_out == (12, 37)  # the middles of 0 to 24 and of 25 to 49
    assert split_views(4, 2).training == (0, 2)
    assert split_views(3, 0).training == (0, 1, 2)
    with pytest.raises(ValueError, match="4 of 4 views cannot be held out"):
        split_views(4, 4)


@given(views=st.integers(2, 60), share=st.floats(0, 1))
def test_every_view_is_drawn_or_held_out(views: int, share: float) -> None:
    held_out = int(share * (views - 1))
    split = split_views(views, held_out)
    assert sorted(split.training + split.held_out) == list(range(views))
    assert len(split.held_out) == held_out


@pytest.mark.parametrize("purpose", ["batch", "settling"])
def test_held_out_views_are_never_drawn_and_all_others_are(settings: Train, camera: Camera, purpose: str) -> None:
    settings = settings.model_copy(update={"held_out_views": 3, "source_views": 2, "objects_per_step": 4})
    sources, targets = set(), set()
    for step in range(200):
        draws = draw_step(9, 11, settings, camera, step, purpose)
        sources |= set(draws.source_views.flatten().tolist())
        targets |= set(draws.views.flatten().tolist())
        assert all(len(set(views)) == 2 for views in draws.source_views.tolist())
    assert sources == targets == set(range(11)) - {1, 5, 9}


def test_held_out_views_change_nothing_in_a_batch_but_are_not_in_it(settings: Train, camera: Camera) -> None:
    """What training sees does not depend on what is in the held-out views."""
    settings = settings.model_copy(update={"held_out_views": 2})
    *views, feature = ball_arrays(camera, [0.2, 0.3])
    whole = HostObjects.of_arrays(*views, feature)
    hidden = feature.copy()
    hidden[:, [1, 3]] = 7
    blind = HostObjects.of_arrays(*views, hidden)
    for step in range(20):
        draws = draw_step(2, 4, settings, camera, step)
        assert torch.equal(whole.batch(draws).feature, blind.batch(draws).feature)
