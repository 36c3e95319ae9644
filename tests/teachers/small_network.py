"""A teacher's network that is quick and whose answers are known: a cell's mean colour, and a number of its view."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from pipeline.errors import UserError
from pipeline.teachers.feature_maker import DeviceFeatures
from pipeline.teachers.projection import ProjectionOnDevice


@dataclass(frozen=True)
class SmallNetwork:
    """Views called `bad/...` cannot be done, and `hopeless/...` concern everybody."""

    def __call__(self, images: Tensor, names: Sequence[str]) -> Tensor:
        if any(name.startswith("bad/") for name in names):
            raise ValueError("a bad view")
        if any(name.startswith("hopeless/") for name in names):
            raise UserError("there is no hope.")
        cells = images.unfold(1, 4, 4).unfold(2, 4, 4).mean((-1, -2))
        numbers = torch.tensor([float(name.rpartition("/")[2]) for name in names])
        return torch.cat([cells, numbers.view(-1, 1, 1, 1).expand(*cells.shape[:3], 1)], dim=-1)


def small_features(device: torch.device) -> DeviceFeatures:
    return DeviceFeatures(SmallNetwork(), ProjectionOnDevice(None, None, 2.0), device, views_per_batch=2)


def no_features(device: torch.device) -> DeviceFeatures:
    raise UserError("the weights are missing: fetch them.")


def dying(device: torch.device) -> DeviceFeatures:
    raise SystemExit(3)
