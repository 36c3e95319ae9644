import math

import torch

from train.network.positional_code import code_width, positional_code


def test_two_frequencies_by_hand() -> None:
    x, y, z = 0.1, -0.2, 0.3
    code = positional_code(torch.tensor([[x, y, z]], dtype=torch.float64), 2)
    expected = [x, y, z]
    for frequency in (1.5, 3.0):
        expected += [math.sin(frequency * v) for v in (x, y, z)] + [math.cos(frequency * v) for v in (x, y, z)]
    torch.testing.assert_close(code, torch.tensor([expected], dtype=torch.float64))


def test_the_published_code_has_39_channels() -> None:
    assert code_width(6) == 39
    code = positional_code(torch.full((1, 3), 0.1, dtype=torch.float64), 6)
    assert code.shape == (1, 39)
    assert math.isclose(code[0, 33].item(), math.sin(1.5 * 2**5 * 0.1))
