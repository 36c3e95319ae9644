"""A caller's settings of TF32 come back as they were, by torch's older names and by its newer ones."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import torch

from pipeline.teachers.precision import OPERATIONS, exact_products

BACKENDS: Any = torch.backends  # torch declares no types for these
CUDA, CPU, CUDNN = BACKENDS.cuda.matmul, BACKENDS.mkldnn.matmul, BACKENDS.cudnn
SETTERS: dict[str, Callable[[], object]] = {
    "nothing": lambda: None,
    "high": lambda: torch.set_float32_matmul_precision("high"),
    "medium": lambda: torch.set_float32_matmul_precision("medium"),
    "older, of products": lambda: setattr(CUDA, "allow_tf32", True),
    "newer, of products": lambda: setattr(CUDA, "fp32_precision", "tf32"),
    "newer, of the CPU": lambda: setattr(CPU, "fp32_precision", "bf16"),
    "newer, of cuDNN": lambda: setattr(CUDNN, "fp32_precision", "tf32"),
    "newer, of convolutions": lambda: setattr(CUDNN.conv, "fp32_precision", "ieee"),
    "high, then newer, of convolutions": lambda: (
        torch.set_float32_matmul_precision("high"),
        setattr(CUDNN.conv, "fp32_precision", "ieee"),
    ),
    "newer, of everything": lambda: setattr(BACKENDS, "fp32_precision", "tf32"),
}


def settings() -> tuple[str, ...]:
    return BACKENDS.fp32_precision, CUDNN.fp32_precision, *(operation.fp32_precision for operation in OPERATIONS)


@pytest.fixture(params=SETTERS)
def chosen(request: pytest.FixtureRequest) -> Iterator[tuple[str, ...]]:
    before = settings()
    SETTERS[request.param]()
    yield settings()
    torch.set_float32_matmul_precision("highest")
    for place, name in zip((BACKENDS, CUDNN, *OPERATIONS), before, strict=True):
        place.fp32_precision = name
    assert settings() == before and CUDNN.allow_tf32  # the other tests begin with torch's defaults


def fail_within() -> None:
    with exact_products(), exact_products():
        assert {operation.fp32_precision for operation in OPERATIONS} == {"ieee"}
        assert torch.get_float32_matmul_precision() == "highest" and not CUDNN.allow_tf32  # others ask by these names
        raise ZeroDivisionError


def test_exact_products_use_no_tf32_and_leave_the_settings_alone(chosen: tuple[str, ...]) -> None:
    with pytest.raises(ZeroDivisionError):
        fail_within()
    assert settings() == chosen
