"""Images as networks see them: laid over black."""

from typing import Any, TypeVar

import numpy as np
from jaxtyping import Float32, UInt8

Pixels = TypeVar("Pixels")  # a numpy array, or a tensor on any device


def over_black(rgba: UInt8[Pixels, "*b 4"]) -> Float32[Pixels, "*b 3"]:
    """Lay 8-bit pixels with straight alpha over black: sRGB, 0..1.

    Arrays and tensors get the same bits, on every device.
    """
    pixels: Any = rgba
    values = pixels * np.float32(1)
    # By an array: CUDA divides by a plain number through its reciprocal, which rounds half of all values otherwise.
    colour = values / (0 * values + 255)
    result: Pixels = colour[..., :3] * colour[..., 3:]
    return result
