"""The control for photos: a descriptor that knows where a pixel lies in the object's box, and nothing else."""

from collections.abc import Callable
from typing import TypeAlias

import numpy as np
import torch
from jaxtyping import Float32

from eval.descriptors.descriptors import MapDescriptor
from eval.descriptors.position import FAR, POSITION
from eval.photos.seen_photo import PhotoOf
from pipeline.artifacts.layouts import CELL
from pipeline.datasets.alpha import Box, alpha_box
from pipeline.datasets.records import ObjectKey

MapOf: TypeAlias = Callable[[ObjectKey, int], Float32[np.ndarray, "r c channels"]]


def box_position_map(box: Box, size: int, cells: int) -> Float32[np.ndarray, "cells cells 3"]:
    """Map each cell to its centre's place in the box: 0 in the middle, half a unit at the sides, and `FAR`.

    So the most similar cell by cosine is the one at the nearest relative place (`eval.descriptors.position`).
    """
    top, left, bottom, right = box
    centre = (np.arange(cells) + 0.5) * size / cells
    across = (centre - (left + right) / 2) / (right - left)
    down = (centre - (top + bottom) / 2) / (bottom - top)
    horizontal, vertical = np.meshgrid(across, down)
    return np.stack([horizontal, vertical, np.full_like(horizontal, FAR)], axis=-1).astype(np.float32)


def box_position(photo_of: PhotoOf, size: int, device: torch.device) -> MapDescriptor:
    """Describe pixels by their place in the box of the object that is cut out; images are `size` pixels wide."""

    def map_of(key: ObjectKey, _view: int) -> Float32[np.ndarray, "r c channels"]:
        box = alpha_box(photo_of(key).rgba[..., 3])
        if box is None:
            raise ValueError(f"{key} shows no object")
        return box_position_map(box, size, size // CELL)

    return photo_map_descriptor(POSITION, map_of, photo_of, device)


def photo_map_descriptor(name: str, map_of: MapOf, photo_of: PhotoOf, device: torch.device) -> MapDescriptor:
    """Describe the pixels of photos by a map of each, such as a teacher's."""

    def camera_of(key: ObjectKey, _view: int) -> tuple[Float32[np.ndarray, "4 4"], Float32[np.ndarray, "4"]]:
        seen = photo_of(key)
        return seen.pose, seen.intrinsics

    return MapDescriptor(name, map_of, camera_of, CELL, device)
