"""The local file of an encoder's weights. Nothing is downloaded."""

from pathlib import Path

from pipeline.errors import UserError

IMAGENET = "imagenet"
IMAGENET_FILE = "resnet34-b627a593.pth"
IMAGENET_COMMAND = "python -c \"import torchvision; torchvision.models.resnet34(weights='IMAGENET1K_V1')\""


def encoder_weights_file(name: str, weights: str) -> Path:
    """Find the file of `weights` for the encoder `name`. Raises UserError if it is not there."""
    if weights != IMAGENET:
        path = Path(weights)
        remedy = "set train.encoder_weights to null, imagenet, or a .safetensors or .pth file."
    elif name == "resnet34":
        import torch

        path = Path(torch.hub.get_dir()) / "checkpoints" / IMAGENET_FILE
        remedy = f"get it where there is a network with `{IMAGENET_COMMAND}`."
    else:
        raise UserError(
            f"train.encoder_weights is imagenet, but train.encoder is {name}: set the encoder to resnet34 or the "
            f"weights to null."
        )
    if not path.is_file():
        raise UserError(f"the encoder's weights {path} (train.encoder_weights) are missing; {remedy}")
    return path
