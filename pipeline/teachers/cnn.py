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
from pipeline.teachers.grid import on_cells
from pipeline.teachers.precision import calculating
from pipeline.teachers.teacher import network_recipe
from pipeline.teachers.timm_model import empty_network, load_network
from pipeline.teachers.weights import trusted_weights


@dataclass(frozen=True)
class CnnTeacher:
    """A convolutional network, described. `weights` is the sha256 of its file; `levels` are timm's, by index."""

    name: str
    section: TimmCnn
    weights: str
    channels: int
    levels: tuple[int, ...]
    cells: int
    precision: Precision
    own_scale = False
    on_gpu = True

    @property
    def recipe(self) -> Mapping[str, Any]:
        """See `Teacher.recipe`."""
        recipe = network_recipe(self.section, precision=self.precision, weights=self.weights)
        del recipe["strides"]
        return {**recipe, "levels": list(self.levels)}

    def load(self, device: torch.device, compiled: bool = False) -> CnnNetwork:  # noqa: ARG002
        """See `Teacher.load`. It is not compiled: cuDNN's convolutions are what there is to gain."""
        network = load_network(self.name, self.section, self.weights)
        mean, std = (torch.tensor(network.pretrained_cfg[key]).view(3, 1, 1).to(device) for key in ("mean", "std"))
        return CnnNetwork(self, network.to(device), mean, std)


@dataclass(frozen=True)
class CnnNetwork:
    """See `Network`."""

    teacher: CnnTeacher
    model: Any
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
        teacher, size = self.teacher, self.teacher.section.input_size
        pixels = F.interpolate(images.permute(0, 3, 1, 2), (size, size), mode="bilinear", align_corners=False)
        with calculating(images.device, teacher.precision):
            levels = feature_levels(self.model, (pixels - self.mean) / self.std, teacher.levels)
        unit = [F.normalize(level.float(), dim=1).permute(0, 2, 3, 1) for level in levels]
        return torch.cat([on_cells(level, teacher.cells) for level in unit], dim=-1)


def feature_levels(model: Any, pixels: Float[Tensor, "n 3 h w"], levels: Sequence[int]) -> list[Tensor]:
    """Compute feature levels (n, channels, r, c) of normalised pixels, and no later layer."""
    return list(model.forward_intermediates(pixels, indices=list(levels), stop_early=True, intermediates_only=True))


def cnn_teacher(name: str, section: TimmCnn, precision: Precision, cells: int) -> CnnTeacher:
    """Describe the teacher `name` as its section of the settings has it, for maps of `cells` x `cells`.

    Raises UserError if the network has no such levels, MissingWeightsError if weights are missing.
    """
    levels, channels = cnn_levels(name, section)
    return CnnTeacher(name, section, trusted_weights(name, section)[1], channels, levels, cells, precision)


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
    channels = _channels(network, levels, size)
    if channels is None:
        raise UserError(
            f"networks.{name}: {section.model} cannot be a timm-cnn teacher for images of {size} pixels, because timm "
            f"gives no square feature levels of them; some networks take the size of their training alone "
            f"(networks.{name}.input_size), and some have no such levels."
        )
    return levels, channels


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


def _channels(network: Any, levels: Sequence[int], size: int) -> int | None:
    """Count the channels of levels of images with `size` pixels a side. None if timm gives no such levels of them."""
    cells = [size // network.feature_info[level]["reduction"] for level in levels]
    try:
        with torch.no_grad():  # on the meta device, which computes shapes alone
            maps = feature_levels(network, torch.empty(1, 3, size, size, device="meta"), levels)
        fit = all(isinstance(m, Tensor) and m.shape[2:] == (n, n) for m, n in zip(maps, cells, strict=True))
    except (AssertionError, AttributeError, NotImplementedError, RuntimeError, TypeError, ValueError):
        return None
    return sum(m.shape[1] for m in maps) if fit else None
