import pytest
import torch
from torch import nn

from train.network.linear_relu import _fused, linear_relu


def test_the_operator_and_its_gradients_are_those_of_the_two_layers() -> None:
    torch.manual_seed(0)
    layer = nn.Linear(16, 24, dtype=torch.float64)
    x = torch.randn(50, 16, dtype=torch.float64, requires_grad=True)
    along = torch.randn(50, 24, dtype=torch.float64)
    results = [
        [y, *torch.autograd.grad((y * along).sum(), [x, layer.weight, layer.bias])]
        for y in (_fused(x, layer.weight, layer.bias), linear_relu(layer, x))
    ]
    for found, expected in zip(*results, strict=True):
        torch.testing.assert_close(found, expected, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("shape", [(7, 16), (2, 3, 16)])
def test_shapes_are_kept(shape: tuple[int, ...]) -> None:
    layer = nn.Linear(16, 24)
    assert linear_relu(layer, torch.randn(shape)).shape == (*shape[:-1], 24)
