"""The record beside a model's weights, model.json: the settings of its training."""

from __future__ import annotations

from pathlib import Path

from pipeline.config.settings import Train
from pipeline.errors import UserError
from pipeline.stores.checked_json import read_if_checked

RECORD = "model.json"


def recorded_settings(record: Path) -> Train:
    """The settings of training in a model's record, model.json. Raises UserError if it is damaged."""
    try:
        return Train.model_validate(read_if_checked(record)["train"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UserError(f"{record} is no model's record ({type(error).__name__}): repeat the train stage.") from None
