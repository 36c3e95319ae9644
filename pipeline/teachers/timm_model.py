"""A network of timm with its file of weights: found, checked and loaded."""

from __future__ import annotations

import difflib
import hashlib
from dataclasses import dataclass
from typing import Any, cast

import torch
from torch import nn

from pipeline.config.sections.teachers import TimmCnn, TimmVit
from pipeline.errors import UserError
from pipeline.stores.weight_files import UnfitWeightsError
from pipeline.teachers.timm_checkpoint import fill, read_state
from pipeline.teachers.timm_weights import download_command, trusted_weights, weights_file, weights_key


@dataclass(frozen=True)
class TimmModel:
    """A network of timm. `teacher` is its name in the settings; `sha256` is that of its file of weights."""

    teacher: str
    model: str
    named: str | None  # the setting that names the file
    sha256: str

    def load(self) -> Any:
        """Make the network with its weights, in fp32 and evaluation mode. No random number is drawn.

        Raises UserError if the weights are missing, do not fit, or are not those with `sha256`.
        """
        file = weights_file(self.teacher, self.model, self.named)
        data = file.read_bytes()
        if hashlib.sha256(data).hexdigest() != self.sha256:
            raise UserError(
                f"the weights {file} ({weights_key(self.teacher)}) are not those that this run began with; "
                f"run it again, or bring the file with sha256 {self.sha256} back."
            )
        network = empty_network(self.teacher, self.model)
        try:
            fill(network, read_state(data, safe=file.suffix == ".safetensors"))
        except UnfitWeightsError as error:
            command = download_command(self.model)
            come = f", which come with: {command} --force-download" if command else "."
            raise UserError(
                f"the weights {file} ({weights_key(self.teacher)}) {error}; give those of {self.model}{come}"
            ) from None
        compute_buffers(network)
        return network.eval().requires_grad_(False)


def timm_model(teacher: str, section: TimmVit | TimmCnn) -> TimmModel:
    """Describe a teacher's network. Raises UserError for weights with another checksum, MissingWeightsError."""
    return TimmModel(teacher, section.model, section.weights, trusted_weights(teacher, section)[1])


def empty_network(teacher: str, model: str) -> Any:
    """Make a network of timm on the meta device: its shape without weights. Raises UserError for an unknown name."""
    import timm
    from timm.models import get_pretrained_cfg

    architecture = model.partition(".")[0]
    if not timm.is_model(architecture):
        near = difflib.get_close_matches(architecture, timm.list_models(), n=1)
        hint = f"; did you mean '{near[0]}'?" if near else "."
        raise UserError(f"networks.{teacher}.model: timm {timm.__version__} has no network '{architecture}'{hint}")
    try:
        get_pretrained_cfg(model, allow_unregistered="." not in model)
    except RuntimeError:
        tags = list(timm.list_pretrained(f"{architecture}.*"))
        raise UserError(
            f"networks.{teacher}.model: timm {timm.__version__} has no weights '{model.partition('.')[2]}' of "
            f"{architecture}; it knows {', '.join(tags) or 'none'}."
        ) from None
    try:
        with torch.device("meta"):
            network = timm.create_model(model, pretrained=False)
    except Exception as error:  # whatever a network does that needs values
        problem = f"it cannot be made without values ({type(error).__name__})"
    else:
        problem = ", ".join(f"'{name}'" for name in _unknown_buffers(network))
        if not problem:
            return network
        problem = f"timm does not say how it computes {problem}, which no file of weights holds"
    raise UserError(f"networks.{teacher}: {model} cannot be a teacher, {problem}.")


def compute_buffers(network: nn.Module) -> None:
    """Give values to the buffers that no file of weights holds, such as tables of positions."""
    for module in network.modules():
        empty = {name: buffer for name, buffer in module.named_buffers(recurse=False) if buffer.is_meta}
        for name, buffer in empty.items():
            setattr(module, name, torch.empty_like(buffer, device="cpu"))
        if empty:
            cast(Any, module).init_non_persistent_buffers()


def _unknown_buffers(network: nn.Module) -> list[str]:
    """List the buffers that `compute_buffers` cannot compute."""
    return [
        f"{where}.{name}"
        for where, module in network.named_modules()
        for name, _ in module.named_buffers(recurse=False)
        if name in module._non_persistent_buffers_set and not hasattr(module, "init_non_persistent_buffers")
    ]
