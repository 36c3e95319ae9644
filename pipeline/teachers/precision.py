"""Precision of teachers' networks: fp32 or bf16."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch

from pipeline.config.sections.teachers import Precision

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
    """
    backends: Any = torch.backends  # torch declares no types for these
    products = (backends.cuda.matmul, backends.mkldnn.matmul)
    names = [product.fp32_precision for product in products]
    try:
        before = torch.get_float32_matmul_precision()
    except RuntimeError:  # `fp32_precision` was set, and torch does not tell its older setting any more
        before = "highest"
    torch.set_float32_matmul_precision("highest")
    try:
        with backends.cudnn.flags(enabled=True, allow_tf32=False):
            yield
    finally:
        torch.set_float32_matmul_precision(before)
        for product, name in zip(products, names, strict=True):  # the older setting has written these too
            product.fp32_precision = name
