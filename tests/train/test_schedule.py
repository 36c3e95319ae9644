import pytest

from pipeline.config.settings import Train
from train.step.schedule import learning_rate


def test_the_learning_rate_by_hand(settings: Train) -> None:
    assert [learning_rate(settings, step) for step in (0, 5, 11)] == [0.002] * 3
    cosine = settings.model_copy(
        update={"steps": 15, "warm_up_steps": 4, "learning_rate_schedule": "cosine", "final_learning_rate": 0.0005}
    )
    found = [learning_rate(cosine, step) for step in range(15)]
    assert found[:4] == pytest.approx([0.0005, 0.001, 0.0015, 0.002])
    assert found[4] == pytest.approx(0.002)
    assert found[9] == pytest.approx((0.002 + 0.0005) / 2)  # half of the way
    assert found[14] == pytest.approx(0.0005)
    assert found[4:] == sorted(found[4:], reverse=True)
