"""Checkpoints of the authors' code and of pixel-nerf: read as models of this project, and written."""

from __future__ import annotations

import io
from collections.abc import Mapping
from pathlib import Path

import torch
from torch import Tensor

from pipeline.config.profiles import profile_settings
from pipeline.config.settings import Camera, Train
from pipeline.errors import UserError
from pipeline.exchange.released_layout import (
    NetworkSizes,
    from_released,
    network_sizes,
    to_released,
    used_tensors,
    whole_checkpoint,
    with_empty_heads,
)
from pipeline.stores.atomic_files import sha256_of, write_bytes, write_json
from pipeline.stores.plain_files import read_file
from pipeline.stores.weight_files import UnfitWeightsError, check_fit, load_weights, state_dict
from train.model_files import TENSORS, load_model, save_model
from train.model_record import RECORD
from train.network.model import FeatureField

ORIGIN = "origin.json"  # beside the model: which file it was made from
MOST_BYTES = 4 << 30  # of a file; the published network takes 0.1 GiB
MOST_SHARING = 4  # times that a file's bytes may be used; the authors' two networks are the same bytes
LEAST_BLOCKS = 3


def import_checkpoint(
    path: Path, folder: Path, origin: Mapping[str, str], camera: Camera, channels: int, network: str | None = None
) -> Train:
    """Write the model of a checkpoint into a folder, and return the settings that it is recorded with.

    They are those of the profile `released`, with the sizes of the checkpoint. `camera` is that of the views it was
    trained on. A pixel-nerf checkpoint gets a feature of `channels` channels that is 0 everywhere. `network` chooses
    between two different networks. `origin` is written beside the model. Raises UserError.
    """
    _require_free(folder)
    try:
        given = _read(path)
        used = used_tensors(given, network)
        sizes = network_sizes(used)
        settings = recorded_settings(sizes)
        _require_fit(used, sizes, settings)
    except UnfitWeightsError as error:
        raise UserError(f"the weights {path} {error}.") from None
    whole = used if sizes.teacher_channels else with_empty_heads(used, channels)
    model = FeatureField(settings, sizes.teacher_channels or channels)
    model.load_state_dict(from_released(whole))
    # First, so that an import that was killed can be repeated.
    write_json(folder / ORIGIN, {**origin, "file": path.name, "sha256": sha256_of(path)})
    save_model(folder, model, settings, camera)
    return settings


def export_checkpoint(folder: Path, path: Path) -> Train:
    """Write a model as a checkpoint that the authors' code loads, and return its settings. Raises UserError."""
    field = load_model(folder, torch.device("cpu"))
    settings = field.settings
    if settings.encoder != "resnet34":
        raise UserError(f"{folder} has the encoder '{settings.encoder}', but the authors' code has ResNet-34 alone.")
    content = io.BytesIO()
    torch.save(whole_checkpoint(to_released(field.model.state_dict()), settings.frequencies), content)
    write_bytes(path, content.getvalue())
    return settings


def recorded_settings(sizes: NetworkSizes) -> Train:
    """Return the settings of the profile `released` for a network of these sizes that this project took no step with.

    Raises UnfitWeightsError if it has too few blocks.
    """
    if sizes.blocks < LEAST_BLOCKS:
        raise UnfitWeightsError(f"hold {sizes.blocks} residual blocks, and {LEAST_BLOCKS} is the least")
    changes = {
        "steps": 0,
        "epochs": None,
        "width": sizes.width,
        "blocks": sizes.blocks,
        "frequencies": sizes.frequencies,
        "encoder_weights": None,
        **({} if sizes.teacher_channels else {"feature_weight": 0.0, "coordinate_weight": 0.0}),
    }
    return profile_settings("released").train.model_copy(update=changes)


def _require_free(folder: Path) -> None:
    """Raise UserError if the folder holds anything but a model that was imported, whole or in part."""
    there = {entry.name.removeprefix(".").removesuffix(".partial") for entry in folder.glob("*")}
    if there - {ORIGIN, TENSORS, RECORD} or (there and ORIGIN not in there):
        raise UserError(f"{folder} holds other files than an imported model: name another folder with --out.")


def _read(path: Path) -> dict[str, Tensor]:
    """Read a state dict; nothing in the file is executed. Raises UserError or UnfitWeightsError."""
    try:
        size = path.stat().st_size
        if size > MOST_BYTES:
            raise UserError(f"{path} has {size >> 30} GiB; a checkpoint of this network has less than 1.")
        state = state_dict(load_weights(read_file(path), safe=False))
    except FileNotFoundError:
        raise UserError(f"{path} is missing.") from None
    except IsADirectoryError:
        raise UserError(f"{path} is a folder: name the checkpoint's file in it.") from None
    # A tensor of stride 0, or many of one storage, would become as many bytes as it claims.
    if sum(tensor.numel() * tensor.element_size() for tensor in state.values()) > MOST_SHARING * size:
        raise UnfitWeightsError("claim more numbers than the file holds")
    return state


def _require_fit(used: Mapping[str, Tensor], sizes: NetworkSizes, settings: Train) -> None:
    """Raise UnfitWeightsError that names the first tensor that is missing, unknown, or of another shape or type."""
    with torch.device("meta"):  # shapes alone: what is claimed takes no memory before it has been compared
        expected = to_released(FeatureField(settings, sizes.teacher_channels or 1).state_dict())
    if not sizes.teacher_channels:
        for name in ("mlp_coarse.lin_out.weight", "mlp_coarse.lin_out.bias"):
            expected[name] = expected[name][:4]
    check_fit(expected, used)
    for name, tensor in used.items():
        if tensor.dtype != expected[name].dtype:
            raise UnfitWeightsError(f"have '{name}' as {tensor.dtype}, not {expected[name].dtype}")
