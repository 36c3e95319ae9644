"""A photo of one object, prepared for a field: the object cut out, and framed as in training views."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import UInt8
from PIL import Image

from eval.photos.seen_photo import PhotoFrame
from featurenerf.image_reading import ImageLike, read_image
from pipeline.datasets.alpha import Box, alpha_box
from pipeline.errors import UserError


@dataclass(frozen=True)
class Photo:
    """An object cut out of a photo.

    `rgba` is 8-bit sRGB with straight alpha: a square whose side is the longer side of the object's box. The object is
    in its middle, and nothing is around it. `corner` is where the square's upper left corner lies in the upright photo:
    (column, row) in pixels, below 0 where the square is larger than what is left there of the photo.
    """

    rgba: UInt8[np.ndarray, "s s 4"]
    corner: tuple[int, int] = (0, 0)


def prepare_photo(image: ImageLike, mask: ImageLike | None = None) -> Photo:
    """Cut an object out of a photo.

    Args:
        image: a file, a Pillow image, or an array (h, w) or (h, w, 1 to 4): uint8, uint16 or floats in 0..1. It is
            turned as its EXIF orientation says.
        mask: where the object is: a file, a Pillow image, or an array (h, w) of bool, uint8, uint16 or floats in 0..1,
            grey, white for the object. It lies as the photo is shown, that is turned already; a mask file with an
            EXIF orientation of its own is turned too. It may be larger or smaller than the photo if it has the photo's
            shape. Its values become the alpha. Without it the photo's own alpha is used; with it, that is ignored.

    The object is where the alpha is at least one half; everything outside the box of these pixels is cut off. Inside
    the box soft values are kept. Raises UserError if there is no mask and no alpha, if nothing is marked, or if the
    image cannot be read or has more pixels than `PIL.Image.MAX_IMAGE_PIXELS` (about 89 million).
    """
    whole = read_image(image, "image")
    alpha = _own_alpha(whole) if mask is None else read_mask(mask, whole.size)
    box = alpha_box(np.asarray(alpha))
    if box is None:
        raise UserError(
            f"{'the alpha of the image' if mask is None else 'the mask'} marks no object: no pixel is at least half "
            f"opaque (its largest value is {alpha.getextrema()[1]} of 255)."
        )
    return _square(whole, alpha, box)


def frame_photo(photo: Photo, size: int, framing: float) -> UInt8[np.ndarray, "size size 4"]:
    """Scale a photo to an image as a field sees objects: the object's longer side fills a share of the image.

    Args:
        photo: the object.
        size: the image's side in pixels.
        framing: the share, above 0 and at most 1; `TrainedField.framing` of the model.

    The object's square stands exactly in the middle, so its side is the nearest number of pixels for which that is
    possible: it has the parity of `size`. Colours are weighted by alpha. Pixels are averaged by area when the photo
    becomes smaller, and mixed linearly when it becomes larger. Raises ValueError if framing is out of range.
    """
    border = _border(size, framing)
    side = size - 2 * border
    smaller = side < len(photo.rgba)
    # Pillow multiplies RGBA by alpha before it resizes, and divides afterwards.
    filter_ = Image.Resampling.BOX if smaller else Image.Resampling.BILINEAR
    scaled = Image.fromarray(photo.rgba).resize((side, side), filter_)
    return np.pad(np.asarray(scaled), ((border, border), (border, border), (0, 0)))


def photo_frame(photo: Photo, size: int, framing: float) -> PhotoFrame:
    """Say where the pixels of the upright photo lie in what `frame_photo` returns, exactly."""
    border = _border(size, framing)
    scale = (size - 2 * border) / len(photo.rgba)
    return PhotoFrame(scale, (border - scale * photo.corner[0], border - scale * photo.corner[1]))


def _border(size: int, framing: float) -> int:
    """Compute how many pixels are left free on each side of the object's square. Raises ValueError for the framing."""
    if not 0 < framing <= 1:
        raise ValueError(f"framing must lie in 0..1, not {framing}")
    return min(round(size * (1 - framing) / 2), (size - 1) // 2)


def _own_alpha(image: Image.Image) -> Image.Image:
    """Return the alpha channel. Raises UserError if there is none, or if it hides nothing."""
    alpha = image.getchannel("A") if image.mode in ("LA", "RGBA") else None
    if alpha is None or alpha.getextrema()[0] == 255:
        raise UserError(
            "the image does not say where the object is: give a mask (white on the object, black elsewhere), or an "
            "image with a transparent background, such as a PNG from a background remover."
        )
    return alpha


def _square(image: Image.Image, alpha: Image.Image, box: Box) -> Photo:
    """Crop to the box, and pad the shorter side with transparent black."""
    top, left, bottom, right = box
    height, width = bottom - top, right - left
    # Cropped before anything is computed: a large photo of a small object is cheap.
    edges = (left, top, right, bottom)
    rgba = np.dstack([np.asarray(image.crop(edges).convert("RGB")), np.asarray(alpha.crop(edges))])
    side = max(height, width)
    above, before = (side - height) // 2, (side - width) // 2
    square = np.zeros((side, side, 4), dtype=np.uint8)
    square[above : above + height, before : before + width] = rgba
    return Photo(square, (left - before, top - above))


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
