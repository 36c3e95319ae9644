"""Initial weights taken from another run's checkpoint or model."""

from __future__ import annotations

from pathlib import Path

from pipeline.artifacts.runs import CHECKPOINT_WEIGHTS, initial_weights_file
from pipeline.errors import UserError
from pipeline.stores.plain_files import read_file
from pipeline.stores.weight_files import UnfitWeightsError, check_fit, load_weights, state_dict
from train.model_record import RECORD, recorded_settings
from train.network.model import FeatureField
from train.pixel_centres import first_centre


def load_initial_weights(model: FeatureField, folder: str) -> None:
    """Load the model's weights and BatchNorm statistics.

    Raises UserError if they do not fit the model, or belong to a model of other pixel centres: nothing in the weights
    tells that, and they would answer half a pixel beside their training.
    """
    path = initial_weights_file(folder)
    if (record := Path(folder) / RECORD).is_file():
        centres = recorded_settings(record).pixel_centres
        if first_centre(centres) != model.first_centre:
            raise UserError(
                f"{record} was trained with pixel_centres {centres}: set train.pixel_centres to {centres}, as "
                f"train.initial_checkpoint names its folder."
            )
    try:
        state = state_dict(load_weights(read_file(path), safe=True))
        if path.name == CHECKPOINT_WEIGHTS:
            state = {name.removeprefix("model."): value for name, value in state.items() if name.startswith("model.")}
        check_fit(model.state_dict(), state)
    except UnfitWeightsError as error:
        raise UserError(
            f"the weights {path} (train.initial_checkpoint) {error}: name a checkpoint with the same train.width, "
            f"blocks, frequencies and encoder, and the same channels of the teacher."
        ) from None
    model.load_state_dict(state)
