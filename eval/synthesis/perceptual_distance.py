"""LPIPS: how far two images are apart to a network that was trained on photographs (Zhang et al., CVPR 2018)."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import torch
from jaxtyping import Float32

from pipeline.config.setting_types import LpipsNetwork
from pipeline.errors import UserError

# From an image and the true one, (h, w, 3) over black in [0, 1], to a distance of 0 or more.
PerceptualDistance: TypeAlias = Callable[[Float32[np.ndarray, "h w 3"], Float32[np.ndarray, "h w 3"]], float]
# What torchvision calls each network and its published weights.
TORCHVISION = {"alex": ("alexnet", "AlexNet_Weights"), "vgg": ("vgg16", "VGG16_Weights")}


def open_lpips(network: LpipsNetwork, device: torch.device) -> PerceptualDistance:
    """LPIPS 0.1 on a network from torch hub's cache of files; its small linear layers come with torchmetrics.

    Images are compared at their own size. Raises UserError if torchmetrics or the weights are missing: nothing is
    downloaded here.
    """
    try:
        from torchmetrics.image.lpip import LearnedPerceptualImagePatchSimilarity
    except ImportError:
        raise UserError(
            f"evaluate.lpips is {network}, but torchmetrics is not installed: "
            f'pip install -e ".[lpips]", or set it to null.'
        ) from None
    path = _weights_file(network)
    try:
        metric = LearnedPerceptualImagePatchSimilarity(net_type=network, normalize=True).to(device)
    except (RuntimeError, pickle.UnpicklingError, EOFError, ValueError) as error:
        raise UserError(
            f"the weights {path} (evaluate.lpips) cannot be read ({type(error).__name__}); get the file again."
        ) from None
    return lambda image, truth: _distance(metric, image, truth, device)


def _weights_file(network: LpipsNetwork) -> Path:
    """Return where torch hub keeps the network's weights. Raises UserError if they are not there."""
    import torchvision

    name, weights = TORCHVISION[network]
    url: str = getattr(torchvision.models, weights).DEFAULT.url
    path = Path(torch.hub.get_dir()) / "checkpoints" / url.rpartition("/")[2]
    if not path.is_file():
        raise UserError(
            f"the weights {path} (evaluate.lpips) are missing; get them where there is a network with "
            f"`python -c \"import torchvision; torchvision.models.{name}(weights='DEFAULT')\"`."
        )
    return path


@torch.no_grad()
def _distance(
    metric: Any, image: Float32[np.ndarray, "h w 3"], truth: Float32[np.ndarray, "h w 3"], device: torch.device
) -> float:
    pair = [torch.from_numpy(np.clip(picture, 0, 1)).movedim(-1, 0)[None].to(device) for picture in (image, truth)]
    value = float(metric(*pair))
    metric.reset()
    return value
