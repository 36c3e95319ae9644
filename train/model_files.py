"""A trained model as files: model.safetensors, and model.json with its settings and the checksums of both."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import safetensors.torch
import torch
from torch import Tensor

from pipeline.config.settings import Camera, Train
from pipeline.errors import UserError
from pipeline.stores.atomic_files import digest_of, sha256_of, write_bytes
from pipeline.stores.checked_json import read_if_checked, write_checked
from pipeline.stores.plain_files import read_file
from pipeline.stores.weight_files import UnfitWeightsError, check_fit, load_weights, state_dict
from train.model_record import RECORD
from train.network.model import FeatureField
from train.trained_field import TrainedField

TENSORS = "model.safetensors"


def save_model(
    folder: Path, model: FeatureField, settings: Train, camera: Camera, framing: float | None = None
) -> None:
    """Write model.safetensors and model.json, which holds all that `load_model` needs."""
    state = {name: tensor.detach().cpu().contiguous() for name, tensor in model.state_dict().items()}
    write_bytes(folder / TENSORS, safetensors.torch.save(state))
    record = {
        "teacher_channels": model.network.feature.out_features,
        "train": settings.model_dump(mode="json"),
        "camera": camera.model_dump(mode="json"),
        "framing": framing,
        "sha256": sha256_of(folder / TENSORS),
    }
    write_checked(folder / RECORD, record)


def load_model(folder: Path, device: torch.device) -> TrainedField:
    """Load the model that `save_model` wrote. Raises UserError if it is missing, damaged, or no such model."""
    try:
        record, tensors = read_if_checked(folder / RECORD), read_file(folder / TENSORS)
        found = hashlib.sha256(tensors).hexdigest()
        if record.get("sha256", found) != found:  # models of version 0.1.0 record none
            raise UnfitWeightsError(f"in {TENSORS} are not those that {RECORD} is of")
        settings, camera = Train.model_validate(record["train"]), Camera.model_validate(record["camera"])
        # The encoder's weights come with the model: its first ones need not be there any more.
        settings_alone = settings.model_copy(update={"encoder_weights": None})
        state = state_dict(load_weights(tensors, safe=True))
        with torch.device("meta"):  # shapes alone: what a record claims takes no memory before it is compared
            check_fit(_state(settings_alone, record), state)
        model = FeatureField(settings_alone, record["teacher_channels"])
        model.load_state_dict(state)
        framing = None if record.get("framing") is None else float(record["framing"])
    except UnfitWeightsError as error:
        raise UserError(f"{folder} holds no whole model: the weights {error}; repeat the train stage.") from None
    except (OSError, ValueError, KeyError, TypeError, RuntimeError) as error:
        raise UserError(
            f"{folder}: {TENSORS} and {RECORD} are no whole model ({type(error).__name__}); repeat the train stage."
        ) from None
    digest = digest_of([found, sha256_of(folder / RECORD)])
    return TrainedField(model.to(device).eval(), settings, camera, framing, digest)


def _state(settings: Train, record: Mapping[str, Any]) -> dict[str, Tensor]:
    channels = record["teacher_channels"]
    if not isinstance(channels, int) or channels < 1:
        raise ValueError(f"{channels} channels")
    return dict(FeatureField(settings, channels).state_dict())
