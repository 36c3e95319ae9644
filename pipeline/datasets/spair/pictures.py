"""Read pictures whose size an annotation says: nothing larger is decoded."""

import io
import warnings
from pathlib import Path, PurePosixPath

import numpy as np
from jaxtyping import UInt8
from PIL import Image, UnidentifiedImageError

from pipeline.datasets.errors import DatasetError
from pipeline.datasets.text_files import read_bytes

PICTURE_BYTES = 1 << 25


def read_rgb(root: Path, file: PurePosixPath, size: tuple[int, int]) -> UInt8[np.ndarray, "h w 3"]:
    """Read a JPEG of `size` (width, height) as sRGB, as it is stored: EXIF does not turn it. Raises DatasetError."""
    return np.asarray(_opened(root, file, size, "JPEG").convert("RGB"))


def read_indices(root: Path, file: PurePosixPath, size: tuple[int, int]) -> UInt8[np.ndarray, "h w"]:
    """Read the indices of a PNG with a palette, or the values of a grey one. Raises DatasetError."""
    image = _opened(root, file, size, "PNG")
    if image.mode not in ("P", "L"):
        raise DatasetError(file, "mode", f"is {image.mode}: indices of a palette, or grey, are wanted")
    return np.asarray(image)


def _opened(root: Path, file: PurePosixPath, size: tuple[int, int], kind: str) -> Image.Image:
    content = read_bytes(root, file, PICTURE_BYTES)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            # Only the format that is due: Pillow knows some that would start another program.
            image = Image.open(io.BytesIO(content), formats=(kind,))
            if image.size != size:
                shown, wanted = (f"{width} x {height}" for width, height in (image.size, size))
                raise DatasetError(file, "size", f"is {shown}, but the annotation says {wanted}")
            image.load()
    except DatasetError:
        raise
    except UnidentifiedImageError:  # its message has an address in memory
        raise DatasetError(file, "file", f"is no whole {kind}") from None
    except Exception as error:  # decoders raise whatever they meet in a broken file
        raise DatasetError(file, "file", f"is no whole {kind}: {str(error)[:200]}") from None
    return image
