"""Read the pictures of a collection of views within limits."""

import warnings
from io import BytesIO
from pathlib import Path, PurePosixPath

import numpy as np
from jaxtyping import UInt8
from PIL import Image, UnidentifiedImageError

from pipeline.datasets.errors import DatasetError
from pipeline.datasets.text_files import read_bytes

PICTURE_BYTES = 2**28
PICTURE_PIXELS = 2**26
SUFFIXES = (".png", ".jpg", ".jpeg", ".webp")
# Pillow knows more formats, and one of them would start another program.
_FORMATS = ("PNG", "JPEG", "WEBP")


def read_rgba(root: Path, file: PurePosixPath) -> UInt8[np.ndarray, "h w 4"]:
    """Read a picture as sRGB with straight alpha, row 0 at the top; opaque where the file has no alpha.

    Raises DatasetError if it is missing, cannot be decoded or has more than 64 megapixels.
    """
    data = read_bytes(root, file, PICTURE_BYTES)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with Image.open(BytesIO(data), formats=_FORMATS) as picture:
                if picture.width * picture.height > PICTURE_PIXELS:
                    reason = f"has {picture.width} x {picture.height} pixels, the limit is {PICTURE_PIXELS}"
                    raise DatasetError(file, "picture", reason)
                if picture.mode.startswith("I;16"):  # Pillow would clip to 255
                    grey = (np.array(picture, dtype=np.uint16) >> 8).astype(np.uint8)
                    return np.stack([grey, grey, grey, np.full_like(grey, 255)], axis=2)
                return np.array(picture.convert("RGBA"))
    except DatasetError:
        raise
    except UnidentifiedImageError:  # its message has an address in memory
        raise DatasetError(file, "picture", "cannot be decoded: it is no PNG, JPEG or WebP") from None
    except Exception as error:  # decoders raise whatever they meet in a broken file
        raise DatasetError(file, "picture", f"cannot be decoded: {error}") from None
