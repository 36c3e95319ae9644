"""The control: a descriptor that knows the position of a cell in the image, and nothing else."""

from typing import Final

import numpy as np
import torch
from jaxtyping import Float32

from eval.descriptors.descriptors import MapDescriptor
from eval.views import CameraOf
from pipeline.artifacts.layouts import CELL

POSITION: Final = "position"
# The third coordinate, c, in image widths. Cosine orders vectors (x, y, c) by the squared distance of (x, y), up to a
# relative error of 1 / (2 c^2). Two squares in pixels, which are whole numbers below 2 * 128^2, differ by more.
FAR = 256.0


def position_map(cells: int) -> Float32[np.ndarray, "cells cells 3"]:
    """The map that is the same for all objects and views: each cell's centre (right, down) and `FAR`, in image widths.

    The image's centre is 0. So the most similar cell by cosine is the nearest one.
    """
    centre = (np.arange(cells, dtype=np.float32) + np.float32(0.5)) / np.float32(cells) - np.float32(0.5)
    right, down = np.meshgrid(centre, centre)
    return np.stack([right, down, np.full_like(right, FAR)], axis=-1)


def position_descriptor(camera_of: CameraOf, size: int, device: torch.device) -> MapDescriptor:
    """Describe pixels by their place in images `size` pixels wide, and points by where they project to."""
    same = position_map(size // CELL)
    return MapDescriptor(POSITION, lambda _key, _view: same, camera_of, CELL, device)
