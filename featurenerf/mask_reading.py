"""Read the mask of a photo: where the object is, as 8-bit alpha."""

from __future__ import annotations

import numpy as np
from PIL import Image

from featurenerf.image_reading import ImageLike, read_image
from pipeline.errors import UserError


def read_mask(mask: ImageLike, size: tuple[int, int]) -> Image.Image:
    """Read a mask for a photo of `size` (width, height) as Pillow's L: 255 is the object, values between are kept.

    Raises UserError if it is not grey, holds 0 and 1 in place of 0 and 255, has another shape than the photo, or is
    white everywhere and no array of bool.
    """
    computed = isinstance(mask, np.ndarray) and mask.dtype == np.bool_
    if isinstance(mask, np.ndarray) and computed:
        mask = mask.astype(np.uint8) * np.uint8(255)
    image = read_image(mask, "mask")
    alpha = image.getchannel(0)
    if not _is_grey(image):
        raise UserError(
            "the mask is not grey: give an image of one channel, white on the object and black elsewhere; an image "
            "that is cut out already needs no mask."
        )
    if alpha.getextrema()[1] == 1:
        raise UserError("the mask holds 0 and 1 of 255: multiply it by 255, or give an array of bool (mask > 0).")
    if alpha.getextrema()[0] == 255 and not computed:  # a program may mean the whole image
        raise UserError("the mask is white everywhere: make it black where the object is not.")
    return alpha if alpha.size == size else _resized(alpha, size)


def _is_grey(image: Image.Image) -> bool:
    """Tell whether the colour channels are equal, and an alpha channel hides nothing."""
    red, green, blue, alpha = image.convert("RGBA").split()
    return alpha.getextrema()[0] == 255 and red.tobytes() == green.tobytes() == blue.tobytes()


def _resized(alpha: Image.Image, size: tuple[int, int]) -> Image.Image:
    """Resize a mask whose shape is the photo's, to the nearest pixel. Raises UserError if it is not."""
    (width, height), (photo_width, photo_height) = alpha.size, size
    same_shape = (
        round(width * photo_height / height) == photo_width or round(height * photo_width / width) == photo_height
    )
    if not same_shape:
        raise UserError(
            f"the mask is {width} x {height} pixels and the photo, as it is shown, {photo_width} x {photo_height}: "
            f"give a mask of the same shape, turned as the photo is shown."
        )
    return alpha.resize(size, Image.Resampling.BILINEAR)
