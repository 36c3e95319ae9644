"""Initial weights taken from another run's checkpoint or model."""

from __future__ import annotations

from pipeline.artifacts.runs import CHECKPOINT_WEIGHTS, initial_weights_file
from pipeline.errors import UserError
from pipeline.stores.weight_files import UnfitWeightsError, check_fit, load_weights
from train.network.model import FeatureField


def load_initial_weights(model: FeatureField, folder: str) -> None:
    """Load the model's weights and BatchNorm statistics. Raises UserError if they do not fit the model."""
    path = initial_weights_file(folder)
    try:
        state = load_weights(path.read_bytes(), safe=True)
        if path.name == CHECKPOINT_WEIGHTS:
            state = {name.removeprefix("model."): value for name, value in state.items() if name.startswith("model.")}
        check_fit(model.state_dict(), state)
    except UnfitWeightsError as error:
        raise UserError(
            f"the weights {path} (train.initial_checkpoint) {error}: name a checkpoint with the same train.width, "
            f"blocks, frequencies and encoder, and the same channels of the teacher."
        ) from None
    model.load_state_dict(state)
