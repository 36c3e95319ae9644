"""Read an image of any kind, upright, as 8-bit colour."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeAlias

import numpy as np
from jaxtyping import Shaped, UInt8
from PIL import Image, ImageOps, UnidentifiedImageError

from pipeline.errors import UserError
from pipeline.stores.plain_files import open_file

ImageLike: TypeAlias = str | Path | Image.Image | Shaped[np.ndarray, "..."]
SIXTEEN_BIT = ("I;16", "I;16L", "I;16B", "I;16N", "I")  # Pillow opens 16-bit grey files as one of these
ORIENTATION = 0x0112  # EXIF's tag
CHANNELS = {1: "L", 2: "LA", 3: "RGB", 4: "RGBA"}


def read_image(image: ImageLike, name: str) -> Image.Image:
    """Read an image as Pillow's L or RGB, or as LA or RGBA if it has an alpha channel or transparent colours.

    Args:
        image: a file, a Pillow image, or an array (h, w), (h, w, 1 to 4): uint8, uint16 or floats in 0..1. The channels
            are grey, grey and alpha, RGB, or RGBA.
        name: what the image is called in messages, if it is no file.

    The EXIF orientation is applied. 16 bits are rounded to 8. Palettes, CMYK and other colour spaces are converted by
    Pillow, without their ICC profile. Of a file with several images the first is read. Raises UserError.
    """
    if isinstance(image, np.ndarray):
        return _from_array(image, name)
    if isinstance(image, Image.Image):
        return _eight_bit(image, name)
    name = str(image)
    with _sentences(name), open_file(Path(image).expanduser()) as file, Image.open(file) as opened:
        opened.load()
        return _eight_bit(opened, name)


@contextmanager
def _sentences(name: str) -> Iterator[None]:
    """Turn what Pillow raises for a file into one sentence."""
    try:
        with warnings.catch_warnings():
            # Pillow warns above the limit, and fails only above twice as many pixels.
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            yield
    except FileNotFoundError:
        raise UserError(f"{name}: there is no such file; correct the path.") from None
    except (Image.DecompressionBombWarning, Image.DecompressionBombError):
        raise UserError(
            f"{name} has more than {Image.MAX_IMAGE_PIXELS or 0:,} pixels, the most that are read (Pillow's limit "
            f"against files that fill the memory): make it smaller."
        ) from None
    except UnidentifiedImageError:
        raise UserError(f"{name} is no image that Pillow can read: give a PNG, JPEG, WebP or TIFF file.") from None
    except IsADirectoryError:
        raise UserError(f"{name} is a folder: give an image file.") from None
    # Decoders of damaged files raise what they like; SyntaxError is Pillow's for a broken PNG.
    except (OSError, ValueError, SyntaxError, EOFError, IndexError, KeyError) as error:
        raise UserError(f"{name} cannot be read ({error}): the image is cut off or damaged; save it again.") from None


def _eight_bit(image: Image.Image, name: str) -> Image.Image:
    """Turn a Pillow image upright, and into L, LA, RGB or RGBA. An image that is so already is not copied."""
    # Before it is converted: a converted image has lost the note that says how it lies.
    upright = image if image.getexif().get(ORIENTATION, 1) == 1 else ImageOps.exif_transpose(image)
    if upright.mode == "F" or upright.mode in SIXTEEN_BIT:
        values = np.asarray(upright)
        return _from_array(_sixteen_bit(values, name) if upright.mode in SIXTEEN_BIT else values, name)
    if "transparency" not in upright.info and upright.mode in CHANNELS.values():
        return upright
    if upright.has_transparency_data:
        return upright.convert("RGBA")
    return upright.convert("L" if upright.mode == "1" else "RGB")


def _sixteen_bit(values: Shaped[np.ndarray, "h w"], name: str) -> Shaped[np.ndarray, "h w"]:
    if values.min() < 0 or values.max() > 65535:
        raise UserError(
            f"{name} has values from {values.min()} to {values.max()}, which are no 16-bit grey: save it with 8 or 16 "
            f"bits."
        )
    return values.astype(np.uint16)


def _from_array(array: Shaped[np.ndarray, "..."], name: str) -> Image.Image:
    """Turn an array into an image. Raises UserError if it is not one of those that `read_image` names."""
    channels = 1 if array.ndim == 2 else array.shape[-1] if array.ndim == 3 else 0
    if channels not in CHANNELS or 0 in array.shape:
        raise UserError(f"{name} must have the shape (h, w) or (h, w, 1 to 4), not {array.shape}.")
    values = eight_bit(array, name)
    return Image.fromarray(values[..., 0] if array.ndim == 3 and channels == 1 else values)


def eight_bit(array: Shaped[np.ndarray, "*shape"], name: str) -> UInt8[np.ndarray, "*shape"]:
    """Turn uint8, uint16, or floats in 0..1 into uint8, rounded. Raises UserError for other values."""
    if array.dtype == np.uint8:
        return np.ascontiguousarray(array)
    if array.dtype == np.uint16:
        return ((array.astype(np.uint32) + 128) // 257).astype(np.uint8)
    if not np.issubdtype(array.dtype, np.floating):
        raise UserError(f"{name} must be uint8, uint16, or floats from 0 to 1, not {array.dtype}.")
    if not (array.min() >= 0 and array.max() <= 1):  # so that NaN is refused
        raise UserError(f"{name} holds floats from {array.min():g} to {array.max():g}: they must lie in 0 to 1.")
    return np.asarray(np.rint(array * 255), dtype=np.uint8)
