"""Pretrained encoder weights from local files. Nothing is ever downloaded, and nothing falls back to random weights."""

from __future__ import annotations

import pickle
from pathlib import Path

import safetensors
import safetensors.torch
import torch
from torch import Tensor

from pipeline.errors import UserError
from train.network.encoder import Encoder, ResNet34Encoder, SmallEncoder

IMAGENET = "imagenet"
IMAGENET_FILE = "resnet34-b627a593.pth"
IMAGENET_COMMAND = "python -c \"import torchvision; torchvision.models.resnet34(weights='IMAGENET1K_V1')\""
UNUSED = ("layer4.", "fc.")  # the parts of a whole ResNet-34 that the method leaves out


def build_encoder(name: str, weights: str | None) -> Encoder:
    """The encoder called `name`: small or resnet34.

    `weights` is null (random, from torch's generator), `imagenet` (resnet34 only: torch hub's cached file) or a
    .safetensors or .pth file of the encoder's state. Raises UserError where weights are missing or do not fit.
    """
    encoder = {"small": SmallEncoder, "resnet34": ResNet34Encoder}[name]()
    if weights is not None:
        path = _weights_file(name, weights)
        state = {key: value for key, value in _read(path).items() if not key.startswith(UNUSED)}
        _fill(encoder, state, path)
    return encoder


def _weights_file(name: str, weights: str) -> Path:
    """The local file of `weights`. Raises UserError if it is not there."""
    if weights != IMAGENET:
        path = Path(weights)
        remedy = "set train.encoder_weights to null, imagenet, or a .safetensors or .pth file."
    elif name == "resnet34":
        path = Path(torch.hub.get_dir()) / "checkpoints" / IMAGENET_FILE
        remedy = f"get it where there is a network with: {IMAGENET_COMMAND}"
    else:
        raise UserError(
            f"train.encoder_weights is imagenet, but train.encoder is {name}: set the encoder to resnet34 or the "
            f"weights to null."
        )
    if not path.is_file():
        raise UserError(f"the encoder's weights {path} (train.encoder_weights) are missing; {remedy}")
    return path


def _read(path: Path) -> dict[str, Tensor]:
    try:
        if path.suffix == ".safetensors":
            tensors: dict[str, Tensor] = safetensors.torch.load_file(path)
            return tensors
        state = torch.load(path, map_location="cpu", weights_only=True)
    except (safetensors.SafetensorError, pickle.UnpicklingError, RuntimeError, EOFError, ValueError) as error:
        raise UserError(
            f"the encoder's weights {path} (train.encoder_weights) cannot be read as a "
            f"{'safetensors file' if path.suffix == '.safetensors' else '.pth file of plain tensors'} "
            f"({type(error).__name__}); get the file again."
        ) from None
    if not isinstance(state, dict) or not all(isinstance(value, Tensor) for value in state.values()):
        raise UserError(f"the encoder's weights {path} (train.encoder_weights) are no state dict; save one.")
    return state


def _fill(encoder: Encoder, state: dict[str, Tensor], path: Path) -> None:
    """Loads `state`; raises UserError that names the first entry that is missing, superfluous or of another shape."""
    own = encoder.state_dict()
    for key in [*own, *state]:
        if key not in state and key.endswith("num_batches_tracked"):
            state[key] = own[key]  # files older than this counter lack it; it has no effect on the result
        elif key not in state:
            problem = f"lack '{key}'"
        elif key not in own:
            problem = f"hold '{key}', which the encoder has not"
        elif state[key].shape != own[key].shape:
            problem = f"have {tuple(state[key].shape)} for '{key}', not {tuple(own[key].shape)}"
        else:
            continue
        raise UserError(
            f"the encoder's weights {path} (train.encoder_weights) {problem}; "
            f"give the weights of a {type(encoder).__name__.removesuffix('Encoder')}."
        )
    encoder.load_state_dict(state)
