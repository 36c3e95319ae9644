import math
from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from train.rendering.volume import (
    Sampling,
    coarse_depths,
    composite,
    compositing_weights,
    fixed_draws,
    guided_depths,
    importance_depths,
    random_draws,
    rounded_parts,
)

FOUR = Sampling(near=0.8, far=1.8, coarse=4, importance=3, guided=5, depth_std=0.01)


def f64(values: list[float]) -> Tensor:
    return torch.tensor([values], dtype=torch.float64)


def test_five_samples_composited_by_hand() -> None:
    # Thickness delta * density: 0.1*0, 0.2*5, 0.1*20, 0.3*0, 0.2*10; the last delta reaches from 1.6 to far = 1.8.
    depths = f64([0.9, 1.0, 1.2, 1.3, 1.6])
    density = f64([0, 5, 20, 0, 10])
    e1, e2, e4 = 1 - math.exp(-1), 1 - math.exp(-2), 1 - math.exp(-2)
    expected = [0, e1, math.exp(-1) * e2, 0, math.exp(-3) * e4]
    weights = compositing_weights(depths, density, far=1.8)
    torch.testing.assert_close(weights, f64(expected))
    values = torch.tensor([[[1.0], [2.0], [3.0], [4.0], [5.0]]], dtype=torch.float64)
    torch.testing.assert_close(composite(weights, values), f64([2 * expected[1] + 3 * expected[2] + 5 * expected[4]]))


def test_three_parts_of_a_lower_precision_are_the_weights() -> None:
    weights = torch.rand(1000, generator=torch.Generator().manual_seed(0)) ** 8
    parts = rounded_parts(weights, torch.bfloat16)
    assert {part.dtype for part in parts} == {torch.bfloat16}
    assert torch.equal(sum(part.double() for part in parts), weights.double())


@pytest.mark.cuda
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_values_of_a_lower_precision_are_composited_in_that_of_the_weights() -> None:
    weights, values = torch.rand(3, 50, 24, device="cuda"), torch.randn(3, 50, 24, 16, device="cuda").bfloat16()
    expected = (weights.double()[..., None] * values.double()).sum(dim=-2)
    with torch.no_grad():
        found = composite(weights, values)
    torch.testing.assert_close(found.double(), expected, rtol=1e-5, atol=1e-5)


def test_weights_keep_the_order_of_unsorted_samples() -> None:
    depths, density = f64([0.9, 1.0, 1.2, 1.3, 1.6]), f64([3, 5, 20, 1, 10])
    order = torch.tensor([3, 0, 4, 1, 2])
    shuffled = compositing_weights(depths[:, order], density[:, order], far=1.8)
    assert torch.equal(shuffled, compositing_weights(depths, density, far=1.8)[:, order])


def test_a_thick_sample_leaves_those_before_it_their_weight() -> None:
    weights = compositing_weights(torch.tensor([[1.0, 1.5]]), torch.tensor([[0.02, 1e7]]), far=1.8)
    torch.testing.assert_close(weights[0, 0].item(), -math.expm1(-0.01), rtol=1e-5, atol=0)
    torch.testing.assert_close(weights.sum().item(), 1.0)


@given(st.lists(st.floats(0, 1e4), min_size=6, max_size=6), st.lists(st.floats(0.8, 1.8), min_size=6, max_size=6))
def test_weights_are_a_share(density: list[float], depths: list[float]) -> None:
    weights = compositing_weights(f64(depths), f64(density), far=1.8)
    assert (weights >= 0).all()
    assert weights.sum() <= 1 + 1e-12


def test_coarse_depths_lie_one_in_each_bin() -> None:
    torch.testing.assert_close(coarse_depths(FOUR, f64([0, 0.5, 0.25, 1])), f64([0.8, 1.175, 1.3625, 1.8]))


def plain_inverse_cdf(weights: list[float], draw: float) -> float:
    """Walk through the bins until the draw's share of the weight is used up."""
    left = draw * sum(w + 1e-5 for w in weights)
    width = 1 / len(weights)
    for index, weight in enumerate(weights):
        if left < weight + 1e-5:
            return 0.8 + width * (index + left / (weight + 1e-5))
        left -= weight + 1e-5
    return 1.8


@given(
    st.lists(st.floats(0, 1), min_size=4, max_size=4),
    st.lists(st.floats(0, 1, exclude_max=True), min_size=3, max_size=3),
)
def test_importance_depths_are_the_plain_inverse_cdf(weights: list[float], draws: list[float]) -> None:
    depths = importance_depths(FOUR, f64(weights), f64(draws))
    expected = [plain_inverse_cdf(weights, draw) for draw in draws]
    # A draw on the edge between two bins with little weight between them may fall on either side.
    back = [cdf(weights, d) for d in depths[0].tolist()]
    np.testing.assert_allclose(back, [cdf(weights, d) for d in expected], atol=1e-9)


def cdf(weights: list[float], depth: float) -> float:
    edges = [0.8, 1.05, 1.3, 1.55, 1.8]
    return float(np.interp(depth, edges, np.cumsum([0, *(w + 1e-5 for w in weights)])))


def test_importance_depths_by_hand() -> None:
    # Bins of 0.25; all weight in the third one, of which the 1e-5 of the others takes next to nothing.
    depths = importance_depths(FOUR, f64([0, 0, 1, 0]), f64([0.25, 0.5, 0.75]))
    torch.testing.assert_close(depths, f64([1.3625, 1.425, 1.4875]), rtol=0, atol=1e-4)
    empty = importance_depths(FOUR, f64([0, 0, 0, 0]), f64([0.1, 0.5, 0.9]))
    torch.testing.assert_close(empty, f64([0.9, 1.3, 1.7]))


def test_importance_draws_spread_evenly_inside_a_bin() -> None:
    many = replace(FOUR, importance=20000)
    draws = random_draws(many, (1,), torch.Generator().manual_seed(0))
    depths = importance_depths(many, torch.tensor([[0.0, 0.75, 0.0, 0.25]]), draws.importance)
    counts = torch.histc(depths, bins=8, min=0.8, max=1.8) / 20000
    torch.testing.assert_close(counts, torch.tensor([0, 0, 3, 3, 0, 0, 1, 1]) / 8, rtol=0, atol=0.015)


def test_guided_depths_stay_between_near_and_far_and_pass_the_gradient() -> None:
    depth = torch.tensor([1.0, 0.0, 5.0], dtype=torch.float64, requires_grad=True)
    draws = torch.tensor([[1.0, -2.0]] * 3, dtype=torch.float64)
    depths = guided_depths(FOUR, depth, draws)
    torch.testing.assert_close(depths[0], torch.tensor([1.01, 0.98], dtype=torch.float64))
    torch.testing.assert_close(depths[1:].unique(), torch.tensor([0.8, 1.8], dtype=torch.float64))
    (gradient,) = torch.autograd.grad(depths.sum(), depth)
    assert gradient.tolist() == [2, 0, 0]


def test_fixed_draws_are_midpoints_and_quantiles() -> None:
    draws = fixed_draws(FOUR, (2,), torch.device("cpu"))
    assert draws.coarse.tolist() == [[0.5] * 4] * 2
    torch.testing.assert_close(draws.importance[1], torch.tensor([1, 3, 5]) / 6)
    torch.testing.assert_close(torch.special.ndtr(draws.guided[0]), torch.tensor([0.1, 0.3, 0.5, 0.7, 0.9]))


def test_random_draws_repeat_with_their_generator() -> None:
    first, again, other = (random_draws(FOUR, (2, 3), torch.Generator().manual_seed(s)) for s in (1, 1, 2))
    assert first.coarse.shape == (2, 3, 4)
    assert first.importance.shape == (2, 3, 3)
    assert first.guided.shape == (2, 3, 5)
    assert torch.equal(first.guided, again.guided)
    assert not torch.equal(first.guided, other.guided)
    assert first.guided.std().item() == pytest.approx(1, abs=0.5)
