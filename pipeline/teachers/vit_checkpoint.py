"""Weight files of vision transformers: timm's names and those of the original checkpoints."""

from __future__ import annotations

import argparse
import io
from collections.abc import Mapping
from typing import Any

import safetensors
import safetensors.torch
import torch
from torch import Tensor, nn

WRAPPERS = ("module.", "backbone.")  # DINO's multi-crop wrapper and its distributed one
HEADS = ("head.", "dino_head.", "ibot_head.")  # of the training, in whole checkpoints


class UnfitWeightsError(Exception):
    """What is wrong with a weight file, as the rest of a sentence that begins with it."""


def read_state(data: bytes, safe: bool) -> dict[str, Any]:
    """What a weight file holds: `safe` is a safetensors file, all others are torch's; no pickled code is executed.

    Of DINO's whole checkpoint it is the teacher's backbone. Raises UnfitWeightsError.
    """
    state: Any
    try:
        state = safetensors.torch.load(data) if safe else _unpickled(data)
    except Exception as error:  # the unpickler raises whatever the damage leads to
        kind = "a safetensors file" if safe else "a .pth file of plain tensors"
        raise UnfitWeightsError(f"cannot be read as {kind} ({type(error).__name__})") from None
    if isinstance(state, dict) and isinstance(state.get("teacher"), dict):
        bare = {_bare(str(key)): value for key, value in state["teacher"].items()}
        state = {key: value for key, value in bare.items() if not key.startswith(HEADS)}
    if not isinstance(state, dict) or not state or not all(_is_plain(key, value) for key, value in state.items()):
        raise UnfitWeightsError("are no state dict")
    return state


def _unpickled(data: bytes) -> Any:
    """DINO's whole checkpoint holds the arguments of its training, a bag of plain values."""
    with torch.serialization.safe_globals([argparse.Namespace]):
        return torch.load(io.BytesIO(data), map_location="cpu", weights_only=True)


def _bare(key: str) -> str:
    for wrapper in WRAPPERS:
        key = key.removeprefix(wrapper)
    return key


def _is_plain(key: object, value: object) -> bool:
    return (
        isinstance(key, str)
        and isinstance(value, Tensor)
        and value.device.type == "cpu"
        and value.layout == torch.strided
        and value.is_floating_point()
    )


def fill(model: nn.Module, state: Mapping[str, Tensor]) -> None:
    """Give a model of timm, which may lie on the meta device, its weights in fp32.

    Raises UnfitWeightsError that names the first entry that is missing, superfluous, of another shape or not finite.
    """
    own = model.state_dict()
    # before timm's functions see them: those would resample a patch or position embedding of another network
    _compare_shapes(own, state)
    state = _in_timms_names(model, state)
    for key in [*own, *state]:
        if key not in state:
            raise UnfitWeightsError(f"lack '{key}'")
        if key not in own:
            raise UnfitWeightsError(f"hold '{key}', which the network has not")
    _compare_shapes(own, state)
    exact = {key: value.float() for key, value in state.items()}
    for key, value in exact.items():
        if not value.isfinite().all():
            raise UnfitWeightsError(f"hold values in '{key}' that are not finite")
    model.load_state_dict(exact, assign=True)


def _compare_shapes(own: Mapping[str, Tensor], state: Mapping[str, Tensor]) -> None:
    for key in own:
        if key in state and state[key].shape != own[key].shape:
            raise UnfitWeightsError(f"have {tuple(state[key].shape)} for '{key}', not {tuple(own[key].shape)}")


def _in_timms_names(model: Any, state: Mapping[str, Tensor]) -> Mapping[str, Tensor]:
    """DINO's original names are timm's; those of DINOv2 and DINOv3 are known by entries that timm's files lack."""
    from timm.models import eva, vision_transformer

    try:
        if "storage_tokens" in state:
            return dict(eva.checkpoint_filter_fn(_without_zero_biases(state), model))
        if "mask_token" in state:
            return dict(vision_transformer.checkpoint_filter_fn(dict(state), model))
    except UnfitWeightsError:
        raise
    except Exception as error:  # timm's functions take it for granted that the rest of the file is as they know it
        raise UnfitWeightsError(f"are of no kind that timm knows ({type(error).__name__})") from None
    return state


def _without_zero_biases(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """DINOv3's file holds biases of query, key and value; that of the key is masked, and timm's network has none."""
    rest = dict(state)
    for name in [key for key in state if key.endswith("attn.qkv.bias")]:
        query, _, value = rest.pop(name).chunk(3)
        if query.any() or value.any():
            raise UnfitWeightsError(f"hold a bias other than 0 in '{name}', which the network has not")
    return rest
