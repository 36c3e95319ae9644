"""PNG files of images, depth and part maps."""

from io import BytesIO

import numpy as np
from jaxtyping import Float32, UInt8, UInt16
from PIL import Image

from pipeline.errors import UserError

COMPRESSION = 6  # named, because the bytes depend on it
DEPTH_STEP = 1e-4  # world units a step of a 16-bit depth image


def png_bytes(image: UInt8[np.ndarray, "h w 4"] | UInt8[np.ndarray, "h w"] | UInt16[np.ndarray, "h w"]) -> bytes:
    """Encode an RGBA image, or a grey one of 8 or 16 bits, without loss."""
    file = BytesIO()
    Image.fromarray(image).save(file, format="PNG", compress_level=COMPRESSION)
    return file.getvalue()


def depth_steps(depth: Float32[np.ndarray, "h w"]) -> UInt16[np.ndarray, "h w"]:
    """Round depth to steps of `DEPTH_STEP`; 0 stays 0. Raises UserError if 16 bits do not hold it."""
    steps = np.rint(depth / DEPTH_STEP)
    largest = np.iinfo(np.uint16).max
    if not np.all((steps >= 0) & (steps <= largest)):
        raise UserError(
            f"a depth of {np.abs(depth).max():g} world units does not fit into a 16-bit png, whose limit is "
            f"{largest * DEPTH_STEP:g}: export npz, which holds floats."
        )
    return np.maximum(steps, depth > 0).astype(np.uint16)
