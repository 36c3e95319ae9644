"""Precision of teachers' networks: fp32 or bf16."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any

import torch

from pipeline.config.sections.teachers import Precision

BACKENDS: Any = torch.backends  # torch declares no types for these
CUDNN, CPU = BACKENDS.cudnn, BACKENDS.mkldnn
OPERATIONS = (CUDNN.conv, CUDNN.rnn, BACKENDS.cuda.matmul, CPU.matmul, CPU.conv, CPU.rnn)
DTYPES: dict[Precision, torch.dtype] = {"fp32": torch.float32, "bf16": torch.bfloat16}


@contextmanager
def calculating(device: torch.device, precision: Precision) -> Iterator[None]:
    """Calculate without gradients, in fp32 with all its digits, or in bf16 where that is safe.

    bf16: matrix products, convolutions and attention. The residual stream, normalisation and layer scale stay in fp32:
    in a trained network the stream grows far larger than what a block adds to it.
    """
    kind = "cpu" if device.type == "meta" else device.type  # on `meta` tensors have shapes alone
    with torch.no_grad(), exact_products(), torch.autocast(kind, torch.bfloat16, enabled=precision == "bf16"):
        yield


@contextmanager
def exact_products() -> Iterator[None]:
    """Calculate fp32 products and convolutions without TF32, which has ten bits. One thread at a time may do so.

    cuDNN uses it by default; cuBLAS if torch is told to, as NVIDIA's containers do (TORCH_ALLOW_TF32_CUBLAS_OVERRIDE).
    torch has older and newer names for these settings. Both are set, because others read either. Afterwards each
    operation has a setting of its own: a later change of torch.backends.fp32_precision does not reach them.
    """
    names = [operation.fp32_precision for operation in OPERATIONS]
    products, convolutions = "highest", "tf32" in names[:2]  # of cuDNN
    # Where a newer name was used, torch does not tell the older setting any more.
    with suppress(RuntimeError):
        products = torch.get_float32_matmul_precision()
    with suppress(RuntimeError):
        convolutions = CUDNN.allow_tf32
    try:
        _choose("highest", False, ["ieee"] * len(OPERATIONS))
        yield
    finally:
        _choose(products, convolutions, names)


def _choose(products: str, convolutions: bool, names: Sequence[str]) -> None:
    torch.set_float32_matmul_precision(products)
    CUDNN.allow_tf32 = convolutions
    for operation, name in zip(OPERATIONS, names, strict=True):  # last: the older settings write these too
        operation.fp32_precision = name
