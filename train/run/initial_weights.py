"""The weights that a run starts from, where they are another run's."""

from __future__ import annotations

import safetensors
import safetensors.torch
from torch import Tensor

from pipeline.artifacts.runs import CHECKPOINT_WEIGHTS, initial_weights_file
from pipeline.errors import UserError
from train.network.model import FeatureField


def load_initial_weights(model: FeatureField, folder: str) -> None:
    """Fills the model's weights and BatchNorm statistics. Raises UserError if they are another network's."""
    path = initial_weights_file(folder)
    try:
        state: dict[str, Tensor] = safetensors.torch.load_file(path)
    except (safetensors.SafetensorError, OSError) as error:
        raise UserError(f"{path} (train.initial_checkpoint) cannot be read ({type(error).__name__}).") from None
    if path.name == CHECKPOINT_WEIGHTS:
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
