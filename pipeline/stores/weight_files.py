"""Files of network weights: read without executing anything, and compared with the network they are for."""

from __future__ import annotations

import argparse
import io
import zipfile
from collections.abc import Mapping
from typing import Any

import safetensors.torch
import torch
from torch import Tensor


class UnfitWeightsError(Exception):
    """A weight file that does not fit. Its message completes a sentence whose subject is "the weights"."""


def load_weights(data: bytes, safe: bool) -> Any:
    """Load a weight file's content: a safetensors file if `safe`, else a file of torch. Raises UnfitWeightsError."""
    try:
        return safetensors.torch.load(data) if safe else _unpickled(data)
    except Exception as error:  # the unpickler raises whatever the damage leads to
        kind = "a safetensors file" if safe else "a .pth file of plain tensors"
        raise UnfitWeightsError(f"cannot be read as {kind} ({type(error).__name__})") from None


def _unpickled(data: bytes) -> Any:
    # torch.save packs nothing, but torch.load unpacks: a small file would become any size.
    if zipfile.is_zipfile(io.BytesIO(data)):
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            if sum(member.file_size for member in archive.infolist()) > len(data):
                raise ValueError("its content is compressed")
    # DINO's whole checkpoint holds the arguments of its training, a Namespace of plain values.
    with torch.serialization.safe_globals([argparse.Namespace]):
        return torch.load(io.BytesIO(data), map_location="cpu", weights_only=True)


def state_dict(content: Any) -> dict[str, Tensor]:
    """Return the content of a weight file if it is a state dict of dense CPU tensors. Raises UnfitWeightsError."""
    if not isinstance(content, dict) or not content or not all(_is_plain(*entry) for entry in content.items()):
        raise UnfitWeightsError("are no state dict")
    return content


def _is_plain(key: object, value: object) -> bool:
    return (
        isinstance(key, str)
        and isinstance(value, Tensor)
        and value.device.type == "cpu"
        and value.layout == torch.strided
    )


def check_fit(own: Mapping[str, Tensor], state: Mapping[str, Tensor]) -> None:
    """Raise UnfitWeightsError that names the first entry that does not fit.

    It is missing, unknown, of another shape, no number where the network has numbers, or not finite.
    """
    for key in [*own, *state]:
        if key not in state:
            raise UnfitWeightsError(f"lack '{key}'")
        if key not in own:
            raise UnfitWeightsError(f"hold '{key}', which the network has not")
    check_shapes(own, state)
    for key, value in state.items():
        if value.is_floating_point() != own[key].is_floating_point():  # counters and tables of places are integers
            raise UnfitWeightsError(f"have {value.dtype} for '{key}', not {own[key].dtype}")
        if not value.isfinite().all():
            raise UnfitWeightsError(f"hold values in '{key}' that are not finite")


def check_shapes(own: Mapping[str, Tensor], state: Mapping[str, Tensor]) -> None:
    """Raise UnfitWeightsError that names the first entry whose shape is not the network's."""
    for key in own:
        if key in state and state[key].shape != own[key].shape:
            raise UnfitWeightsError(f"have {tuple(state[key].shape)} for '{key}', not {tuple(own[key].shape)}")
