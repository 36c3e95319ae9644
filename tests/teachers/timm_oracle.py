"""What hooks in timm's own forward pass see, as maps: timm's network, at another size by timm's own code."""

from collections.abc import Sequence
from typing import Any

import timm
import torch
from torch import Tensor
from torch.nn import functional as F

from tests.teachers import vit_oracle
from tests.teachers.timm_weights import State

FACETS = ("query", "key", "value")


def vit_maps(
    model: str, state: State, images: Tensor, size: int, facet_block: int, rule: str = "timm"
) -> dict[str, Tensor]:
    """Query, key and value of one block and the last block's normalised tokens, for images resized to `size`."""
    whole = _loaded(model, state)
    if rule == "timm":
        whole.set_input_size(img_size=(size, size))
    else:  # made for that size, with positions by the plain network
        trained, prefix = state["pos_embed"], whole.num_prefix_tokens
        new = vit_oracle.position(trained[0, prefix:].double().numpy(), size // whole.patch_embed.patch_size[0])
        position = torch.cat([trained[:, :prefix], torch.from_numpy(new)[None].float()], dim=1)
        whole = _loaded(model, {**state, "pos_embed": position}, img_size=size)
    attention = getattr(whole.blocks[facet_block], "attn", None)
    caught: list[Tensor] = []
    joint = isinstance(getattr(attention, "qkv", None), torch.nn.Linear)
    if getattr(attention, "q_bias", None) is not None:  # EVA's: the layer's weights are used without calling it
        bias = torch.cat([attention.q_bias, attention.k_bias, attention.v_bias])
        attention.register_forward_pre_hook(
            lambda _, given: caught.append(F.linear(given[0], attention.qkv.weight, bias))
        )
    elif joint:
        attention.qkv.register_forward_hook(lambda *call: caught.append(call[-1]))
    with torch.no_grad():
        tokens = whole.forward_features(pixels_of(whole, images, size))
    seen = {"token": tokens}
    if joint:
        seen |= dict(zip(FACETS, caught[0].chunk(3, dim=-1), strict=True))
    grid = size // whole.patch_embed.patch_size[0]
    return {name: value[:, whole.num_prefix_tokens :].unflatten(1, (grid, grid)) for name, value in seen.items()}


def cnn_maps(model: str, state: State, images: Tensor, size: int, strides: Sequence[int], cells: int) -> Tensor:
    """The outputs of the modules that timm's feature_info names, each of length 1, on the cells."""
    whole = _loaded(model, state)
    chosen = [info for info in whole.feature_info if info["reduction"] in strides]
    caught: dict[str, Tensor] = {}
    for info in chosen:
        module = whole.get_submodule(info["module"])
        module.register_forward_hook(lambda *call, name=info["module"]: caught.update({name: call[-1]}))
    with torch.no_grad():
        whole.forward_features(pixels_of(whole, images, size))
    levels = [F.normalize(caught[info["module"]], dim=1) for info in chosen]
    maps = [F.interpolate(level, (cells, cells), mode="bilinear", align_corners=False) for level in levels]
    return torch.cat(maps, dim=1).permute(0, 2, 3, 1)


def pixels_of(whole: Any, images: Tensor, size: int) -> Tensor:
    """Images (n, h, w, 3), resized, with the network's own mean and deviation."""
    pixels = F.interpolate(images.permute(0, 3, 1, 2), (size, size), mode="bilinear", align_corners=False)
    mean, std = (torch.tensor(whole.pretrained_cfg[key]).view(3, 1, 1) for key in ("mean", "std"))
    return (pixels - mean) / std


def _loaded(model: str, state: State, **size: int) -> Any:
    with torch.random.fork_rng(devices=[]):
        whole = timm.create_model(model, **size).eval()
    whole.load_state_dict(state)
    return whole
