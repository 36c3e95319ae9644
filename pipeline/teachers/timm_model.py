"""A network of timm with its file of weights: found, checked and loaded."""

from __future__ import annotations

import difflib
import hashlib
from typing import Any

import torch

from pipeline.config.sections.teachers import TimmCnn, TimmVit
from pipeline.errors import UserError
from pipeline.stores.plain_files import read_file
from pipeline.stores.weight_files import UnfitWeightsError
from pipeline.teachers.timm_checkpoint import fill, read_state
from pipeline.teachers.weights import download_command, weights_file, weights_key


def load_network(teacher: str, section: TimmVit | TimmCnn, sha256: str) -> Any:
    """Make the network with its weights, in fp32 and evaluation mode. No random number is drawn.

    Raises UserError if the weights are missing, do not fit, or are not those with `sha256`.
    """
    file = weights_file(teacher, section)
    data = read_file(file)
    if hashlib.sha256(data).hexdigest() != sha256:
        raise UserError(
            f"the weights {file} ({weights_key(teacher)}) are not those that this run began with; "
            f"run it again, or bring the file with sha256 {sha256} back."
        )
    network = empty_network(teacher, section.model).to_empty(device="cpu")
    try:
        fill(network, read_state(data, safe=file.suffix == ".safetensors"))
    except UnfitWeightsError as error:
        command = download_command(section.model)
        come = f", which come with: {command} --force-download" if command else "."
        raise UserError(
            f"the weights {file} ({weights_key(teacher)}) {error}; give those of {section.model}{come}"
        ) from None
    for module in network.modules():  # tables of positions and the like, which no file of weights holds
        if hasattr(module, "init_non_persistent_buffers"):
            module.init_non_persistent_buffers()
    return network.eval().requires_grad_(False)


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
        if not (unknown := _unknown_buffers(network)):
            return network
        problem = f"timm does not say how it computes {', '.join(unknown)}, which no file of weights holds"
    raise UserError(f"networks.{teacher}: {model} cannot be a teacher, {problem}.")


def _unknown_buffers(network: torch.nn.Module) -> list[str]:
    """List the buffers that neither a file of weights holds nor timm computes anew."""
    others = {name for name, _ in network.named_buffers()} - network.state_dict().keys()
    modules = {name: network.get_submodule(name.rpartition(".")[0]) for name in sorted(others)}
    return [f"'{name}'" for name, module in modules.items() if not hasattr(module, "init_non_persistent_buffers")]
