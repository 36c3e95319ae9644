"""Random weights of timm's networks, and the names that original checkpoints give them."""

import argparse
from pathlib import Path
from typing import Any

import safetensors.torch
import timm
import torch
from torch import Tensor

from pipeline.config.networks import BUILT_IN
from pipeline.config.sections.teachers import TimmCnn, TimmVit

State = dict[str, Tensor]


def model_of(teacher: str) -> str:
    """The name in timm of a built-in teacher's network."""
    network = BUILT_IN[teacher]
    assert isinstance(network, TimmVit | TimmCnn)
    return network.model


def random_state(model: str, seed: int = 0, growth: float = 1.0) -> State:
    """A state dict in timm's names: no entry is 0 or 1, so that each one shows in the maps.

    Products keep the size of what goes through them. `growth` multiplies what a transformer's blocks add to the sum
    that runs through them, and three channels of that sum then stand far out, as in trained networks.
    """
    with torch.device("meta"):
        own = timm.create_model(model).state_dict()
    generator = torch.Generator().manual_seed(seed)
    state = {
        name: _drawn(name, torch.randn(value.shape, generator=generator)).to(value.dtype) for name, value in own.items()
    }
    if growth != 1:
        for name in state:
            if name.endswith(("attn.proj.weight", "mlp.fc2.weight")):
                state[name] *= growth
        state["blocks.1.mlp.fc2.bias"][[5, 77, 200]] = torch.tensor([30.0, -20.0, 10.0]) * growth
    return state


def _drawn(name: str, normal: Tensor) -> Tensor:
    if name.endswith("running_var") or (("norm" in name or ".bn" in name) and name.endswith("weight")):
        return (1 + 0.2 * normal).abs()
    if "gamma" in name:
        return 0.5 + 0.2 * normal
    if name.endswith("weight") and normal.ndim > 1:
        return normal / normal[0].numel() ** 0.5
    return 0.3 * normal


def original_state(teacher: str, state: State) -> State:
    """The same under the names of the teacher's original checkpoint, with the entries that timm's file lacks."""
    if teacher == "dino":
        return dict(state)
    original = {**state, "mask_token": torch.ones(1, 384)}
    if teacher == "dinov3":
        for name in state:
            renamed = name.replace("gamma_1", "ls1.gamma").replace("gamma_2", "ls2.gamma")
            renamed = renamed.replace("reg_token", "storage_tokens")
            original[renamed] = original.pop(name)
        for block in range(12):
            original[f"blocks.{block}.attn.qkv.bias"] = torch.zeros(1152)
            original[f"blocks.{block}.attn.qkv.bias"][384:768] = 7  # the key's is masked
            original[f"blocks.{block}.attn.qkv.bias_mask"] = torch.full((1152,), torch.nan)
        original["rope_embed.periods"] = torch.ones(16)
    return original


def whole_checkpoint(state: State) -> dict[str, Any]:
    """What DINO's training saves: both networks in their wrappers, and how they were trained."""
    backbone = {f"module.backbone.{name}": value for name, value in state.items()}
    heads = {"module.head.mlp.0.weight": torch.ones(2, 384), "module.head.last_layer.weight_g": torch.ones(2, 1)}
    return {
        "student": {name: torch.zeros(1) for name in backbone},
        "teacher": {**backbone, **heads},
        "epoch": 800,
        "args": argparse.Namespace(arch="vit_small", patch_size=8, lr=0.0005),
    }


def save(state: dict[str, Any], file: Path) -> Path:
    """Write a file of weights, of the kind that its name says."""
    if file.suffix == ".safetensors":
        safetensors.torch.save_file(state, file)
    else:
        torch.save(state, file)
    return file


def half(state: State) -> State:
    """The same in half the bytes."""
    return {name: value.bfloat16() for name, value in state.items()}
