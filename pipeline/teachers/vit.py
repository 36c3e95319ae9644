"""Vision transformers of timm as teachers, DINO as the paper uses it among them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from jaxtyping import Float, Float32
from torch import Tensor

from pipeline.artifacts.layouts import CELL
from pipeline.config.sections.teachers import Precision, TimmVit
from pipeline.errors import UserError
from pipeline.teachers.precision import DTYPES, calculating
from pipeline.teachers.teacher import network_recipe
from pipeline.teachers.timm_model import empty_network, load_network
from pipeline.teachers.vit_network import VitTrunk, unsupported
from pipeline.teachers.weights import trusted_weights


@dataclass(frozen=True)
class VitTeacher:
    """A vision transformer, described. `weights` is the sha256 of its file; `section` has a block and an input size."""

    name: str
    section: TimmVit
    weights: str
    channels: int
    cells: int
    precision: Precision
    on_gpu = True

    @property
    def own_scale(self) -> bool:
        """See `Teacher.own_scale`."""
        return self.section.own_scale

    @property
    def recipe(self) -> Mapping[str, Any]:
        """See `Teacher.recipe`."""
        return network_recipe(self.section, precision=self.precision, weights=self.weights)

    def load(self, device: torch.device, compiled: bool = False) -> VitNetwork:
        """See `Teacher.load`.

        It is compiled once for each number of images. Without autotuning: on an H100 it gained almost nothing, in
        three minutes. Without a CUDA graph: at 50 images a launch costs nothing, and the next call would overwrite a
        graph's results.
        """
        section = self.section
        assert section.block is not None and section.input_size is not None  # noqa: S101  vit_teacher sets them
        model = load_network(self.name, section, self.weights)
        trunk = VitTrunk(model, section.block, section.facet, section.input_size, self.cells, section.position)
        trunk = trunk.to(device)
        return VitNetwork(
            torch.compile(trunk, dynamic=False) if compiled and device.type == "cuda" else trunk, self.precision
        )


@dataclass(frozen=True)
class VitNetwork:
    """See `Network`."""

    trunk: Callable[[Tensor], Tensor]
    precision: Precision

    def __call__(
        self,
        images: Float32[Tensor, "n h w 3"],
        names: Sequence[str],  # noqa: ARG002
    ) -> Float[Tensor, "n cells cells channels"]:
        """See `Network`. `names` are ignored: nothing is drawn. Maps are in the type of the precision."""
        with calculating(images.device, self.precision):
            return self.trunk(images).to(DTYPES[self.precision])


def vit_teacher(name: str, section: TimmVit, precision: Precision, cells: int) -> VitTeacher:
    """Describe the teacher `name` as its section of the settings has it, for maps of `cells` x `cells`.

    Raises UserError if the network or a setting of it is not supported, MissingWeightsError if weights are missing.
    """
    network = supported_network(name, section)
    patch = network.patch_embed.patch_size[0]
    block = len(network.blocks) - 1 if section.block is None else section.block
    size = patch * cells if section.input_size is None else section.input_size
    if size % patch:
        raise UserError(
            f"networks.{name}.input_size is {size}, no multiple of the patch size {patch}: set it to "
            f"{patch * cells} for the {cells} x {cells} cells of the camera's {cells * CELL} pixels."
        )
    section = section.model_copy(update={"block": block, "input_size": size})
    return VitTeacher(name, section, trusted_weights(name, section)[1], network.embed_dim, cells, precision)


def supported_network(name: str, section: TimmVit) -> Any:
    """Make the network without weights. Raises UserError if it, or the section's block of it, is not supported."""
    network = empty_network(name, section.model)
    problem = unsupported(network, section.facet)
    if problem is not None:
        raise UserError(f"networks.{name}: {section.model} cannot be a timm-vit teacher, {problem}.")
    if section.block is not None and section.block >= len(network.blocks):
        raise UserError(
            f"networks.{name}.block is {section.block}, but {section.model} has {len(network.blocks)} blocks, counted "
            "from 0."
        )
    return network
