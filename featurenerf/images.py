"""The image that a field sees an object in."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from jaxtyping import Float32, UInt8
from numpy.typing import ArrayLike

from featurenerf.arrays import numbers
from featurenerf.photo import Photo, frame_photo
from pipeline.errors import UserError
from render.over_black import over_black
from train.trained_field import TrainedField


def framed(photo: Photo, field: TrainedField, framing: float | None = None) -> UInt8[np.ndarray, "size size 4"]:
    """Scale a photo's object so that its longer side fills a share of the image, and centre it.

    `framing` is that share, above 0 and at most 1. The default is the mean of the field's training views. Raises
    UserError if the model does not record that, or if the share is out of range.
    """
    share = training_framing(field) if framing is None else framing
    if not 0 < share <= 1:
        raise UserError(f"framing must be above 0 and at most 1, not {framing}: it is a share of the image.")
    return frame_photo(photo, field.camera.size, share)


def training_framing(field: TrainedField) -> float:
    """Return the mean share of the image that objects fill in the training views.

    Raises UserError if the model does not record it.
    """
    if field.framing is None:
        raise UserError(
            "this model does not record how large objects are in its training views (framing in model.json): train it "
            "again, or give see() an array of a view that is framed as they are."
        )
    return field.framing


def view_over_black(image: ArrayLike, size: int) -> Float32[np.ndarray, "size size 3"]:
    """Return a view, as it was rendered for training, over black in 0..1.

    `image` is (size, size, 3 or 4): uint8, or floats in 0..1; a fourth channel is straight alpha. Raises UserError.
    """
    if isinstance(image, str | bytes | Path):
        raise UserError(f"image is a file name, {image!s}: open the photo with prepare_photo.")
    array = np.asarray(image)
    if array.dtype != np.uint8:
        array = numbers(image, "image", f"({size}, {size}, 3 or 4)", lambda shape: len(shape) == 3)
        if array.size and (array.min() < 0 or array.max() > 1):
            raise UserError("image must be uint8, or floats from 0 to 1.")
    if array.ndim != 3 or array.shape[:2] != (size, size) or array.shape[2] not in (3, 4):
        raise UserError(
            f"image must have the shape ({size}, {size}, 3 or 4) of the views that the field was trained with, not "
            f"{array.shape}: use prepare_photo for a photo."
        )
    if array.shape[2] == 3:
        opaque = np.full_like(array[..., :1], 255 if array.dtype == np.uint8 else 1)
        array = np.concatenate([array, opaque], axis=2)
    if array.dtype == np.uint8:
        return over_black(array)
    return np.asarray(array[..., :3] * array[..., 3:], dtype=np.float32)
