import numpy as np
import pytest
import torch

from eval.descriptors.field_answers import FieldAnswers
from eval.transfer.field_transfer import Planned, PlannedTransfer, matched_turns, pair_of_tasks, pixels_asked, turns
from eval.transfer.pairs import Pair
from eval.transfer.transfer_plan import PartPlan, TransferPlan
from pipeline.datasets.records import ObjectKey

A, B = (ObjectKey("03001627", name) for name in "ab")


def planned(view: int, source: int, target: int) -> Planned:
    """A pair that asks for so many pixels in 2D; its points in 3D are no pixels."""
    row = np.arange(source)
    parts = PartPlan((1,), row, np.ones(source, np.uint8), np.arange(target), np.ones(target, np.uint8))
    in_2d = TransferPlan(np.zeros((source, 2), np.int64), np.zeros((target, 2), np.int64), None, parts)
    in_3d = TransferPlan(np.zeros((99, 3), np.float32), np.zeros((99, 3), np.float32), None, parts)
    pair = Pair.cross_instance(A, B, view)
    return [PlannedTransfer("2d-cross-instance", pair, in_2d), PlannedTransfer("3d-cross-instance", pair, in_3d)]


def nothing(view: int) -> Planned:
    places = np.zeros((0, 2), np.int64)
    plan = TransferPlan(places, places, None, None)
    return [PlannedTransfer("2d-cross-instance", Pair.cross_instance(A, B, view), plan)]


@pytest.mark.parametrize(("pixels", "sizes"), [(1, [1, 2, 1, 1]), (10, [1, 3, 1]), (11, [3, 2]), (1000, [5])])
def test_pairs_come_in_order_in_turns_of_so_many_pixels(pixels: int, sizes: list[int]) -> None:
    pairs = [planned(0, 6, 4), nothing(1), planned(2, 2, 1), planned(3, 5, 2), planned(4, 1, 1)]
    found = list(turns(pairs, pixels))
    assert [len(turn) for turn in found] == sizes
    assert [one for turn in found for one in turn] == pairs


def test_a_turn_is_measured_after_the_next_one_is_on_its_way() -> None:
    events: list[str] = []

    class Answers(FieldAnswers):
        def __init__(self):
            pass

        def render(self, asked):
            events.append(f"render {next(iter(asked)).view}")

    class Features:
        name = "features"

        def at_pixels(self, _key, _seen, view, pixels):
            events.append(f"describe {view}")
            return torch.ones(len(pixels), 2)

        def at_points(self, _key, _view, points):
            return torch.ones(len(points), 2)

    def plans():
        for view in (1, 2):
            events.append(f"plan {view}")
            yield [planned(view, 3, 2)]

    for turn in matched_turns(plans(), Answers(), [Features()]):
        events += [f"measure {of_pair[0][0].pair.source_view}" for of_pair in turn]
    rendered = [[f"plan {view}", f"render {view}", *[f"describe {view}"] * 2] for view in (1, 2)]
    assert events == [*rendered[0], *rendered[1], "measure 1", "measure 2"]


def test_what_is_asked_for_is_in_2d_alone() -> None:
    asked = list(pixels_asked([planned(7, 3, 2), nothing(8)]))
    assert [(one.key, one.seen, one.view, len(one.pixels)) for one in asked] == [(A, 7, 7, 3), (B, 7, 7, 2)]


def test_another_camera_sees_the_target_of_the_same_pair() -> None:
    tasks, pair = ("2d-cross-instance", "2d-other-camera", "3d-cross-instance"), Pair.cross_instance(A, B, 40)
    assert pair_of_tasks(tasks, pair, 17, 50) == {
        "2d-cross-instance": pair,
        "2d-other-camera": Pair(A, 40, B, 7),
        "3d-cross-instance": pair,
    }


def test_objects_with_one_view_have_no_other_camera() -> None:
    pair = Pair.cross_instance(A, B, 0)
    assert pair_of_tasks(("2d-cross-instance", "2d-other-camera"), pair, 17, 1) == {"2d-cross-instance": pair}
