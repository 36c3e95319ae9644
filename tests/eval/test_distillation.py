"""R^2 and cosine of a distilled feature: by hand, against the formula written plainly, and their properties."""

import math
from dataclasses import dataclass

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from eval.descriptors.field_renderer import FieldRenderer
from eval.distillation.cell_sums import cell_sums, sums_by_view
from eval.distillation.distillation_summary import summarise_distillation
from eval.distillation.seen_objects import (
    MeasuredView,
    SeenObject,
    held_out_tasks,
    measure_views,
    spread_keys,
    target_cells,
)
from eval.distillation.verdict import distillation_verdict
from eval.statistics.intervals import Interval, ratio_interval
from eval.synthesis.view_synthesis import SynthesisTask
from eval.transfer.pairs import Pair
from eval.views import PosedImage
from pipeline.datasets.records import ObjectKey
from tests.eval.small_report import BAD, GOOD, summary_of
from train.network.source import Source
from train.objects.held_out_views import split_views
from train.rendering.rendered_rays import RenderedRays
from train.trained_field import TrainedField

KEYS = [ObjectKey("03001627", f"{number:02}") for number in range(40)]
TEACHER = np.array([[1.0, 0.0], [3.0, 0.0]])


def test_two_cells_by_hand() -> None:
    # The mean is (2, 0), the spread 1 + 1; the second cell is 1 away from the teacher.
    sums = sums_by_view([cell_sums(np.array([[1.0, 0.0], [2.0, 0.0]]), TEACHER)])
    assert sums is not None
    assert (sums.r2, sums.cosine) == (0.5, 1.0)
    # At a right angle, and of length 0.
    sums = sums_by_view([cell_sums(np.array([[0.0, 1.0], [0.0, 0.0]]), TEACHER)])
    assert sums is not None
    assert (sums.r2, sums.cosine) == (1 - (2 + 9) / 2, 0.0)


@settings(max_examples=30)
@given(seed=st.integers(0, 99), views=st.integers(1, 4), channels=st.integers(1, 5))
def test_sums_are_the_formula_as_it_is_written(seed: int, views: int, channels: int) -> None:
    rng = np.random.default_rng(seed)
    cells = [int(count) for count in rng.integers(2, 9, views)]
    teacher = [(rng.normal(size=(count, channels)) + 3).astype(np.float32) for count in cells]
    feature = [(t + rng.normal(size=t.shape)).astype(np.float32) for t in teacher]
    sums = sums_by_view([cell_sums(f, t) for f, t in zip(feature, teacher, strict=True)])
    assert sums is not None
    f, t = np.concatenate(feature).astype(float), np.concatenate(teacher).astype(float)
    assert sums.r2 == pytest.approx(1 - ((f - t) ** 2).sum() / ((t - t.mean(axis=0)) ** 2).sum())
    each = [a @ b / math.sqrt(a @ a) / math.sqrt(b @ b) for a, b in zip(f, t, strict=True)]
    assert sums.cosine == pytest.approx(sum(each) / len(each))


@given(seed=st.integers(0, 99), value=st.floats(-5, 5))
def test_the_teacher_has_1_and_no_constant_has_more_than_0(seed: int, value: float) -> None:
    teacher = np.random.default_rng(seed).normal(size=(7, 3))
    exact = sums_by_view([cell_sums(teacher, teacher)])
    constant = sums_by_view([cell_sums(np.full((7, 3), value), teacher)])
    best = sums_by_view([cell_sums(np.tile(teacher.mean(axis=0), (7, 1)), teacher)])
    assert exact is not None and constant is not None and best is not None
    assert (exact.r2, exact.cosine) == (1.0, pytest.approx(1.0))
    assert constant.r2 <= 1e-12
    assert best.r2 == pytest.approx(0.0, abs=1e-12)


def test_without_cells_or_variance_nothing_is_defined() -> None:
    assert sums_by_view([]) is None
    assert sums_by_view([cell_sums(TEACHER[:0], TEACHER[:0])]) is None
    assert sums_by_view([cell_sums(TEACHER, np.full((2, 2), 0.1))]) is None


def test_a_ratios_interval_is_that_of_resampled_ratios() -> None:
    rng = np.random.default_rng(3)
    below = rng.uniform(1, 3, 40)
    above = below * rng.normal(0.5, 0.3, 40)
    pairs = [Pair(key, 0, key, 1) for key in KEYS]
    found = ratio_interval(pairs, above, below, (-math.inf, 1.0), np.random.default_rng(0))
    drawn = rng.integers(40, size=(20_000, 40))
    low, high = np.quantile(above[drawn].sum(axis=1) / below[drawn].sum(axis=1), [0.025, 0.975])
    assert found.mean == pytest.approx(above.sum() / below.sum(), rel=1e-12)
    # A little wider, for Student's t and for the variance of few objects.
    assert 1.0 < (found.high - found.low) / (high - low) < 1.1


def test_cells_that_show_the_object_and_their_centres_by_hand() -> None:
    teacher_map = np.zeros((3, 3, 2), np.float16)
    teacher_map[0, 1] = (0, 5)
    teacher_map[2, 2] = (-1, 0)
    cells = target_cells(7, np.eye(4, dtype=np.float32), np.ones(4, np.float32), teacher_map)
    # Cell (0, 1) covers the pixels 0 to 3 down and 4 to 7 to the right.
    assert cells.centres.tolist() == [[2, 6], [10, 10]]
    assert cells.teacher.tolist() == [[0, 5], [-1, 0]]


def test_tasks_ask_for_held_out_views_from_training_views() -> None:
    tasks = held_out_tasks(KEYS[:3], split_views(4, 2), target_views=1)
    assert tasks == (
        SynthesisTask(KEYS[0], 0, (1,)),
        SynthesisTask(KEYS[1], 2, (3,)),
        SynthesisTask(KEYS[2], 0, (1,)),
    )
    assert held_out_tasks(KEYS[:1], split_views(4, 2), 9)[0].target_views == (1, 3)
    assert held_out_tasks(KEYS, split_views(4, 0), 1) == ()
    assert spread_keys(KEYS, 4) == [KEYS[0], KEYS[10], KEYS[20], KEYS[30]]
    assert spread_keys(KEYS[:2], 4) == KEYS[:2]
    assert spread_keys([], 4) == []


@dataclass(frozen=True)
class SmoothField(TrainedField):
    """Renders a feature that is a smooth function of the place in the image; `wrong` is added to it."""

    wrong: float = 0.0

    def encode(self, images: torch.Tensor, poses: torch.Tensor, intrinsics: torch.Tensor) -> Source:
        assert images.shape == (1, 12, 12, 3)
        return Source(images.movedim(-1, 1)[None], poses[None], intrinsics[None], 12)

    def render_pixels(self, *asked: object) -> RenderedRays:
        pixels = asked[3]
        assert isinstance(pixels, torch.Tensor)
        place, black = pixels + 0.5, torch.zeros(len(pixels), 3)
        feature = torch.stack([place[:, 0] ** 2, place.prod(dim=1)], dim=1) + self.wrong
        return RenderedRays(black, black[:, 0], black[:, 0], black[:, :0], feature, black)


def seen(number: int) -> SeenObject:
    """An object whose teacher has that smooth function at its cells' centres, which are at 2, 6 and 10."""
    down, right = np.meshgrid([2.0, 6.0, 10.0], [2.0, 6.0, 10.0], indexing="ij")
    teacher_map = np.stack([down**2, down * right], axis=-1)
    teacher_map[number % 3] = 0
    camera = np.eye(4, dtype=np.float32), np.full(4, 6, np.float32)
    image = PosedImage(np.zeros((12, 12, 3), np.float32), *camera)
    empty = target_cells(2, *camera, np.zeros((3, 3, 2)))
    return SeenObject(KEYS[number], 0, image, (target_cells(1, *camera, teacher_map), empty))


def measured(wrong: float, constant: float = 0.0, count: int = 5) -> list[MeasuredView]:
    renderer = FieldRenderer(SmoothField(None, None, None, wrong=wrong), 512)  # type: ignore[arg-type]
    objects = (seen(number) for number in range(count))
    return measure_views(renderer, objects, np.full(2, constant, np.float32))


def test_a_field_that_renders_the_teacher_explains_all_of_it() -> None:
    views = measured(wrong=0.0, constant=20.0)
    assert [view.pair for view in views] == [Pair(key, 0, key, 1) for key in KEYS[:5]]
    summary = summarise_distillation(views)
    assert summary is not None
    assert (summary.objects, summary.views, summary.cells) == (5, 5, 30)
    assert summary.field.r2 == Interval(1.0, 1.0, 1.0)
    assert summary.field.cosine.mean == pytest.approx(1.0)
    assert summary.constant.r2.mean < 0
    assert summary.constant.r2.high <= 0
    assert summary.gain.mean == pytest.approx(1 - summary.constant.r2.mean)
    verdict = distillation_verdict({"unseen-objects": summary})
    assert verdict is not None
    assert verdict.standing == "better"


def test_a_wrong_feature_explains_less_and_nothing_measured_is_none() -> None:
    near, far = (summarise_distillation(measured(wrong)) for wrong in (5.0, 80.0))
    assert near is not None and far is not None
    assert 1 > near.field.r2.mean > 0 > far.field.r2.mean
    assert near.field.r2.low < near.field.r2.mean < near.field.r2.high <= 1
    assert summarise_distillation([]) is None


BETTER = (
    "The distilled feature explains {} of the teacher's variance on {} (R^2 {}); the constant mean feature explains 0% "
    "(R^2 0.00)."
)
WORSE = "The distilled feature {} on unseen objects (R^2 {}): {}."
NOTHING_LEARNT = "this field has learnt no feature of the teacher"
NO_BETTER = ("is no better than the constant mean feature", "-0.08 [-0.20, 0.03], against 0.00")
ELSEWHERE = "it explains 41% of the variance on held-out views of training objects, and nothing beyond them"
UNSURE = (
    "The distilled feature is not clearly better than the constant mean feature on unseen objects (R^2 "
    "0.03 [-0.10, 0.16], against -0.20): what it explains on these 12 objects may be chance."
)


@pytest.mark.parametrize(
    ("unseen", "held_out", "standing", "text"),
    [
        (GOOD, BAD, "better", BETTER.format("41%", "unseen objects", "0.41 [0.38, 0.44]")),
        (None, GOOD, "better", BETTER.format("41%", "held-out views of training objects", "0.41 [0.38, 0.44]")),
        (BAD, BAD, "worse", WORSE.format(*NO_BETTER, NOTHING_LEARNT)),
        (BAD, GOOD, "worse", WORSE.format(*NO_BETTER, ELSEWHERE)),
        (summary_of((0.03, -0.1, 0.16), -0.2, (0.23, -0.1, 0.4)), None, "undecided", UNSURE),
        (
            summary_of((-0.1, -0.2, -0.05), -0.3, (0.2, 0.1, 0.3)),
            None,
            "worse",
            WORSE.format("explains nothing", "-0.10 [-0.20, -0.05], against -0.30", NOTHING_LEARNT),
        ),
        (
            summary_of((0.3, -math.inf, 1.0), 0.0, (0.3, -math.inf, math.inf)),
            None,
            "better",
            BETTER.format("30%", "unseen objects", "0.30; one object is too few for an interval"),
        ),
    ],
)
def test_the_verdict_is_one_plain_sentence(unseen, held_out, standing: str, text: str) -> None:
    both = {"unseen-objects": unseen, "held-out-views": held_out}
    verdict = distillation_verdict({kind: summary for kind, summary in both.items() if summary is not None})
    assert verdict is not None
    assert (verdict.standing, verdict.text) == (standing, text)
    assert verdict.is_warning is (standing != "better")
    assert distillation_verdict({}) is None
