"""Convolutional networks of timm as teachers: feature levels, joined."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from jaxtyping import Float, Float32
from torch import Tensor
from torch.nn import functional as F

from pipeline.config.sections.teachers import Precision, TimmCnn
from pipeline.errors import UserError
from pipeline.teachers.timm_model import TimmModel, empty_network, timm_model


@dataclass(frozen=True)
class CnnTeacher:
    """A convolutional network, described. `levels` are indices of timm's feature levels."""

    model: TimmModel
    channels: int
    levels: tuple[int, ...]
    input_size: int
    cells: int
    precision: Precision
    own_scale = False
    on_gpu = True

    @property
    def recipe(self) -> Mapping[str, Any]:
        """See `Teacher.recipe`."""
        return {
            "kind": "timm-cnn",
            "model": self.model.model,
            "levels": list(self.levels),
            "input_size": self.input_size,
            "precision": self.precision,
            "weights": self.model.sha256,
        }

    def load(self, device: torch.device, compiled: bool = False) -> CnnNetwork:  # noqa: ARG002
        """See `Teacher.load`. It is not compiled: cuDNN's convolutions are what there is to gain."""
        network = self.model.load()
        mean, std = (torch.tensor(network.pretrained_cfg[key]).view(3, 1, 1).to(device) for key in ("mean", "std"))
        return CnnNetwork(network.to(device), self.levels, self.input_size, self.cells, self.precision, mean, std)


@dataclass(frozen=True)
class CnnNetwork:
    """See `Network`."""

    model: Any
    levels: tuple[int, ...]
    input_size: int
    cells: int
    precision: Precision
    mean: Tensor
    std: Tensor

    def __call__(
        self,
        images: Float32[Tensor, "n h w 3"],
        names: Sequence[str],  # noqa: ARG002
    ) -> Float[Tensor, "n cells cells channels"]:
        """See `Network`. `names` are ignored: nothing is drawn.

        A level's cells are normalised to length 1, so that no level outweighs another, and then resampled bilinearly.
        A level's cell stands for the pixels that it covers; a padding that the network shifts by is not undone.
        """
        size, kind = (self.input_size, self.input_size), images.device.type
        pixels = F.interpolate(images.permute(0, 3, 1, 2), size, mode="bilinear", align_corners=False)
        # By default cuDNN's fp32 convolutions use TF32, which has ten bits.
        with (
            torch.no_grad(),
            torch.backends.cudnn.flags(allow_tf32=False),
            torch.autocast(kind, torch.bfloat16, enabled=self.precision == "bf16"),
        ):
            levels = feature_levels(self.model, (pixels - self.mean) / self.std, self.levels)
        cells = (self.cells, self.cells)
        unit = [F.normalize(level.float(), dim=1) for level in levels]
        maps = [F.interpolate(level, cells, mode="bilinear", align_corners=False) for level in unit]
        return torch.cat(maps, dim=1).permute(0, 2, 3, 1)


def feature_levels(model: Any, pixels: Float[Tensor, "n 3 h w"], levels: Sequence[int]) -> list[Tensor]:
    """Compute feature levels (n, channels, r, c) of normalised pixels, and no later layer."""
    return list(model.forward_intermediates(pixels, indices=list(levels), stop_early=True, intermediates_only=True))


def cnn_teacher(name: str, section: TimmCnn, precision: Precision, cells: int) -> CnnTeacher:
    """Describe the teacher `name` as its section of the settings has it, for maps of `cells` x `cells`.

    Raises UserError if the network has no such levels, MissingWeightsError if weights are missing.
    """
    levels, channels = cnn_levels(name, section)
    model = timm_model(name, section)
    return CnnTeacher(model, channels, levels, section.input_size, cells, precision)


def cnn_levels(name: str, section: TimmCnn) -> tuple[tuple[int, ...], int]:
    """Find the feature levels of the strides, and count their channels. Needs no weights. Raises UserError."""
    network = empty_network(name, section.model).eval()
    levels = _levels_of_strides(name, section, network)
    size, coarsest = section.input_size, max(section.strides)
    if size % coarsest:  # what a network pads or cuts off would shift the cells
        raise UserError(
            f"networks.{name}.input_size is {size}, no multiple of the stride {coarsest}: set it to "
            f"{-(-size // coarsest) * coarsest}."
        )
    channels = [_level_channels(network, level, size) for level in levels]
    if None in channels:
        raise UserError(
            f"networks.{name}: {section.model} cannot be a timm-cnn teacher for images of {size} pixels, because timm "
            f"gives no square feature levels of them; some networks take the size of their training alone "
            f"(networks.{name}.input_size), and some have no such levels."
        )
    return levels, sum(filter(None, channels))


def _levels_of_strides(name: str, section: TimmCnn, network: Any) -> tuple[int, ...]:
    strides = [info["reduction"] for info in getattr(network, "feature_info", None) or []]
    for stride in section.strides:
        if strides.count(stride) != 1:
            known = ", ".join(map(str, sorted(set(strides)))) or "none"
            there = "several levels" if stride in strides else "no level"
            raise UserError(
                f"networks.{name}.strides holds {stride}, but {section.model} has {there} of that stride; the strides "
                f"of its feature levels are {known}."
            )
    return tuple(sorted(strides.index(stride) for stride in section.strides))


def _level_channels(network: Any, level: int, size: int) -> int | None:
    """Count the channels of a level of images with `size` pixels a side. None if timm gives no such level of them."""
    cells = size // network.feature_info[level]["reduction"]
    try:
        with torch.no_grad():  # on the meta device, which computes shapes alone
            (maps,) = feature_levels(network, torch.empty(1, 3, size, size, device="meta"), [level])
    except (AssertionError, AttributeError, NotImplementedError, RuntimeError, TypeError, ValueError):
        return None
    return int(maps.shape[1]) if isinstance(maps, Tensor) and maps.shape[2:] == (cells, cells) else None
