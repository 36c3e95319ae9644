"""Read the pictures of a data set within limits."""

import warnings
from collections.abc import Callable
from io import BytesIO
from pathlib import Path, PurePosixPath

import numpy as np
from jaxtyping import UInt8
from PIL import ExifTags, Image, UnidentifiedImageError

from pipeline.datasets.errors import DatasetError, raise_machine_error
from pipeline.datasets.text_files import read_bytes

PICTURE_BYTES = 2**28
PICTURE_PIXELS = 2**26
SUFFIXES = (".png", ".jpg", ".jpeg", ".webp")
# Pillow knows more formats, and one of them would start another program.
_FORMATS = ("PNG", "JPEG", "WEBP")


def read_rgba(root: Path, file: PurePosixPath, size: tuple[int, int] | None = None) -> UInt8[np.ndarray, "h w 4"]:
    """Read a picture as sRGB with straight alpha, row 0 at the top; opaque where the file has no alpha.

    EXIF does not turn it. Raises DatasetError if it is missing, cannot be decoded, has more than 64 megapixels, or has
    another size than `size`, its annotated (height, width).
    """
    return _decoded(root, file, size, _rgba)


def read_indices(root: Path, file: PurePosixPath, size: tuple[int, int]) -> UInt8[np.ndarray, "h w"]:
    """Read the indices of a picture with a palette, or the values of a grey one. Raises DatasetError as `read_rgba`."""

    def indices(picture: Image.Image) -> UInt8[np.ndarray, "h w"]:
        if picture.mode not in ("P", "L"):
            raise DatasetError(file, "mode", f"is {picture.mode}: indices of a palette, or grey, are wanted")
        return np.array(picture)

    return _decoded(root, file, size, indices)


def _decoded(
    root: Path,
    file: PurePosixPath,
    size: tuple[int, int] | None,
    pixels_of: Callable[[Image.Image], UInt8[np.ndarray, "..."]],
) -> UInt8[np.ndarray, "..."]:
    """Open a picture, check its size before it is decoded, and take its pixels."""
    data = read_bytes(root, file, PICTURE_BYTES)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with Image.open(BytesIO(data), formats=_FORMATS) as picture:
                here = f"has {picture.width} x {picture.height} pixels"
                if picture.width * picture.height > PICTURE_PIXELS:
                    raise DatasetError(file, "picture", f"{here}, the limit is {PICTURE_PIXELS}")
                if size is not None and (picture.height, picture.width) != size:
                    raise DatasetError(file, "picture", f"{here}, but the annotation says {size[1]} x {size[0]}")
                return pixels_of(picture)
    except DatasetError:
        raise
    except UnidentifiedImageError:  # its message has an address in memory
        raise DatasetError(file, "picture", "cannot be decoded: it is no PNG, JPEG or WebP") from None
    except Exception as error:  # decoders raise whatever they meet in a broken file
        raise_machine_error(error)
        raise DatasetError(file, "picture", f"cannot be decoded: {error}") from None


class NoWhiteError(ValueError):
    """A picture's numbers do not say which of them is white."""


def eight_bits(picture: Image.Image) -> Image.Image:
    """Bring grey of more than 8 bits to 8: Pillow itself would clip it at 255.

    Raises NoWhiteError for real numbers and for integers of 32 bits.
    """
    if picture.mode.startswith("I;16") or (picture.mode == "I" and picture.format in ("PNG", "PPM")):
        tags = getattr(picture, "tag_v2", {})  # of a TIFF
        shift = tags.get(ExifTags.Base.BitsPerSample, (16,))[0] - 8
        grey = (np.asarray(picture) >> shift).astype(np.uint8)
        return Image.fromarray(255 - grey if tags.get(ExifTags.Base.PhotometricInterpretation) == 0 else grey)
    if picture.mode in ("I", "F"):
        raise NoWhiteError("its numbers do not say which one is white; save it as a PNG of 8 bits")
    return picture


def _rgba(picture: Image.Image) -> UInt8[np.ndarray, "h w 4"]:
    return np.array(eight_bits(picture).convert("RGBA"))
