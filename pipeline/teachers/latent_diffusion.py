"""Latent diffusion as a teacher: features of a U-Net's decoder after one step from a noisy latent."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch

from pipeline.config.sections.teachers import LatentDiffusion, Precision
from pipeline.errors import UserError
from pipeline.teachers.diffusion_folder import diffusion_folder
from pipeline.teachers.diffusion_network import LatentDiffusionNetwork
from pipeline.teachers.diffusion_parts import load_parts, refuse_failures
from pipeline.teachers.diffusion_shape import DiffusionShape, fitting_shape
from pipeline.teachers.precision import DTYPES
from pipeline.teachers.teacher import network_recipe


@dataclass(frozen=True)
class LatentDiffusionTeacher:
    """A latent diffusion model, described. `weights` is one sha256 over its files; the prompt is filled in."""

    name: str
    section: LatentDiffusion
    precision: Precision
    cells: int
    weights: str
    shape: DiffusionShape
    own_scale = False
    on_gpu = True

    @property
    def channels(self) -> int:
        """See `Teacher.channels`."""
        return self.shape.channels(self.section.up_blocks)

    @property
    def recipe(self) -> Mapping[str, Any]:
        """See `Teacher.recipe`."""
        return network_recipe(self.section, precision=self.precision, weights=self.weights)

    def load(self, device: torch.device, compiled: bool = False) -> LatentDiffusionNetwork:
        """See `Teacher.load`. The prompt is embedded once, then the text encoder is dropped."""
        section = self.section
        folder = diffusion_folder(self.name, section.weights)
        if folder.sha256() != self.weights:
            raise UserError(
                f"the weights in {folder.path} ({folder.key('weights')}) are not those that this run began with; run "
                f"it again, or bring the files with sha256 {self.weights} back."
            )
        parts = load_parts(folder, section.prompt, section.timestep)
        network = LatentDiffusionNetwork(parts, self.shape, section, self.cells).to(device, DTYPES[self.precision])
        with refuse_failures(folder, "", "working model"):
            network.check(self.channels)
        if device.type == "cuda":
            network.speed_up(compiled)
        return network


def latent_diffusion_teacher(
    name: str, section: LatentDiffusion, category: str, precision: Precision, cells: int
) -> LatentDiffusionTeacher:
    """Describe the teacher `name` as its section of the settings has it, for maps of `cells` x `cells` of one category.

    Raises UserError if the settings do not fit the model, MissingWeightsError if weights are missing.
    """
    folder = diffusion_folder(name, section.weights)
    section = section.model_copy(update={"prompt": section.prompt.format(category=category)})
    return LatentDiffusionTeacher(
        name, section, precision, cells, folder.sha256(), fitting_shape(folder, section, cells)
    )
