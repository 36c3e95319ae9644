"""Arrays that a caller gives, checked: a mistake is one sentence."""

from collections.abc import Callable

import numpy as np
from jaxtyping import Float32, Int64
from numpy.typing import ArrayLike

from pipeline.errors import UserError


def numbers(
    values: ArrayLike, name: str, wanted: str, fits: Callable[[tuple[int, ...]], bool]
) -> Float32[np.ndarray, "..."]:
    """Return the values as float32. Raises UserError if they are not finite numbers or their shape does not fit.

    `wanted` is the shape in words, as the message says it.
    """
    try:
        array = np.asarray(values, dtype=np.float32)
    except (TypeError, ValueError):
        raise UserError(f"{name} must be an array of numbers of shape {wanted}.") from None
    if not fits(array.shape):
        raise UserError(f"{name} must have the shape {wanted}, not {array.shape}.")
    if not np.isfinite(array).all():
        raise UserError(f"{name} must be finite: it holds NaN or infinity.")
    return array


def world_points(points: ArrayLike, name: str = "points") -> Float32[np.ndarray, "n 3"]:
    """Return world points, at least one, as float32. Raises UserError."""
    return numbers(points, name, "(n, 3) with n of at least 1", lambda s: len(s) == 2 and s[0] > 0 and s[1] == 3)


def image_pixels(pixels: ArrayLike, size: int, name: str = "pixels") -> Int64[np.ndarray, "n 2"]:
    """Return pixels (row, column) of an image, at least one. Raises UserError if one lies outside or is no integer."""
    array = numbers(pixels, name, "(n, 2) with n of at least 1", lambda s: len(s) == 2 and s[0] > 0 and s[1] == 2)
    if (array != np.floor(array)).any() or (array < 0).any() or (array >= size).any():
        raise UserError(f"{name} must be integers (row, column) from 0 to {size - 1}: the image is {size} x {size}.")
    return array.astype(np.int64)
