"""The tensors of the authors' checkpoints under this project's names, and back.

FeatureNeRF's state dict holds the encoder, one network under the two names `mlp_coarse` and `mlp_fine`, and constants.
The network's last layer `lin_out` has rows for rgb (3), density (1), the feature, and the coordinate (3). pixel-nerf's
has the first four alone, and two different networks. Values are copied bit by bit.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

import torch
from torch import Tensor

from pipeline.stores.weight_files import UnfitWeightsError
from train.network.encoder import published_resnet34
from train.network.positional_code import LOWEST_FREQUENCY, code_width

State: TypeAlias = Mapping[str, Tensor]

COARSE, FINE = "mlp_coarse.", "mlp_fine."
UNUSED = ("encoder.model.layer4.", "code.")  # a level that nothing reads, and constants
LAST = f"{COARSE}lin_out"
DIRECTION, RGB, DENSITY, COORDINATE = 3, 3, 1, 3  # numbers
HEADS = ("rgb", "density", "feature", "coordinate")  # the rows of the last layer, in order
# Names here and there; both begin in the same order.
RENAMED = (
    ("encoder.", "encoder.model."),
    ("network.entry.", f"{COARSE}lin_in."),
    ("network.injections.", f"{COARSE}lin_z."),
    ("network.blocks.", f"{COARSE}blocks."),
)
LAYERS = ((".first.", ".fc_0."), (".second.", ".fc_1."))


@dataclass(frozen=True)
class NetworkSizes:
    """The sizes that a checkpoint's shapes tell. `teacher_channels` is 0 for pixel-nerf, which has no feature."""

    width: int
    blocks: int
    frequencies: int
    teacher_channels: int


def used_tensors(state: State, network: str | None) -> dict[str, Tensor]:
    """Select the encoder's and one network's tensors, the network's under the name of the coarse one.

    `network` is `coarse` or `fine` where they differ. Raises UnfitWeightsError if they differ and it is None.
    """
    coarse, fine = (
        {name.removeprefix(p): v for name, v in state.items() if name.startswith(p)} for p in (COARSE, FINE)
    )
    if network is None and fine:
        for name in coarse.keys() | fine.keys():
            if name not in coarse or name not in fine or not torch.equal(coarse[name], fine[name]):
                raise UnfitWeightsError(
                    f"hold two networks: '{FINE}{name}' is not '{COARSE}{name}', but a field here has one for both "
                    f"passes; choose one with --network coarse or fine"
                )
    chosen = fine if network == "fine" else coarse
    others = {name: v for name, v in state.items() if not name.startswith((COARSE, FINE, *UNUSED))}
    return others | {f"{COARSE}{name}": value for name, value in chosen.items()}


def network_sizes(used: State) -> NetworkSizes:
    """Read the sizes off the shapes. Raises UnfitWeightsError if they are of no such network."""
    entry, last = (_matrix(used, f"{name}.weight") for name in (f"{COARSE}lin_in", LAST))
    numbers = {int(found[1]) for name in used if (found := re.match(re.escape(COARSE) + r"blocks\.(\d{1,6})\.", name))}
    frequencies, rest = divmod(entry.shape[1] - code_width(0) - DIRECTION, code_width(1) - code_width(0))
    if rest or frequencies < 1 or not len(entry):
        raise UnfitWeightsError(
            f"have {tuple(entry.shape)} for '{COARSE}lin_in.weight', which is no positional code and direction"
        )
    channels = last.shape[0] - RGB - DENSITY
    if channels and channels <= COORDINATE:
        raise UnfitWeightsError(
            f"have {last.shape[0]} rows in '{LAST}.weight', neither 4 (pixel-nerf) nor a feature and a coordinate too"
        )
    return NetworkSizes(entry.shape[0], len(numbers), frequencies, max(0, channels - COORDINATE))


def with_empty_heads(used: State, channels: int) -> dict[str, Tensor]:
    """Add rows of zeros for a feature of so many channels and a coordinate to pixel-nerf's last layer."""
    added = {
        name: torch.cat([used[name], used[name].new_zeros((channels + COORDINATE, *used[name].shape[1:]))])
        for name in (f"{LAST}.weight", f"{LAST}.bias")
    }
    return {**used, **added}


def from_released(used: State) -> dict[str, Tensor]:
    """Rename tensors of a whole network to this project's state, and take its last layer apart into heads."""
    state: dict[str, Tensor] = {}
    for name, value in used.items():
        if name.startswith(LAST):
            rows = [RGB, DENSITY, len(value) - RGB - DENSITY - COORDINATE, COORDINATE]
            parameter = name.removeprefix(LAST)
            state |= {
                f"network.{head}{parameter}": part.clone()
                for head, part in zip(HEADS, torch.split(value, rows), strict=True)
            }
        else:
            state[_renamed(name, backwards=True)] = value
    return state


def to_released(state: State) -> dict[str, Tensor]:
    """Rename this project's state to the tensors that `from_released` takes."""
    heads = tuple(f"network.{head}." for head in HEADS)
    used = {_renamed(name): value for name, value in state.items() if not name.startswith(heads)}
    for parameter in ("weight", "bias"):
        used[f"{LAST}.{parameter}"] = torch.cat([state[f"{head}{parameter}"] for head in heads])
    return used


def whole_checkpoint(used: State, frequencies: int) -> dict[str, Tensor]:
    """Add what the authors' strict load asks for: the network's second name, constants, an unused level of zeros."""
    fine = {FINE + name.removeprefix(COARSE): value for name, value in used.items() if name.startswith(COARSE)}
    with torch.device("meta"):
        unused = published_resnet34().layer4.state_dict()
    level = {f"{UNUSED[0]}{name}": torch.zeros(v.shape, dtype=v.dtype) for name, v in unused.items()}
    powers = LOWEST_FREQUENCY * 2.0 ** torch.arange(frequencies)
    phases = torch.tensor([0, torch.pi / 2]).repeat(frequencies)
    code = {"code._freqs": powers.repeat_interleave(2).view(1, -1, 1), "code._phases": phases.view(1, -1, 1)}
    return {**used, **fine, **level, **code}


def _matrix(used: State, name: str) -> Tensor:
    if name not in used:
        raise UnfitWeightsError(f"lack '{name}'")
    if used[name].ndim != 2:
        raise UnfitWeightsError(f"have {tuple(used[name].shape)} for '{name}', which should be a matrix")
    return used[name]


def _renamed(name: str, backwards: bool = False) -> str:
    for pair in RENAMED:
        old, new = pair[::-1] if backwards else pair
        if name.startswith(old):
            name = new + name.removeprefix(old)
            break
    for pair in LAYERS:
        name = name.replace(*(pair[::-1] if backwards else pair))
    return name
