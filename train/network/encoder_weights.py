"""Pretrained encoder weights from local files. Nothing is downloaded, and nothing falls back to random weights."""

from __future__ import annotations

from pathlib import Path

from pipeline.errors import UserError
from pipeline.stores.plain_files import read_file
from pipeline.stores.weight_files import UnfitWeightsError, check_fit, load_weights, state_dict
from train.network.encoder import Encoder, ResNet34Encoder, SmallEncoder
from train.network.encoder_file import encoder_weights_file

UNUSED = ("layer4.", "fc.")  # the parts of a whole ResNet-34 that the method leaves out


def build_encoder(name: str, weights: str | None) -> Encoder:
    """Build the encoder called `name`: small or resnet34.

    `weights` is null (random, from torch's generator), `imagenet` (resnet34 only: torch hub's cached file) or a
    .safetensors or .pth file of the encoder's state. Raises UserError where weights are missing or do not fit.
    """
    encoder = {"small": SmallEncoder, "resnet34": ResNet34Encoder}[name]()
    if weights is not None:
        path = encoder_weights_file(name, weights)
        try:
            _fill(encoder, path)
        except UnfitWeightsError as error:
            raise UserError(
                f"the encoder's weights {path} (train.encoder_weights) {error}; "
                f"give the weights of a {type(encoder).__name__.removesuffix('Encoder')}."
            ) from None
    return encoder


def _fill(encoder: Encoder, path: Path) -> None:
    """Load the file into the encoder. Raises UnfitWeightsError."""
    content = state_dict(load_weights(read_file(path), safe=path.suffix == ".safetensors"))
    own = encoder.state_dict()
    # Files older than BatchNorm's counter lack it; it has no effect on the result.
    counters = {key: value for key, value in own.items() if key.endswith("num_batches_tracked")}
    state = {**counters, **{key: value for key, value in content.items() if not key.startswith(UNUSED)}}
    check_fit(own, state)
    encoder.load_state_dict(state)
