"""Readings of the same maps: their values and gradients are those of the plain formula, and nothing outlives them."""

import gc
import weakref

import pytest
import torch
from torch import Tensor

from train.network.shared_cells import SharedCells


def test_readings_have_the_gradients_of_the_plain_formula() -> None:
    cells, readings, weights = _random_cells(), [_random_reading(50), _random_reading(7)], torch.rand(9).double()
    shared = SharedCells(cells * 2)
    found = [shared.mixed(taps, shares) for taps, shares in readings]
    _loss(found, weights).backward()
    gradients = [tensor.grad for tensor in (cells, *(shares for _, shares in readings))]
    for tensor in (cells, *(shares for _, shares in readings)):
        tensor.grad = None
    expected = [((cells * 2)[taps] * shares[..., None]).sum(dim=1) for taps, shares in readings]
    _loss(expected, weights).backward()
    torch.testing.assert_close(found, expected, rtol=1e-12, atol=1e-12)
    for gradient, tensor in zip(gradients, (cells, *(shares for _, shares in readings)), strict=True):
        torch.testing.assert_close(gradient, tensor.grad, rtol=1e-12, atol=1e-12)


def test_a_reading_outside_of_the_loss_adds_nothing() -> None:
    cells, (taps, shares) = _random_cells(), _random_reading(5)
    shared = SharedCells(cells)
    mixed, _unused = shared.mixed(taps, shares), shared.mixed(*_random_reading(5))
    mixed.sum().backward()
    found, cells.grad = cells.grad, None
    (cells[taps] * shares[..., None]).sum().backward()
    torch.testing.assert_close(found, cells.grad, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("with_gradient", [False, True])
def test_the_graph_goes_with_the_last_reference(with_gradient: bool) -> None:
    """A cycle would keep a step's activations until Python looks for garbage."""
    gc.disable()
    try:
        cells, hook = _random_cells() * 2, _Hook()
        cells.register_hook(hook)  # lives as long as the graph
        seen = weakref.ref(hook)
        shared = SharedCells(cells)
        mixed = shared.mixed(*_random_reading(5))
        if with_gradient:
            mixed.sum().backward()
        del cells, hook, shared, mixed
        assert seen() is None
    finally:
        gc.enable()


class _Hook:
    def __call__(self, _gradient: Tensor) -> None:
        """Change nothing."""


def _random_cells() -> Tensor:
    return torch.randn(12, 9, dtype=torch.float64, requires_grad=True)


def _random_reading(count: int) -> tuple[Tensor, Tensor]:
    """Make taps, some of one cell twice, and shares that need a gradient."""
    return torch.randint(12, (count, 4)), torch.rand(count, 4, dtype=torch.float64, requires_grad=True)


def _loss(mixed: list[Tensor], weights: Tensor) -> Tensor:
    return sum(((values**2) @ weights).sum() for values in mixed)
