"""Vision transformers of timm as teachers, DINO as the paper uses it among them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from jaxtyping import Float, Float32
from torch import Tensor

from pipeline.artifacts.layouts import CELL
from pipeline.config.sections.teachers import Facet, PositionRule, Precision, TimmVit
from pipeline.errors import UserError
from pipeline.teachers.timm_model import TimmModel, empty_network, timm_model
from pipeline.teachers.vit_network import VitTrunk, unsupported


@dataclass(frozen=True)
class VitShape:
    """The sizes of a network, which are known without its weights."""

    patch: int  # pixels of the resized image
    blocks: int
    channels: int


@dataclass(frozen=True)
class VitTeacher:
    """A vision transformer, described."""

    model: TimmModel
    channels: int
    block: int
    facet: Facet
    input_size: int
    cells: int
    position: PositionRule
    own_scale: bool
    precision: Precision
    on_gpu = True

    @property
    def recipe(self) -> Mapping[str, Any]:
        """See `Teacher.recipe`."""
        return {
            "kind": "timm-vit",
            "model": self.model.model,
            "block": self.block,
            "facet": self.facet,
            "input_size": self.input_size,
            "position": self.position,
            "own_scale": self.own_scale,
            "precision": self.precision,
            "weights": self.model.sha256,
        }

    def load(self, device: torch.device, compiled: bool = False) -> VitNetwork:
        """See `Teacher.load`."""
        dtype = {"fp32": torch.float32, "bf16": torch.bfloat16}[self.precision]
        trunk = VitTrunk(self.model.load(), self.block, self.facet, self.input_size, self.cells, self.position, dtype)
        trunk = trunk.to(device)
        return VitNetwork(_compiled(trunk) if compiled and device.type == "cuda" else trunk)


@dataclass(frozen=True)
class VitNetwork:
    """See `Network`."""

    trunk: Callable[[Tensor], Tensor]

    def __call__(
        self,
        images: Float32[Tensor, "n h w 3"],
        names: Sequence[str],  # noqa: ARG002
    ) -> Float[Tensor, "n cells cells channels"]:
        """See `Network`. `names` are ignored: nothing is drawn. Maps are in the network's own type."""
        with torch.no_grad():
            return self.trunk(images)


def _compiled(trunk: VitTrunk) -> Callable[[Tensor], Tensor]:
    """Compile the network, once for each number of images.

    Without autotuning: on an H100 it gained almost nothing, in three minutes. Without a CUDA graph: at 50 images a
    launch costs nothing, and the next call would overwrite a graph's results.
    """
    run: Callable[[Tensor], Tensor] = torch.compile(trunk, dynamic=False)
    return run


def vit_teacher(name: str, section: TimmVit, precision: Precision, cells: int) -> VitTeacher:
    """Describe the teacher `name` as its section of the settings has it, for maps of `cells` x `cells`.

    Raises UserError if the network or a setting of it is not supported, MissingWeightsError if weights are missing.
    """
    shape = vit_shape(name, section)
    block = shape.blocks - 1 if section.block is None else section.block
    size = shape.patch * cells if section.input_size is None else section.input_size
    if size % shape.patch:
        raise UserError(
            f"networks.{name}.input_size is {size}, no multiple of the patch size {shape.patch}: set it to "
            f"{shape.patch * cells} for the {cells} x {cells} cells of the camera's {cells * CELL} pixels."
        )
    model = timm_model(name, section)
    return VitTeacher(
        model, shape.channels, block, section.facet, size, cells, section.position, section.own_scale, precision
    )


def vit_shape(name: str, section: TimmVit) -> VitShape:
    """Return the network's shape. Needs no weights. Raises UserError if it is not supported."""
    network = empty_network(name, section.model)
    problem = unsupported(network, section.facet)
    if problem is not None:
        raise UserError(f"networks.{name}: {section.model} cannot be a timm-vit teacher, {problem}.")
    blocks = len(network.blocks)
    if section.block is not None and section.block >= blocks:
        raise UserError(
            f"networks.{name}.block is {section.block}, but {section.model} has {blocks} blocks, counted from 0."
        )
    return VitShape(network.patch_embed.patch_size[0], blocks, network.embed_dim)
