"""Triton's kernels: on a CPU in Triton's interpreter, on a GPU as they are; the plain formulas are the oracle."""

import json
import os
import subprocess
import sys
from importlib.util import find_spec

import pytest
import torch
from torch import Tensor
from torch.nn import functional as F

from train.network.gathered_cells import gathered_cells
from train.network.linear_relu import linear_relu

needs_cuda = pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device here")

GATHERING = """
import torch
from train.network.gathering_kernels import gather, scatter
generator = torch.Generator().manual_seed(0)
for points, distinct in ((1, 9), (16, 9), (70, 2), (70, 9)):
    cells = torch.randn(9, 24, generator=generator, requires_grad=True)
    taps = torch.randint(0, distinct, (points, 4), generator=generator).repeat_interleave(3, 0)[:points].contiguous()
    shares = torch.rand(points, 4, generator=generator, requires_grad=True)
    gradient = torch.randn(points, 24, generator=generator)
    expected = (cells[taps] * shares[..., None]).sum(dim=-2)
    expected.backward(gradient)
    given = (cells.detach(), taps, shares.detach())
    torch.testing.assert_close(gather(*given), expected)
    for to_shares in (True, False):
        found = scatter(*given, gradient, to_shares)
        torch.testing.assert_close(found[0], cells.grad)
        assert not to_shares or torch.allclose(found[1], shares.grad, rtol=1e-5, atol=1e-5)
print("agrees")
"""

MASKING = """
import torch
from train.network.masking_kernel import masked_and_summed
for rows, width in ((1, 8), (64, 24), (150, 600)):
    generator = torch.Generator().manual_seed(0)
    output = torch.randn(rows, width, generator=generator).relu()
    gradient = torch.randn(rows, width, generator=generator)
    masked, column_sum = masked_and_summed(output, gradient)
    expected = torch.where(output > 0, gradient, 0)
    assert torch.equal(masked, expected)
    torch.testing.assert_close(column_sum, expected.sum(dim=0), rtol=1e-5, atol=1e-4)
print("agrees")
"""

SUMMING = """
import torch
from train.network.relu_of_sum import relu_of_sum as formula
from train.network.relu_of_sum_kernel import relu_of_sum
generator = torch.Generator().manual_seed(0)
for rows, terms, width in ((1, 1, 8), (60, 20, 24), (60, 1, 600), (700, 700, 16)):
    x = torch.randn(rows, width, generator=generator)
    beside = torch.randn(terms, width, generator=generator)
    x[0, 0] = torch.nan
    torch.testing.assert_close(relu_of_sum(x, beside), formula(x, beside), rtol=0, atol=0, equal_nan=True)
print("agrees")
"""

SCRIPTS = {"gathering": GATHERING, "masking": MASKING, "summing": SUMMING}
EACH = """
import json, sys, traceback
said = {}
for name, script in json.load(sys.stdin).items():
    try:
        exec(script, {"print": lambda words: said.update({name: words})})
    except Exception:
        said[name] = traceback.format_exc()
json.dump(said, sys.stdout)
"""


@pytest.fixture(scope="module")
def said() -> dict[str, str]:
    """Run the scripts in a process of their own: what was imported for the interpreter cannot run on a GPU."""
    environment, given = {**os.environ, "TRITON_INTERPRET": "1"}, json.dumps(SCRIPTS)
    words = [sys.executable, "-c", EACH]
    done = subprocess.run(words, env=environment, input=given, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    answers: dict[str, str] = json.loads(done.stdout)
    return answers


@pytest.mark.skipif(find_spec("triton") is None, reason="Triton is not installed here: torch brings it where CUDA is")
@pytest.mark.parametrize("name", SCRIPTS)
def test_a_kernel_does_what_the_formula_says(said: dict[str, str], name: str) -> None:
    assert said[name] == "agrees"


def near(found: Tensor, expected: Tensor) -> bool:
    """Within one rounding to bf16 of the largest value."""
    return bool((found.float() - expected.float()).abs().max() <= 2**-8 * expected.float().abs().max())


@pytest.mark.parametrize("to_shares", [False, True])
def test_the_operators_gradients_are_those_of_the_formula(to_shares: bool) -> None:
    torch.manual_seed(0)
    cells = torch.randn(9, 5, dtype=torch.float64, requires_grad=True)
    taps = torch.randint(0, 9, (20, 4))
    shares = torch.rand(20, 4, dtype=torch.float64, requires_grad=to_shares)
    gradient = torch.randn(20, 5, dtype=torch.float64)
    wanted = (cells, shares) if to_shares else (cells,)
    expected = (cells[taps] * shares[..., None]).sum(dim=-2)
    found = gathered_cells(cells, taps, shares)
    torch.testing.assert_close(found, expected, rtol=1e-12, atol=1e-12)
    of_found, of_expected = (torch.autograd.grad(mixed, wanted, gradient) for mixed in (found, expected))
    torch.testing.assert_close(of_found, of_expected, rtol=1e-12, atol=1e-12)


@pytest.mark.filterwarnings("ignore:The .grad attribute:UserWarning")  # torch's own check reads it
def test_torch_finds_the_operators_well_made() -> None:
    """Schema, gradient, shapes without values, and the same under torch.compile's tracing."""
    taps = torch.randint(0, 9, (20, 4))
    cells, shares = torch.randn(9, 5, requires_grad=True), torch.rand(20, 4, requires_grad=True)
    torch.library.opcheck(torch.ops.featurenerf.gathered_cells, (cells, taps, shares))
    given = (cells.detach(), taps, shares.detach(), torch.randn(20, 5), True)
    torch.library.opcheck(torch.ops.featurenerf.scattered_cells, given)
    torch.library.opcheck(torch.ops.featurenerf.masked_and_summed, (torch.randn(6, 5), torch.randn(6, 5)))


@pytest.mark.skipif(find_spec("triton") is None, reason="triton is not installed")
def test_kernels_are_not_rewritten_by_the_tests_shape_checks() -> None:
    from train.network.gathering_kernels import _gather, _scatter
    from train.network.masking_kernel import _mask
    from train.network.relu_of_sum_kernel import _relu_of_sum

    # A function in a wrapper has the wrapper's names: Triton would not find its own language there.
    assert all("tl" in kernel.fn.__globals__ for kernel in (_gather, _scatter, _mask, _relu_of_sum))


@pytest.mark.cuda
@needs_cuda
def test_gathered_cells_on_a_gpu_are_the_formula() -> None:
    cells = torch.randn(900, 512, device="cuda").bfloat16().requires_grad_()
    taps = torch.randint(0, 900, (5000, 4), device="cuda")
    shares = torch.rand(5000, 4, device="cuda", requires_grad=True)
    gradient = torch.randn(5000, 512, device="cuda").bfloat16()
    expected = (cells.float()[taps] * shares[..., None]).sum(dim=-2)
    found = gathered_cells(cells, taps, shares)
    assert near(found, expected)
    wanted = torch.autograd.grad(expected, (cells, shares), gradient.float())
    for got, want in zip(torch.autograd.grad(found, (cells, shares), gradient), wanted, strict=True):
        assert near(got, want)


@pytest.mark.cuda
@needs_cuda
def test_a_linear_layer_with_its_relu_on_a_gpu_is_the_two() -> None:
    layer = torch.nn.Linear(512, 512, device="cuda", dtype=torch.bfloat16)
    x = torch.randn(3000, 512, device="cuda", dtype=torch.bfloat16, requires_grad=True)
    gradient = torch.randn(3000, 512, device="cuda", dtype=torch.bfloat16)
    expected, found = F.relu(layer(x)), linear_relu(layer, x)
    assert near(found, expected)
    parameters = (x, layer.weight, layer.bias)
    wanted = torch.autograd.grad(expected, parameters, gradient)
    for got, want in zip(torch.autograd.grad(found, parameters, gradient), wanted, strict=True):
        # A unit that rounding puts on the other side of 0 has another gradient: the direction is what holds.
        assert torch.cosine_similarity(got.float().flatten(), want.float().flatten(), dim=0) > 0.999
