"""The weights that a run starts from, where they are another run's."""

from __future__ import annotations

from pathlib import Path

import safetensors
import safetensors.torch
from torch import Tensor

from pipeline.errors import UserError
from train.network.model import FeatureField

CHECKPOINT, MODEL = "state.safetensors", "model.safetensors"


def weights_file(folder: str) -> Path:
    """The file of weights in a checkpoint's or a model's folder. Raises UserError if there is none."""
    for name in (CHECKPOINT, MODEL):
        if (Path(folder) / name).is_file():
            return Path(folder) / name
    raise UserError(
        f"train.initial_checkpoint is {folder}, where neither {CHECKPOINT} nor {MODEL} is: name the folder of a "
        f"checkpoint (storage.root/runs/.../step-...) or of a model (models/...), or set it to null."
    )


def load_initial_weights(model: FeatureField, folder: str) -> None:
    """Fills the model's weights and BatchNorm statistics. Raises UserError if they are another network's."""
    path = weights_file(folder)
    try:
        state: dict[str, Tensor] = safetensors.torch.load_file(path)
    except (safetensors.SafetensorError, OSError) as error:
        raise UserError(f"{path} (train.initial_checkpoint) cannot be read ({type(error).__name__}).") from None
    if path.name == CHECKPOINT:
        state = {name.removeprefix("model."): tensor for name, tensor in state.items() if name.startswith("model.")}
    own = model.state_dict()
    for name in sorted(own.keys() | state.keys()):
        found = tuple(state[name].shape) if name in state else "nothing"
        wanted = tuple(own[name].shape) if name in own else "nothing"
        if found != wanted:
            raise UserError(
                f"{path} (train.initial_checkpoint) holds {found} for '{name}' where this network has {wanted}: its "
                f"train.width, blocks, frequencies and encoder, and the teacher's channels, must be the same."
            )
    model.load_state_dict(state)
