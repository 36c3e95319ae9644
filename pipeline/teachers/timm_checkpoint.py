"""Weight files of timm's networks: timm's names and those of some original checkpoints."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from torch import Tensor, nn

from pipeline.stores.weight_files import UnfitWeightsError, check_fit, check_shapes, load_weights, state_dict

WRAPPERS = ("module.", "backbone.")  # DINO's multi-crop wrapper and its distributed one
HEADS = ("head.", "dino_head.", "ibot_head.")  # whole checkpoints hold them; only the training used them


def read_state(data: bytes, safe: bool) -> dict[str, Tensor]:
    """Read the weights in a file: a safetensors file if `safe`, else a file of torch. Raises UnfitWeightsError.

    From DINO's whole checkpoint it takes the backbone of the teacher.
    """
    state = load_weights(data, safe)
    if isinstance(state, dict) and isinstance(state.get("teacher"), dict):
        bare = {_bare(str(key)): value for key, value in state["teacher"].items()}
        state = {key: value for key, value in bare.items() if not key.startswith(HEADS)}
    return state_dict(state)


def _bare(key: str) -> str:
    for wrapper in WRAPPERS:
        key = key.removeprefix(wrapper)
    return key


def fill(model: nn.Module, state: Mapping[str, Tensor]) -> None:
    """Load the weights in fp32 into a model of timm, which may lie on the meta device.

    Raises UnfitWeightsError that names the first entry that is missing, superfluous, of another shape or type, or not
    finite.
    """
    own = model.state_dict()
    # Checked before timm's functions: they would resample a patch or position embedding of another network.
    check_shapes(own, state)
    state = _in_timms_names(model, state)
    check_fit(own, state)
    exact = {key: value.float() if value.is_floating_point() else value for key, value in state.items()}
    model.load_state_dict(exact, assign=True)


def _in_timms_names(model: Any, state: Mapping[str, Tensor]) -> Mapping[str, Tensor]:
    """Rename the entries of the original files to timm's names.

    DINO's original names are timm's; files of DINOv2 and DINOv3 are recognised by entries that timm's files lack. A
    file of EfficientNet-PyTorch has the entries of timm's network in the same order under other names.
    """
    if "_conv_stem.weight" in state:
        own = model.state_dict()
        if len(own) != len(state):
            raise UnfitWeightsError(f"have {len(state)} entries, not {len(own)}")
        return dict(zip(own, state.values(), strict=True))
    from timm.models import eva, vision_transformer

    try:
        if "storage_tokens" in state:
            return dict(eva.checkpoint_filter_fn(_without_zero_biases(state), model))
        if "mask_token" in state:
            return dict(vision_transformer.checkpoint_filter_fn(dict(state), model))
    except UnfitWeightsError:
        raise
    except Exception as error:  # timm's functions do not check the rest of the file
        raise UnfitWeightsError(f"are of no kind that timm knows ({type(error).__name__})") from None
    return state


def _without_zero_biases(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Drop DINOv3's attention biases, which timm's network has not. Raises UnfitWeightsError if one has an effect.

    The file holds biases of query, key and value; that of the key is masked and has no effect.
    """
    rest = dict(state)
    for name in [key for key in state if key.endswith("attn.qkv.bias")]:
        query, _, value = rest.pop(name).chunk(3)
        if query.any() or value.any():
            raise UnfitWeightsError(f"hold a bias other than 0 in '{name}', which the network has not")
    return rest
